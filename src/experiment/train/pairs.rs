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
/// [`crate::Error::Compute`] from a coder; [`crate::Error::Usage`] and
/// [`crate::Error::Io`] from that of video.
pub fn batch(plan: &Plan, stream: u64, items: &[&Item], numbers: &[(u64, usize)]) -> Result<Batch> {
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
            let part =
                |bytes| Pixels::of_bytes(bytes, PIECE, PIECE).part(at[0], at[1], ROUND, ROUND);
            let real = part(&item.pixels);
            let fake = match &item.decoded {
                Some(decoded) if draw.chance(DECODED) => part(decoded),
                _ => upsample::generated(&mut draw, &real),
            };
            [real, fake]
        }
    };
    let video = plan.learn.video;
    let way = match plan.task {
        // Sharpness of smaller and larger faces.
        Task::Swap => Way::new(&mut draw, plan.seed, number, (0.35, 1.0), video),
        Task::Generated => Way::new(&mut draw, plan.seed, number, (0.9, 1.4), video),
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
                let source =
                    if half_way && scale > 1.2 { half.blurred(0.35 * scale) } else { half.clone() };
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

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;
    use crate::experiment::train::store::Split;

    fn plan(task: &str) -> Plan {
        let text = format!(
            "question = \"\"\ntask = \"{task}\"\nnetwork = \"rich\"\nside = 64\nseed = 5\n[data]\n\
             pictures = []\nvalidation = 0.2\ntest = 0.2\n[learn]\nsteps = 10\npairs = 2\n\
             rate = 1e-3\nwarm_up = 2\ndecay = 0.0\nclip = 1.0\naverage = 0.9\nlook = 5\nlooks = 1\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn noise(side: usize, key: u64) -> Pixels {
        let mut draw = Draw::at(key, 0, 0);
        let mut pixels = Pixels::new(side, side, 3);
        pixels.data.iter_mut().for_each(|v| *v = draw.range(0.2, 0.8));
        pixels
    }

    /// Whatever a pair meets on its way says nothing of which half is which.
    #[test]
    fn equal_halves_stay_equal() {
        for task in ["swap", "generated"] {
            let plan = plan(task);
            for number in 0..20 {
                let mut draw = Draw::at(plan.seed, 9, number);
                // A few of them as frames of clips.
                let video = if number < 3 { 1.0 } else { 0.0 };
                let way = Way::new(&mut draw, plan.seed, number, (0.5, 1.3), video);
                let frame = Framing::new(&mut draw, &plan);
                let half = noise(128, number);
                let finish = |half: &Pixels| way.stored(frame.apply(&way.apply(half).unwrap()));
                let (a, b) = (finish(&half).unwrap(), finish(&half).unwrap());
                assert_eq!((a.width, a.height), (64, 64));
                assert!(a == b, "{task} {number}");
            }
        }
    }

    #[test]
    fn a_pair_is_the_same_however_it_is_batched_and_its_halves_differ() {
        let plan = plan("generated");
        let item = |key: u64| Item {
            source: key.to_string(),
            split: Split::Train,
            pixels: noise(PIECE, key).bytes(),
            mesh: Vec::new(),
            decoded: None,
        };
        let items = [item(1), item(2)];
        let items: Vec<&Item> = items.iter().collect();
        let both = batch(&plan, 2, &items, &[(7, 0), (8, 1)]).unwrap();
        let one = batch(&plan, 2, &items, &[(8, 1)]).unwrap();
        let size = 64 * 64 * 3;
        assert!(both.pictures[2 * size..] == one.pictures[..]);
        assert_eq!(both.truth, [0.0, 1.0, 0.0, 1.0]);
        let apart = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
        };
        assert!(apart(&one.pictures[..size], &one.pictures[size..]) > 1e-3);
    }
}
