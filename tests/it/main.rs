//! One integration binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop where it stands

mod faces;
mod kernels;
mod models;
