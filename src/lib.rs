//! waarmerk: forensic analysis of suspected deepfakes in photos, video and voice.
//!
//! Data flows one way, and each layer names only those above it in this list:
//! `error`, `text`, `confine`, `signal`, `media`, `nn`, `models`, `faces`, `checks`,
//! `table`, `evaluate`, `plot`, `report`, `custody`, `experiment`, `fuzz`, `cli`.
//! `ARCHITECTURE.md` says what each turns into what.

pub mod error;
pub mod text;

pub mod confine;

pub mod signal;

pub mod media;

pub mod nn;

pub mod models;

pub mod faces;

pub mod checks;

pub mod table;

pub mod evaluate;

pub mod plot;

pub mod report;

pub mod custody;

pub mod experiment;

pub mod fuzz;

pub mod cli;

pub use error::{Error, Result};
