//! The finding: numbers, words, the figure.

use super::periodic::{Found, Place, Predicted, excess, search};
use super::{Coded, Gop, predicted};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::media::{Kind, PictureType};
use crate::signal::stats::median;
use crate::text::Text;

/// Fewest predicted pictures: eight times the least group of four, so that
/// periods up to eight pictures can be tried at all phases.
const LEAST_PICTURES: usize = 32;

/// From here on a period is called strong, as in the check `jpeg-grid`.
const STRONG: f64 = -5.0;
/// And from here on a weak one: at 0 one clip in three that was encoded once
/// would be called so (`experiments/002`).
const WEAK: f64 = -1.0;
/// How much larger than their neighbours the pictures of a strong trace are in the
/// median: of 44 strong traces in clips encoded twice two, both by VP9, had less
/// (`experiments/002`, tables 1 to 3).
const LEAST_FACTOR: f64 = 1.02;
/// Size, against its neighbours, under which a predicted picture holds hardly
/// any data.
const EMPTY: f64 = 0.25;
/// The same against the neighbours of whatever type: B-pictures are seldom so much
/// smaller than the pictures around them.
const NOTHING: f64 = 0.05;

impl Gop {
    /// The finding after the last picture.
    pub(super) fn report(self) -> Finding {
        if let Some(nothing) = self.nothing() {
            return nothing;
        }
        let predicted = predicted(&self.pictures);
        let found = search(&predicted).filter(|_| predicted.len() >= LEAST_PICTURES);
        let Some(found) = found else {
            let n = predicted.len();
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    format!(
                        "The video has {n} predicted pictures of known size; {LEAST_PICTURES} are needed."
                    ),
                    format!(
                        "De video heeft {n} voorspelde beelden van bekende grootte; nodig zijn er {LEAST_PICTURES}."
                    ),
                ),
            );
        };
        let excess = excess(&predicted);
        let repeats = repeats(&predicted, &excess, found.period);
        let mut finding = Finding::new(Status::Derived, summary(&found, repeats));
        finding.state = Some(state(&found, repeats).to_owned());
        finding.log10_nfa = Some(found.log10_nfa);
        finding.value("log10_nfa", "1", found.log10_nfa);
        if found.log10_nfa <= WEAK {
            finding.value("period_frames", "1", found.period as f64);
            finding.value("phase_frames", "1", found.phase as f64);
            finding.value("size_factor", "1", found.factor);
            finding.value("period_pictures", "1", found.pictures as f64);
        }
        let is_p = |place: Place| matches!(place, Place::P(_));
        let p_frames = predicted.iter().filter(|p| is_p(p.place)).count();
        finding.value("p_frames", "1", p_frames as f64);
        finding.value("pictures_used", "1", predicted.len() as f64);
        let count = |kind| self.pictures.iter().filter(|p| p.kind == kind).count() as f64;
        finding.value("i_frames", "1", count(PictureType::I));
        finding.value("b_frames", "1", count(PictureType::B));
        finding.value("combinations_tried", "1", found.tried as f64);
        finding.warnings = self.warnings(&found);
        finding.figures = vec![figure(&self.pictures, &found)];
        finding.measurements = predicted
            .iter()
            .zip(&excess)
            .map(|(picture, &value)| Measurement {
                quantity: if is_p(picture.place) { "p_size_excess_ln" } else { "b_size_excess_ln" },
                unit: "1",
                time_s: self.pictures.get(picture.index as usize).map(|p| p.time_s),
                frame: Some(picture.index),
                track: None,
                value,
            })
            .collect();
        finding
    }

    /// The abstention where there is nothing to look at.
    fn nothing(&self) -> Option<Finding> {
        let (status, en, nl) = if self.kind != Some(Kind::Video) {
            (
                Status::NotApplicable,
                "There are no moving pictures.".to_owned(),
                "Er zijn geen bewegende beelden.".to_owned(),
            )
        } else if self.pictures.iter().all(|p| p.kind == PictureType::I) {
            (
                Status::NotApplicable,
                format!(
                    "All pictures are intra-coded ({}); there are no groups of pictures.",
                    self.codec
                ),
                format!(
                    "Alle beelden zijn intra-gecodeerd ({}); er zijn geen beeldgroepen.",
                    self.codec
                ),
            )
        } else if self.pictures.iter().all(|p| p.kind == PictureType::Unknown) {
            (
                Status::NotApplicable,
                format!("The decoder of {} does not tell the types of pictures.", self.codec),
                format!("De decoder van {} vermeldt de beeldtypen niet.", self.codec),
            )
        } else if self.codec == "vp9" {
            (
                Status::NotApplicable,
                "VP9 refreshes its golden and alternate reference pictures at distances of its own, which look like an earlier encoding.".to_owned(),
                "VP9 ververst zijn golden- en alternatieve referentiebeelden op eigen afstanden, die op een eerdere codering lijken.".to_owned(),
            )
        } else if self.pictures.iter().all(|p| p.bytes.is_none()) {
            (
                Status::NotApplicable,
                format!("The decoder of {} does not tell the sizes of pictures.", self.codec),
                format!("De decoder van {} vermeldt de grootte van de beelden niet.", self.codec),
            )
        } else {
            return None;
        };
        Some(Finding::abstain(status, Text::new(en, nl)))
    }

    fn warnings(&self, found: &Found) -> Vec<Text> {
        let mut warnings = vec![Text::new(
            "A second encoding is no manipulation, and the absence of this trace is no proof of a first one.",
            "Een tweede codering is geen manipulatie, en het ontbreken van dit spoor bewijst geen eerste.",
        )];
        if found.log10_nfa <= WEAK {
            warnings.push(Text::new(
                "Look whether something in the scene, or a conversion of the frame rate, repeats at this distance; sizes of neighbouring pictures are independent by approximation only.",
                "Kijk of iets in het beeld, of een omzetting van de beeldfrequentie, zich op deze afstand herhaalt; groottes van naburige beelden zijn maar bij benadering onafhankelijk.",
            ));
        }
        if self.more {
            let kept = self.pictures.len();
            warnings.push(Text::new(
                format!("Only the first {kept} pictures were used."),
                format!("Alleen de eerste {kept} beelden zijn gebruikt."),
            ));
        }
        warnings
    }
}

/// Whether at least every second period holds a picture of hardly any data: one
/// that repeats another, as a conversion of the frame rate makes them. The
/// picture after it changes by two steps and is larger, at a period of its own.
/// Where repeats fall on the same place in the pattern of B-pictures each time,
/// that place has no others to compare with; there its neighbours tell.
fn repeats(predicted: &[Predicted], excess: &[f64], period: usize) -> bool {
    let beside = |i: usize| {
        let range = i.saturating_sub(4)..(i + 5).min(predicted.len());
        let others = range.filter(|j| *j != i).map(|j| predicted[j].bytes as f64);
        median(&mut others.collect::<Vec<_>>()).unwrap_or(0.0)
    };
    let empty = predicted.iter().zip(excess).enumerate().filter(|(i, (picture, excess))| {
        **excess < EMPTY.ln() || (picture.bytes as f64) < NOTHING * beside(*i)
    });
    2 * empty.count() * period >= excess.len()
}

fn state(found: &Found, repeats: bool) -> &'static str {
    match found.log10_nfa {
        nfa if nfa <= STRONG && !repeats && found.factor >= LEAST_FACTOR => "period",
        nfa if nfa <= WEAK => "weak-period",
        _ => "no-period",
    }
}

fn summary(found: &Found, repeats: bool) -> Text {
    let (nfa, period, factor) = (found.log10_nfa, found.period, found.factor);
    if nfa > WEAK {
        return Text::measured(
            format!(
                "No period stands out in the sizes of the predicted pictures (best log10 NFA {nfa:.1}). That does not exclude an earlier encoding."
            ),
            format!(
                "In de grootte van de voorspelde beelden valt geen periode op (beste log10 NFA {nfa:.1}). Dat sluit een eerdere codering niet uit."
            ),
        );
    }
    let (en, nl) = if repeats {
        (
            "a weak trace, because pictures of hardly any data repeat others, as after a conversion of the frame rate, which makes such a period by itself",
            "een zwak spoor, omdat beelden met nauwelijks gegevens andere herhalen, zoals na een omzetting van de beeldfrequentie, die vanzelf zo'n periode maakt",
        )
    } else if nfa <= STRONG && factor < LEAST_FACTOR {
        (
            "a weak trace however small its chance, because an earlier encoding makes such pictures larger by more than that, while rate control alternates by as little",
            "een zwak spoor hoe klein de kans ook is, omdat een eerdere codering zulke beelden méér vergroot, terwijl de bitsnelheidsregeling wel zo weinig wisselt",
        )
    } else if nfa <= STRONG {
        (
            "a strong trace of an earlier encoding with a rhythm of that length, the distance between its intra-coded pictures or its pattern of B-pictures",
            "een sterk spoor van een eerdere codering met een ritme van die lengte, de afstand tussen haar intra-gecodeerde beelden of haar patroon van B-beelden",
        )
    } else {
        (
            "a weak trace, which content that repeats or chance can cause as well as an earlier encoding",
            "een zwak spoor, dat ook door zich herhalende inhoud of toeval kan komen",
        )
    };
    Text::measured(
        format!(
            "Every {period} pictures a predicted picture is larger than expected ({factor:.2} times in the median, log10 NFA {nfa:.1}): {en}. Re-encoding is ordinary and says nothing about the content."
        ),
        format!(
            "Om de {period} beelden is een voorspeld beeld groter dan verwacht ({factor:.2} keer in de mediaan, log10 NFA {nfa:.1}): {nl}. Opnieuw coderen is alledaags en zegt niets over de inhoud."
        ),
    )
}

/// Sizes over time by type, with the pictures at the period found as a series
/// of their own.
fn figure(pictures: &[Coded], found: &Found) -> Figure {
    let known = |kind: PictureType| {
        let size = move |p: &Coded| {
            let bytes = p.bytes.filter(|_| p.kind == kind && p.time_s.is_finite())?;
            Some((p.time_s, bytes.max(1) as f64))
        };
        pictures.iter().filter_map(size).collect::<Vec<_>>()
    };
    let mut series = Vec::new();
    for (name, kind) in [("I", PictureType::I), ("P", PictureType::P), ("B", PictureType::B)] {
        let points = known(kind);
        if !points.is_empty() {
            series.push(Series { name: Text::same(name), points });
        }
    }
    if found.log10_nfa <= WEAK {
        let at = |index: usize| index % found.period == found.phase;
        let points = pictures
            .iter()
            .enumerate()
            .filter(|(index, p)| at(*index) && p.kind != PictureType::I && p.time_s.is_finite())
            .filter_map(|(_, p)| Some((p.time_s, p.bytes?.max(1) as f64)))
            .collect();
        let period = found.period;
        let name = Text::new(format!("P or B, every {period}"), format!("P of B, om de {period}"));
        series.push(Series { name, points });
    }
    Figure::Lines {
        title: Text::new(
            "Size of the coded pictures by type, and of those at the most striking period",
            "Grootte van de gecodeerde beelden per type, en van die op de opvallendste periode",
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis { label: Text::new("size (bytes)", "grootte (bytes)"), range: None, log: true },
        series,
    }
}
