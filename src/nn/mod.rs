//! Device choice, weight loading, and the layers and kernels candle lacks.

pub mod compile;
pub mod device;
pub mod flatbuffer;
pub mod kernels;
pub mod layers;
pub mod onnx;
pub mod tflite;

pub use device::{DeviceChoice, describe, device};
