//! The finding: numbers beside published ranges, contour and spectrogram.

use super::measure::Voice;
use super::spectrogram::Spectrogram;
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::text::{Text, counted};

/// Points of the drawn contour at most.
const POINTS: usize = 6_000;

/// A row of the table: quantity, unit, value, published range.
type Row = (&'static str, &'static str, Option<f64>, Text);

fn rows(voice: &Voice) -> Vec<Row> {
    let minutes = voice.speech_s / 60.0;
    let pause = voice.pauses.iter().sum::<f64>();
    let mean_pause = (!voice.pauses.is_empty()).then(|| pause / voice.pauses.len() as f64);
    let rate = (voice.speech_s > 0.0).then(|| voice.syllables as f64 / voice.speech_s);
    let none = Text::default();
    let level = Text::new(
        "typically 120 Hz for men and 210 Hz for women (Traunmüller & Eriksson 1995)",
        "gewoonlijk 120 Hz voor mannen en 210 Hz voor vrouwen (Traunmüller & Eriksson 1995)",
    );
    let spread = Text::new(
        "much alike for men and women in semitones; the livelier the speech, the larger (Traunmüller & Eriksson 1995)",
        "in halve tonen bij mannen en vrouwen ongeveer gelijk; groter naarmate de spraak levendiger is (Traunmüller & Eriksson 1995)",
    );
    let sustained = |en: &str, nl: &str| {
        Text::new(
            format!(
                "{en} (a clinical bound for sustained vowels, not for running speech; Praat manual, Voice)"
            ),
            format!(
                "{nl} (een klinische grens voor aangehouden klinkers, niet voor lopende spraak; handleiding Praat, Voice)"
            ),
        )
    };
    let speed = Text::new(
        "5.2 to 7.8 when reading, means of seven languages (Pellegrino et al. 2011)",
        "5,2 tot 7,8 bij voorlezen, gemiddelden van zeven talen (Pellegrino e.a. 2011)",
    );
    let f0 = |i: usize| voice.f0.and_then(|f0| f0.get(i).copied());
    let range = voice.f0.map(|[_, low, high]| 12.0 * (high / low).log2());
    vec![
        ("f0_median_hz", "Hz", f0(0), level),
        ("f0_p05_hz", "Hz", f0(1), none.clone()),
        ("f0_p95_hz", "Hz", f0(2), none.clone()),
        ("f0_range_st", "st", range, none.clone()),
        ("f0_sd_st", "st", voice.sd_st, spread),
        ("f0_slope_st_per_s", "st/s", voice.slope_st_per_s, none.clone()),
        ("jitter", "1", voice.jitter, sustained("under 0.0104", "onder 0,0104")),
        ("shimmer", "1", voice.shimmer, sustained("under 0.0381", "onder 0,0381")),
        ("hnr_db", "dB", voice.hnr_db, sustained("about 20 dB for [a]", "ongeveer 20 dB voor [a]")),
        ("voiced_fraction", "1", Some(voice.voiced), none.clone()),
        ("speech_rate", "1/s", rate, speed),
        ("pauses", "1", Some(voice.pauses.len() as f64), none.clone()),
        ("pause_mean_s", "s", mean_pause, none.clone()),
        ("pause_fraction", "1", Some(pause / (pause + voice.speech_s)), none.clone()),
        ("breaths", "1", Some(voice.breaths.len() as f64), none.clone()),
        ("breaths_per_min", "1/min", Some(voice.breaths.len() as f64 / minutes), none.clone()),
        ("speech_s", "s", Some(voice.speech_s), none),
    ]
}

/// Puts the finding together; `start_s` is the time of the first sample.
pub fn conclude(voice: &Voice, picture: &Spectrogram, start_s: f64) -> Finding {
    let Some([middle, low, high]) = voice.f0 else {
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                "Speech was heard, but none of it is voiced.",
                "Er is spraak gehoord, maar niets daarvan is stemhebbend.",
            ),
        );
    };
    let range = 12.0 * (high / low).log2();
    let rows = rows(voice);
    let speed = voice.syllables as f64 / voice.speech_s;
    let (pauses, breaths) = (voice.pauses.len(), voice.breaths.len());
    let (many, heard) = (
        counted(pauses, "pause", "pauses"),
        counted(breaths, "breath-like sound", "breath-like sounds"),
    );
    let (aantal, gehoord) = (
        counted(pauses, "pauze", "pauzes"),
        counted(breaths, "ademachtig geluid", "ademachtige geluiden"),
    );
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Fundamental {middle:.0} Hz, range {range:.1} semitones (5th to 95th percentile), {speed:.1} syllables a second of speech, {many}, {heard}. A description, not a judgement."
            ),
            format!(
                "Grondtoon {middle:.0} Hz, bereik {range:.1} halve tonen (5e tot 95e percentiel), {speed:.1} lettergrepen per seconde spraak, {aantal}, {gehoord}. Een beschrijving, geen oordeel."
            ),
        ),
    );
    for (quantity, unit, value, _) in &rows {
        if let Some(value) = value {
            finding.value(*quantity, unit, *value);
        }
    }
    finding.measurements = voice
        .contour
        .iter()
        .filter(|frame| frame.hz > 0.0)
        .map(|frame| Measurement {
            quantity: "f0_hz",
            unit: "Hz",
            time_s: Some(start_s + frame.time_s),
            frame: None,
            track: None,
            value: frame.hz,
        })
        .collect();
    let time = || Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() };
    let step = voice.contour.len().div_ceil(POINTS).max(1);
    let points =
        voice.contour.iter().step_by(step).map(|frame| {
            (start_s + frame.time_s, if frame.hz > 0.0 { frame.hz } else { f64::NAN })
        });
    finding.figures.push(Figure::Lines {
        title: Text::new("Fundamental frequency of the speech", "Grondtoon van de spraak"),
        x: time(),
        y: Axis {
            label: Text::new("frequency (Hz)", "frequentie (Hz)"),
            range: Some(((0.9 * low).min(70.0), (1.1 * high).max(250.0))),
            log: true,
        },
        series: vec![Series {
            name: Text::new("fundamental", "grondtoon"),
            points: points.collect(),
        }],
    });
    finding.figures.extend(picture.figure(start_s));
    let shown = |row: &Row| -> Option<Vec<Text>> {
        let value = row.2?;
        let digits = if value.abs() < 1.0 { 4 } else { 1 };
        let unit = if row.1 == "1" { "" } else { row.1 };
        let value = format!("{value:.digits$} {unit}").trim().to_owned();
        Some(vec![
            Text::same(row.0),
            Text::new(value.clone(), value.replace('.', ",")),
            row.3.clone(),
        ])
    };
    finding.figures.push(Figure::Words {
        title: Text::new(
            "Measurements beside published values",
            "Metingen naast gepubliceerde waarden",
        ),
        columns: vec![
            Text::new("quantity", "grootheid"),
            Text::new("here", "hier"),
            Text::new("published", "gepubliceerd"),
        ],
        rows: rows.iter().filter_map(shown).collect(),
    });
    finding.warnings.push(Text::new(
        "Prosody differs between speakers, moods and languages more than between genuine and synthetic speech; several speakers together have no meaningful averages.",
        "Prosodie verschilt meer tussen sprekers, stemmingen en talen dan tussen echte en synthetische spraak; van verscheidene sprekers samen zeggen gemiddelden niets.",
    ));
    finding
}
