//! Pure functions on slices: Fourier and cosine transforms, windows, filters,
//! statistics, spectral profiles and peaks.

pub mod butterworth;
pub mod cca;
pub mod colour;
pub mod dct;
pub mod fft;
pub mod filter;
pub mod peaks;
pub mod pitch;
pub mod pulses;
pub mod radial;
pub mod random;
pub mod stats;
pub mod tail;
pub mod window;

#[cfg(test)]
pub(crate) mod synth;
