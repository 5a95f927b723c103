//! The face just before and just after its light jumps, to be looked at.

use std::collections::VecDeque;

use super::Row;
use super::step::{self, JUMP, LEAST, Step};
use crate::checks::Figure;
use crate::faces::Face;
use crate::media::{Affine, Frame, Rect};
use crate::text::Text;

/// Side of a view in samples, and of what it shows in widths of the face.
const VIEW: usize = 200;
const REACH: f32 = 1.5;
/// Seconds within which two jumps are one, as in `step`: five rows.
const NEAR_S: f64 = 1.1;
/// Jumps shown.
const MOST: usize = 4;

/// A face at a moment.
#[derive(Clone)]
struct View {
    time_s: f64,
    sure: bool,
    /// The face in it.
    face: Rect,
    /// R, G, B, [`VIEW`] × [`VIEW`].
    pixels: Vec<u8>,
}

/// The views of one track around its likely jumps.
#[derive(Default)]
pub struct Views {
    /// The last ones, as many as tell a jump, and one before.
    last: VecDeque<View>,
    /// Before and after, with the angle as far as it was known then.
    kept: Vec<(View, View, f64)>,
}

impl Views {
    /// The face is gone: only what was kept is still of use.
    pub fn leave(&mut self) {
        self.last.clear();
    }

    /// Whether a jump is kept.
    pub fn any(&self) -> bool {
        !self.kept.is_empty()
    }

    /// A row was added: `rows` are all of the track so far.
    pub fn see(&mut self, frame: &Frame<'_>, face: &Face, width: f32, rows: &[Row]) {
        let step = REACH * width / VIEW as f32;
        let (x, y) = face.bounds.center();
        let half = REACH * width / 2.0;
        let mut values = Vec::new();
        frame.area(&Affine::scaling(step, step, x - half, y - half), VIEW, VIEW, &mut values);
        self.last.push_back(View {
            time_s: frame.time_s,
            sure: face.sure(),
            face: Rect {
                x: (face.bounds.x - x + half) / step,
                y: (face.bounds.y - y + half) / step,
                width: face.bounds.width / step,
                height: face.bounds.height / step,
            },
            pixels: values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect(),
        });
        if self.last.len() > LEAST + 1 {
            self.last.pop_front();
        }
        let Some(at) = rows.len().checked_sub(LEAST) else { return };
        let angle = step::clear(rows, at).unwrap_or(0.0);
        if angle < JUMP {
            return;
        }
        if let (Some(before), Some(after)) = (self.last.front(), self.last.get(1)) {
            self.kept.push((before.clone(), after.clone(), angle));
            // Of neighbours the largest; in all the first few.
            if let [.., one, two] = self.kept.as_slice()
                && (two.1.time_s - one.1.time_s).abs() < NEAR_S
            {
                let weaker = self.kept.len() - if one.2 >= two.2 { 1 } else { 2 };
                self.kept.remove(weaker);
            }
            self.kept.truncate(MOST);
        }
    }

    /// A picture of each of the jumps `steps` of `track`.
    pub fn figures(self, track: u32, steps: Vec<Step>) -> impl Iterator<Item = Figure> {
        let told = move |time_s: f64| steps.iter().any(|s| (s.time_s - time_s).abs() < NEAR_S);
        self.kept.into_iter().filter_map(move |(before, after, _)| {
            if !told(after.time_s) {
                return None;
            }
            let side = VIEW as u32;
            let mut image = image::RgbImage::new(2 * side, side);
            for (view, left) in [(&before, 0), (&after, side)] {
                let half = image::RgbImage::from_raw(side, side, view.pixels.clone())?;
                image::imageops::replace(&mut image, &half, i64::from(left), 0);
            }
            let (a, b) = (before.time_s, after.time_s);
            Some(Figure::Picture {
                title: Text::measured(
                    format!("Face {track} before and after its light jumps, {a:.2} s and {b:.2} s"),
                    format!(
                        "Gezicht {track} voor en na de sprong van het licht, {a:.2} s en {b:.2} s"
                    ),
                ),
                image,
                faces: if before.sure && after.sure {
                    let beside = Rect { x: after.face.x + VIEW as f32, ..after.face };
                    vec![Rect::CUT_OUT, before.face, beside]
                } else {
                    Vec::new()
                },
                time_s: Some(after.time_s),
            })
        })
    }
}
