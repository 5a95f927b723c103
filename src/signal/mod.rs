//! Pure functions on slices: Fourier and cosine transforms, windows, filters,
//! statistics, spectral profiles and peaks.

pub mod butterworth;
pub mod cca;
pub mod cepstrum;
pub mod change;
pub mod colour;
pub mod cosine;
pub mod cqcc;
pub mod dct;
pub mod fft;
pub mod filter;
pub mod framing;
pub mod hybrid;
pub mod lfcc;
pub mod linear;
pub mod mdct;
pub mod mel;
pub mod peaks;
pub mod pitch;
pub mod pulses;
pub mod radial;
pub mod random;
pub mod stats;
pub mod synth;
pub mod tail;
pub mod wide;
pub mod window;
