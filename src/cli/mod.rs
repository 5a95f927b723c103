//! One command a file; every progress bar.

pub mod doctor;
pub mod models;
