//! Convolutional networks on a CPU, fast: one picture at a time, `f32`, the
//! channels innermost through the whole network.
//!
//! candle's own convolutions are an order of magnitude slower than they need
//! be for small depthwise-separable networks (a grouped convolution is a loop
//! over its groups). Here a network is described to a [`Builder`], which packs
//! the weights once, and run as a [`Plan`]: each block (depthwise, pointwise,
//! residual, activation) is computed a few rows at a time, so that what lies
//! between its parts never leaves the first-level cache.
//!
//! `unsafe` is confined to the kernels themselves; each has a safe entry that
//! checks all lengths first.

#![allow(
    unsafe_code,
    reason = "vector instructions, and raw pointers into rows that the callers have measured"
)]

mod block;
mod build;
mod depthwise;
mod gemm;
mod isa;
mod lanes;
mod pack;
mod peak;
mod plan;
mod pool;
mod resize;
mod tensor;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;

pub use build::{Builder, Padding, Skip, Tensor};
pub use isa::Isa;
pub use pack::{Activation, Weights};
pub use plan::{Picture, Plan};
pub use tensor::Shape;
