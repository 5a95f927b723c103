//! An eye cut out around its iris: what the checks of eyes have in common.

use crate::faces::Iris;
use crate::faces::outline::inside;
use crate::media::{Affine, Frame};

/// Samples along the side of a window.
pub(super) const SIDE: usize = 64;
/// Half the window in radii of the iris.
const REACH: f32 = 1.1;

/// A window centred on an iris.
pub(super) struct Eye {
    /// Diameter of the iris in display pixels.
    pub diameter: f32,
    /// R, G, B in 0–1, row by row.
    pub rgb: Vec<[f32; 3]>,
    /// Whether a sample lies between the lids.
    pub open: Vec<bool>,
}

impl Eye {
    /// `None` for an iris narrower than `least` pixels or without extent.
    pub fn cut(frame: &Frame<'_>, iris: &Iris, least: f32) -> Option<Self> {
        let centre = iris.points[0];
        let diameter = Self::diameter(iris);
        if !(diameter.is_finite() && diameter >= least.max(1.0)) {
            return None;
        }
        let half = REACH * diameter / 2.0;
        let step = 2.0 * half / SIDE as f32;
        let map = Affine::scaling(step, step, centre[0] - half, centre[1] - half);
        let mut values = Vec::new();
        if step > 1.0 {
            frame.area(&map, SIDE, SIDE, &mut values);
        } else {
            frame.warp(&map, SIDE, SIDE, &mut values);
        }
        // The lids in running order: lower lid from corner to corner, then the
        // upper one, which the network gives in the same direction.
        let lid = |k: usize| iris.contour.get(k).map(|p| (p[0], p[1]));
        let lids: Vec<(f32, f32)> = (0..9).chain((9..16).rev()).filter_map(lid).collect();
        let open = (0..SIDE * SIDE).map(|i| {
            let (x, y) = map.apply((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
            inside(&lids, x, y)
        });
        Some(Self {
            diameter,
            open: open.collect(),
            rgb: values.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect(),
        })
    }

    /// Diameter of an iris in display pixels. The vertical extent is the guess
    /// of a lid as often as of the iris: the wider of the two is the iris.
    pub fn diameter(iris: &Iris) -> f32 {
        let [_, rim @ ..] = iris.points;
        let across = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
        across(rim[0], rim[2]).max(across(rim[1], rim[3]))
    }

    /// Place of a sample in radii of the iris, right and down from its centre.
    pub fn place(index: usize) -> (f32, f32) {
        let at = |k: usize| ((k as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0) * REACH;
        (at(index % SIDE), at(index / SIDE))
    }

    /// Samples between the lids whose distance from the centre lies in a
    /// range, with their distance.
    pub fn ring(&self, from: f32, to: f32) -> impl Iterator<Item = (usize, [f32; 3])> {
        self.rgb.iter().enumerate().filter_map(move |(i, c)| {
            let (x, y) = Self::place(i);
            let r = x.hypot(y);
            let open = self.open.get(i).copied().unwrap_or(false);
            (open && r >= from && r < to).then_some((i, *c))
        })
    }
}

/// The brightest channel.
pub(super) fn brightest(c: [f32; 3]) -> f32 {
    c[0].max(c[1]).max(c[2])
}
