//! A run's journal as plots.

use super::progress::Line;
use crate::Result;
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::plot;
use crate::text::{Lang, Text};

/// Losses over steps, and the AUC on the validation pairs, as SVG.
///
/// # Errors
/// [`crate::Error::Compute`].
pub fn draw(lines: &[Line], lang: Lang) -> Result<[String; 2]> {
    let points = |of: fn(&Line) -> f64| lines.iter().map(|l| (l.step as f64, of(l))).collect();
    let steps = || Axis { label: Text::new("Step", "Stap"), ..Axis::default() };
    let loss = Figure::Lines {
        title: Text::new("Loss", "Verlies"),
        x: steps(),
        y: Axis {
            label: Text::new("Mean cross-entropy (nats)", "Gemiddelde kruisentropie (nats)"),
            ..Axis::default()
        },
        series: vec![
            Series { name: Text::new("training", "training"), points: points(|l| l.loss) },
            Series {
                name: Text::new("validation", "validatie"),
                points: points(|l| l.validation_loss),
            },
        ],
    };
    let auc = Figure::Lines {
        title: Text::new("AUC on validation pairs", "AUC op validatieparen"),
        x: steps(),
        y: Axis { label: Text::same("AUC"), range: Some((0.5, 1.0)), log: false },
        series: vec![Series {
            name: Text::new("validation", "validatie"),
            points: points(|l| l.validation_auc),
        }],
    };
    Ok([plot::draw(&loss, lang)?, plot::draw(&auc, lang)?])
}
