//! Device choice, weight loading, and the layers and kernels candle lacks.

pub mod checkpoint;
pub mod compile;
pub mod conv;
pub mod device;
pub mod fast;
pub mod flatbuffer;
pub mod hdf5;
pub mod kernels;
pub mod layers;
pub mod onnx;
pub mod pickle;
pub mod pth;
pub mod safe;
pub mod same_conv;
pub mod tflite;

pub use device::{DeviceChoice, describe, device};
