//! The checks: one file each, all fed by one pass over the exhibit.
//!
//! The leading `//!` of a check's file is its public documentation: `explain`
//! prints it and the report quotes it as the method. Its headings are fixed:
//! `# What it measures`, `# When it misleads`, `# References`, and the Dutch
//! `# Wat het meet`, `# Wanneer het misleidt`.

pub mod anti_spoofing;
pub mod audio_framing;
pub mod audio_splice;
pub mod bandwidth;
pub mod blink;
pub mod c2pa;
pub mod cfa;
pub mod container;
pub mod container_profile;
pub mod contour;
pub mod contour_light;
pub mod copy_move;
pub mod declared_ai;
pub mod detectors;
pub mod doc;
pub mod ela;
pub mod encoder;
pub mod expression;
pub mod eye_highlights;
mod eyes;
pub mod faces;
pub mod finding;
pub mod frames;
pub mod gaze;
pub mod gop;
pub mod hair;
pub mod hashes;
pub mod head_pose;
pub mod hum;
pub mod jpeg_double;
pub mod jpeg_ghost;
pub mod jpeg_grid;
pub mod jpeg_quantisation;
pub mod lighting;
pub mod lipsync;
pub mod metadata;
mod moments;
pub mod noise;
pub mod pass;
mod people;
pub mod person;
pub mod prnu;
pub mod proportion;
pub mod prosody;
pub mod pulse;
pub mod pupil;
mod recording;
pub mod resampling;
mod shown;
pub mod skin_colour;
pub mod speaker;
pub mod spectrum;
mod still;
pub mod symmetry;
#[cfg(test)]
mod testing;
mod thin;
mod tracks;
pub mod voice_activity;
pub mod watermark;

pub use voice_activity::Speech;

pub use people::People;

pub use finding::{Attachment, Figure, Finding, Measurement, Status, Value};

use std::path::PathBuf;

use crate::faces::Face;
use crate::media::{Exhibit, Frame, Limits, Needs, Packet, Sound};
use crate::nn::DeviceChoice;
use crate::{Error, Result};

/// What a conclusion may rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A finding with its own false-alarm control, or a fact read from the file.
    Evidential,
    /// Useful with others and through calibration, never alone.
    Indicator,
    /// Of historical interest or carrying a warning: a measurement, no words.
    Historical,
}

/// Checks that share a cause are never counted twice; this is the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The file itself: structure, declared origin.
    Provenance,
    /// Compression and its traces.
    Coding,
    /// Frequency content.
    Spectral,
    /// Face geometry, blending, light.
    Face,
    /// Blinking, pulse.
    Physiology,
    /// Sound.
    Voice,
    /// Sound against picture.
    Synchrony,
}

/// A frame with what is known about it.
pub struct Scene<'a> {
    /// The picture.
    pub frame: &'a Frame<'a>,
    /// Faces in it, in the detail this check asked for; empty if it asked
    /// for none. Ordered by track.
    pub faces: &'a [Face],
}

/// One way of looking at an exhibit.
///
/// What is passed to `see` and `hear` is lent: a check keeps what it reduced,
/// never the pixels of a whole clip. An error from any method becomes an
/// abstention of this check alone. Checks of a still picture look at it side by
/// side, each on one thread at a time.
pub trait Check: Send {
    /// What this check wants from the pass; asked once, before it.
    fn needs(&self) -> Needs;

    /// Called once before the pass; the place for checks that read the bytes.
    fn begin(&mut self, _exhibit: &Exhibit) -> Result<()> {
        Ok(())
    }

    /// One frame, at the rate asked for.
    fn see(&mut self, _scene: &Scene<'_>) -> Result<()> {
        Ok(())
    }

    /// One block of sound, in the format asked for.
    fn hear(&mut self, _sound: &Sound<'_>) -> Result<()> {
        Ok(())
    }

    /// Where there is speech, if asked for: once, after the last sound. An error
    /// when the network could not be used.
    fn speech(&mut self, _speech: Result<&Speech, &Error>) -> Result<()> {
        Ok(())
    }

    /// Who stands around the faces that were kept, if asked for: once, after
    /// the pass.
    fn people(&mut self, _people: &mut People) -> Result<()> {
        Ok(())
    }

    /// One packet, if asked for.
    fn packet(&mut self, _packet: &Packet) -> Result<()> {
        Ok(())
    }

    /// The end of the pass. The end is part of the contract: a check always
    /// says something, if only that it could not be measured and why.
    fn conclude(self: Box<Self>) -> Result<Finding>;
}

/// One line of the table of checks.
pub struct Entry {
    /// Name on the command line and in every table.
    pub name: &'static str,
    /// Shared cause.
    pub group: Group,
    /// What a conclusion may rest on.
    pub standing: Standing,
    /// Source text of the check, whose leading `//!` is its documentation.
    pub source: &'static str,
    /// A fresh check for one exhibit.
    pub make: fn(&Options) -> Box<dyn Check>,
}

/// What the user brings to hold an exhibit against, and asks beyond the
/// defaults. A check takes what is meant for it and abstains, or does without,
/// where nothing was brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Name of an enrolled camera, for `prnu`.
    pub camera: Option<String>,
    /// Where the networks of a check run that brings its own, for `detectors`.
    pub device: DeviceChoice,
    /// Names of enrolled structure profiles, for `container-profile`; empty
    /// holds the exhibit against all.
    pub container_profiles: Vec<String>,
    /// Name of an enrolled person, for `person`.
    pub person: Option<String>,
    /// A recording of a known voice, for `speaker`.
    pub reference_voice: Option<PathBuf>,
    /// Certificates in PEM that the user trusts, for `c2pa`.
    pub trust_anchors: Option<PathBuf>,
    /// How many pictures and seconds are examined at most.
    pub limits: Limits,
}

/// Every check, in the order of reports and tables.
pub static ALL: &[Entry] = &[
    container::ENTRY,
    container_profile::ENTRY,
    encoder::ENTRY,
    metadata::ENTRY,
    c2pa::ENTRY,
    declared_ai::ENTRY,
    watermark::ENTRY,
    hashes::ENTRY,
    jpeg_quantisation::ENTRY,
    jpeg_grid::ENTRY,
    jpeg_double::ENTRY,
    jpeg_ghost::ENTRY,
    ela::ENTRY,
    gop::ENTRY,
    frames::ENTRY,
    noise::ENTRY,
    copy_move::ENTRY,
    resampling::ENTRY,
    cfa::ENTRY,
    prnu::ENTRY,
    spectrum::ENTRY,
    faces::ENTRY,
    lighting::ENTRY,
    contour_light::ENTRY,
    eye_highlights::ENTRY,
    contour::ENTRY,
    expression::ENTRY,
    head_pose::ENTRY,
    symmetry::ENTRY,
    skin_colour::ENTRY,
    hair::ENTRY,
    proportion::ENTRY,
    person::ENTRY,
    pupil::ENTRY,
    gaze::ENTRY,
    blink::ENTRY,
    detectors::ENTRY,
    pulse::ENTRY,
    voice_activity::ENTRY,
    prosody::ENTRY,
    bandwidth::ENTRY,
    audio_splice::ENTRY,
    audio_framing::ENTRY,
    hum::ENTRY,
    anti_spoofing::ENTRY,
    speaker::ENTRY,
    lipsync::ENTRY,
];

/// The checks named, in the order of [`ALL`]; all of them when none is named.
///
/// # Errors
/// [`Error::Usage`] for a name that is none, with the nearest one that is.
pub fn select(names: &[String]) -> Result<Vec<&'static Entry>> {
    for name in names {
        if !ALL.iter().any(|entry| entry.name == name) {
            let near = ALL.iter().map(|entry| entry.name).max_by(|a, b| {
                strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name))
            });
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(Error::Usage(format!(
                "there is no check `{name}`{hint} (`waarmerk checks` lists them)"
            )));
        }
    }
    Ok(ALL
        .iter()
        .filter(|entry| names.is_empty() || names.iter().any(|name| name == entry.name))
        .collect())
}
