//! The same engine as a benchmark: data sets, runs over them, and what their
//! scores say.
//!
//! ```text
//! dataset   a folder on disk → a manifest: one row an item
//! question  an experiment file → what is asked
//! make      a kind of item → files of which the truth is known
//! task      slices → items, and which shard examines them
//! run       items × changes × methods → scores, resumable, in shards
//! kept      faces found earlier, for the next run over the same files
//! summary   scores → metrics with intervals; `metric`, `pairs`, `published`
//! failures  what was judged wrongly, and `gallery` its pictures
//! record    a run's folder: conditions, scores, tables, `page`
//! train     a training file → weights of a detector, resumable
//! ```

pub mod cite;
pub mod conditions;
pub mod config;
pub mod dataset;
pub mod degrade;
pub mod failures;
pub mod figures;
pub mod gallery;
pub mod kept;
pub mod make;
pub mod memory;
pub mod metric;
pub mod page;
pub mod pairs;
pub mod published;
pub mod question;
pub mod record;
pub mod run;
pub mod score;
pub mod sheets;
pub mod summary;
pub mod table;
pub mod task;
pub mod train;
