//! The finding: numbers, sentences, figures.

use super::align::{LEAST_Z, LEAST_Z_CORRELATION};
use super::bands::Bands;
use super::judge::{Candidate, Judged, LEAST_RATE, LEAST_SPEECH_S, largest_step};
use super::mouth::Mouths;
use crate::checks::{Figure, Finding, Measurement, Status, finding::Axis, finding::Series};
use crate::text::Text;

/// What ordinary recordings can have, in ms: voices lie between 40 before and 200
/// after their lips (Schwartz and Savariaux 2014), and viewers do not notice sound 45
/// early or 125 late on top (ITU-R BT.1359-1).
const ORDINARY_MS: (f64, f64) = (-85.0, 325.0);
/// Seconds of the figure of both series.
const SHOWN_S: f64 = 20.0;

/// The abstention when there is no sound, no picture or no face.
pub fn nothing_to_compare(still: bool, mouths: &Mouths, bands: &Bands) -> Option<Finding> {
    let text = if still || mouths.frames < 2 {
        Text::new("There is no moving picture.", "Er is geen bewegend beeld.")
    } else if bands.hops.is_empty() {
        Text::new(
            "There is no sound to compare the mouth with.",
            "Er is geen geluid om de mond mee te vergelijken.",
        )
    } else if mouths.tracks.is_empty() {
        Text::new("No face was found in the picture.", "In het beeld is geen gezicht gevonden.")
    } else {
        return None;
    };
    Some(Finding::abstain(Status::NotApplicable, text))
}

/// What a reader must know when the network for speech is missing.
pub fn by_loudness() -> Text {
    Text::new(
        "Speech was told from silence by loudness alone, since the model `silero-vad` could not be used; music and noise in bursts count as speech.",
        "Spraak is alleen op luidheid van stilte onderscheiden, omdat het model `silero-vad` niet kon worden gebruikt; muziek en lawaai in stoten tellen als spraak.",
    )
}

/// What a reader must know when a clip was too long.
pub fn cut_short() -> Text {
    Text::new(
        "The clip is too long to be kept as a whole; its end was left out.",
        "Het fragment is te lang om geheel te bewaren; het einde is weggelaten.",
    )
}

/// Puts the finding together.
pub fn conclude(judged: Option<Judged>) -> Finding {
    let Some(judged) = judged else {
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!("Not determinable: fewer than {LEAST_RATE} frames a second."),
                format!("Niet te bepalen: minder dan {LEAST_RATE} beelden per seconde."),
            ),
        );
    };
    let Some(best) = judged.candidates.first() else {
        let mut finding = Finding::abstain(
            Status::Insufficient,
            Text::new(
                "Not determinable: no face was seen long enough with sound, or nothing varies in the sound.",
                "Niet te bepalen: geen gezicht was lang genoeg te zien met geluid, of het geluid varieert niet.",
            ),
        );
        finding.value("determined", "1", 0.0);
        return finding;
    };
    let mut finding = if best.determined() {
        let mut finding = Finding::new(Status::Derived, named(best));
        finding.state = Some("determined".to_owned());
        finding
    } else {
        let mut finding = Finding::abstain(Status::Insufficient, why_not(best));
        finding.state = Some("not-determinable".to_owned());
        finding
    };
    values(&mut finding, &judged, best);
    warnings(&mut finding, best);
    finding.measurements = measurements(&judged);
    finding.figures = figures(&judged, best);
    finding
}

fn who(candidate: &Candidate) -> Text {
    match candidate.track {
        Some(track) => Text::new(
            format!("the face of track {track}"),
            format!("het gezicht van spoor {track}"),
        ),
        None => Text::new("the widest face at each moment", "het op elk moment breedste gezicht"),
    }
}

fn offset_ms(candidate: &Candidate) -> f64 {
    1e3 * candidate.alignment.seconds(candidate.alignment.offset)
}

fn named(best: &Candidate) -> Text {
    let (ms, z, who) = (offset_ms(best), best.alignment.z, who(best));
    let (early, late) = ORDINARY_MS;
    let within = (early..=late).contains(&ms);
    let ((en_side, nl_side), size) =
        if ms < 0.0 { (("before", "vóór"), -ms) } else { (("after", "na"), ms) };
    let (en_range, nl_range) = if within {
        (
            "within what lips that move ahead of the voice and an unnoticed delay explain",
            "niet meer dan lippen die vóór de stem uit bewegen en een onopgemerkte vertraging verklaren",
        )
    } else {
        (
            "more than lips that move ahead of the voice and an unnoticed delay explain",
            "meer dan lippen die vóór de stem uit bewegen en een onopgemerkte vertraging verklaren",
        )
    };
    Text::measured(
        format!(
            "The sound comes {size:.0} ms {en_side} the mouth of {} (z {z:.1}): {en_range}. Synchrony does not show that a recording is genuine.",
            who.en
        ),
        format!(
            "Het geluid komt {size:.0} ms {nl_side} de mondbeweging van {} (z {z:.1}): {nl_range}. Synchroniteit toont niet aan dat een opname echt is.",
            who.nl
        ),
    )
}

fn why_not(best: &Candidate) -> Text {
    let found = &best.alignment;
    let (mut en, mut nl) = (Vec::new(), Vec::new());
    let mut add = |english: String, dutch: String| {
        en.push(english);
        nl.push(dutch);
    };
    if best.speech_s < LEAST_SPEECH_S {
        let s = best.speech_s;
        add(
            format!("{s:.1} s of speech with a face in view, {LEAST_SPEECH_S} s are needed"),
            format!("{s:.1} s spraak met een gezicht in beeld, {LEAST_SPEECH_S} s zijn nodig"),
        );
    }
    if found.z < LEAST_Z {
        add(
            format!("the peak stands out too little (z {:.1}, {LEAST_Z} is needed)", found.z),
            format!("de piek steekt te weinig uit (z {:.1}, {LEAST_Z} is nodig)", found.z),
        );
    } else if found.peak <= found.null_peak {
        add(
            "unrelated shifts match as well".to_owned(),
            "verschuivingen zonder verband passen even goed".to_owned(),
        );
    }
    if found.z_correlation < LEAST_Z_CORRELATION {
        add(
            format!("loudness and opening go together too little (z {:.1})", found.z_correlation),
            format!("luidheid en mondopening gaan te weinig samen (z {:.1})", found.z_correlation),
        );
    }
    if !found.agrees() {
        add(
            "the two methods name different offsets".to_owned(),
            "de twee methoden wijzen verschillende verschuivingen aan".to_owned(),
        );
    }
    Text::measured(
        format!("The offset of sound and mouth is not determinable: {}.", en.join("; ")),
        format!("De verschuiving tussen geluid en mond is niet te bepalen: {}.", nl.join("; ")),
    )
}

fn values(finding: &mut Finding, judged: &Judged, best: &Candidate) {
    let flag = |yes: bool| f64::from(u8::from(yes));
    let found = &best.alignment;
    if best.determined() {
        finding.value("offset_ms", "ms", offset_ms(best));
        if let Some(drift) = best.drift_ms_per_s {
            finding.value("drift_ms_per_s", "ms/s", drift);
        }
        if let Some((_, step)) = largest_step(&best.windows) {
            finding.value("largest_step_ms", "ms", step);
        }
    }
    finding.value("peak_z", "1", found.z);
    finding.value("agree", "1", flag(found.agrees()));
    finding.value("speech_s", "s", best.speech_s);
    finding.value("determined", "1", flag(best.determined()));
    finding.value("correlation_z", "1", found.z_correlation);
    finding.value("peak", "1", found.peak);
    finding.value("null_peak", "1", found.null_peak);
    finding.value("null_share", "1", found.p);
    if let Some(track) = best.track {
        finding.value("best_track", "1", track.into());
    }
    finding.value("faces_compared", "1", judged.candidates.len() as f64);
    for candidate in &judged.candidates {
        let Some(track) = candidate.track else { continue };
        finding.value(format!("track_{track}_peak_z"), "1", candidate.alignment.z);
        finding.value(format!("track_{track}_speech_s"), "s", candidate.speech_s);
        finding.value(format!("track_{track}_determined"), "1", flag(candidate.determined()));
        if candidate.determined() {
            finding.value(format!("track_{track}_offset_ms"), "ms", offset_ms(candidate));
            if let Some(drift) = candidate.drift_ms_per_s {
                finding.value(format!("track_{track}_drift_ms_per_s"), "ms/s", drift);
            }
        }
        if let Some(closures) = candidate.closures {
            finding.value(format!("track_{track}_closure_p"), "1", closures.p);
        }
    }
    if let Some(closures) = best.closures {
        finding.value("closures", "1", closures.count as f64);
        finding.value("closure_opening", "1", closures.opening);
        finding.value("closure_p", "1", closures.p);
    }
    finding.value("windows", "1", best.windows.len() as f64);
    let sure = best.windows.iter().filter(|window| window.stands_out).count();
    finding.value("windows_determined", "1", sure as f64);
}

fn warnings(finding: &mut Finding, best: &Candidate) {
    finding.warnings.push(Text::new(
        "Mouths made to move to given speech are made for synchrony: a good match is no sign of authenticity, and \"not determinable\" is no sign of manipulation.",
        "Monden die bij gegeven spraak zijn gemaakt, zijn op synchroniteit gemaakt: een goede overeenkomst is geen teken van echtheid, en \"niet te bepalen\" is geen teken van manipulatie.",
    ));
    let edge = best.alignment.range() as f64 - 1.0;
    if best.alignment.offset.abs() >= edge {
        finding.warnings.push(Text::new(
            "The peak lies at the end of the range of shifts; the true one may be outside.",
            "De piek ligt aan het einde van het bereik van verschuivingen; de werkelijke kan erbuiten liggen.",
        ));
    }
}

fn measurements(judged: &Judged) -> Vec<Measurement> {
    let mut rows = Vec::new();
    for candidate in &judged.candidates {
        let row = |quantity, unit, time_s, value| Measurement {
            quantity,
            unit,
            time_s: Some(time_s),
            frame: None,
            track: candidate.track,
            value,
        };
        for window in &candidate.windows {
            rows.push(row("window_peak_z", "1", window.time_s, window.z));
            if window.stands_out {
                rows.push(row("window_offset_ms", "ms", window.time_s, window.offset_ms));
            }
        }
    }
    rows.extend(judged.speakers().into_iter().map(|(time_s, track)| Measurement {
        quantity: "speaking_track",
        unit: "1",
        time_s: Some(time_s),
        frame: None,
        track: Some(track),
        value: track.into(),
    }));
    rows.retain(|row| row.value.is_finite());
    rows
}

fn axis(en: &str, nl: &str) -> Axis {
    Axis { label: Text::new(en, nl), ..Axis::default() }
}

fn figures(judged: &Judged, best: &Candidate) -> Vec<Figure> {
    let found = &best.alignment;
    let lag_ms = |i: usize| 1e3 * found.seconds(i as f64 - found.range() as f64);
    let curve = |value: &dyn Fn(usize) -> f64| -> Vec<(f64, f64)> {
        (0..found.curve.len()).map(|i| (lag_ms(i), value(i))).collect()
    };
    let at = |i: usize| found.curve.get(i).copied().unwrap_or_default();
    let mut figures = vec![Figure::Lines {
        title: Text::new(
            "How well mouth and sound match at each shift (positive: sound late)",
            "Hoe goed mond en geluid bij elke verschuiving passen (positief: geluid te laat)",
        ),
        x: axis("shift (ms)", "verschuiving (ms)"),
        y: axis("correlation", "correlatie"),
        series: vec![
            Series {
                name: Text::new("canonical correlation", "canonieke correlatie"),
                points: curve(&|i| at(i).cca),
            },
            Series {
                name: Text::new("opening and loudness", "opening en luidheid"),
                points: curve(&|i| at(i).correlation),
            },
            Series {
                name: Text::new("highest without relation", "hoogste zonder verband"),
                points: curve(&|_| found.null_peak),
            },
        ],
    }];
    let from = best.pair.seen.iter().position(|seen| *seen).unwrap_or(0);
    let to = (from + (SHOWN_S * found.rate) as usize).min(best.pair.seen.len());
    let series = |value: &dyn Fn((f64, f64)) -> f64| -> Vec<(f64, f64)> {
        let value = |i| best.pair.both(i).map_or(f64::NAN, value);
        (from..to).map(|i| (judged.start_s + i as f64 / found.rate, value(i))).collect()
    };
    figures.push(Figure::Lines {
        title: Text::new(
            "Opening of the mouth and loudness, filtered (first seconds)",
            "Mondopening en luidheid, gefilterd (eerste seconden)",
        ),
        x: axis("time (s)", "tijd (s)"),
        y: axis("standard scores", "standaardscores"),
        series: vec![
            Series {
                name: Text::new("mouth opening", "mondopening"),
                points: series(&|both| both.0),
            },
            Series { name: Text::new("loudness", "luidheid"), points: series(&|both| both.1) },
        ],
    });
    let points: Vec<(f64, f64)> = best
        .windows
        .iter()
        .map(|w| (w.time_s, if w.stands_out { w.offset_ms } else { f64::NAN }))
        .collect();
    if points.iter().filter(|point| point.1.is_finite()).count() >= 2 {
        figures.push(Figure::Lines {
            title: Text::new(
                "Offset over the clip, in windows of twelve seconds",
                "Verschuiving in de loop van het fragment, in vensters van twaalf seconden",
            ),
            x: axis("time (s)", "tijd (s)"),
            y: axis("offset (ms)", "verschuiving (ms)"),
            series: vec![Series { name: Text::new("offset", "verschuiving"), points }],
        });
    }
    let faces: Vec<Series> = judged
        .candidates
        .iter()
        .filter(|candidate| candidate.windows.len() >= 2)
        .filter_map(|candidate| {
            let track = candidate.track?;
            let points = candidate.windows.iter().map(|w| (w.time_s, w.z)).collect();
            let name = Text::new(format!("track {track}"), format!("spoor {track}"));
            Some(Series { name, points })
        })
        .take(4)
        .collect();
    if faces.len() >= 2 {
        figures.push(Figure::Lines {
            title: Text::new(
                "How much each face stands out with the sound, in windows of twelve seconds",
                "Hoeveel elk gezicht met het geluid uitsteekt, in vensters van twaalf seconden",
            ),
            x: axis("time (s)", "tijd (s)"),
            y: axis("peak z", "piek z"),
            series: faces,
        });
    }
    figures
}
