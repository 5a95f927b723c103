//! The finding: numbers, sentences, figures.

use super::fading::Fall;
use super::measure::{BANDS, EDGES_HZ, Jump, Pause};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status};
use crate::models::silero::RATE;
use crate::signal::change::LEAST;
use crate::signal::stats::median;
use crate::text::Text;

/// Everything worked out, in samples from `start_s` on.
pub struct Found {
    pub start_s: f64,
    pub pauses: Vec<Pause>,
    pub background: Vec<Jump>,
    pub means: Vec<f64>,
    pub mean_jumps: Vec<Jump>,
    pub falls: Vec<Fall>,
    pub rooms: Vec<Jump>,
    pub silence: (f64, Option<usize>),
}

impl Found {
    fn time_s(&self, sample: usize) -> f64 {
        self.start_s + sample as f64 / f64::from(RATE)
    }

    fn middle_s(&self, jump: &Jump) -> f64 {
        self.time_s((jump.from + jump.to) / 2)
    }

    /// "3.0 to 3.4 s", or "3,0 tot 3,4 s".
    fn places(&self, jumps: &[Jump], dutch: bool) -> String {
        let place = |jump: &Jump| {
            let (a, b) = (self.time_s(jump.from), self.time_s(jump.to));
            if dutch {
                format!("{a:.1} tot {b:.1} s").replace('.', ",")
            } else {
                format!("{a:.1} to {b:.1} s")
            }
        };
        jumps.iter().take(6).map(place).collect::<Vec<_>>().join("; ")
    }
}

pub fn conclude(found: &Found) -> Finding {
    let (levels, means, rooms) = (&found.background, &found.mean_jumps, &found.rooms);
    let judged_background = found.pauses.len() >= 2 * LEAST;
    let judged_mean = found.means.len() >= 2 * LEAST;
    let judged_rooms = found.falls.len() >= 2 * LEAST;
    let told = [
        (levels, "the background changes suddenly at", "de achtergrond verandert plotseling op"),
        (means, "the mean of the samples jumps at", "het gemiddelde van de monsters springt op"),
        (rooms, "the reverberation changes at", "de nagalm verandert op"),
    ];
    let mut finding = if told.iter().any(|(jumps, ..)| !jumps.is_empty()) {
        let changed = || told.iter().filter(|(jumps, ..)| !jumps.is_empty());
        let en: Vec<String> = changed()
            .map(|(jumps, en, _)| format!("{en} {}", found.places(jumps, false)))
            .collect();
        let nl: Vec<String> =
            changed().map(|(jumps, _, nl)| format!("{nl} {}", found.places(jumps, true))).collect();
        let mut finding = Finding::new(
            Status::Derived,
            Text::new(
                format!(
                    "In this recording {}. A join can do this; so can a change of the surroundings or of the equipment.",
                    en.join(", and ")
                ),
                format!(
                    "In deze opname: {}. Een las kan dit veroorzaken; een verandering van de omgeving of de apparatuur ook.",
                    nl.join(", en ")
                ),
            ),
        );
        finding.state = Some("change".to_owned());
        finding
    } else if judged_background || judged_rooms {
        let (n, m) = (found.pauses.len(), found.falls.len());
        let mut finding = Finding::new(
            Status::Derived,
            Text::new(
                format!(
                    "No sudden change of the background in {n} pauses, of the reverberation in {m} falls of the level, or of the mean of the samples. Careful joins leave none."
                ),
                format!(
                    "Geen plotselinge verandering van de achtergrond in {n} pauzes, van de nagalm in {m} dalingen van het niveau, of van het gemiddelde van de monsters. Zorgvuldige lassen laten er geen na."
                ),
            ),
        );
        finding.state = Some("no-change-seen".to_owned());
        finding
    } else {
        Finding::abstain(
            Status::Insufficient,
            Text::new(
                format!(
                    "Too few pauses to follow the background: {} of {} needed.",
                    found.pauses.len(),
                    2 * LEAST
                ),
                format!(
                    "Te weinig pauzes om de achtergrond te volgen: {} van {} nodig.",
                    found.pauses.len(),
                    2 * LEAST
                ),
            ),
        )
    };
    finding.value("pauses", "1", found.pauses.len() as f64);
    finding.value("background_changes", "1", levels.len() as f64);
    finding.value("mean_changes", "1", means.len() as f64);
    finding.value("mean_judged", "1", f64::from(u8::from(judged_mean)));
    finding.value("background_judged", "1", f64::from(u8::from(judged_background)));
    finding.value("reverberation_changes", "1", rooms.len() as f64);
    finding.value("falls", "1", found.falls.len() as f64);
    let mut times: Vec<f64> = found.falls.iter().map(|fall| fall.s60).collect();
    if let Some(middle) = median(&mut times).filter(|_| judged_rooms) {
        finding.value("fading_s", "s", middle);
    }
    finding.value("digital_silence_s", "s", found.silence.0);
    let smallest =
        levels.iter().chain(means).chain(rooms).map(|jump| jump.p).min_by(f64::total_cmp);
    // Of recordings with a steady background, so many would show this.
    finding.log10_nfa = smallest.map(|p| p.max(1e-300).log10());
    for (jumps, quantity, unit) in [
        (levels, "background_change_db", "dB"),
        (means, "mean_change", "1"),
        (rooms, "fading_change_log", "1"),
    ] {
        if let Some(jump) = jumps.iter().max_by(|a, b| a.step.abs().total_cmp(&b.step.abs())) {
            finding.value(format!("largest_{quantity}"), unit, jump.step);
        }
        finding.measurements.extend(jumps.iter().map(|jump| Measurement {
            quantity,
            unit,
            time_s: Some(found.middle_s(jump)),
            frame: None,
            track: None,
            value: jump.step,
        }));
    }
    if let (seconds, Some(at)) = found.silence {
        let at = found.time_s(at);
        finding.warnings.push(Text::measured(
            format!("{seconds:.2} s of exact zeros inside the sound, first at {at:.1} s: a gate, a codec, a synthesiser or an editor makes them, a microphone does not."),
            format!("{} s precies nul in het geluid, voor het eerst op {} s: een ruispoort, codec, synthesizer of montage maakt dat, een microfoon niet.",
                format!("{seconds:.2}").replace('.', ","), format!("{at:.1}").replace('.', ",")),
        ));
    }
    figures(found, &mut finding);
    finding
}

fn figures(found: &Found, finding: &mut Finding) {
    let time = || Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() };
    if found.pauses.len() >= 2 {
        let at = |pause: &Pause| found.time_s((pause.from + pause.to) / 2);
        // Two bands to a curve: more than four cannot be told apart.
        let series = (0..BANDS).step_by(2).map(|band| {
            let (low, high) = (EDGES_HZ[band], EDGES_HZ[band + 2]);
            let level = |pause: &Pause| 0.5 * (pause.db[band] + pause.db[band + 1]);
            Series {
                name: Text::new(format!("{low}–{high} Hz"), format!("{low}–{high} Hz")),
                points: found.pauses.iter().map(|pause| (at(pause), level(pause))).collect(),
            }
        });
        finding.figures.push(Figure::Lines {
            title: Text::new("Background in the pauses", "Achtergrond in de pauzes"),
            x: time(),
            y: Axis { label: Text::new("level (dB)", "niveau (dB)"), ..Axis::default() },
            series: series.collect(),
        });
    }
    if found.means.len() >= 2 {
        let points = found
            .means
            .iter()
            .enumerate()
            .map(|(i, mean)| (found.start_s + 0.5 * (i as f64 + 0.5), *mean));
        finding.figures.push(Figure::Lines {
            title: Text::new(
                "Mean of the samples in half seconds",
                "Gemiddelde van de monsters per halve seconde",
            ),
            x: time(),
            y: Axis { label: Text::new("full scale", "vol bereik"), ..Axis::default() },
            series: vec![Series {
                name: Text::new("mean", "gemiddelde"),
                points: points.collect(),
            }],
        });
    }
    if found.falls.len() >= 2 {
        let points = found.falls.iter().map(|fall| (found.time_s(fall.at), fall.s60)).collect();
        finding.figures.push(Figure::Lines {
            title: Text::new(
                "How long speech takes to die away by 60 dB",
                "Hoe lang spraak nodig heeft om 60 dB weg te sterven",
            ),
            x: time(),
            y: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
            series: vec![Series { name: Text::new("fading", "wegsterven"), points }],
        });
    }
}
