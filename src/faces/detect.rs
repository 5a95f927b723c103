//! From BlazeFace's raw numbers to detections.
//!
//! Bazarevsky et al., *BlazeFace: Sub-millisecond Neural Face Detection on
//! Mobile GPUs*, 2019 (arXiv:1907.05047), section 3; the numbers are those of
//! MediaPipe's published graphs for the two networks.

use crate::media::{Affine, Rect};
use crate::models::Range;

/// Least confidence of a detection: what MediaPipe's graphs use for both.
pub const LEAST_SCORE: f32 = 0.5;
/// Overlap from which two detections count as one face (MediaPipe's graphs).
pub const SAME_FACE_IOU: f32 = 0.3;
/// Logits are clipped to ± this before the sigmoid (MediaPipe's graphs).
const LOGIT_CLIP: f32 = 100.0;
/// Numbers an anchor takes: box centre and size, six key points.
const VALUES: usize = 16;

/// A face as the detector sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Box.
    pub bounds: Rect,
    /// Right eye, left eye (the subject's), nose tip, mouth, right and left
    /// ear tragion.
    pub keypoints: [(f32, f32); 6],
    /// Confidence, 0–1.
    pub score: f32,
}

impl Detection {
    /// The same detection in the coordinates `map` leads to; only for maps
    /// that keep axes parallel.
    #[must_use]
    pub fn mapped(&self, map: &Affine) -> Self {
        Self {
            bounds: self.bounds.mapped(map),
            keypoints: self.keypoints.map(|(x, y)| map.apply(x, y)),
            score: self.score,
        }
    }
}

/// Anchor centres in input pixels, in the order of the network's output: row
/// by row the cells of a 16 × 16 grid, two to a cell, then of 8 × 8, six to a
/// cell (short range); the cells of 48 × 48, one to a cell (full range). All
/// anchors have the size of the input.
pub fn anchors(range: Range) -> Vec<(f32, f32)> {
    let levels: &[(usize, usize)] = match range {
        Range::Short => &[(16, 2), (8, 6)],
        Range::Full => &[(48, 1)],
    };
    let side = range.input_size() as f32;
    let mut anchors = Vec::new();
    for &(grid, each) in levels {
        let centre = |i: usize| (i as f32 + 0.5) / grid as f32 * side;
        for cell in 0..grid * grid {
            anchors.extend(std::iter::repeat_n((centre(cell % grid), centre(cell / grid)), each));
        }
    }
    anchors
}

/// Detections in input pixels, before suppression: `boxes` holds 16 numbers
/// and `logits` one for each of `anchors`. Numbers that are not finite, and
/// boxes without extent, count as no detection.
pub fn decode(boxes: &[f32], logits: &[f32], anchors: &[(f32, f32)]) -> Vec<Detection> {
    let mut found = Vec::new();
    for ((raw, logit), &(x, y)) in boxes.chunks_exact(VALUES).zip(logits).zip(anchors) {
        let score = 1.0 / (1.0 + (-logit.clamp(-LOGIT_CLIP, LOGIT_CLIP)).exp());
        if score < LEAST_SCORE || !raw.iter().chain([logit]).all(|v| v.is_finite()) {
            continue;
        }
        let (width, height) = (raw[2], raw[3]);
        if width <= 0.0 || height <= 0.0 {
            continue;
        }
        let bounds =
            Rect { x: raw[0] + x - width / 2.0, y: raw[1] + y - height / 2.0, width, height };
        let keypoints = std::array::from_fn(|k| (raw[4 + 2 * k] + x, raw[5 + 2 * k] + y));
        found.push(Detection { bounds, keypoints, score });
    }
    found
}

/// One detection for each group that overlaps its best by more than
/// [`SAME_FACE_IOU`]: the mean of the group, weighted by score, with the best
/// score (the blending of the paper's section 3.3). Best first.
pub fn suppress(mut found: Vec<Detection>) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept = Vec::new();
    while let Some(best) = found.first().cloned() {
        let (group, rest): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|d| d == &best || d.bounds.iou(&best.bounds) > SAME_FACE_IOU);
        found = rest;
        kept.push(mean(&group, best.score));
    }
    kept
}

fn mean(group: &[Detection], score: f32) -> Detection {
    let total: f32 = group.iter().map(|d| d.score).sum();
    let over = |value: &dyn Fn(&Detection) -> f32| {
        group.iter().map(|d| d.score * value(d)).sum::<f32>() / total.max(f32::MIN_POSITIVE)
    };
    Detection {
        bounds: Rect {
            x: over(&|d| d.bounds.x),
            y: over(&|d| d.bounds.y),
            width: over(&|d| d.bounds.width),
            height: over(&|d| d.bounds.height),
        },
        keypoints: std::array::from_fn(|k| {
            (over(&|d| d.keypoints[k].0), over(&|d| d.keypoints[k].1))
        }),
        score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, y: f32, side: f32, score: f32) -> Detection {
        let bounds = Rect { x, y, width: side, height: side };
        Detection { bounds, keypoints: [(x, y); 6], score }
    }

    #[test]
    fn anchors_are_cell_centres_in_output_order() {
        let short = anchors(Range::Short);
        assert_eq!(short.len(), 896);
        assert_eq!(short[..3], [(4.0, 4.0), (4.0, 4.0), (12.0, 4.0)]);
        assert_eq!(short[32], (4.0, 12.0));
        assert_eq!(
            short[512..519],
            [(8.0, 8.0), (8.0, 8.0), (8.0, 8.0), (8.0, 8.0), (8.0, 8.0), (8.0, 8.0), (24.0, 8.0)]
        );
        let full = anchors(Range::Full);
        assert_eq!((full.len(), full[0], full[49]), (2304, (2.0, 2.0), (6.0, 6.0)));
    }

    #[test]
    fn decoding_adds_the_anchor_and_drops_nonsense() {
        let mut raw = [1.0f32; 16];
        raw[2] = 20.0;
        raw[3] = 30.0;
        let found = decode(&raw, &[0.0], &[(50.0, 60.0)]);
        assert_eq!(found[0].bounds, Rect { x: 41.0, y: 46.0, width: 20.0, height: 30.0 });
        assert_eq!((found[0].keypoints[5], found[0].score), ((51.0, 61.0), 0.5));
        assert_eq!(decode(&raw, &[900.0], &[(50.0, 60.0)])[0].score, 1.0);
        assert!(decode(&raw, &[-0.01], &[(50.0, 60.0)]).is_empty(), "below the threshold");
        assert!(decode(&raw, &[f32::NAN], &[(50.0, 60.0)]).is_empty());
        raw[7] = f32::INFINITY;
        assert!(decode(&raw, &[3.0], &[(50.0, 60.0)]).is_empty());
        raw[7] = 0.0;
        raw[2] = -1.0;
        assert!(decode(&raw, &[3.0], &[(50.0, 60.0)]).is_empty());
    }

    #[test]
    fn overlapping_detections_are_averaged_by_score() {
        let kept = suppress(vec![
            face(10.0, 0.0, 20.0, 0.6),
            face(12.0, 0.0, 20.0, 0.9),
            face(80.0, 0.0, 9.0, 0.7),
        ]);
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[0].score, kept[1].clone()), (0.9, face(80.0, 0.0, 9.0, 0.7)));
        let x = (10.0 * 0.6 + 12.0 * 0.9) / 1.5;
        assert!((kept[0].bounds.x - x).abs() < 1e-5 && (kept[0].keypoints[3].0 - x).abs() < 1e-5);
        // 14 of 20 pixels apart: IoU 6 / 34 is under the limit.
        assert_eq!(suppress(vec![face(0.0, 0.0, 20.0, 0.9), face(14.0, 0.0, 20.0, 0.8)]).len(), 2);
    }
}
