//! Rows of numbers for each face, bounded: what the checks that measure faces
//! have in common.

use std::collections::BTreeMap;

use super::finding::{Axis, Series};
use super::{Figure, Finding, Measurement, Scene, Status};
use crate::faces::{Face, Part, geometry};
use crate::media::{FaceDetail, Needs, Rate};
use crate::signal::stats::median;
use crate::text::Text;

/// Rows kept over all faces: two hours of one face at 30 frames a second. What
/// comes after is not measured, and the finding says so.
const MOST_ROWS: usize = 216_000;
/// Tracks summed up, the longest.
const SHOWN: usize = 8;
/// Points of a curve.
const POINTS: usize = 3_000;
/// Reasons for leaving a face out that a check can have.
pub(super) const GATES: usize = 6;

/// What a check asks for that measures faces and nothing else.
pub(super) fn needs(frames: Rate, faces: FaceDetail) -> Needs {
    Needs { frames, faces, faces_essential: true, ..Needs::default() }
}

/// Width of a face in pixels, or the gate that leaves it out: 0 when it is
/// narrower than `least_width`, 1 when turned by more than `most_yaw` degrees.
pub(super) fn fit(face: &Face, least_width: f32, most_yaw: f32) -> Result<f32, usize> {
    let width = geometry::face_width(&face.mesh).unwrap_or(0.0);
    let yaw = geometry::pose(&face.mesh).map_or(f32::MAX, |pose| pose.yaw.abs());
    if width.is_nan() || width < least_width {
        Err(0)
    } else if yaw > most_yaw {
        Err(1)
    } else {
        Ok(width)
    }
}

/// What the gates of [`fit`] ask, in words.
pub(super) fn gates(least_width: f32, most_yaw: f32) -> [Text; 2] {
    [
        Text::new(
            format!("No face is {least_width} pixels wide."),
            format!("Geen gezicht is {least_width} pixels breed."),
        ),
        Text::new(
            format!("Every face is turned by more than {most_yaw} degrees."),
            format!("Elk gezicht is meer dan {most_yaw} graden gedraaid."),
        ),
    ]
}

/// Whether any of these parts of a face is covered.
pub(super) fn covered(face: &Face, parts: &[Part]) -> bool {
    parts.iter().any(|part| face.clarity.covers(*part))
}

/// What a gate on [`covered`] asks, in words.
pub(super) fn bare_gate() -> Text {
    Text::new(
        "Parts of every face that are needed are covered (hair, a mask, a beard, a microphone).",
        "Van elk gezicht zijn delen bedekt die nodig zijn (haar, een masker, een baard, een microfoon).",
    )
}

/// Whether the edges of a face are spread over more than this part of its
/// width; a face without edges is not called blurred.
pub(super) fn blurred(face: &Face, width: f32, most: f32) -> bool {
    face.clarity.blur_px.is_some_and(|blur| blur > most * width)
}

/// What a gate on [`blurred`] asks, in words.
pub(super) fn sharp_gate() -> Text {
    Text::new(
        "Every face is too blurred: what is to be measured is finer than its edges.",
        "Elk gezicht is te onscherp: wat gemeten moet worden, is fijner dan de randen erin.",
    )
}

/// What a column holds.
pub(super) struct Column {
    pub quantity: &'static str,
    pub unit: &'static str,
    pub label: (&'static str, &'static str),
}

/// One face over time.
pub(super) struct Track {
    pub number: u32,
    /// Frame and time of each row.
    pub at: Vec<(u64, f64)>,
    /// One vector a column, with NaN where there was nothing to measure.
    pub columns: Vec<Vec<f64>>,
}

impl Track {
    /// Median of a column's numbers.
    pub fn median(&self, column: usize) -> Option<f64> {
        median(&mut self.columns.get(column)?.clone())
    }

    /// A column, empty where there is none.
    pub fn column(&self, column: usize) -> &[f64] {
        self.columns.get(column).map_or(&[], Vec::as_slice)
    }

    /// Seconds measured: the steps from row to row, gaps left out, and one more
    /// for the last row.
    pub fn seconds(&self) -> f64 {
        let step = 1.0 / self.rate().max(1e-9);
        let steps = self.at.windows(2).map(|w| w[1].1 - w[0].1);
        if self.at.len() < 2 { 0.0 } else { step + steps.filter(|s| *s < 3.0 * step).sum::<f64>() }
    }

    /// Rows a second, from the median step; 0 when there is none.
    pub fn rate(&self) -> f64 {
        let steps = self.at.windows(2).map(|w| w[1].1 - w[0].1);
        match median(&mut steps.collect::<Vec<_>>()) {
            Some(step) if step > 0.0 => 1.0 / step,
            _ => 0.0,
        }
    }
}

/// All faces.
#[derive(Default)]
pub(super) struct Tracks {
    pub still: bool,
    frames: u64,
    faces: u64,
    refused: [u64; GATES],
    kept: usize,
    full_s: Option<f64>,
    tracks: BTreeMap<u32, Track>,
}

impl Tracks {
    /// A frame is shown, with faces or without.
    pub fn shown(&mut self, scene: &Scene<'_>) {
        self.frames += 1;
        self.faces += scene.faces.len() as u64;
    }

    /// A frame is shown: each face gets its `row`, or is left out by a gate.
    pub fn measure<R: AsRef<[f64]>>(
        &mut self,
        scene: &Scene<'_>,
        mut row: impl FnMut(&Face) -> Result<R, usize>,
    ) {
        self.shown(scene);
        for face in scene.faces {
            match row(face) {
                Ok(row) => {
                    let (index, time_s) = (scene.frame.index, scene.frame.time_s);
                    self.push(face.track, index, time_s, row.as_ref());
                }
                Err(gate) => self.refuse(gate),
            }
        }
    }

    /// A face was left out by the gate of this number.
    pub fn refuse(&mut self, gate: usize) {
        if let Some(count) = self.refused.get_mut(gate) {
            *count += 1;
        }
    }

    /// Adds a row; rows whose time goes back are left out.
    pub fn push(&mut self, track: u32, frame: u64, time_s: f64, row: &[f64]) {
        if self.kept >= MOST_ROWS {
            self.full_s.get_or_insert(time_s);
            return;
        }
        let track = self.tracks.entry(track).or_insert_with(|| Track {
            number: track,
            at: Vec::new(),
            columns: vec![Vec::new(); row.len()],
        });
        if track.at.last().is_none_or(|last| last.1 <= time_s) {
            self.kept += 1;
            track.at.push((frame, time_s));
            for (column, value) in track.columns.iter_mut().zip(row) {
                column.push(*value);
            }
        }
    }

    /// Tracks with rows, the longest first, of equal ones the earlier.
    pub fn longest(&self) -> Vec<&Track> {
        let mut tracks: Vec<&Track> = self.tracks.values().collect();
        tracks.sort_by_key(|t| (std::cmp::Reverse(t.at.len()), t.number));
        tracks.truncate(SHOWN);
        tracks
    }

    /// The abstention that is due when no face was measured; `gates` says in
    /// words what each gate asks.
    pub fn nothing(&self, gates: &[Text]) -> Option<Finding> {
        let (status, why) = if self.frames == 0 {
            (Status::NotApplicable, Text::new("There is no picture.", "Er is geen beeld."))
        } else if self.faces == 0 {
            let none = Text::new("No face was found.", "Er is geen gezicht gevonden.");
            (Status::NotApplicable, none)
        } else if self.tracks.is_empty() {
            let most = (0..gates.len()).max_by_key(|i| (self.refused[*i], std::cmp::Reverse(*i)));
            let why = most.and_then(|i| gates.get(i)).cloned();
            let none = || Text::new("No face could be measured.", "Geen gezicht was meetbaar.");
            (Status::Insufficient, why.unwrap_or_else(none))
        } else {
            return None;
        };
        Some(Finding::abstain(status, why))
    }

    /// Every number of the longest tracks over time.
    pub fn measurements(&self, columns: &[Column]) -> Vec<Measurement> {
        let mut rows = Vec::new();
        for track in self.longest() {
            for (column, values) in columns.iter().zip(&track.columns) {
                let finite = track.at.iter().zip(values).filter(|(_, v)| v.is_finite());
                rows.extend(finite.map(|((frame, time_s), value)| Measurement {
                    quantity: column.quantity,
                    unit: column.unit,
                    time_s: (!self.still).then_some(*time_s),
                    frame: Some(*frame),
                    track: Some(track.number),
                    value: *value,
                }));
            }
        }
        rows
    }

    /// Medians of every column of the longest tracks.
    pub fn table(&self, title: Text, columns: &[Column]) -> Figure {
        let mut heads = vec![Text::new("Track", "Spoor"), Text::new("Frames", "Beelden")];
        heads.extend(columns.iter().map(|c| Text::new(c.label.0, c.label.1)));
        let rows = self.longest().into_iter().map(|track| {
            let mut row = vec![track.number.to_string(), track.at.len().to_string()];
            row.extend(
                (0..columns.len())
                    .map(|k| track.median(k).map_or("–".to_owned(), |v| format!("{v:.2}"))),
            );
            row
        });
        Figure::Table { title, columns: heads, rows: rows.collect() }.numbers()
    }

    /// What a full record asks to be said.
    pub fn warn_if_full(&self, finding: &mut Finding) {
        if let Some(t) = self.full_s {
            finding.warnings.push(Text::new(
                format!(
                    "The record was full after {t:.0} s of the clip; what follows was not measured."
                ),
                format!(
                    "Na {t:.0} s van de clip was de opslag vol; wat daarna komt, is niet gemeten."
                ),
            ));
        }
    }
}

/// Curves of some columns of a track over time; `None` for a single moment.
pub(super) fn curves(
    track: &Track,
    title: Text,
    label: Text,
    which: &[usize],
    columns: &[Column],
) -> Option<Figure> {
    if track.at.len() < 2 {
        return None;
    }
    let step = track.at.len().div_ceil(POINTS).max(1);
    let series = which.iter().filter_map(|k| {
        let column = columns.get(*k)?;
        let points = track.at.iter().zip(track.column(*k)).step_by(step);
        Some(Series {
            name: Text::new(column.label.0, column.label.1),
            points: points.map(|((_, t), v)| (*t, *v)).collect(),
        })
    });
    Some(Figure::Lines {
        title,
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis { label, ..Axis::default() },
        series: series.collect(),
    })
}
