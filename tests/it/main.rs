//! Integration tests, in one binary so that the heavy libraries are linked
//! once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod aasist;
mod blink;
mod capture;
mod case;
mod cli;
mod container;
mod detectors;
mod doctor;
mod dutch;
mod evaluate;
mod example;
mod faces;
mod failures;
mod fixtures;
mod framing;
mod fuzz_corpus;
mod gop;
mod jpeg_grid;
mod kept;
mod kernels;
mod layers;
mod lighting;
mod limits;
mod media;
mod media_hidden;
mod metadata;
mod models;
mod origin;
mod pass;
mod pyifd;
mod redaction;
mod report;
mod run;
mod shards;
mod skip;
mod slurm;
mod spectrum;
mod train;
mod voice_encoder;
mod worker;
