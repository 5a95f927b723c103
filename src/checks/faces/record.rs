//! What is kept of faces over a clip, in bounded memory.

use std::collections::BTreeMap;

use crate::checks::thin::thin;
use crate::faces::{Face, geometry};

/// Rows kept: beyond them every other frame is let go, again and again, so
/// that an hour with a crowd takes no more memory than some minutes.
pub const MOST_ROWS: usize = 30_000;
/// Tracks kept apart; a clip with more than this many has its later ones
/// counted only.
pub const MOST_TRACKS: usize = 1_000;

/// One face in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Position among the frames seen, from 0.
    pub seen: u64,
    /// Frame number.
    pub frame: u64,
    /// Seconds.
    pub time_s: f64,
    /// Track.
    pub track: u32,
    /// Width in display pixels.
    pub width: f32,
    /// Mean eye aspect ratio.
    pub eyes: f32,
    /// Yaw, pitch and roll in degrees.
    pub pose: [f32; 3],
    /// Presence, 0–1.
    pub presence: f32,
    /// Blur of its edges in display pixels; NaN without any.
    pub blur: f32,
    /// Parts covered.
    pub covered: f32,
    /// Contrast of a line across the bridge of the nose, NaN where it is not seen.
    pub bridge: f32,
}

/// One track over the clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// First and last moment, in seconds.
    pub span_s: (f64, f64),
    /// Frames it was seen in.
    pub frames: u64,
    /// Sum of widths.
    pub width_sum: f64,
    /// Least presence.
    pub presence_min: f32,
}

/// Everything kept.
#[derive(Clone, Debug)]
pub struct Record {
    /// Frames seen.
    pub frames: u64,
    /// Frames with a face.
    pub with_face: u64,
    /// Most faces in a frame.
    pub most: usize,
    /// Narrowest and widest face.
    pub widths: Option<(f32, f32)>,
    /// The tracks.
    pub tracks: BTreeMap<u32, Track>,
    /// Number of tracks, those not kept included.
    pub track_count: u64,
    /// Faces in frames, thinned to every `stride`-th frame.
    pub rows: Vec<Row>,
    /// Every how many frames have rows.
    pub stride: u64,
    last_track: Option<u32>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            frames: 0,
            with_face: 0,
            most: 0,
            widths: None,
            tracks: BTreeMap::new(),
            track_count: 0,
            rows: Vec::new(),
            stride: 1,
            last_track: None,
        }
    }
}

impl Record {
    /// The faces of the next frame.
    pub fn see(&mut self, frame: u64, time_s: f64, faces: &[Face]) {
        let seen = self.frames;
        self.frames += 1;
        self.with_face += u64::from(!faces.is_empty());
        self.most = self.most.max(faces.len());
        for face in faces {
            let width = geometry::face_width(&face.mesh).unwrap_or(face.bounds.width);
            let (low, high) = self.widths.unwrap_or((width, width));
            self.widths = Some((low.min(width), high.max(width)));
            self.count(face, width, time_s);
            if seen.is_multiple_of(self.stride) {
                let eyes =
                    geometry::eye_aspect_ratio(&face.mesh).map_or(f32::NAN, |[r, l]| (r + l) / 2.0);
                let pose =
                    geometry::pose(&face.mesh).map_or([f32::NAN; 3], |p| [p.yaw, p.pitch, p.roll]);
                let (track, presence) = (face.track, face.presence);
                let blur = face.clarity.blur_px.unwrap_or(f32::NAN);
                let covered = face.clarity.parts_covered() as f32;
                let bridge = face.clarity.bridge_line.unwrap_or(f32::NAN);
                self.rows.push(Row {
                    seen,
                    frame,
                    time_s,
                    track,
                    width,
                    eyes,
                    pose,
                    presence,
                    blur,
                    covered,
                    bridge,
                });
            }
        }
        thin(&mut self.rows, &mut self.stride, MOST_ROWS, |row| row.seen);
    }

    fn count(&mut self, face: &Face, width: f32, time_s: f64) {
        // Numbers only grow: a higher one than ever is a new track.
        if self.last_track.is_none_or(|last| face.track > last) {
            self.last_track = Some(face.track);
            self.track_count += 1;
        }
        if self.tracks.len() >= MOST_TRACKS && !self.tracks.contains_key(&face.track) {
            return;
        }
        let track = self.tracks.entry(face.track).or_insert(Track {
            span_s: (time_s, time_s),
            frames: 0,
            width_sum: 0.0,
            presence_min: face.presence,
        });
        track.span_s.1 = time_s;
        track.frames += 1;
        track.width_sum += f64::from(width);
        track.presence_min = track.presence_min.min(face.presence);
    }
}

/// The quantile `q` (0–1) of the finite values, linear between neighbours.
pub fn quantile(values: impl Iterator<Item = f32>, q: f64) -> Option<f64> {
    let mut sorted: Vec<f32> = values.filter(|v| v.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let at = q.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)?) as f64;
    let (low, high) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(f64::from(*low) + f64::from(high - low) * at.fract())
}
