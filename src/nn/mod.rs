//! Device choice, weight loading, and the kernels candle lacks.

pub mod kernels;
