//! The finding: numbers, sentences, figures.

use super::rate::PRIORS;
use super::series::{GAP_S, Sample, Series, look};
use super::{Blinks, EYE_WIDTH, tracks};
use crate::checks::finding::{Axis, Series as Curve};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::signal::stats::quantile;
use crate::text::Text;

/// Frames a second under which counts get no probability (recipe).
const FULL_RATE: f64 = 24.0;
/// Frames a second under which blinks are not counted: half of that. The
/// closed phase of a blink lasts about 100 ms and more; two frames are then
/// 83 ms apart or less.
const LEAST_RATE: f64 = 12.0;
/// Seconds under which a count is uninformative (recipe: even none at all in
/// 20 s has a probability of 0.28 for a reader).
const LEAST_S: f64 = 20.0;
/// Slack for rates and times as files round them.
const SLACK: f64 = 0.99;
/// Tracks with values and rows of their own.
const SHOWN: usize = 8;
/// Points of a curve; beyond them each stretch shows its smallest opening.
const POINTS: usize = 3_000;
/// Rows of the table of blinks.
const ROWS: usize = 200;

/// One face with what its eyes did.
struct Track {
    number: u32,
    samples: Vec<Sample>,
    series: Series,
}

/// How much may be said about a track.
#[derive(Clone, Copy, PartialEq)]
enum Grade {
    /// Counted and compared.
    Full,
    /// Counted, too short.
    Short,
    /// Counted, too few frames a second.
    Slow,
    /// Not counted.
    None,
}

impl Track {
    fn grade(&self) -> Grade {
        if self.series.fps < SLACK * LEAST_RATE {
            Grade::None
        } else if self.series.fps < SLACK * FULL_RATE {
            Grade::Slow
        } else if self.series.measurable_s < SLACK * LEAST_S {
            Grade::Short
        } else {
            Grade::Full
        }
    }

    fn per_minute(&self) -> f64 {
        60.0 * self.series.blinks.len() as f64 / self.series.measurable_s
    }

    fn values(&self, finding: &mut Finding) {
        if self.grade() != Grade::None {
            finding.value("blinks", "1", self.series.blinks.len() as f64);
            finding.value("rate_per_min", "1/min", self.per_minute());
        }
        if self.grade() == Grade::Full {
            for prior in PRIORS {
                let p = prior.tail(self.series.blinks.len() as u64, self.series.measurable_s);
                finding.value(prior.quantity, "1", p);
            }
        }
        finding.value("measurable_s", "s", self.series.measurable_s);
    }
}

/// Puts the finding together.
pub fn conclude(check: Blinks) -> Finding {
    if let Some(text) = nothing(&check) {
        return Finding::abstain(Status::NotApplicable, text);
    }
    let full_s = check.full_s;
    let (seen, hidden) = (check.seen, check.hidden > check.narrow);
    let mut tracks: Vec<Track> = check
        .tracks
        .into_iter()
        .map(|(number, samples)| Track { number, series: look(&samples), samples })
        .collect();
    // The one seen in most frames first, as in the other checks; of equal ones the
    // earlier.
    tracks.sort_by_key(|track| (std::cmp::Reverse(track.samples.len()), track.number));
    tracks.truncate(SHOWN);
    let Some(main) = tracks.first() else {
        if hidden {
            let mut finding = Finding::abstain(Status::Insufficient, tracks::eyes_gate());
            finding.value("measurable_s", "s", 0.0);
            return finding;
        }
        let mut finding = Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!("Blinking is not measurable: no eye is {EYE_WIDTH} pixels wide."),
                format!("Knipperen is niet meetbaar: geen oog is {EYE_WIDTH} pixels breed."),
            ),
        );
        finding.value("measurable_s", "s", 0.0);
        return finding;
    };
    let of = |track: &Track| {
        let mut finding = opened(track, seen.get(&track.number).copied().unwrap_or(0));
        track.values(&mut finding);
        finding
    };
    let mut finding = of(main);
    let mut reasons: Vec<Text> = finding.reason.iter().cloned().collect();
    for track in tracks.iter().skip(1) {
        let other = of(track);
        reasons.extend(other.reason.clone());
        finding.beside(track.number, other);
    }
    for reason in reasons {
        finding.says_too(&reason);
    }
    if tracks.iter().any(|track| track.grade() == Grade::Full) {
        finding.says_too(&Text::new(
            "Which of these activities applies is for the examiner to say.",
            "Welke van deze bezigheden geldt, is aan de onderzoeker.",
        ));
    }
    warnings(&mut finding, &tracks, full_s);
    finding.measurements = tracks.iter().flat_map(measurements).collect();
    for track in tracks.iter().filter(|track| track.grade() != Grade::None).take(tracks::DRAWN) {
        finding.figures.push(curves(track));
        finding.figures.push(list(track));
    }
    finding.figures.push(table(&tracks));
    finding
}

fn nothing(check: &Blinks) -> Option<Text> {
    if check.frames == 0 {
        Some(Text::new("There is no picture.", "Er is geen beeld."))
    } else if check.still {
        Some(Text::new(
            "A single picture shows no blinking.",
            "Eén enkel beeld toont geen knipperen.",
        ))
    } else if check.faces == 0 {
        Some(Text::new("No face was found.", "Er is geen gezicht gevonden."))
    } else {
        None
    }
}

/// Status, reason and summary for a face; a reason that is not yet in the summary comes
/// after those of all faces, which often share it.
///
/// `of` is the number of frames in which the face was seen.
fn opened(main: &Track, of: u64) -> Finding {
    let (n, rate) = (main.series.blinks.len(), main.per_minute());
    let (seconds, fps) = (main.series.measurable_s, main.series.fps);
    let (en, nl) = if n == 1 { ("blink", "knippering") } else { ("blinks", "knipperingen") };
    let counted = Text::measured(
        format!(
            "Face {}: {n} {en} in {seconds:.1} s of measurable picture ({rate:.1} a minute)",
            main.number
        ),
        format!(
            "Gezicht {}: {n} {nl} in {seconds:.1} s meetbaar beeld ({rate:.1} per minuut)",
            main.number
        ),
    );
    match main.grade() {
        // The clip's frames do not come too seldom, the eyes do.
        Grade::None if 2 * (main.samples.len() as u64) < of => Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!(
                    "Blinking is not measurable: in {} of {of} frames only are the eyes of face {} {EYE_WIDTH} pixels wide and uncovered.",
                    main.samples.len(),
                    main.number
                ),
                format!(
                    "Knipperen is niet meetbaar: maar in {} van {of} beelden zijn de ogen van gezicht {} {EYE_WIDTH} pixels breed en onbedekt.",
                    main.samples.len(),
                    main.number
                ),
            ),
        ),
        Grade::None => Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "Blinking is not measurable: {fps:.1} frames a second, {LEAST_RATE} are needed to see a blink at all."
                ),
                format!(
                    "Knipperen is niet meetbaar: {fps:.1} beelden per seconde, {LEAST_RATE} zijn nodig om een knippering hoe dan ook te zien."
                ),
            ),
        ),
        Grade::Slow => limited(
            counted,
            Text::measured(
                format!(
                    "At {fps:.1} frames a second (fewer than {FULL_RATE}) it is not known how many blinks are missed: the count is given without probabilities."
                ),
                format!(
                    "Bij {fps:.1} beelden per seconde (minder dan {FULL_RATE}) is niet bekend hoeveel knipperingen gemist worden: het aantal staat er zonder kansen."
                ),
            ),
        ),
        Grade::Short => limited(
            counted,
            Text::new(
                format!(
                    "Under {LEAST_S} s no probability is given: a few blinks or none fit anybody, and the priors are counts over minutes."
                ),
                format!(
                    "Onder {LEAST_S} s wordt geen kans gegeven: enkele of geen knipperingen passen bij iedereen, en de vergelijkingscijfers zijn tellingen over minuten."
                ),
            ),
        ),
        Grade::Full => {
            let p: Vec<String> =
                PRIORS.iter().map(|prior| number(prior.tail(n as u64, seconds))).collect();
            let [talk, gaze, read] = [0, 1, 2].map(|i| p.get(i).map_or("", String::as_str));
            Finding::new(
                Status::Derived,
                Text::measured(
                    format!(
                        "{}. Two-sided probability of a number this unusual: {talk} in conversation, {gaze} looking ahead, {read} reading.",
                        counted.en
                    ),
                    format!(
                        "{}. Tweezijdige kans op een zo ongewoon aantal: {talk} in gesprek, {gaze} vooruit kijkend, {read} lezend.",
                        counted.nl
                    ),
                ),
            )
        }
    }
}

fn limited(counted: Text, reason: Text) -> Finding {
    let summary = Text::new(format!("{}.", counted.en), format!("{}.", counted.nl));
    Finding { reason: Some(reason), ..Finding::new(Status::Insufficient, summary) }
}

/// A probability as people write it.
fn number(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

fn warnings(finding: &mut Finding, tracks: &[Track], full_s: Option<f64>) {
    finding.warnings.push(Text::new(
        "Blinking depends on person, task and circumstances, and generated faces blink at ordinary rates: no number of blinks shows that a face is genuine or made.",
        "Knipperen hangt af van persoon, bezigheid en omstandigheden, en gegenereerde gezichten knipperen met een gewoon tempo: geen aantal knipperingen toont dat een gezicht echt of gemaakt is.",
    ));
    for track in tracks {
        finding.warnings.extend(of_eyes(track));
    }
    if let Some(t) = full_s {
        finding.warnings.push(Text::new(
            format!(
                "The record was full after {t:.0} s of the clip; what follows was not measured."
            ),
            format!("Na {t:.0} s van de clip was de opslag vol; wat daarna komt, is niet gemeten."),
        ));
    }
}

/// What a reader must know of the eyes of one face.
fn of_eyes(track: &Track) -> Vec<Text> {
    let mut warnings = Vec::new();
    let face = track.number;
    let least = track.series.blinks.iter().map(|b| b.completeness).fold(1.0, f64::min);
    if least < 0.4 && track.grade() != Grade::None {
        let percent = 100.0 * least;
        warnings.push(Text::new(
            format!("The eyes of face {face} are not seen to close: the shallowest blink counted loses {percent:.0} % of the opening. Glances down can look the same; look at the frames."),
            format!("De ogen van gezicht {face} zijn niet zichtbaar dicht: de ondiepste getelde knippering verliest {percent:.0} % van de opening. Een blik omlaag kan er net zo uitzien; bekijk de beelden."),
        ));
    }
    if !track.series.shut.is_empty() {
        let n = track.series.shut.len();
        warnings.push(Text::new(
            format!("Eyes of face {face} lowered or shut for longer than 600 ms ({n} times) are not counted as blinks."),
            format!("Langer dan 600 ms gesloten of neergeslagen ogen van gezicht {face} ({n} keer) tellen niet als knippering."),
        ));
    }
    warnings
}

fn measurements(track: &Track) -> Vec<Measurement> {
    let row = |quantity, unit, time_s, frame, value| Measurement {
        quantity,
        unit,
        time_s: Some(time_s),
        frame: Some(frame),
        track: Some(track.number),
        value,
    };
    let mut rows: Vec<Measurement> = track
        .samples
        .iter()
        .map(|s| row("eye_opening", "1", s.time_s, s.frame, f64::from(s.opening)))
        .collect();
    if track.grade() == Grade::None {
        return rows;
    }
    for blink in &track.series.blinks {
        rows.push(row("blink_duration_s", "s", blink.onset_s, blink.frame, blink.duration_s));
        rows.push(row("blink_completeness", "1", blink.onset_s, blink.frame, blink.completeness));
    }
    for (blink, interval) in track.series.intervals() {
        rows.push(row("inter_blink_interval_s", "s", blink.onset_s, blink.frame, interval));
    }
    for (start, length) in &track.series.shut {
        let frame = track.samples.iter().find(|s| s.time_s >= *start).map_or(0, |s| s.frame);
        rows.push(row("eyes_shut_s", "s", *start, frame, *length));
    }
    rows
}

fn curves(track: &Track) -> Figure {
    let step = track.samples.len().div_ceil(POINTS).max(1);
    let mut opening: Vec<(f64, f64)> = Vec::new();
    let mut baseline: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for (samples, bases) in track.samples.chunks(step).zip(track.series.baseline.chunks(step)) {
        let Some(low) = samples.iter().min_by(|a, b| a.opening.total_cmp(&b.opening)) else {
            continue;
        };
        if last.is_some_and(|t| low.time_s - t > step as f64 * GAP_S) {
            opening.push((low.time_s, f64::NAN));
            baseline.push((low.time_s, f64::NAN));
        }
        last = Some(low.time_s);
        opening.push((low.time_s, low.opening.into()));
        baseline.extend(bases.first().map(|b| (low.time_s, *b)));
    }
    // A stem from the axis to the deepest point of each blink.
    let stems = track.series.blinks.iter().flat_map(|blink| {
        let at = track.samples.iter().find(|s| s.frame == blink.frame);
        let (t, low) = at.map_or((blink.onset_s, 0.0), |s| (s.time_s, s.opening.into()));
        [(t, 0.0), (t, low), (t, f64::NAN)]
    });
    Figure::Lines {
        title: Text::new(
            format!("Opening of the eyes, track {}", track.number),
            format!("Opening van de ogen, spoor {}", track.number),
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("height / width of the opening", "hoogte / breedte van de opening"),
            ..Axis::default()
        },
        series: vec![
            Curve { name: Text::new("opening", "opening"), points: opening },
            Curve {
                name: Text::new("open eye (baseline)", "open oog (basislijn)"),
                points: baseline,
            },
            Curve { name: Text::new("blink", "knippering"), points: stems.collect() },
        ],
    }
}

fn list(track: &Track) -> Figure {
    let mut last: Option<f64> = None;
    let rows = track.series.blinks.iter().take(ROWS).map(|blink| {
        let interval = last.map_or(String::new(), |l| format!("{:.2}", blink.onset_s - l));
        last = Some(blink.onset_s);
        vec![
            format!("{:.2}", blink.onset_s),
            blink.frame.to_string(),
            format!("{:.0}", 1000.0 * blink.duration_s),
            format!("{:.0}", 100.0 * blink.completeness),
            interval,
        ]
    });
    Figure::Table {
        title: Text::new(
            format!("Blinks of track {}", track.number),
            format!("Knipperingen van spoor {}", track.number),
        ),
        columns: vec![
            Text::new("Onset (s)", "Begin (s)"),
            Text::new("Deepest in frame", "Diepst in beeld"),
            Text::new("Duration (ms)", "Duur (ms)"),
            Text::new("Completeness (%)", "Volledigheid (%)"),
            Text::new("Since the one before (s)", "Sinds de vorige (s)"),
        ],
        rows: rows.collect(),
    }
    .numbers()
}

fn table(tracks: &[Track]) -> Figure {
    let rows = tracks.iter().map(|track| {
        let mut widths: Vec<f64> = track.samples.iter().map(|s| f64::from(s.width)).collect();
        let counted = track.grade() != Grade::None;
        vec![
            track.number.to_string(),
            format!("{:.1}", track.series.measurable_s),
            format!("{:.1}", track.series.fps),
            quantile(&mut widths, 0.5).map_or(String::new(), |w| format!("{w:.0}")),
            format!("{:.2}", track.series.threshold),
            if counted { track.series.blinks.len().to_string() } else { "–".to_owned() },
        ]
    });
    Figure::Table {
        title: Text::new("Eyes of each track", "Ogen van elk spoor"),
        columns: vec![
            Text::new("Track", "Spoor"),
            Text::new("Measurable (s)", "Meetbaar (s)"),
            Text::new("Frames a second", "Beelden per seconde"),
            Text::new("Median eye width (px)", "Mediane oogbreedte (px)"),
            Text::new("Threshold (part of open)", "Drempel (deel van open)"),
            Text::new("Blinks", "Knipperingen"),
        ],
        rows: rows.collect(),
    }
    .numbers()
}
