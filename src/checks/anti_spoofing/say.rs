//! What is said of the scores.

use super::super::finding::{Axis, Series};
use super::super::{Figure, Finding, Measurement, Status};
use crate::models::aasist::Variant;
use crate::signal::stats::median;
use crate::text::Text;
use crate::{Error, Result};

/// Speakers and recordings of genuine speech that the scores are held against.
const SPEAKERS: usize = 32;
/// How far above the highest of them a score must lie: left out one at a time, no
/// speaker lies so far above the others (`reports/voice-trial/spoofing.md`).
const MARGIN: f64 = 2.0;

/// The scores of one network, a window each.
pub struct Judged {
    /// The network.
    pub variant: Variant,
    /// Higher = synthetic.
    pub scores: Vec<f64>,
}

/// The highest median that genuine speech had, over all speakers and conditions.
pub fn genuine_highest(variant: Variant) -> f64 {
    match variant {
        Variant::Full => 11.3,
        Variant::Light => 12.4,
        Variant::Asvspoof5 => 7.1,
    }
}

/// The finding of windows whose middles lie at `times_s`.
///
/// # Errors
/// [`Error::Compute`] when a score is not a number.
pub fn say(times_s: &[f64], judged: &[Judged]) -> Result<Finding> {
    let n = times_s.len();
    let mut parts = Vec::new();
    let mut above = Vec::new();
    let mut finding = Finding::new(Status::Derived, Text::default());
    let mut series = Vec::new();
    for Judged { variant, scores } in judged {
        let name = variant.name();
        let middle = median(&mut scores.clone())
            .ok_or_else(|| Error::compute("anti-spoofing", "a score is not a number"))?;
        let most = genuine_highest(*variant);
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        finding.value(format!("{name}_score"), "1", middle);
        finding.value(format!("{name}_highest"), "1", highest);
        finding.value(format!("{name}_genuine_highest"), "1", most);
        parts.push(format!("{name} {middle:.1} ({most:.1})"));
        if middle > most + MARGIN {
            above.push(name);
        }
        // The first there is: in the trial the one that ranked synthetic speech best.
        finding.score = finding.score.or(Some(middle));
        let points: Vec<(f64, f64)> = times_s.iter().copied().zip(scores.iter().copied()).collect();
        finding.measurements.extend(points.iter().map(|&(time_s, value)| Measurement {
            quantity: match variant {
                Variant::Full => "aasist_score",
                Variant::Light => "aasist_l_score",
                Variant::Asvspoof5 => "aasist_asvspoof5_score",
            },
            unit: "1",
            time_s: Some(time_s),
            frame: None,
            track: None,
            value,
        }));
        series.push(Series { name: Text::new(name, name), points });
        let ends = times_s.first().zip(times_s.last());
        series.extend(ends.map(|(from, to)| Series {
            name: Text::new(format!("{name}, highest genuine"), format!("{name}, hoogste echte")),
            points: vec![(*from - 2.0, most), (*to + 2.0, most)],
        }));
    }
    finding.value("windows", "1", n as f64);
    let (state, summary) = words(&above, n, &parts.join("; "));
    (finding.state, finding.summary) = (Some(state.to_owned()), summary);
    finding.warnings.push(Text::new(
        "These networks are out of their domain on almost every recording: genuine speech is often scored as synthetic, and synthetic speech as genuine.",
        "Deze netwerken werken bij bijna elke opname buiten hun domein: echte spraak wordt vaak als synthetisch beoordeeld, en synthetische als echt.",
    ));
    finding.figures.push(Figure::Lines {
        title: Text::new(
            "Score of each window (higher = more like synthetic training speech)",
            "Score per venster (hoger = meer als synthetische trainingsspraak)",
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("difference of logits", "verschil van logits"),
            ..Axis::default()
        },
        series,
    });
    Ok(finding)
}

fn words(above: &[&str], n: usize, parts: &str) -> (&'static str, Text) {
    if above.is_empty() {
        let text = Text::measured(
            format!(
                "The scores lie within those of genuine speech, where most synthetic speech lies too: they say nothing either way. Median of {n} windows, in brackets the highest of {SPEAKERS} genuine speakers: {parts}."
            ),
            format!(
                "De scores vallen binnen die van echte spraak, waar ook de meeste kunstmatige ligt: zij zeggen niets, naar geen van beide kanten. Mediaan van {n} vensters, tussen haakjes de hoogste van {SPEAKERS} echte sprekers: {parts}."
            ),
        );
        return ("within-genuine", text);
    }
    let names = above.join(", ");
    let text = Text::measured(
        format!(
            "{names}: more than {MARGIN} above every genuine recording of the trial, as older synthesisers and a few vocoders are. Genuine recordings of other kinds may score so too. Median of {n} windows, in brackets the highest of {SPEAKERS} genuine speakers: {parts}."
        ),
        format!(
            "{names}: meer dan {MARGIN} boven elke echte opname van de proef, zoals oudere spraaksynthesizers en enkele vocoders. Echte opnamen van andere soort kunnen ook zo scoren. Mediaan van {n} vensters, tussen haakjes de hoogste van {SPEAKERS} echte sprekers: {parts}."
        ),
    );
    ("above-genuine", text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is the failed test
mod tests {
    use super::*;

    fn said(scores: [f64; 3]) -> Finding {
        let judged = Variant::ALL.into_iter().zip(scores);
        let judged: Vec<Judged> = judged
            .map(|(variant, score)| Judged {
                variant,
                scores: vec![score - 9.0, score, score + 9.0],
            })
            .collect();
        say(&[2.0, 6.0, 10.0], &judged).unwrap()
    }

    /// The aim: few genuine recordings flagged.
    #[test]
    fn only_what_lies_clearly_above_every_genuine_speaker_is_told() {
        // Genuine: the highest of the trial in each network, and well above 0.
        let finding = said([11.3, 12.4, 7.1]);
        assert_eq!(finding.state.as_deref(), Some("within-genuine"));
        assert!(finding.summary.nl.contains("aasist 11,3 (11,3)"), "{}", finding.summary.nl);
        assert_eq!(said([13.2, 14.3, 9.0]).state.as_deref(), Some("within-genuine"));
        // An older synthesiser of the trial, in one network.
        let finding = said([3.0, 14.5, -8.0]);
        assert_eq!(finding.state.as_deref(), Some("above-genuine"));
        assert!(finding.summary.en.starts_with("aasist-l: more than 2 above"));
        assert_eq!(finding.score, Some(3.0));
    }
}
