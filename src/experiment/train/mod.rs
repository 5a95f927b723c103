//! Training a detector of our own: authentic pictures, changed halves made on the
//! spot, and a network that learns to tell them apart.
//!
//! ```text
//! config    a training file → what is learnt
//! store     authentic files → cut-out faces, or pieces; kept
//! blend, upsample   one of them → a pair
//! augment   a pair → what files go through on their way, both halves alike
//! shot      a picture → the same as a frame of a coded clip
//! pairs     → a batch
//! progress  batches → weights; resumable
//! classical pairs → a line through counts of residuals, for comparison
//! look      validation pairs → AUC; the best weights are kept
//! trial     known fakes against genuine files, after everything else
//! curves    → plots
//! ```

mod augment;
mod blend;
mod classical;
pub mod config;
pub mod curves;
mod draw;
mod look;
mod mask;
mod pairs;
mod pixels;
pub mod progress;
mod shot;
pub mod store;
pub mod trial;
mod upsample;

pub use config::Plan;
