//! The finding: a pulse only where everything agrees.

use super::COLUMNS;
use super::rppg::{self, Beat, Method};
use crate::checks::finding::Axis;
use crate::checks::tracks::DRAWN;
use crate::checks::tracks::{Track, Tracks};
use crate::checks::{Figure, Finding, Status};
use crate::signal::stats::median;
use crate::text::Text;

/// Seconds needed (recipe: 10 s with an amplitude of 0.002 give the rate
/// within 3 beats).
const LEAST_S: f64 = 10.0;
/// Frames a second needed: five to the shortest beat.
const LEAST_RATE: f64 = 15.0;
/// A longer gap than this between rows starts anew.
const GAP_S: f64 = 0.2;
/// Beats a minute within which regions agree (recipe).
const AGREE: f64 = 5.0;
/// Window and step of the spectrogram in seconds, and its finest frequency
/// step in beats a minute.
const VIEW: (f64, f64) = (10.0, 1.0);
const ROWS: usize = 46;
const NAMES: [(&str, &str); 3] =
    [("forehead", "voorhoofd"), ("right cheek", "rechterwang"), ("left cheek", "linkerwang")];

/// The longest stretch of a track without a gap, evenly spaced.
struct Stretch {
    number: u32,
    start_s: f64,
    rate: f64,
    regions: [Vec<[f64; 3]>; 3],
    /// What is no face, where the picture shows any.
    ground: Option<Vec<[f64; 3]>>,
}

impl Stretch {
    fn of(track: &Track) -> Self {
        let times: Vec<f64> = track.at.iter().map(|a| a.1).collect();
        let (mut best, mut from) = (0..0, 0);
        for i in 1..=times.len() {
            let broken = i == times.len() || times[i] - times[i - 1] > GAP_S;
            if broken {
                if i - from > best.len() {
                    best = from..i;
                }
                from = i;
            }
        }
        let rate = track.rate();
        let inner = times.get(best.clone()).unwrap_or(&[]);
        let regions = std::array::from_fn(|r| {
            let values: Vec<[f64; 3]> =
                best.clone().map(|i| std::array::from_fn(|c| track.column(3 * r + c)[i])).collect();
            if rate > 0.0 { rppg::evened(inner, &values, rate) } else { Vec::new() }
        });
        let beside: Vec<[f64; 3]> =
            best.clone().map(|i| std::array::from_fn(|c| track.column(9 + c)[i])).collect();
        let whole = rate > 0.0 && beside.iter().flatten().all(|v| v.is_finite());
        let ground = whole.then(|| rppg::evened(inner, &beside, rate));
        let start_s = inner.first().copied().unwrap_or(0.0);
        Self { number: track.number, start_s, rate, regions, ground }
    }

    fn seconds(&self) -> f64 {
        let n = self.regions[0].len();
        if self.rate > 0.0 { n as f64 / self.rate } else { 0.0 }
    }

    /// The beat of what is no face, if it has one.
    fn ground_beat(&self) -> Option<Beat> {
        let signal = rppg::signal(self.ground.as_ref()?, self.rate, Method::Pos);
        rppg::beat(&rppg::spectrum(&signal, self.rate)).filter(|beat| beat.snr_db > 0.0)
    }

    fn measurable(&self) -> bool {
        self.seconds() >= 0.99 * LEAST_S && self.rate >= 0.99 * LEAST_RATE
    }

    /// Beats by region and method.
    fn beats(&self) -> Vec<(usize, Method, Beat)> {
        let mut found = Vec::new();
        for (r, region) in self.regions.iter().enumerate() {
            for method in [Method::Pos, Method::Chrom] {
                let signal = rppg::signal(region, self.rate, method);
                if let Some(beat) = rppg::beat(&rppg::spectrum(&signal, self.rate)) {
                    found.push((r, method, beat));
                }
            }
        }
        found
    }
}

/// Puts the finding together.
pub fn conclude(tracks: &Tracks) -> Finding {
    if tracks.still {
        return Finding::abstain(
            Status::NotApplicable,
            Text::new("A single picture shows no pulse.", "Eén enkel beeld toont geen hartslag."),
        );
    }
    let gates = [
        Text::new(
            "The pulse is not measurable: no face is 64 pixels wide.",
            "De hartslag is niet meetbaar: geen gezicht is 64 pixels breed.",
        ),
        Text::new(
            "The pulse is not measurable: forehead or cheeks lie outside the picture.",
            "De hartslag is niet meetbaar: voorhoofd of wangen vallen buiten beeld.",
        ),
        Text::new(
            "The pulse is not measurable: forehead or cheeks are covered (hair, a mask, a beard).",
            "De hartslag is niet meetbaar: voorhoofd of wangen zijn bedekt (haar, een masker, een baard).",
        ),
    ];
    if let Some(finding) = tracks.nothing(&gates) {
        return finding;
    }
    let stretches: Vec<Stretch> = tracks.longest().into_iter().map(Stretch::of).collect();
    // The principal face, or the one that can be measured instead.
    let measurable = stretches.iter().find(|s| s.measurable());
    let Some(main) = measurable.or(stretches.first()) else {
        return Finding::abstain(Status::NotApplicable, Text::same("–"));
    };
    let (seconds, rate) = (main.seconds(), main.rate);
    if !main.measurable() {
        let mut finding = Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "The pulse of face {} is not measurable: {seconds:.1} s without a gap at {rate:.1} frames a second; {LEAST_S} s at {LEAST_RATE} are needed.",
                    main.number
                ),
                format!(
                    "De hartslag van gezicht {} is niet meetbaar: {seconds:.1} s zonder gat bij {rate:.1} beelden per seconde; {LEAST_S} s bij {LEAST_RATE} zijn nodig.",
                    main.number
                ),
            ),
        );
        finding.value("measurable_s", "s", seconds);
        return finding;
    }
    let beats = main.beats();
    let mut finding = verdict(main, &beats);
    finding.value("measurable_s", "s", seconds);
    let mut figures: Vec<Figure> = spectrogram(main).into_iter().collect();
    figures.push(table(main.number, &beats));
    let others = stretches.iter().filter(|s| s.number != main.number && s.measurable());
    for (k, other) in others.enumerate() {
        let beats = other.beats();
        let mut of = verdict(other, &beats);
        of.value("measurable_s", "s", other.seconds());
        finding.beside(other.number, of);
        if k + 1 < DRAWN {
            figures.extend(spectrogram(other));
            figures.push(table(other.number, &beats));
        }
    }
    finding.warnings.push(Text::new(
        "A pulse does not show authenticity; absence is expected after compression.",
        "Een hartslag toont geen authenticiteit; na compressie is afwezigheid te verwachten.",
    ));
    tracks.warn_if_full(&mut finding);
    finding.measurements = tracks.measurements(&COLUMNS);
    finding.figures.extend(figures);
    finding
}

fn verdict(main: &Stretch, beats: &[(usize, Method, Beat)]) -> Finding {
    let middle = median(&mut beats.iter().map(|b| b.2.bpm).collect::<Vec<_>>()).unwrap_or(f64::NAN);
    let least = beats.iter().map(|b| b.2.snr_db).fold(f64::INFINITY, f64::min);
    let agree = beats.iter().filter(|b| (b.2.bpm - middle).abs() <= AGREE).count();
    let (lowest, highest) =
        beats.iter().fold((f64::MAX, f64::MIN), |(l, h), b| (l.min(b.2.bpm), h.max(b.2.bpm)));
    let agreed = beats.len() == 6 && least > 0.0 && highest - lowest <= AGREE;
    // A lamp that flickers and an exposure that swings beat everywhere.
    let ground = main.ground_beat().filter(|beat| agreed && (beat.bpm - middle).abs() <= AGREE);
    let measurable = agreed && ground.is_none();
    let mut finding = if let Some(beat) = ground {
        Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "The pulse of face {} is not measurable: what is no face beats at {:.0} a minute too, as under a lamp that flickers or an exposure that swings.",
                    main.number, beat.bpm
                ),
                format!(
                    "De hartslag van gezicht {} is niet meetbaar: ook wat geen gezicht is, slaat {:.0} keer per minuut, zoals onder een flikkerende lamp of bij een schommelende belichting.",
                    main.number, beat.bpm
                ),
            ),
        )
    } else if measurable {
        Finding::new(
            Status::Derived,
            Text::measured(
                format!(
                    "Skin colour of face {} beats {middle:.0} times a minute in forehead and both cheeks (lowest signal-to-noise ratio {least:.1} dB). A pulse does not show authenticity.",
                    main.number
                ),
                format!(
                    "De huidkleur van gezicht {} slaat {middle:.0} keer per minuut in voorhoofd en beide wangen (laagste signaal-ruisverhouding {least:.1} dB). Een hartslag toont geen authenticiteit.",
                    main.number
                ),
            ),
        )
    } else {
        Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "The pulse of face {} is not measurable: {agree} of 6 signals lie within {AGREE} beats a minute of their median, and the lowest signal-to-noise ratio is {least:.1} dB. Absence is expected after compression.",
                    main.number
                ),
                format!(
                    "De hartslag van gezicht {} is niet meetbaar: {agree} van 6 signalen liggen binnen {AGREE} slagen per minuut van hun mediaan, en de laagste signaal-ruisverhouding is {least:.1} dB. Na compressie is afwezigheid te verwachten.",
                    main.number
                ),
            ),
        )
    };
    if measurable {
        finding.value("bpm", "1/min", middle);
    }
    if let Some(beat) = main.ground_beat() {
        finding.value("ground_bpm", "1/min", beat.bpm);
        finding.value("ground_snr_db", "dB", beat.snr_db);
    }
    finding.value("snr_db", "dB", least);
    finding.value("regions_within_5_bpm", "1", agree as f64);
    finding
}

/// Power of the three regions together (POS) over time.
fn spectrogram(main: &Stretch) -> Option<Figure> {
    let length = (VIEW.0 * main.rate) as usize;
    let step = ((VIEW.1 * main.rate) as usize).max(1);
    let signals: Vec<Vec<f64>> =
        main.regions.iter().map(|r| rppg::signal(r, main.rate, Method::Pos)).collect();
    let n = signals.first()?.len();
    // At most 300 columns, however long the clip.
    let step = step.max(n / 300);
    let starts: Vec<usize> = (0..n.saturating_sub(length) + 1).step_by(step).collect();
    let mut columns: Vec<Vec<f32>> = Vec::new();
    for start in &starts {
        let mut rows = vec![0.0f32; ROWS];
        for signal in &signals {
            let spectrum = rppg::spectrum(signal.get(*start..start + length)?, main.rate);
            let total: f64 = spectrum.iter().map(|p| p.1).sum();
            for (f, p) in &spectrum {
                let row =
                    ((f - rppg::BAND.0) / (rppg::BAND.1 - rppg::BAND.0) * ROWS as f64) as usize;
                if let Some(cell) = rows.get_mut(row) {
                    *cell += (p / total.max(1e-30)) as f32;
                }
            }
        }
        columns.push(rows);
    }
    let width = columns.len();
    let values = (0..ROWS)
        .rev()
        .flat_map(|row| columns.iter().map(move |c| c.get(row).copied().unwrap_or(0.0)))
        .collect();
    let end = main.start_s + starts.last().copied().unwrap_or(0) as f64 / main.rate + VIEW.0;
    Some(Figure::Heat {
        scene: None,
        title: Text::new(
            format!("Beats of the skin colour of face {}, windows of 10 s", main.number),
            format!("Ritme van de huidkleur van gezicht {}, vensters van 10 s", main.number),
        ),
        width,
        height: ROWS,
        values,
        x: Axis {
            label: Text::new("time (s)", "tijd (s)"),
            range: Some((main.start_s, end)),
            ..Axis::default()
        },
        y: Axis {
            label: Text::new("beats a minute", "slagen per minuut"),
            range: Some((60.0 * rppg::BAND.0, 60.0 * rppg::BAND.1)),
            ..Axis::default()
        },
        scale: Text::new(
            "share of the power, three regions",
            "deel van het vermogen, drie gebieden",
        ),
    })
}

fn table(face: u32, beats: &[(usize, Method, Beat)]) -> Figure {
    let rows = beats.iter().map(|(region, method, beat)| {
        let name = NAMES.get(*region).map_or("", |n| n.0);
        let method = if *method == Method::Pos { "POS" } else { "CHROM" };
        vec![
            name.to_owned(),
            method.to_owned(),
            format!("{:.1}", beat.bpm),
            format!("{:.1}", beat.snr_db),
        ]
    });
    Figure::Table {
        title: Text::new(
            format!("Beats of face {face} by region and method"),
            format!("Slagen van gezicht {face} per gebied en methode"),
        ),
        columns: vec![
            Text::new("Region", "Gebied"),
            Text::new("Method", "Methode"),
            Text::new("Beats a minute", "Slagen per minuut"),
            Text::new("Signal to noise (dB)", "Signaal-ruis (dB)"),
        ],
        rows: rows.collect(),
    }
    .numbers()
}
