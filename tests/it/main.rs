//! Integration tests, in one binary so that the heavy libraries are linked
//! once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod container;
mod metadata;
