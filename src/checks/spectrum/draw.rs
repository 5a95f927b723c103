//! The figures: profiles, the residual spectrum, the table of peaks.

use super::judge::{Cause, Judged};
use super::say::Measured;
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::signal::fft::Half;
use crate::signal::peaks::Peak;
use crate::text::Text;

/// Side of the drawn spectrum: finer would not be seen and weighs a report down.
const DRAWN: usize = 128;
/// Curves of faces that are drawn beside that of the picture.
const MOST_CURVES: usize = 5;

/// Power in dB against frequency, for the picture and its faces.
pub(super) fn profiles(all: &[Measured]) -> Figure {
    let series = all.iter().take(MOST_CURVES).map(|measured| {
        let points = measured.slopes.profile.iter().enumerate().skip(1);
        Series {
            name: name(measured.track),
            points: points.map(|(r, p)| (r as f64 / measured.n as f64, 10.0 * p.log10())).collect(),
        }
    });
    Figure::Lines {
        title: Text::new(
            "Mean power at each spatial frequency, whole picture and faces",
            "Gemiddeld vermogen per ruimtelijke frequentie, hele beeld en gezichten",
        ),
        x: Axis {
            label: Text::new("frequency (cycles/pixel)", "frequentie (perioden/pixel)"),
            range: None,
            log: true,
        },
        y: Axis {
            label: Text::new(
                "power (dB, 0 = one grey level squared)",
                "vermogen (dB, 0 = één grijsniveau in het kwadraat)",
            ),
            ..Axis::default()
        },
        series: series.collect(),
    }
}

/// The averaged residual spectrum, frequency 0 in the middle, in dB above its
/// mean at the same distance from the middle. A drawn cell shows the largest of
/// the bins under it, so that no line is lost.
pub(super) fn residual(measured: &Measured) -> Figure {
    let n = measured.n;
    let side = DRAWN.min(n);
    let values = flattened(&measured.ln_residual, n, side);
    let axis = |en: &str, nl: &str| Axis {
        label: Text::new(en, nl),
        range: Some((-0.5, 0.5)),
        log: false,
    };
    Figure::Heat {
        title: Text::new(
            "Averaged spectrum of the residual: a generator's enlargement, like block coding, \
             shows as bright points on a lattice",
            "Gemiddeld spectrum van het residu: vergroting door een generator is, net als \
             blokcodering, zichtbaar als heldere punten op een rooster",
        ),
        width: side,
        height: side,
        values,
        x: axis("horizontal frequency (cycles/pixel)", "horizontale frequentie (perioden/pixel)"),
        y: axis("vertical frequency (cycles/pixel)", "verticale frequentie (perioden/pixel)"),
        scale: Text::new(
            "dB above the mean at this frequency",
            "dB boven het gemiddelde bij deze frequentie",
        ),
        scene: None,
    }
}

fn flattened(ln: &Half, n: usize, side: usize) -> Vec<f32> {
    let centre = (n / 2) as isize;
    let at = |x: usize, y: usize| (x as isize - centre, y as isize - centre);
    let radius = |u: isize, v: isize| (u as f64).hypot(v as f64).round() as usize;
    let mut sums = vec![(0.0f64, 0.0f64); n];
    for y in 0..n {
        for x in 0..n {
            let (u, v) = at(x, y);
            let value = f64::from(ln.at(u, v));
            if let Some(sum) = sums.get_mut(radius(u, v)).filter(|_| value.is_finite()) {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        }
    }
    let cell = n / side.max(1);
    let mut values = vec![f32::NEG_INFINITY; side * side];
    for y in 0..side * cell {
        for x in 0..side * cell {
            let (u, v) = at(x, y);
            let Some(&(sum, count)) = sums.get(radius(u, v)) else { continue };
            let above = f64::from(ln.at(u, v)) - sum / count;
            let db = (10.0 * above / std::f64::consts::LN_10) as f32;
            let target = &mut values[(y / cell) * side + x / cell];
            // The mean was taken off, so the middle holds nothing to show.
            if (u, v) != (0, 0) && db > *target {
                *target = db;
            }
        }
    }
    for value in &mut values {
        if !value.is_finite() {
            *value = 0.0;
        }
    }
    values
}

/// One row a lattice and thing measured.
pub(super) fn table(all: &[Measured]) -> Figure {
    let mut rows = Vec::new();
    for measured in all {
        for judged in &measured.judged {
            rows.push(row(measured, judged));
        }
        rows.push(elsewhere(measured));
    }
    Figure::Table {
        title: Text::new("Strongest line on each lattice", "Sterkste lijn op elk rooster"),
        columns: vec![
            Text::new("face (– = picture)", "gezicht nummer (– = beeld)"),
            Text::new("lattice", "rooster"),
            Text::new(
                "horizontal, vertical (cycles/pixel)",
                "horizontaal, verticaal (perioden/pixel)",
            ),
            Text::same("z"),
            Text::new("z of the control", "z van het vergelijkingsrooster"),
            Text::new("stands out (+) and what explains it", "steekt uit (+) en wat het verklaart"),
        ],
        rows,
    }
    .numbers()
}

fn row(measured: &Measured, judged: &Judged) -> Vec<String> {
    // Signs that read the same in both languages.
    let verdict = match (judged.stands_out, judged.cause) {
        (false, _) => "–",
        (true, None) => "+",
        (true, Some(Cause::Coding)) => "+ codec",
        (true, Some(Cause::Grid)) => "+ 8×8",
        (true, Some(Cause::Cfa)) => "+ CFA",
        (true, Some(Cause::Palette)) => "+ palette/palet",
    };
    cells(measured, format!("k/{}", judged.period), judged.peak, judged.control, verdict)
}

/// The strongest line off the lattices, which is not judged.
fn elsewhere(measured: &Measured) -> Vec<String> {
    cells(measured, "≠ k/16".to_owned(), measured.elsewhere, None, "")
}

fn cells(
    measured: &Measured,
    lattice: String,
    peak: Option<Peak>,
    control: Option<Peak>,
    verdict: &str,
) -> Vec<String> {
    let number =
        |peak: Option<Peak>| peak.map_or("–".to_owned(), |peak| format!("{:.1}", peak.z));
    let place = peak.map_or("–".to_owned(), |peak| {
        let f = |k: isize| k as f64 / measured.n as f64;
        format!("{:.4}, {:.4}", f(peak.u), f(peak.v))
    });
    vec![
        measured.track.map_or("–".to_owned(), |track| track.to_string()),
        lattice,
        place,
        number(peak),
        number(control),
        verdict.to_owned(),
    ]
}

fn name(track: Option<u32>) -> Text {
    match track {
        None => Text::new("whole picture", "hele beeld"),
        Some(track) => Text::new(format!("face {track}"), format!("gezicht nummer {track}")),
    }
}
