//! The finding: numbers, words, the figure over time.

use super::edits::Edits;
use super::events::{Events, STILL, events};
use super::table::edit_table;
use super::{Frames, MOST_SIGNED};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::media::Kind;
use crate::signal::stats::median;
use crate::text::Text;

/// Fewest frames: less than a second has no ordinary level to speak of.
const LEAST_FRAMES: usize = 20;
/// From this many irregular duplicates on they count as events.
const ODD_DUPLICATES: usize = 3;
/// Where an edit list begins further into the media than this, the beginning
/// was cut off; encoders' own delay takes up to 0.2 s.
const CUT_OFF_S: f64 = 0.3;

/// What the times of the frames are like.
pub(super) struct Times {
    /// Median step in seconds.
    step_s: f64,
    /// Frames after a long step, and how many would fit in it.
    pub(super) gaps: Vec<(usize, f64)>,
    equal: usize,
    backward: usize,
    /// Share of the steps that differ from the median by more than a quarter.
    uneven: f64,
}

fn times(times: &[f64]) -> Times {
    let steps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    let mut forward: Vec<f64> = steps.iter().copied().filter(|s| *s > 0.0).collect();
    let step_s = median(&mut forward).unwrap_or(0.0);
    // 1.75 as in the pass: one lost frame doubles a step.
    let long = |(i, step): (usize, &f64)| {
        (step_s > 0.0 && *step > 1.75 * step_s).then(|| (i + 1, (step / step_s).round() - 1.0))
    };
    let uneven = steps.iter().filter(|s| (*s - step_s).abs() > 0.25 * step_s).count();
    Times {
        step_s,
        gaps: steps.iter().enumerate().filter_map(long).collect(),
        equal: steps.iter().filter(|s| **s == 0.0).count(),
        backward: steps.iter().filter(|s| **s < 0.0).count(),
        uneven: uneven as f64 / steps.len().max(1) as f64,
    }
}

/// Share of frames in motion below which nothing is judged.
const LEAST_MOVING: f64 = 0.01;

impl Frames {
    /// The finding after the last frame.
    pub(super) fn report(self) -> Finding {
        if self.kind != Some(Kind::Video) {
            return Finding::abstain(
                Status::NotApplicable,
                Text::new("There are no moving pictures.", "Er zijn geen bewegende beelden."),
            );
        }
        let n = self.times.len();
        if n < LEAST_FRAMES {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!("The video has {n} frames; {LEAST_FRAMES} are needed."),
                    format!("De video heeft {n} beelden; nodig zijn er {LEAST_FRAMES}."),
                ),
            );
        }
        let events = events(&self.back, &self.signatures);
        let times = times(&self.times);
        let moving = events.level.iter().filter(|l| **l >= STILL).count() as f64 / n as f64;
        let cut_off = self.cut_off();
        let some = self.some(&events, &times, cut_off.is_some());
        let mut finding = if some || moving >= LEAST_MOVING {
            Finding::new(Status::Derived, self.summary(&events, &times, moving, some))
        } else {
            Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "The scene stands still throughout: repeated, removed and inserted frames would not show.",
                    "Het beeld staat voortdurend stil: herhaalde, verwijderde en ingevoegde beelden zouden niet opvallen.",
                ),
            )
        };
        finding.state = Some(
            match (some, events.cadence) {
                (true, _) => "events",
                (false, Some(_)) => "regular-duplicates",
                (false, None) if moving < 0.1 => "still",
                (false, None) => "none",
            }
            .to_owned(),
        );
        finding.value("frames", "1", n as f64);
        finding.value("moving_share", "1", moving);
        finding.value("duplicated_frames", "1", events.duplicates.len() as f64);
        if let Some(every) = events.cadence {
            finding.value("duplicates_every_frames", "1", every);
        }
        finding.value("freezes", "1", events.freezes.len() as f64);
        let frozen = events.freezes.iter().map(|f| f.1).max().unwrap_or(0);
        finding.value("longest_freeze_frames", "1", frozen as f64);
        finding.value("jumps", "1", events.jumps.len() as f64);
        let inserted: usize = events.inserted.iter().map(|(_, count)| count).sum();
        finding.value("inserted_frames", "1", inserted as f64);
        finding.value("repeated_stretches", "1", events.repeats.len() as f64);
        let longest = events.repeats.iter().map(|r| r.2).max().unwrap_or(0);
        finding.value("longest_repeat_frames", "1", longest as f64);
        finding.value("time_gaps", "1", times.gaps.len() as f64);
        let missing: f64 = times.gaps.iter().map(|g| g.1).fold(0.0, |a, b| a + b);
        finding.value("frames_missing_by_time", "1", missing);
        finding.value("equal_times", "1", times.equal as f64);
        finding.value("backward_times", "1", times.backward as f64);
        finding.value("uneven_steps_share", "1", times.uneven);
        finding.value("median_step_s", "s", times.step_s);
        let count = |f: fn(&Edits) -> usize| self.edits.iter().map(f).sum::<usize>() as f64;
        finding.value("edit_list_entries", "1", count(|e| e.shown + e.empty));
        if let Some(begins) = cut_off {
            finding.value("edit_list_begins_s", "s", begins);
        }
        finding.measurements = self.measurements(&events);
        finding.figures.push(self.figure(&events));
        if let Some(table) = self.table(&events, &times) {
            finding.figures.push(table);
        }
        if !self.edits.is_empty() {
            finding.figures.push(edit_table(&self.edits));
        }
        finding.warnings = self.warnings(&times, moving);
        finding
    }

    /// Where the media of the picture begins, when a beginning was cut off.
    fn cut_off(&self) -> Option<f64> {
        let picture = self.edits.iter().find(|e| e.handler == "vide")?;
        (picture.begins_s > CUT_OFF_S).then_some(picture.begins_s)
    }

    /// Whether there is something to look at.
    fn some(&self, events: &Events, times: &Times, cut_off: bool) -> bool {
        let several = self.edits.iter().any(|e| e.shown > 1);
        // One or two duplicates are ordinary in any recording.
        let irregular = events.cadence.is_none() && events.duplicates.len() >= ODD_DUPLICATES;
        irregular
            || !events.freezes.is_empty()
            || !events.jumps.is_empty()
            || !events.inserted.is_empty()
            || !events.repeats.is_empty()
            || !times.gaps.is_empty() && times.uneven < 0.1
            || times.backward > 0
            || several
            || cut_off
    }

    fn summary(&self, events: &Events, times: &Times, moving: f64, some: bool) -> Text {
        let mut en = Vec::new();
        let mut nl = Vec::new();
        let mut say = |count: usize, e: String, d: String| {
            if count > 0 {
                en.push(e);
                nl.push(d);
            }
        };
        let n = events.duplicates.len();
        match events.cadence {
            Some(every) if every < 2.0 => say(
                n,
                format!(
                    "frames that repeat the one before: {n}, two in every three, as a conversion of the frame rate makes them"
                ),
                format!(
                    "beelden die het vorige herhalen: {n}, twee op elke drie, zoals een omzetting van de beeldfrequentie ze maakt"
                ),
            ),
            Some(every) => say(
                n,
                format!(
                    "frames that repeat the one before: {n}, about every {every:.0}, as a conversion of the frame rate makes them"
                ),
                format!(
                    "beelden die het vorige herhalen: {n}, ongeveer om de {every:.0}, zoals een omzetting van de beeldfrequentie ze maakt"
                ),
            ),
            None => say(
                n,
                format!("frames that repeat the one before while the scene moves: {n}"),
                format!("beelden die het vorige herhalen terwijl het beeld beweegt: {n}"),
            ),
        }
        let n = events.freezes.len();
        let longest =
            events.freezes.iter().map(|&(from, n)| self.time(from + n - 1) - self.time(from - 1));
        let longest = longest.fold(0.0, f64::max);
        say(
            n,
            format!(
                "stretches in which the picture stands frozen beside motion: {n} (the longest {longest:.2} s)"
            ),
            format!(
                "stukken waarin het beeld bevroren is naast beweging: {n} (het langste {longest:.2} s)"
            ),
        );
        let n = events.jumps.len();
        say(
            n,
            format!("jumps of the picture (a cut between shots, removed frames, a flash): {n}"),
            format!("beeldsprongen (overgang tussen opnamen, verwijderde beelden, een flits): {n}"),
        );
        let n = events.inserted.len();
        say(
            n,
            format!("places with one to three foreign frames: {n}"),
            format!("plaatsen met een tot drie vreemde beelden: {n}"),
        );
        let n = events.repeats.len();
        let longest = events.repeats.iter().map(|r| r.2).max().unwrap_or(0);
        say(
            n,
            format!("stretches that come back later: {n} (the longest has {longest} frames)"),
            format!("stukken die later terugkomen: {n} (het langste heeft {longest} beelden)"),
        );
        let n = times.gaps.len();
        let missing: f64 = times.gaps.iter().map(|g| g.1).fold(0.0, |a, b| a + b);
        say(
            n,
            format!("gaps in the times: {n} (with room for {missing:.0} frames)"),
            format!("gaten in de tijden: {n} (met ruimte voor {missing:.0} beelden)"),
        );
        let n = times.backward;
        say(n, format!("times that go back: {n}"), format!("tijden die teruglopen: {n}"));
        if let Some(begins) = self.cut_off() {
            say(
                1,
                format!(
                    "an edit list that leaves out the first {begins:.2} s of the picture (trimmed without coding again)"
                ),
                format!(
                    "een bewerkingslijst die de eerste {begins:.2} s van het beeld weglaat (ingekort zonder hercoderen)"
                ),
            );
        }
        let parts = self.edits.iter().map(|e| e.shown).max().unwrap_or(0);
        if parts > 1 {
            say(
                parts,
                format!("an edit list that joins {parts} parts of the media"),
                format!("een bewerkingslijst die {parts} delen van de media samenvoegt"),
            );
        }
        let percent = 100.0 * moving;
        let (judged, beoordeeld) = (
            format!(
                "Judged was the {percent:.0} % of the decoded pictures in which the scene moves; removed frames show only where the motion exceeds the ordinary."
            ),
            format!(
                "Beoordeeld is de {percent:.0} % van de gedecodeerde beelden waarin het beeld beweegt; verwijderde beelden vallen alleen op waar de beweging het gewone te boven gaat."
            ),
        );
        if en.is_empty() {
            return Text::new(
                format!(
                    "No duplicated, inserted or repeated frames, no jumps and no gaps in time were found. {judged} That does not show that nothing was removed."
                ),
                format!(
                    "Er zijn geen verdubbelde, ingevoegde of herhaalde beelden, geen sprongen en geen gaten in de tijd gevonden. {beoordeeld} Dat toont niet dat er niets is verwijderd."
                ),
            );
        }
        let (en, nl) = (en.join("; "), nl.join("; "));
        let (also, ook) = if some {
            (
                " Editing, joined shots, variable frame rates and transmission faults do the same: look at the frames at the times listed.",
                " Montage, overgangen, wisselende beeldfrequenties en storingen doen hetzelfde: bekijk de beelden op de vermelde tijden.",
            )
        } else if events.cadence.is_none() && times.gaps.is_empty() {
            (" So few are ordinary in any recording.", " Zo weinig is gewoon in elke opname.")
        } else {
            ("", "")
        };
        Text::measured(
            format!("Found: {en}.{also} {judged}"),
            format!("Gevonden: {nl}.{ook} {beoordeeld}"),
        )
    }

    fn warnings(&self, times: &Times, moving: f64) -> Vec<Text> {
        let mut warnings = Vec::new();
        if times.uneven >= 0.1 {
            warnings.push(Text::new(
                "The frame rate varies (telephones, screen recordings, calls): gaps and duplicates are ordinary then.",
                "De beeldfrequentie wisselt (telefoons, schermopnamen, videogesprekken): gaten en verdubbelingen zijn dan gewoon.",
            ));
        }
        if moving < 0.5 {
            warnings.push(Text::new(
                "In most of the video the scene stands still; frames can be removed, repeated or inserted there without a trace in the pictures.",
                "In het grootste deel van de video staat het beeld stil; daar kunnen beelden zonder spoor in het beeld zijn verwijderd, herhaald of ingevoegd.",
            ));
        }
        let n = self.times.len();
        if n > MOST_SIGNED {
            warnings.push(Text::new(
                format!(
                    "Repeated stretches were looked for in the first {MOST_SIGNED} frames only."
                ),
                format!(
                    "Naar herhaalde stukken is alleen in de eerste {MOST_SIGNED} beelden gezocht."
                ),
            ));
        }
        if self.more {
            warnings.push(Text::new(
                format!("Only the first {n} frames were used."),
                format!("Alleen de eerste {n} beelden zijn gebruikt."),
            ));
        }
        warnings
    }

    pub(super) fn time(&self, frame: usize) -> f64 {
        self.times.get(frame).copied().unwrap_or(f64::NAN)
    }

    fn measurements(&self, events: &Events) -> Vec<Measurement> {
        let measured = |(i, value): (usize, &f64)| {
            value.is_finite().then(|| Measurement {
                quantity: "frame_residual",
                unit: "1",
                time_s: Some(self.time(i)).filter(|t| t.is_finite()),
                frame: Some(i as u64),
                track: None,
                value: *value,
            })
        };
        events.residual.iter().enumerate().filter_map(measured).collect()
    }

    /// The residuals over time, with a line up at each event.
    fn figure(&self, events: &Events) -> Figure {
        let residual = |i: usize| events.residual.get(i).copied().unwrap_or(f64::NAN);
        let points = (0..self.times.len()).map(|i| (self.time(i), residual(i))).collect();
        let mut series = vec![Series { name: Text::new("residual", "verschil"), points }];
        let most = events.residual.iter().copied().filter(|r| r.is_finite()).fold(1.0, f64::max);
        let repeats = events.repeats.iter().flat_map(|r| r.1..r.1 + r.2);
        for (en, nl, frames, height) in [
            ("duplicates", "verdubbeld", events.duplicates.clone(), 0.25),
            ("jumps", "sprongen", events.jumps.clone(), 1.0),
            ("inserted", "ingevoegd", events.inserted.iter().map(|e| e.0).collect(), 1.0),
            ("repeated", "herhaald", repeats.collect(), 0.1),
        ] {
            let line = |&i: &usize| {
                let t = self.time(i);
                [(t, 0.0), (t, height * most), (t, f64::NAN)]
            };
            let points: Vec<(f64, f64)> = frames.iter().flat_map(line).collect();
            if !points.is_empty() {
                series.push(Series { name: Text::new(en, nl), points });
            }
        }
        Figure::Lines {
            title: Text::new(
                "Difference of each frame with the one before, and what stands out",
                "Verschil van elk beeld met het vorige, en wat daarin opvalt",
            ),
            x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
            y: Axis {
                label: Text::new("difference (grey levels)", "verschil (grijswaarden)"),
                ..Axis::default()
            },
            series,
        }
    }
}
