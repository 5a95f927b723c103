//! Finding faces in a frame without knowing where they were.

use candle_core::{Device, Tensor};

use super::detect::{self, Detection, SAME_FACE_IOU};
use crate::Result;
use crate::media::{Affine, Frame};
use crate::models::{BlazeFace, Range};

/// Longest side in display pixels up to which one look at the whole picture is
/// enough. The full-range network found one portrait down to 9 of its 192 input
/// pixels (score 0.60; not at 7), which is 46 pixels of 960; a smaller face
/// gives the mesh little to measure.
const TILE: f32 = 960.0;
/// Tiles along one axis at most; larger pictures get larger tiles.
const MOST_TILES: usize = 4;
/// Overlap of neighbouring tiles, in parts of a tile: a face up to a quarter
/// of a tile lies whole in one of them, larger ones the whole view finds.
const OVERLAP: f32 = 0.25;

/// How much further away a second look is: a face that fills the picture, as
/// in a close-up, is larger than what the networks were trained for.
const STEP_BACK: f32 = 1.6;

/// How hard to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// The short-range network on the whole picture: faces nearer than about
    /// two metres.
    Near,
    /// The full-range network on the whole picture as well; where neither
    /// finds anything, the short-range one from further away.
    Whole,
    /// The full-range network on tiles of large pictures as well.
    Tiles,
}

/// Both detectors.
#[derive(Clone, Debug)]
pub struct Finder {
    device: Device,
    short: BlazeFace,
    full: BlazeFace,
    short_anchors: Vec<(f32, f32)>,
    full_anchors: Vec<(f32, f32)>,
    pixels: Vec<f32>,
}

impl Finder {
    /// Loads both networks.
    ///
    /// # Errors
    /// [`crate::Error::Model`] when one is not installed.
    pub fn load(device: &Device) -> Result<Self> {
        Ok(Self {
            device: device.clone(),
            short: BlazeFace::load(Range::Short, device)?,
            full: BlazeFace::load(Range::Full, device)?,
            short_anchors: detect::anchors(Range::Short),
            full_anchors: detect::anchors(Range::Full),
            pixels: Vec::new(),
        })
    }

    /// Faces in display pixels, best first. What the short-range network finds
    /// stands; the full-range network adds faces elsewhere.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when a network fails.
    pub fn find(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<Vec<Detection>> {
        let side = Range::Short.input_size();
        let mut found = self.look(frame, &[whole(frame, side, 1.0)], Range::Short)?;
        if effort >= Effort::Whole {
            let side = Range::Full.input_size();
            let mut maps = vec![whole(frame, side, 1.0)];
            if effort == Effort::Tiles {
                maps.extend(tiles(frame, side));
            }
            for more in self.look(frame, &maps, Range::Full)? {
                if found.iter().all(|d| !same(d, &more)) {
                    found.push(more);
                }
            }
        }
        if found.is_empty() && effort >= Effort::Whole {
            found = self.look(frame, &[whole(frame, side, STEP_BACK)], Range::Short)?;
        }
        Ok(found)
    }

    /// One network on several views of a frame.
    fn look(&mut self, frame: &Frame<'_>, maps: &[Affine], range: Range) -> Result<Vec<Detection>> {
        let (network, anchors) = match range {
            Range::Short => (&self.short, &self.short_anchors),
            Range::Full => (&self.full, &self.full_anchors),
        };
        let side = range.input_size();
        let mut views = Vec::with_capacity(maps.len() * side * side * 3);
        for map in maps {
            frame.area(map, side, side, &mut self.pixels);
            views.extend(self.pixels.iter().map(|v| 2.0 * v - 1.0));
        }
        let input = planar(views, maps.len(), side, &self.device)?;
        let (boxes, logits) = network.forward(&input)?;
        let (boxes, logits) =
            (boxes.flatten_from(1)?.to_vec2::<f32>()?, logits.flatten_from(1)?.to_vec2::<f32>()?);
        let mut found = Vec::new();
        for ((boxes, logits), map) in boxes.iter().zip(&logits).zip(maps) {
            let here = detect::decode(boxes, logits, anchors);
            found.extend(detect::suppress(here).iter().map(|d| d.mapped(map)));
        }
        // Faces that several tiles saw.
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<Detection> = Vec::new();
        for detection in found {
            if kept.iter().all(|d| !same(d, &detection)) {
                kept.push(detection);
            }
        }
        Ok(kept)
    }
}

/// Pictures of `side` with interleaved channels as (N, 3, side, side).
///
/// # Errors
/// [`crate::Error::Compute`] when the sizes do not fit.
pub fn planar(pixels: Vec<f32>, count: usize, side: usize, device: &Device) -> Result<Tensor> {
    let pictures = Tensor::from_vec(pixels, (count, side, side, 3), device)?;
    Ok(pictures.permute((0, 3, 1, 2))?.contiguous()?)
}

/// Overlap, or one inside the other: a tile may show half a face.
fn same(a: &Detection, b: &Detection) -> bool {
    let common = a.bounds.intersect(&b.bounds).map_or(0.0, |r| r.area());
    a.bounds.iou(&b.bounds) > SAME_FACE_IOU || common > 0.6 * a.bounds.area().min(b.bounds.area())
}

/// The whole picture in the middle of a square, `margin` times as large.
fn whole(frame: &Frame<'_>, side: usize, margin: f32) -> Affine {
    let (w, h) = (frame.display_width.max(1) as f32, frame.display_height.max(1) as f32);
    let longest = w.max(h) * margin;
    let scale = longest / side as f32;
    Affine::scaling(scale, scale, (w - longest) / 2.0, (h - longest) / 2.0)
}

/// Overlapping squares that cover a large picture; none for a small one.
fn tiles(frame: &Frame<'_>, side: usize) -> Vec<Affine> {
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    if w.max(h) <= TILE {
        return Vec::new();
    }
    // n tiles with their overlap reach n − (n − 1)·overlap tiles far.
    let reach = MOST_TILES as f32 - (MOST_TILES - 1) as f32 * OVERLAP;
    let tile = TILE.max(w.max(h) / reach);
    let starts = |length: f32| -> Vec<f32> {
        if length <= tile {
            return vec![(length - tile) / 2.0];
        }
        let steps = ((length - tile) / (tile * (1.0 - OVERLAP))).ceil().max(1.0) as usize;
        (0..=steps).map(|i| (length - tile) * i as f32 / steps as f32).collect()
    };
    let scale = tile / side as f32;
    let (columns, rows) = (starts(w), starts(h));
    rows.iter()
        .flat_map(|&y| columns.iter().map(move |&x| Affine::scaling(scale, scale, x, y)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Rect;

    fn covered(width: usize, height: usize) -> Vec<Rect> {
        let frame = Frame::from_gray(&[], width, height);
        let square = Rect { x: 0.0, y: 0.0, width: 192.0, height: 192.0 };
        tiles(&frame, 192).iter().map(|map| square.mapped(map)).collect()
    }

    #[test]
    fn tiles_cover_large_pictures_and_overlap() {
        assert!(covered(960, 540).is_empty());
        for (w, h, most) in
            [(1920, 1080, 6), (1080, 1920, 6), (1280, 720, 2), (4000, 3000, 16), (12000, 500, 4)]
        {
            let tiles = covered(w, h);
            assert!(tiles.len() <= most && !tiles.is_empty(), "{w}×{h}: {}", tiles.len());
            for (x, y) in [(1, 1), (w - 1, h - 1), (w / 2, h / 2), (w / 3, h - 1)] {
                let (x, y) = (x as f32, y as f32);
                // A face of an eighth of a tile around that point lies whole in a tile.
                let half = tiles[0].width / 16.0;
                let (fx, fy) = (x.clamp(half, w as f32 - half), y.clamp(half, h as f32 - half));
                let whole = |t: &&Rect| {
                    t.x <= fx - half + 0.5
                        && t.right() >= fx + half - 0.5
                        && t.y <= fy - half + 0.5
                        && t.bottom() >= fy + half - 0.5
                };
                assert!(tiles.iter().any(|t| whole(&t)), "{w}×{h} at {x}, {y}");
            }
        }
    }

    #[test]
    fn a_face_inside_another_is_the_same() {
        let face = |x: f32, side: f32| Detection {
            bounds: Rect { x, y: 0.0, width: side, height: side },
            keypoints: [(0.0, 0.0); 6],
            score: 0.9,
        };
        assert!(same(&face(0.0, 100.0), &face(10.0, 40.0)));
        assert!(!same(&face(0.0, 100.0), &face(85.0, 40.0)));
    }
}
