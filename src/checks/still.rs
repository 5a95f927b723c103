//! What checks of the pixels of one still picture share: which exhibits they
//! look at, what they say of the others, and maps over the picture.

use super::finding::Axis;
use super::{Check, Figure, Finding, Scene, Status};
use crate::Result;
use crate::media::frame::Row;
use crate::media::{Exhibit, Frame, Gray, Kind, Needs, Rate};
use crate::text::Text;

/// A check that looks at one still picture of at least `least` pixels on each
/// side, and says at once what is in it.
pub(super) fn check(least: usize, look: fn(&Frame<'_>) -> Result<Finding>) -> Box<dyn Check> {
    Box::new(OnePicture { still: Still::default(), least, look, found: None })
}

struct OnePicture {
    still: Still,
    least: usize,
    look: fn(&Frame<'_>) -> Result<Finding>,
    found: Option<Finding>,
}

impl Check for OnePicture {
    fn needs(&self) -> Needs {
        Still::needs()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = Still::begin(exhibit);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if self.still.admits(scene.frame, self.least) {
            self.found = Some((self.look)(scene.frame)?);
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Self { still, least, found, .. } = *self;
        Ok(found.unwrap_or_else(|| still.nothing(least)))
    }
}

/// Which picture a check of still pictures looks at.
#[derive(Debug, Default)]
pub(super) struct Still {
    kind: Option<Kind>,
    too_small: Option<(usize, usize)>,
    seen: bool,
}

impl Still {
    /// The first picture of any exhibit.
    pub(super) fn needs() -> Needs {
        Needs { frames: Rate::PerSecond(1e-3), ..Needs::default() }
    }

    pub(super) fn begin(exhibit: &Exhibit) -> Self {
        Self { kind: Some(exhibit.kind), ..Self::default() }
    }

    /// Whether this frame is the one to look at: the first of a still picture,
    /// of at least `least` pixels on each side.
    pub(super) fn admits(&mut self, frame: &Frame<'_>, least: usize) -> bool {
        if self.kind.is_some_and(|kind| kind != Kind::Image) || self.seen {
            return false;
        }
        self.seen = true;
        let (width, height) = frame.pixels.size();
        if width.min(height) < least {
            self.too_small = Some((width, height));
        }
        self.too_small.is_none()
    }

    /// What is said when no picture was looked at.
    pub(super) fn nothing(&self, least: usize) -> Finding {
        let (status, reason) = match (self.kind, self.too_small) {
            (_, Some((width, height))) => (
                Status::Insufficient,
                Text::new(
                    format!(
                        "The picture has {width}×{height} pixels; {least} on each side are needed."
                    ),
                    format!(
                        "Het beeld heeft {width}×{height} pixels; nodig zijn er {least} aan elke zijde."
                    ),
                ),
            ),
            (Some(Kind::Audio), _) => {
                (Status::NotApplicable, Text::new("There is no picture.", "Er is geen beeld."))
            }
            (Some(Kind::Video), _) => (
                Status::NotApplicable,
                Text::new(
                    "This method looks at still pictures only: video coding removes what it measures.",
                    "Deze methode bekijkt alleen foto's: videocodering verwijdert wat zij meet.",
                ),
            ),
            _ => (
                Status::Insufficient,
                Text::new("No picture was decoded.", "Er is geen beeld gedecodeerd."),
            ),
        };
        Finding::abstain(status, reason)
    }
}

/// Share of one tone from which a picture is plain: of 133 genuine photographs the
/// middle one has 0.22, one in twenty 0.43 and the highest 0.61; a chat 0.53 to 0.57, a
/// page of text 0.87.
const PLAIN: f64 = 0.5;

/// Whether half of the picture lies within ten levels of one, as in screen shots,
/// documents and drawings: type, lines and marks repeat there at regular distances
/// and exactly, and what is drawn has no camera's noise.
pub(super) fn plain(levels: impl Iterator<Item = u8>) -> bool {
    let mut counts = [0u32; 256];
    levels.for_each(|v| counts[usize::from(v)] += 1);
    let most = counts.windows(21).map(|w| w.iter().sum::<u32>()).max().unwrap_or(0);
    f64::from(most) >= PLAIN * f64::from(counts.iter().sum::<u32>().max(1))
}

/// Share of three tones from which a part of a picture is drawn.
const DRAWN: f64 = 0.7;

/// Whether a part of a picture is of one tone, or has hardly more than three: bars,
/// bubbles and type around the photograph of a screen shot. Of squares of 40 to 320
/// pixels out of genuine photographs, sky and walls among them, two in five are so.
pub(super) fn drawn(levels: impl Iterator<Item = u8> + Clone) -> bool {
    let mut counts = [0u32; 256];
    levels.clone().for_each(|v| counts[usize::from(v)] += 1);
    let all = f64::from(counts.iter().sum::<u32>().max(1));
    let mut held = 0;
    for _ in 0..3 {
        let sum = |from: usize| counts[from..from + 7].iter().sum::<u32>();
        let most = (0..=counts.len() - 7).max_by_key(|from| sum(*from)).unwrap_or(0);
        held += sum(most);
        counts[most..most + 7].fill(0);
    }
    f64::from(held) >= DRAWN * all || plain(levels)
}

/// What a check says of a plain picture that it would misjudge.
pub(super) fn nothing_of_plain() -> Finding {
    Finding::abstain(
        Status::Insufficient,
        Text::new(
            "Half of the picture is of one tone, as in screen shots, documents and drawings: what this method takes for traces, type and drawn surfaces have by themselves.",
            "De helft van het beeld heeft één tint, zoals bij schermafdrukken, documenten en tekeningen: wat deze methode voor sporen aanziet, hebben letters en getekende vlakken vanzelf.",
        ),
    )
}

/// Whole levels of 8 bits.
pub(super) fn rounded(picture: &Gray) -> impl Iterator<Item = u8> + '_ {
    picture.data.iter().map(|value| value.round().clamp(0.0, 255.0) as u8)
}

/// Luma in whole levels of 8 bits, and the size of the picture.
pub(super) fn levels(frame: &Frame<'_>) -> (Vec<u8>, usize, usize) {
    let plane = frame.luma();
    let (width, height) = (plane.width, plane.height);
    if plane.bits > 8 {
        return (rounded(&frame.luma_f32(None)).collect(), width, height);
    }
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        if let Row::Eight(row) = plane.row(y) {
            pixels.extend_from_slice(row);
        }
        pixels.resize((y + 1) * width, 0); // a row the plane lacks
    }
    (pixels, width, height)
}

/// A map over a picture of `size` pixels: `values` of `cells` (columns, rows).
pub(super) fn map(
    title: Text,
    scale: Text,
    cells: (usize, usize),
    values: Vec<f32>,
    size: (usize, usize),
) -> Figure {
    let axis = |label: Text, to: usize| Axis { label, range: Some((0.0, to as f64)), log: false };
    Figure::Heat {
        scene: Some(Vec::new()),
        title,
        width: cells.0,
        height: cells.1,
        values,
        x: axis(Text::same("x (px)"), size.0),
        y: axis(Text::same("y (px)"), size.1),
        scale,
    }
}
