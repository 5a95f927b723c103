//! The finding: numbers, sentences, figures.

use super::compare::{Groups, Voice, Window};
use super::{LEAST_REFERENCE_S, LEAST_THROUGHOUT_S};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::models::voice_encoder::likeness;
use crate::text::Text;

/// Likeness of the two groups: up to the first there is more than one voice,
/// from the second on none stands out. Of 45 joins of two development recordings
/// 35 had 0.70 or less and 4 had 0.80 or more; four recordings of one person had
/// 0.79 and more (`reports/voice-trial/speaker.md`).
pub const SEVERAL: f64 = 0.70;
pub const ONE: f64 = 0.80;
/// Likeness to the reference: up to the first unlike, from the second on alike.
/// Different recordings had at most 0.80 (72 pairs); stretches of five seconds of
/// one speaker at least 0.60, the lowest in acted emotion (the same report).
pub const UNLIKE: f64 = 0.60;
pub const ALIKE: f64 = 0.82;

/// Everything worked out.
pub struct Found<'a> {
    pub voice: Voice,
    /// `None` with too little speech.
    pub groups: Option<Groups>,
    pub reference: Option<Compared<'a>>,
}

/// The reference; its voice is `None` with too little speech.
pub struct Compared<'a> {
    pub name: &'a str,
    pub sha256: &'a str,
    pub speech_s: f64,
    pub voice: Option<Voice>,
}

/// State and sentence about "one voice throughout".
fn throughout(found: &Found<'_>) -> (&'static str, Text) {
    let Some(groups) = &found.groups else {
        return (
            "insufficient",
            Text::new(
                format!(
                    "Whether it is one voice throughout is not judged on less than {LEAST_THROUGHOUT_S} s of speech."
                ),
                format!(
                    "Of het overal één stem is, wordt bij minder dan {LEAST_THROUGHOUT_S} s spraak niet beoordeeld."
                ),
            ),
        );
    };
    let like = groups.likeness;
    if like <= SEVERAL {
        let n = groups.changes(&found.voice.windows).len();
        (
            "several-voices",
            Text::measured(
                format!(
                    "The speech falls into two groups that sound unlike each other (likeness {like:.2}, {n} lasting changes): more than one voice, or one voice under different conditions."
                ),
                format!(
                    "De spraak valt in twee groepen uiteen die niet op elkaar lijken (gelijkenis {like:.2}, {n} blijvende wisselingen): meer dan één stem, of één stem onder verschillende omstandigheden."
                ),
            ),
        )
    } else if like < ONE {
        (
            "unclear",
            Text::measured(
                format!(
                    "Whether it is one voice throughout is not clear (likeness of the two most different groups {like:.2})."
                ),
                format!(
                    "Of het overal één stem is, is niet duidelijk (gelijkenis van de twee meest verschillende groepen {like:.2})."
                ),
            ),
        )
    } else {
        (
            "one-voice",
            Text::measured(
                format!(
                    "No second voice stands out (likeness of the two most different groups {like:.2}); similar voices and short turns go unnoticed."
                ),
                format!(
                    "Er springt geen tweede stem uit (gelijkenis van de twee meest verschillende groepen {like:.2}); gelijkende stemmen en korte beurten blijven onopgemerkt."
                ),
            ),
        )
    }
}

/// State, sentence and likeness of the comparison.
fn compared(found: &Found<'_>, reference: &Compared<'_>) -> (&'static str, Text, Option<f64>) {
    let Some(other) = &reference.voice else {
        let text = Text::measured(
            format!(
                "The reference recording holds {:.1} s of speech; at least {LEAST_REFERENCE_S} s are needed.",
                reference.speech_s
            ),
            format!(
                "De referentieopname bevat {:.1} s spraak; ten minste {LEAST_REFERENCE_S} s zijn nodig.",
                reference.speech_s
            ),
        );
        return ("reference-insufficient", text, None);
    };
    let like = likeness(&found.voice.whole, &other.whole);
    let (state, text) = if found.voice.narrow != other.narrow {
        (
            "conditions-differ",
            Text::measured(
                format!(
                    "Only one of the exhibit and the reference is limited to the telephone band: their likeness ({like:.2}) is not put into words."
                ),
                format!(
                    "Slechts een van beide, het stuk van overtuiging of de referentie, is tot de telefoonband beperkt: hun gelijkenis ({like:.2}) wordt niet in woorden omgezet."
                ),
            ),
        )
    } else if like >= ALIKE {
        (
            "alike",
            Text::measured(
                format!(
                    "The voice sounds like that of the reference (likeness {like:.2}). That is not identity, and a cloned voice sounds alike too."
                ),
                format!(
                    "De stem klinkt als die van de referentie (gelijkenis {like:.2}). Dat is geen identiteit, en een gekloonde stem klinkt ook zo."
                ),
            ),
        )
    } else if like <= UNLIKE {
        (
            "unlike",
            Text::measured(
                format!(
                    "The voice sounds unlike that of the reference (likeness {like:.2}). Emotion, another microphone or room can do this to one voice."
                ),
                format!(
                    "De stem klinkt anders dan die van de referentie (gelijkenis {like:.2}). Emotie, een andere microfoon of ruimte kan dit bij één stem veroorzaken."
                ),
            ),
        )
    } else {
        (
            "undecided",
            Text::measured(
                format!(
                    "The likeness to the reference ({like:.2}) occurs between recordings of one speaker as well as of two: undecided."
                ),
                format!(
                    "De gelijkenis met de referentie ({like:.2}) komt zowel tussen opnamen van één spreker als van twee voor: onbeslist."
                ),
            ),
        )
    };
    (state, text, Some(like))
}

pub fn conclude(found: &Found<'_>) -> Finding {
    let (mut state, mut text) = throughout(found);
    let mut like = None;
    if let Some(reference) = &found.reference {
        let (about, sentence, value) = compared(found, reference);
        text = Text::new(
            format!("{} {}", sentence.en, text.en),
            format!("{} {}", sentence.nl, text.nl),
        );
        (state, like) = (about, value);
    }
    let judged = found.groups.is_some() || like.is_some();
    let status = if judged { Status::Derived } else { Status::Insufficient };
    let mut finding = Finding::new(status, text.clone());
    if !judged {
        finding.reason = Some(text);
    }
    finding.state = Some(state.to_owned());
    finding.value("speech_s", "s", found.voice.speech_s);
    finding.value("windows", "1", found.voice.windows.len() as f64);
    finding.value("narrow_band", "1", f64::from(u8::from(found.voice.narrow)));
    if let Some(groups) = &found.groups {
        let second = groups.second.iter().filter(|group| **group).count();
        finding.value("groups_likeness", "1", groups.likeness);
        finding.value("second_group_share", "1", second as f64 / groups.second.len().max(1) as f64);
        let changes = groups.changes(&found.voice.windows);
        finding.value("voice_changes", "1", changes.len() as f64);
        if groups.likeness <= SEVERAL {
            finding
                .measurements
                .extend(changes.iter().map(|time_s| row("voice_change", *time_s, 1.0)));
        }
        finding.figures.extend(two(groups, &found.voice.windows));
    }
    if let Some(reference) = &found.reference {
        finding.value("reference_speech_s", "s", reference.speech_s);
        if let (Some(like), Some(other)) = (like, &reference.voice) {
            finding.value("reference_likeness", "1", like);
            finding.value("reference_narrow_band", "1", f64::from(u8::from(other.narrow)));
            let at = |w: &Window| (w.time_s, likeness(&w.embedding, &other.whole));
            let points: Vec<(f64, f64)> = found.voice.windows.iter().map(at).collect();
            finding.measurements.extend(
                points.iter().map(|(time_s, like)| row("reference_likeness", *time_s, *like)),
            );
            finding.figures.push(lines(
                Text::new(
                    "Likeness of each window of 1.6 s to the reference",
                    "Gelijkenis van elk venster van 1,6 s met de referentie",
                ),
                vec![Series { name: Text::new("reference", "referentie"), points }],
            ));
        }
        finding.figures.push(Figure::Table {
            title: Text::new("Reference recording", "Referentieopname"),
            columns: vec![Text::new("file", "bestand"), Text::new("SHA-256", "SHA-256")],
            rows: vec![vec![reference.name.to_owned(), reference.sha256.to_owned()]],
        });
    }
    finding.warnings.push(Text::new(
        "Likeness of voices is not identity. The bounds rest on a dozen speakers; this is no forensic speaker comparison.",
        "Gelijkenis van stemmen is geen identiteit. De grenzen berusten op een twaalftal sprekers; dit is geen forensisch sprekeronderzoek.",
    ));
    finding
}

fn row(quantity: &'static str, time_s: f64, value: f64) -> Measurement {
    Measurement { quantity, unit: "1", time_s: Some(time_s), frame: None, track: None, value }
}

fn two(groups: &Groups, windows: &[Window]) -> Option<Figure> {
    let (first, second) = groups.means.as_ref()?;
    let series = |en: &str, nl: &str, mean: &[f32]| Series {
        name: Text::new(en, nl),
        points: windows.iter().map(|w| (w.time_s, likeness(&w.embedding, mean))).collect(),
    };
    Some(lines(
        Text::new(
            "Likeness of each window of 1.6 s to the two most different groups",
            "Gelijkenis van elk venster van 1,6 s met de twee meest verschillende groepen",
        ),
        vec![
            series("larger group", "grootste groep", first),
            series("smaller group", "kleinste groep", second),
        ],
    ))
}

fn lines(title: Text, series: Vec<Series>) -> Figure {
    Figure::Lines {
        title,
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis { label: Text::new("likeness", "gelijkenis"), range: Some((0.0, 1.0)), log: false },
        series,
    }
}
