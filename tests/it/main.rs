//! Integration tests, in one binary so that the heavy libraries are linked
//! once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod cli;
mod container;
mod doctor;
mod faces;
mod fixtures;
mod kernels;
mod layers;
mod media;
mod metadata;
mod models;
mod origin;
mod pass;
mod report;
mod skip;
mod spectrum;
