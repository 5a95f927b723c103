//! Whole pairs: both halves through the same way to the network's input.

use rayon::prelude::*;

use super::augment::Way;
use super::config::{Plan, Task};
use super::draw::Draw;
use super::pixels::{Kernel, Pixels};
use super::store::{Item, PIECE, ROOM};
use super::{blend, upsample};
use crate::{Error, Result};

/// Square around a face in sides of the face: what the network is fed is 1.4,
/// learning varies it.
pub const MARGIN: f32 = 1.4;
/// Side of what is worked on of a piece: room for a change of size.
const ROUND: usize = 128;
/// Of pairs with a decoded half, those that use it.
const DECODED: f64 = 0.7;

/// Pictures of a batch, interleaved R, G, B in 0–1, genuine and changed by turns.
pub struct Batch {
    /// Numbers of all pictures.
    pub pictures: Vec<f32>,
    /// 0 and 1 by turns.
    pub truth: Vec<f32>,
}

/// The pairs numbered `numbers`, each from the item that `of` names.
///
/// # Errors
/// [`crate::Error::Compute`] from the JPEG coder.
pub fn batch(
    plan: &Plan,
    stream: u64,
    items: &[&Item],
    numbers: &[(u64, usize)],
) -> Result<Batch> {
    let pairs: Vec<[Pixels; 2]> = numbers
        .par_iter()
        .map(|(number, item)| pair(plan, stream, *number, items, *item))
        .collect::<Result<_>>()?;
    let mut batch = Batch { pictures: Vec::new(), truth: Vec::new() };
    for (half, truth) in pairs.iter().flat_map(|[real, fake]| [(real, 0.0), (fake, 1.0)]) {
        batch.pictures.extend_from_slice(&half.data);
        batch.truth.push(truth);
    }
    Ok(batch)
}

/// One pair, of `side × side` pixels.
fn pair(plan: &Plan, stream: u64, number: u64, items: &[&Item], at: usize) -> Result<[Pixels; 2]> {
    let mut draw = Draw::at(plan.seed, stream, number);
    let missing = || Error::compute("a training pair", "its item is missing");
    let item = items.get(at).ok_or_else(missing)?;
    let halves = match plan.task {
        Task::Swap => {
            let other = items.get(draw.below(items.len())).ok_or_else(missing)?;
            blend::pair(&mut draw, &item.cut(), &other.cut())
        }
        Task::Generated => {
            let at = [0; 2].map(|_: i32| draw.below(PIECE - ROUND + 1));
            let part = |bytes| Pixels::of_bytes(bytes, PIECE, PIECE).part(at[0], at[1], ROUND, ROUND);
            let real = part(&item.pixels);
            let fake = match &item.decoded {
                Some(decoded) if draw.chance(DECODED) => part(decoded),
                _ => upsample::generated(&mut draw, &real),
            };
            [real, fake]
        }
    };
    let way = match plan.task {
        // Sharpness of smaller and larger faces.
        Task::Swap => Way::new(&mut draw, plan.seed, number, (0.35, 1.0)),
        Task::Generated => Way::new(&mut draw, plan.seed, number, (0.9, 1.4)),
    };
    let frame = Framing::new(&mut draw, plan);
    let [real, fake] = halves;
    let finish = |half: Pixels| way.stored(frame.apply(&way.apply(&half)?));
    Ok([finish(real)?, finish(fake)?])
}

/// Which part of a half the network sees.
enum Framing {
    /// A square in the middle of a face's cut-out, a little off in every respect.
    Face { margin: f32, turn: f32, shift: [f32; 2], side: usize, half_way: bool },
    /// A square pixel for pixel, at a place given in parts of the room there is.
    Piece { place: [f32; 2], side: usize },
}

impl Framing {
    fn new(draw: &mut Draw, plan: &Plan) -> Self {
        let side = plan.side;
        match plan.task {
            Task::Swap => Self::Face {
                margin: MARGIN * draw.scale(0.88, 1.14),
                turn: draw.range(-0.12, 0.12),
                shift: [draw.range(-0.05, 0.05), draw.range(-0.05, 0.05)],
                side,
                half_way: draw.chance(0.5),
            },
            Task::Generated => {
                Self::Piece { place: [draw.range(0.0, 1.0), draw.range(0.0, 1.0)], side }
            }
        }
    }

    fn apply(&self, half: &Pixels) -> Pixels {
        match *self {
            Self::Face { margin, turn, shift, side, half_way } => {
                // The cut-out may have another size by now.
                let unit = half.width as f32 / ROOM;
                let scale = unit * margin / side as f32;
                // What shrinks is averaged first, as when a crop is cut from a frame.
                let source = if half_way && scale > 1.2 {
                    half.blurred(0.35 * scale)
                } else {
                    half.clone()
                };
                let (c, s) = (scale * turn.cos(), scale * turn.sin());
                let middle = side as f32 / 2.0 - 0.5;
                let centre = half.width as f32 / 2.0 - 0.5;
                let (px, py) = (centre + shift[0] * unit, centre + shift[1] * unit);
                source.warped(side, side, |x, y| {
                    let (x, y) = (x - middle, y - middle);
                    (px + c * x - s * y, py + s * x + c * y)
                })
            }
            Self::Piece { place, side } => {
                let half = match half.width.min(half.height) {
                    small if small < side => half.resized(side, side, Kernel::Cubic),
                    _ => half.clone(),
                };
                let at = |length: usize, part: f32| ((length - side) as f32 * part) as usize;
                half.part(at(half.width, place[0]), at(half.height, place[1]), side, side)
            }
        }
    }
}

