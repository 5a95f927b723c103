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
/// Tracks of which curves are drawn, as many as have a picture.
pub(super) const DRAWN: usize = 4;
/// Points of a curve.
const POINTS: usize = 3_000;
/// Fewest frames of a clip in which a face must have been measured, and their
/// least share, one in so many, of the frames in which it was seen. A face that
/// passes the gates in one frame of a thousand is at their edge there: such a
/// frame gave the two largest numbers of all development clips.
const LEAST_MEASURED: usize = 3;
const LEAST_SHARE: u64 = 20;
/// Reasons for leaving a face out that a check can have.
pub(super) const GATES: usize = 6;

/// What a check asks for that measures faces and nothing else.
pub(super) fn needs(frames: Rate, faces: FaceDetail) -> Needs {
    Needs { frames, faces, faces_essential: true, ..Needs::default() }
}

/// Width of a face in pixels, or the gate that leaves it out: 0 when it is
/// narrower than `least_width` or cut off by the edge of the picture, 1 when turned by
/// more than `most_yaw` degrees.
pub(super) fn fit(face: &Face, least_width: f32, most_yaw: f32) -> Result<f32, usize> {
    let width = geometry::face_width(&face.mesh).unwrap_or(0.0);
    let yaw = geometry::pose(&face.mesh).map_or(f32::MAX, |pose| pose.yaw.abs());
    if width.is_nan() || width < least_width || face.clarity.cut_off {
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
            format!(
                "No face of {least_width} pixels or wider lies in the picture with eyes, nose and mouth."
            ),
            format!(
                "Geen gezicht van minstens {least_width} pixels breed ligt met ogen, neus en mond in beeld."
            ),
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

/// Whether the eyes of a face are not to be seen: covered, or outside the picture.
pub(super) fn eyes_hidden(face: &Face) -> bool {
    face.clarity.cut_off || covered(face, &Part::EYES)
}

/// What a gate on [`eyes_hidden`] asks, in words.
pub(super) fn eyes_gate() -> Text {
    Text::new(
        "The eyes seem covered (dark glasses, hair, a bar, strong make-up), or are cut off by the edge of the picture.",
        "De ogen lijken bedekt (een donkere bril, haar, een balk, sterke make-up), of zijn afgesneden door de rand van het beeld.",
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

/// Whether a face of a clip was measured often enough: in `n` of the `of` frames
/// looked at in which it was seen. Of a clip so short that there were fewer than
/// [`LEAST_MEASURED`], in all of them.
pub(super) fn enough(n: usize, of: u64) -> bool {
    let least = LEAST_MEASURED.min(usize::try_from(of).unwrap_or(usize::MAX)).max(1);
    n >= least && n as u64 * LEAST_SHARE >= of
}

/// Why a face that was measured in `n` of `of` frames says nothing; `gate` is the
/// reason why the others were left out.
pub(super) fn too_few(n: usize, of: u64, gate: Option<&Text>) -> Text {
    let (en, nl) = gate.map_or((String::new(), String::new()), |gate| {
        (format!(" Of the others: {}", gate.en), format!(" Van de overige: {}", gate.nl))
    });
    Text::new(
        format!(
            "No face could be measured in enough frames: the one measured most often in {n} of the {of} that were looked at, where {LEAST_MEASURED} of them and one in {LEAST_SHARE} are needed, since single frames at the edge of what can be measured mislead.{en}"
        ),
        format!(
            "Geen gezicht was in genoeg beelden meetbaar: het vaakst gemeten gezicht in {n} van de {of} bekeken beelden, terwijl er {LEAST_MEASURED} nodig zijn en een op de {LEAST_SHARE}, omdat losse beelden op de grens van het meetbare misleiden.{nl}"
        ),
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
    /// Median of a column's numbers, if there are enough of them in a clip.
    pub fn median(&self, column: usize) -> Option<f64> {
        let mut values = self.columns.get(column)?.clone();
        let n = values.iter().filter(|v| v.is_finite()).count();
        let few = values.len() >= LEAST_MEASURED && !enough(n, values.len() as u64);
        if few { None } else { median(&mut values) }
    }

    /// The median of each of `columns` as a value of the finding.
    pub fn tell(&self, columns: &[Column], finding: &mut Finding) {
        for (k, column) in columns.iter().enumerate() {
            finding.value(column.quantity, column.unit, self.median(k).unwrap_or(f64::NAN));
        }
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
    /// Frames in which each face was seen, measured or not.
    seen: BTreeMap<u32, u64>,
    kept: usize,
    full_s: Option<f64>,
    tracks: BTreeMap<u32, Track>,
}

impl Tracks {
    /// A frame is shown, with faces or without.
    pub fn shown(&mut self, scene: &Scene<'_>) {
        self.frames += 1;
        self.faces += scene.faces.len() as u64;
        for face in scene.faces {
            *self.seen.entry(face.track).or_default() += 1;
        }
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

    /// Tracks that were measured often enough, those seen in most frames first,
    /// of equal ones the earlier: the first is the principal face, whichever of
    /// the checks asks.
    pub fn longest(&self) -> Vec<&Track> {
        let mut tracks: Vec<&Track> = self.tracks.values().filter(|t| self.enough(t)).collect();
        tracks.sort_by_key(|t| (std::cmp::Reverse(self.seen_of(t)), t.number));
        tracks.truncate(SHOWN);
        tracks
    }

    /// In how many frames the face was seen.
    fn seen_of(&self, track: &Track) -> u64 {
        let seen = self.seen.get(&track.number).copied().unwrap_or(0);
        seen.max(track.at.len() as u64)
    }

    fn enough(&self, track: &Track) -> bool {
        self.still || enough(track.at.len(), self.seen_of(track))
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
        } else if let Some(best) =
            self.tracks.values().max_by_key(|t| t.at.len()).filter(|_| self.longest().is_empty())
        {
            let most = (0..gates.len()).max_by_key(|i| (self.refused[*i], std::cmp::Reverse(*i)));
            let gate = most.filter(|i| self.refused[*i] > 0).and_then(|i| gates.get(i));
            let why = too_few(best.at.len(), self.seen_of(best), gate);
            (Status::Insufficient, why)
        } else {
            return None;
        };
        Some(Finding::abstain(status, why))
    }

    /// What `of` says of each face that was measured often enough, the principal one
    /// first, with every number over time.
    pub fn each(&self, columns: &[Column], of: impl Fn(&Track) -> Finding) -> Finding {
        let mut faces = self.longest().into_iter();
        let Some(first) = faces.next() else {
            let none = Text::new("No face could be measured.", "Geen gezicht was meetbaar.");
            return Finding::abstain(Status::Insufficient, none);
        };
        let mut finding = of(first);
        for other in faces {
            finding.beside(other.number, of(other));
        }
        self.warn_if_full(&mut finding);
        finding.measurements = self.measurements(columns);
        finding
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

    /// Some columns of each face over time, of faces seen at more than one moment.
    pub fn curves(
        &self,
        title: &Text,
        label: &Text,
        which: &[usize],
        columns: &[Column],
    ) -> Vec<Figure> {
        let curve = |track: &Track| {
            let step = track.at.len().div_ceil(POINTS).max(1);
            let series = which.iter().filter_map(|k| {
                let column = columns.get(*k)?;
                let points = track.at.iter().zip(track.column(*k)).step_by(step);
                Some(Series {
                    name: Text::new(column.label.0, column.label.1),
                    points: points.map(|((_, t), v)| (*t, *v)).collect(),
                })
            });
            let number = track.number;
            Figure::Lines {
                title: Text::new(
                    format!("{}: face {number}", title.en),
                    format!("{}: gezicht {number}", title.nl),
                ),
                x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
                y: Axis { label: label.clone(), ..Axis::default() },
                series: series.collect(),
            }
        };
        let long = self.longest().into_iter().filter(|track| !self.still && track.at.len() > 1);
        long.take(DRAWN).map(curve).collect()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test may stop
    use super::*;
    use crate::faces::synth::{Head, face_of};
    use crate::media::Frame;

    const COLUMNS: [Column; 1] = [Column { quantity: "v", unit: "1", label: ("v", "v") }];

    /// Frames in which each face is seen in `seen` of them and measured in `measured`.
    fn tracks(faces: &[(u32, u64, u64)]) -> Tracks {
        let mut tracks = Tracks::default();
        for k in 0..200 {
            let here: Vec<Face> = faces
                .iter()
                .filter(|(_, seen, _)| k < *seen)
                .map(|(track, ..)| Face { track: *track, ..face_of(&Head::default()) })
                .collect();
            let mut frame = Frame::from_gray(&[], 400, 400);
            (frame.index, frame.time_s) = (k, k as f64 / 10.0);
            tracks.measure(&Scene { frame: &frame, faces: &here }, |face| {
                let of = faces.iter().find(|f| f.0 == face.track).map_or(0, |f| f.2);
                if k < of { Ok([f64::from(face.track)]) } else { Err(0) }
            });
        }
        tracks
    }

    #[test]
    fn one_frame_of_a_hundred_is_no_finding() {
        let gates = gates(64.0, 45.0);
        let few = tracks(&[(1, 100, 4)]).nothing(&gates).unwrap();
        assert_eq!(few.status, Status::Insufficient);
        assert!(few.reason.unwrap().en.contains("in 4 of the 100 that were looked at"));
        assert!(tracks(&[(1, 100, 5)]).nothing(&gates).is_none());
        assert!(tracks(&[(1, 20, 2)]).nothing(&gates).is_some(), "fewer than three");
        assert!(tracks(&[(1, 2, 2)]).nothing(&gates).is_none(), "both of a short clip");
        // Not measured at all: the gate is the reason.
        let none = tracks(&[(1, 100, 0)]).nothing(&gates).unwrap();
        assert!(none.reason.unwrap().en.contains("64 pixels"));
        // A still has but one frame.
        let still = Tracks { still: true, ..tracks(&[(1, 100, 1)]) };
        assert!(still.nothing(&gates).is_none());
    }

    #[test]
    fn hidden_eyes_silence_every_check_of_eyes() {
        use crate::checks::testing::dimmed;
        use crate::checks::{blink, eye_highlights, gaze, pupil, symmetry};
        let close = || Head { side: 700, width: 600.0, centre: (350.0, 400.0), ..Head::default() };
        for entry in [&blink::ENTRY, &gaze::ENTRY, &pupil::ENTRY, &eye_highlights::ENTRY] {
            let finding = dimmed(entry, &close(), &Part::EYES, 0.6, 1.0);
            assert_eq!(finding.status, Status::Insufficient, "{}", entry.name);
            let why = finding.reason.unwrap().en;
            assert!(why.contains("eyes seem covered"), "{}: {why}", entry.name);
        }
        let whole = Head {
            side: 520,
            width: 280.0,
            centre: (260.0, 250.0),
            mirrored: [None; 2],
            light: [0.1, 0.3, 1.0],
            ..Head::default()
        };
        let iris = |covered: &[Part]| {
            let finding = dimmed(&symmetry::ENTRY, &whole, covered, 0.6, 1.0);
            finding.values.iter().any(|v| v.quantity == "iris_delta_e")
        };
        assert!(iris(&[]) && !iris(&Part::EYES));
    }

    #[test]
    fn the_face_seen_longest_comes_first_and_the_others_keep_their_numbers() {
        let tracks = tracks(&[(3, 50, 50), (7, 180, 40), (9, 180, 1)]);
        let order: Vec<u32> = tracks.longest().iter().map(|t| t.number).collect();
        assert_eq!(order, [7, 3]);
        let finding = tracks.each(&COLUMNS, |track| {
            // The principal face cannot be told, the other can.
            let status = if track.number == 7 { Status::Insufficient } else { Status::Derived };
            let mut one = Finding::new(status, Text::same(format!("Face {}.", track.number)));
            one.value("v", "1", track.median(0).unwrap());
            one
        });
        assert_eq!(finding.status, Status::Derived);
        assert_eq!(finding.summary.en, "Face 7. Face 3.");
        assert_eq!(finding.measurements.len(), 90);
        let drawn = tracks.curves(&Text::same("t"), &Text::same("l"), &[0], &COLUMNS);
        let titles = drawn.iter().map(|figure| match figure {
            Figure::Lines { title, .. } => title.en.clone(),
            _ => String::new(),
        });
        assert_eq!(titles.collect::<Vec<_>>(), ["t: face 7", "t: face 3"]);
        let values: Vec<(&str, f64)> =
            finding.values.iter().map(|v| (v.quantity.as_str(), v.value)).collect();
        assert_eq!(values, [("v", 7.0), ("v_track_3", 3.0)]);
    }

    #[test]
    fn a_column_seldom_filled_has_no_median() {
        let mut tracks = Tracks::default();
        for k in 0..100 {
            let rare = if k < 4 { 40.0 } else { f64::NAN };
            tracks.push(1, k, k as f64, &[1.0, rare]);
        }
        let track = tracks.longest()[0];
        assert_eq!((track.median(0), track.median(1)), (Some(1.0), None));
    }
}
