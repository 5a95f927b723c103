//! Device choice, weight loading, and the layers and kernels candle lacks.

pub mod device;
pub mod layers;

pub use device::{DeviceChoice, describe, device};
