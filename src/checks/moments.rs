//! Faces of a few moments, kept until a network runs at the end: what the
//! checks that ask for the person around a face have in common.

use std::sync::Arc;

use super::people::People;
use super::thin::thin;
use super::tracks;
use super::{Finding, Measurement, Scene, Status};
use crate::Result;
use crate::faces::Face;
use crate::faces::person::{self, Crop, Mask};
use crate::media::{FaceDetail, Needs, Rate};
use crate::text::Text;

/// A face at a moment.
pub(super) struct Moment<T> {
    number: u64,
    pub track: u32,
    pub frame: u64,
    pub time_s: f64,
    /// What the network is to see.
    pub person: Crop,
    /// What the check keeps beside it.
    pub kept: T,
}

/// Evenly spread moments, few however long the clip is.
pub(super) struct Moments<T> {
    pub still: bool,
    frames: u64,
    faces: u64,
    stride: u64,
    kept: Vec<Moment<T>>,
    /// One for each that is kept, or why there are none.
    masks: Result<Vec<Arc<Mask>>, Text>,
}

/// What a check asks for that keeps moments.
pub(super) fn needs(rate: f64) -> Needs {
    Needs { people: true, ..tracks::needs(Rate::PerSecond(rate), FaceDetail::Mesh) }
}

impl<T> Default for Moments<T> {
    fn default() -> Self {
        Self {
            still: false,
            frames: 0,
            faces: 0,
            stride: 1,
            kept: Vec::new(),
            masks: Ok(Vec::new()),
        }
    }
}

impl<T> Moments<T> {
    /// A frame is shown: of each face for which `keep` gives something that is
    /// kept, as long as its turn has come; `most` are kept in all.
    pub fn see(
        &mut self,
        scene: &Scene<'_>,
        most: usize,
        mut keep: impl FnMut(&Face) -> Option<T>,
    ) {
        let number = self.frames;
        self.frames += 1;
        self.faces += scene.faces.len() as u64;
        if !number.is_multiple_of(self.stride) {
            return;
        }
        for face in scene.faces {
            let Some(kept) = keep(face) else { continue };
            let Some(person) = person::cut(scene.frame, &face.mesh) else { continue };
            let (track, frame, time_s) = (face.track, scene.frame.index, scene.frame.time_s);
            self.kept.push(Moment { number, track, frame, time_s, person, kept });
        }
        thin(&mut self.kept, &mut self.stride, most, |m| m.number);
    }

    /// The pass is over: the network sees what was kept.
    pub fn people(&mut self, people: &mut People) -> Result<()> {
        let masks = self.kept.iter().map(|m| people.mask(m.frame, m.track, &m.person));
        self.masks = masks.collect::<Result<_>>()?;
        Ok(())
    }

    /// The masks of what was kept, in the same order, or why there are none.
    pub fn masks(&self) -> Result<&[Arc<Mask>], &Text> {
        self.masks.as_deref()
    }

    /// What was kept, in order.
    pub fn kept(&self) -> &[Moment<T>] {
        &self.kept
    }

    /// The abstention that is due when nothing was kept, `gate` saying what a
    /// face would have had to be.
    pub fn nothing(&self, gate: Text) -> Option<Finding> {
        let (status, why) = if self.frames == 0 {
            (Status::NotApplicable, Text::new("There is no picture.", "Er is geen beeld."))
        } else if self.faces == 0 {
            let none = Text::new("No face was found.", "Er is geen gezicht gevonden.");
            (Status::NotApplicable, none)
        } else if self.kept.is_empty() {
            (Status::Insufficient, gate)
        } else {
            return None;
        };
        Some(Finding::abstain(status, why))
    }

    /// One number of a moment.
    pub fn row(&self, moment: &Moment<T>, quantity: &'static str, value: f64) -> Measurement {
        Measurement {
            quantity,
            unit: "1",
            time_s: (!self.still).then_some(moment.time_s),
            frame: Some(moment.frame),
            track: Some(moment.track),
            value,
        }
    }
}

impl<T> Moments<T> {
    /// The faces and at how many moments each was measured, the most first, of
    /// equal ones the earlier. Of a clip at least three moments, or half of those
    /// that were kept of the face: a single one at the edge of what can be
    /// measured misleads.
    pub fn faces<R>(&self, found: &[(&Moment<T>, R)]) -> Vec<(u32, usize)> {
        let mut faces: Vec<(u32, usize)> = Vec::new();
        for (moment, _) in found {
            match faces.iter_mut().find(|(track, _)| *track == moment.track) {
                Some((_, n)) => *n += 1,
                None => faces.push((moment.track, 1)),
            }
        }
        let kept = |track: u32| self.kept.iter().filter(|m| m.track == track).count();
        faces.retain(|&(track, n)| self.still || n >= 3 || 2 * n >= kept(track));
        faces.sort_by_key(|&(track, n)| (std::cmp::Reverse(n), track));
        faces
    }
}
