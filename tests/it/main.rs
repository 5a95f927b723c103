//! Integration tests, in one binary so that the heavy libraries are linked
//! once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod cli;
mod faces;
mod fixtures;
mod gop;
mod jpeg_grid;
mod layers;
mod media;
mod kernels;
mod models;
mod report;
mod spectrum;
