//! Device choice, weight loading, and the layers and kernels candle lacks.

pub mod device;
pub mod flatbuffer;
pub mod layers;
pub mod tflite;

pub use device::{DeviceChoice, describe, device};
