//! The same engine as a benchmark: data sets, runs over them, and what their
//! scores say.
//!
//! ```text
//! dataset   a folder on disk → a manifest: one row an item
//! config    an experiment file → what is asked
//! run       items × methods → scores, resumable, in shards
//! train     a training file → weights of a detector, resumable
//! ```

pub mod config;
pub mod dataset;
pub mod question;
pub mod run;
pub mod score;
pub mod summary;
pub mod task;
pub mod train;
