//! One command a file; every progress bar.

pub mod models;
