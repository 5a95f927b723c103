//! Expression: do folds come and go with the smile and the brows?
//!
//! # What it measures
//!
//! A smile deepens the folds beside the nose and at the eye corners; raised
//! brows fold the forehead, brows drawn together the skin between them. Smile
//! (width of the mouth), brows (height over the eyes) and frown (nearness of
//! their inner ends) are read off the mesh, over the distance of the eyes. The
//! folds are
//! fine contrast in windows that move with the face: brightness at the scale of
//! 1 % of the face's width against that of 4 %, over the mean brightness. Ten
//! frames a second. `fold_r_cheeks` and `fold_r_eyes` are the largest
//! correlation with the smile at lags up to 0.3 s, `fold_r_forehead` that with
//! the raised brows and `fold_r_glabella` that with the frown; `fold_lag_s` is the lag for the cheeks (positive: folds late).
//!
//! A correlation is given only where the expression moved enough (a range, 5 to
//! 95 %, of 0.05 of the distance of the eyes for the smile and 0.03 for brows
//! and frown) over 8 s, on a face of 96 pixels turned by less than 25 degrees and
//! blurred by less than 1.5 % of its width; covered cheeks or forehead count as unseen.
//! That folds do not follow is reported with its curves, never scored.
//!
//! # When it misleads
//!
//! - Young skin, make-up, beauty filters, soft light and compression show no
//!   folds; speech moves the mouth without any.
//! - Light that changes as the head turns changes contrast as well.
//! - Brows and lips that move change the contrast in their windows by themselves: on
//!   drawn heads whose folds stay, the skin between the brows follows the frown at
//!   0.96 all the same and the cheeks the smile at 0.76, as against 0.99 where folds
//!   come and go; forehead and eye corners are free of it (0.05, 0.01). So high values
//!   there say little, and low ones speak of no folds.
//! - There is no published error rate for this comparison.
//!
//! # References
//!
//! - Ekman and Friesen (1978), Facial Action Coding System: units 1+2, 4, 6 and 12.
//!
//! # Titel
//!
//! Mimiek: komen en gaan plooien met de glimlach en de wenkbrauwen?
//!
//! # Wat het meet
//!
//! Een glimlach verdiept de plooien naast de neus en bij de ooghoeken;
//! opgetrokken wenkbrauwen rimpelen het voorhoofd, gefronste de huid ertussen.
//! Glimlach (breedte van de mond), wenkbrauwen (hoogte boven de ogen) en frons
//! (nabijheid van hun binnenste einden) worden van het raster gelezen, gedeeld
//! door de oogafstand. De plooien zijn fijn contrast in vensters die met
//! het gezicht meebewegen: helderheid op de schaal van 1 % van de
//! gezichtsbreedte tegen die van 4 %, gedeeld door de gemiddelde helderheid.
//! Tien beelden per seconde. `fold_r_cheeks` en `fold_r_eyes` zijn de grootste
//! correlatie met de glimlach bij verschuivingen tot 0,3 s, `fold_r_forehead`
//! die met de opgetrokken wenkbrauwen en `fold_r_glabella` die met de frons;
//! `fold_lag_s` is de verschuiving voor de wangen
//! (positief: plooien laat).
//!
//! Een correlatie wordt alleen gegeven waar de uitdrukking genoeg bewoog (een
//! bereik, 5 tot 95 %, van 0,05 van de oogafstand voor de glimlach en 0,03 voor
//! wenkbrauwen en frons) in 8 s, op een gezicht van 96 pixels dat minder dan 25 graden
//! gedraaid is en minder dan 1,5 % van zijn breedte onscherp; bedekte wangen of
//! een bedekt voorhoofd gelden als niet gezien. Dat plooien niet volgen, wordt met de krommen gemeld, zonder
//! score.
//!
//! # Wanneer het misleidt
//!
//! - Jonge huid, make-up, schoonheidsfilters, zacht licht en compressie tonen
//!   geen plooien; spraak beweegt de mond zonder plooien.
//! - Licht dat met het draaien van het hoofd verandert, verandert ook contrast.
//! - Bewegende wenkbrauwen en lippen veranderen zelf het contrast in hun vensters: bij
//!   getekende hoofden waarvan de plooien blijven, volgt de huid tussen de wenkbrauwen
//!   de frons toch met 0,96 en de wangen de glimlach met 0,76, tegen 0,99 waar plooien
//!   komen en gaan; voorhoofd en ooghoeken zijn er vrij van (0,05 en 0,01). Hoge
//!   waarden zeggen daar dus weinig, en lage wijzen op geen plooien.
//! - Voor deze vergelijking is geen foutkans gepubliceerd.

#[cfg(test)]
mod tests;

use super::finding::{Axis, Series};
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Figure, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Part;
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
use crate::signal::stats::{mean_sd, quantile};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "expression",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("expression.rs"),
    make: |_: &Options| Box::new(Expression::default()),
};

/// Frames a second: an expression takes half a second and more (Ekman 2003).
const RATE: f64 = 10.0;
const LEAST_WIDTH: f32 = 96.0;
const MOST_YAW: f32 = 25.0;
/// Least range of smile, brows and frown in distances of the eyes: three times the
/// mesh's jitter of about 0.01.
const MOVED: [f64; 3] = [0.05, 0.03, 0.03];
/// Blur in widths of the face from which folds are not resolved.
const MOST_BLUR: f32 = 0.015;
/// Columns of folds, and the parts of a face on which each lies.
const FOLDS: [(usize, &[Part]); 4] = [
    (2, &[Part::RightCheek, Part::LeftCheek]),
    (3, &Part::EYES),
    (4, &[Part::Forehead]),
    (6, &[Part::Forehead]),
];
/// Seconds needed.
const LEAST_S: f64 = 8.0;
/// Fewest rows of which a correlation is given: three have one near 1 by chance.
const LEAST_PAIRS: usize = 40;
/// Largest lag in rows.
const LAGS: isize = 3;
/// Samples along the side of a window, and half of it in widths of the face:
/// the mouth's corner must not enter that beside the nose.
const SIDE: usize = 16;
const REACH: f32 = 0.06;
/// Samples to either side for the fine and for the coarse mean.
const FINE: usize = 0;
const COARSE: usize = 2;
const COLUMNS: [Column; 7] = [
    Column { quantity: "smile", unit: "1", label: ("smile", "glimlach") },
    Column { quantity: "brow_height", unit: "1", label: ("brows", "wenkbrauwen") },
    Column { quantity: "fold_cheeks", unit: "1", label: ("folds, cheeks", "plooien, wangen") },
    Column { quantity: "fold_eyes", unit: "1", label: ("folds, eyes", "plooien, ogen") },
    Column {
        quantity: "fold_forehead",
        unit: "1",
        label: ("folds, forehead", "plooien, voorhoofd"),
    },
    Column { quantity: "frown", unit: "1", label: ("frown", "frons") },
    Column {
        quantity: "fold_glabella",
        unit: "1",
        label: ("folds, between the brows", "plooien, tussen de wenkbrauwen"),
    },
];

/// Where the expressions stand among the columns.
const SMILE: usize = 0;
const BROWS: usize = 1;
const FROWN: usize = 5;

/// What was seen of expressions so far.
#[derive(Default)]
struct Expression {
    tracks: Tracks,
}

impl Check for Expression {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(RATE), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if self.tracks.still {
            self.tracks.shown(scene);
            return Ok(());
        }
        self.tracks.measure(scene, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            if tracks::blurred(face, width, MOST_BLUR) {
                return Err(2);
            }
            let mut row = row(scene.frame, &face.mesh, width).ok_or(0usize)?;
            for (k, parts) in FOLDS {
                if tracks::covered(face, parts) {
                    row[k] = f64::NAN;
                }
            }
            Ok(row)
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let tracks = self.tracks;
        if tracks.still {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new(
                    "A single picture shows no change of expression.",
                    "Eén enkel beeld toont geen verandering van uitdrukking.",
                ),
            ));
        }
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [small, turned, tracks::sharp_gate()];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks)))
    }
}

/// Smile, brows, the three folds, frown and its fold.
fn row(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<[f64; 7]> {
    let point = |i: usize| mesh.get(i).copied();
    let apart = |a: usize, b: usize| -> Option<f64> {
        let (p, q) = (point(a)?, point(b)?);
        Some(f64::from((p[0] - q[0]).hypot(p[1] - q[1]).hypot(p[2] - q[2])))
    };
    let eyes = apart(33, 263)?;
    if eyes < 1.0 {
        return None;
    }
    // Over the middle of each eye's corners, which stay where they are.
    let over = |brow: usize, corners: [usize; 2]| -> Option<f64> {
        let (b, p, q) = (point(brow)?, point(corners[0])?, point(corners[1])?);
        let m: [f32; 3] = std::array::from_fn(|k| (p[k] + q[k]) / 2.0 - b[k]);
        Some(f64::from(m[0].hypot(m[1]).hypot(m[2])))
    };
    let smile = apart(61, 291)? / eyes;
    let brows = (over(105, [33, 133])? + over(334, [362, 263])?) / (2.0 * eyes);
    let (right, left) = (point(33)?, point(263)?);
    let length = (left[0] - right[0]).hypot(left[1] - right[1]).max(1e-3);
    let axis = ((left[0] - right[0]) / length, (left[1] - right[1]) / length);
    let at = |p: [f32; 3], along: f32| {
        fold(frame, (p[0] + along * width * axis.0, p[1] + along * width * axis.1), axis, width)
    };
    let mean = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a + b) / 2.0,
        _ => f64::NAN,
    };
    let cheeks = mean(at(point(206)?, 0.0), at(point(426)?, 0.0));
    let corners = mean(at(right, -0.08), at(left, 0.08));
    let forehead = at(point(151)?, 0.0).unwrap_or(f64::NAN);
    let frown = -apart(55, 285)? / eyes;
    let (low, high) = (point(8)?, point(9)?);
    let middle: [f32; 3] = std::array::from_fn(|k| (low[k] + high[k]) / 2.0);
    let glabella = at(middle, 0.0).unwrap_or(f64::NAN);
    Some([smile, brows, cheeks, corners, forehead, frown, glabella])
}

/// Fine contrast around a place: standard deviation of fine less coarse mean,
/// over the mean; `None` outside the picture or in the dark.
fn fold(frame: &Frame<'_>, (x, y): (f32, f32), (ax, ay): (f32, f32), width: f32) -> Option<f64> {
    let half = REACH * width;
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    if x < half || y < half || x + half > w || y + half > h {
        return None;
    }
    let step = 2.0 * half / SIDE as f32;
    let middle = SIDE as f32 / 2.0 * step;
    let map = Affine {
        m: [
            step * ax,
            -step * ay,
            x - middle * (ax - ay),
            step * ay,
            step * ax,
            y - middle * (ay + ax),
        ],
    };
    let mut rgb = Vec::new();
    frame.warp(&map, SIDE, SIDE, &mut rgb);
    let luma: Vec<f64> = rgb
        .chunks_exact(3)
        .map(|p| f64::from(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]))
        .collect();
    let around = |u: usize, v: usize, reach: usize| {
        let (mut sum, mut n) = (0.0, 0.0);
        for b in v.saturating_sub(reach)..(v + reach + 1).min(SIDE) {
            for a in u.saturating_sub(reach)..(u + reach + 1).min(SIDE) {
                sum += luma.get(b * SIDE + a).copied().unwrap_or(0.0);
                n += 1.0;
            }
        }
        sum / n
    };
    let mut detail = Vec::with_capacity(SIDE * SIDE);
    for v in COARSE..SIDE - COARSE {
        for u in COARSE..SIDE - COARSE {
            detail.push(around(u, v, FINE) - around(u, v, COARSE));
        }
    }
    let mean = luma.iter().sum::<f64>() / luma.len().max(1) as f64;
    let (_, sd) = mean_sd(&detail)?;
    (mean > 0.03).then(|| sd / mean)
}

/// Largest correlation of `fold` with `move_` at lags of at most [`LAGS`] rows,
/// and its lag (positive: the fold comes later).
fn lagged(moves: &[f64], fold: &[f64]) -> Option<(f64, isize)> {
    let n = moves.len().min(fold.len()) as isize;
    let at = |lag: isize| -> Option<f64> {
        let pairs: Vec<(f64, f64)> = (0..n)
            .filter_map(|i| {
                let j = i + lag;
                let (a, b) = (*moves.get(i as usize)?, *fold.get(usize::try_from(j).ok()?)?);
                (a.is_finite() && b.is_finite()).then_some((a, b))
            })
            .collect();
        if pairs.len() < LEAST_PAIRS {
            return None;
        }
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let ((ma, sa), (mb, sb)) = (mean_sd(&a)?, mean_sd(&b)?);
        let cov = pairs.iter().map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>();
        let r = cov / ((pairs.len() as f64 - 1.0) * sa * sb);
        r.is_finite().then_some(r)
    };
    (-LAGS..=LAGS).filter_map(|lag| Some((at(lag)?, lag))).max_by(|a, b| a.0.total_cmp(&b.0))
}

fn said(tracks: &Tracks) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.warnings.push(Text::new(
        "Smooth skin, make-up, filters and compression show no folds, and speech moves the mouth without any.",
        "Gladde huid, make-up, filters en compressie tonen geen plooien, en spraak beweegt de mond zonder plooien.",
    ));
    for track in tracks.longest().into_iter().take(tracks::DRAWN) {
        for (en, nl, expression, fold) in [
            ("cheeks", "wangen", SMILE, 2),
            ("eye corners", "ooghoeken", SMILE, 3),
            ("forehead", "voorhoofd", BROWS, 4),
            ("between the brows", "tussen de wenkbrauwen", FROWN, 6),
        ] {
            if track.median(fold).is_some() {
                finding.figures.push(both(track, en, nl, expression, fold));
            }
        }
    }
    finding
}

/// What one face says.
fn of(main: &Track) -> Finding {
    let range = |k: usize| {
        let q = |q: f64| quantile(&mut main.column(k).to_vec(), q).unwrap_or(f64::NAN);
        q(0.95) - q(0.05)
    };
    let seconds = main.seconds();
    let ranges = [range(SMILE), range(BROWS), range(FROWN)];
    let moved: [bool; 3] = std::array::from_fn(|k| ranges[k] >= MOVED[k]);
    let mut finding = if seconds < LEAST_S || main.rate() < RATE / 2.0 {
        Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "{seconds:.1} s of the face at {:.0} measured frames a second; {LEAST_S} s at {} are needed.",
                    main.rate(),
                    RATE / 2.0
                ),
                format!(
                    "{seconds:.1} s van het gezicht bij {:.0} gemeten beelden per seconde; {LEAST_S} s bij {} zijn nodig.",
                    main.rate(),
                    RATE / 2.0
                ),
            ),
        )
    } else if !moved.contains(&true) {
        Finding::abstain(
            Status::Insufficient,
            Text::new(
                "The expression hardly changes: neither smile nor brows nor frown move enough to be compared with folds.",
                "De uitdrukking verandert nauwelijks: glimlach, wenkbrauwen noch frons bewegen genoeg om met plooien te vergelijken.",
            ),
        )
    } else {
        told(main, moved)
    };
    for (name, range) in ["smile_range", "brow_range", "frown_range"].iter().zip(ranges) {
        finding.value(*name, "1", range);
    }
    finding
}

fn told(main: &Track, moved: [bool; 3]) -> Finding {
    let mut values = Vec::new();
    let mut words = (Vec::new(), Vec::new());
    for (name, en, nl, expression, fold) in [
        ("fold_r_cheeks", "cheeks with the smile", "wangen met de glimlach", SMILE, 2),
        ("fold_r_eyes", "eye corners with the smile", "ooghoeken met de glimlach", SMILE, 3),
        ("fold_r_forehead", "forehead with the brows", "voorhoofd met de wenkbrauwen", BROWS, 4),
        (
            "fold_r_glabella",
            "between the brows with the frown",
            "tussen de wenkbrauwen met de frons",
            FROWN,
            6,
        ),
    ] {
        let kind = [SMILE, BROWS, FROWN].iter().position(|k| *k == expression);
        if kind.and_then(|k| moved.get(k)) != Some(&true) {
            continue;
        }
        if let Some((r, lag)) = lagged(main.column(expression), main.column(fold)) {
            values.push((name, "1", r));
            if fold == 2 {
                values.push(("fold_lag_s", "s", lag as f64 / main.rate()));
            }
            words.0.push(format!("{en} {r:.2}"));
            words.1.push(format!("{nl} {r:.2}"));
        }
    }
    if words.0.is_empty() {
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                "Where the face moves, its folds are covered, dark or outside the picture.",
                "Waar het gezicht beweegt, zijn de plooien bedekt, donker of buiten beeld.",
            ),
        );
    }
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Correlation of folds with expression on face {}: {}. On rendered heads folds that stayed as they were gave up to 0.76 with a smile and 0.96 with a frown, since the skin moves under the measuring place: compare the curves; this is no score.",
                main.number,
                words.0.join(", ")
            ),
            format!(
                "Correlatie van plooien met uitdrukking op gezicht {}: {}. Op gerenderde hoofden gaven plooien die bleven zoals ze waren tot 0,76 met een glimlach en 0,96 met een frons, omdat de huid onder de meetplaats beweegt: vergelijk de krommen; dit is geen score.",
                main.number,
                words.1.join(", ")
            ),
        ),
    );
    for (name, unit, value) in values {
        finding.value(name, unit, value);
    }
    finding
}

/// Expression and folds in one plot, each in its own standard deviations.
fn both(main: &Track, en: &str, nl: &str, expression: usize, fold: usize) -> Figure {
    let curve = |k: usize| {
        let values = main.column(k);
        let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let (mean, sd) = mean_sd(&finite).unwrap_or((0.0, 1.0));
        let scale = if sd > 0.0 { sd } else { 1.0 };
        let step = values.len().div_ceil(3_000).max(1);
        Series {
            name: Text::new(COLUMNS[k].label.0, COLUMNS[k].label.1),
            points: main
                .at
                .iter()
                .zip(values)
                .step_by(step)
                .map(|((_, t), v)| (*t, (v - mean) / scale))
                .collect(),
        }
    };
    Figure::Lines {
        title: Text::new(
            format!("Expression and folds of face {}: {en}", main.number),
            format!("Uitdrukking en plooien van gezicht {}: {nl}", main.number),
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new(
                "standard deviations from the mean",
                "standaarddeviaties van het gemiddelde",
            ),
            ..Axis::default()
        },
        series: vec![curve(expression), curve(fold)],
    }
}
