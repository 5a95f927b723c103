//! Sharpness, noise, colour and JPEG grid in bands along the outline.

use crate::faces::geometry;
use crate::faces::outline::{OVAL, distance, inside, polygon};
use crate::media::{Affine, Frame, Gray, Rect};
use crate::signal::colour::{delta_e, lab};
use crate::signal::stats::{MAD_TO_SIGMA, median};

/// Pixels looked at, about: enough for medians to a hundredth. Of larger faces
/// every third or fifth row is taken; an odd step meets all eight phases of a
/// JPEG grid.
const MOST_PIXELS: usize = 90_000;
/// Half-width of the rim, in widths of the face (recipe).
const RING: f32 = 0.06;
/// Middles of the eight patches: forehead, cheeks under the eyes, cheeks beside
/// the mouth, cheeks at the side.
const PATCHES: [usize; 8] = [69, 299, 50, 280, 205, 425, 187, 411];
/// Half the side of a patch, in widths of the face: 5 % of the face fits
/// between eye, nose and rim.
const PATCH: f32 = 0.05;
/// Middle of the forehead part of the rim and its share that is left out for
/// colour, because hair grows there: points 10 ± 9 of 36.
const HAIRY: usize = 9;
/// Samples along a side when looking for colour: bands are several wide.
const COLOURS: usize = 96;
/// Distances are worked out on a grid this many to the width of the face, and
/// interpolated.
const GRID: f32 = 64.0;
/// Brightness classes for comparing noise, and pixels a class needs.
const CLASSES: usize = 16;
const LEAST_PIXELS: usize = 60;
/// Deviations by which one phase must stand out of the eight for a grid to be
/// seen in the columns of a region: a normal deviation is that large once in
/// ten million.
const GRID_Z: f64 = 5.2;

/// The six columns of the record, NaN where something could not be measured;
/// `None` when the rim lies outside the picture or all is flat.
pub fn measure(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<[f64; 6]> {
    let oval = polygon(mesh, &OVAL)?;
    let shown = Rect {
        x: 0.0,
        y: 0.0,
        width: frame.display_width as f32,
        height: frame.display_height as f32,
    };
    let outside = oval.iter().filter(|(x, y)| !within(&shown, *x, *y)).count();
    if outside * 10 > oval.len() {
        return None;
    }
    // Coded pixels: the oval and the patches are brought there.
    let coded: Vec<(f32, f32)> =
        oval.iter().map(|(x, y)| frame.display_to_coded.apply(*x, *y)).collect();
    let [a, b, _, d, e, _] = frame.display_to_coded.m;
    let scale = (a.hypot(d) + b.hypot(e)) / 2.0;
    let unit = width * scale;
    let reach = (2.0 * RING * unit).ceil() + 3.0;
    let around = Rect::around(coded.iter().copied())?;
    let part = Rect {
        x: (around.x - reach).max(0.0),
        y: (around.y - reach).max(0.0),
        width: around.width + 2.0 * reach,
        height: around.height + 2.0 * reach,
    };
    let luma = frame.luma_f32(Some(part));
    if luma.width < 16 || luma.height < 16 {
        return None;
    }
    let origin = (part.x.floor(), part.y.floor());
    let local: Vec<(f32, f32)> = coded.iter().map(|(x, y)| (x - origin.0, y - origin.1)).collect();
    let depth = Depth::new(&local, luma.width, luma.height, unit / GRID);
    let patches: Vec<(f32, f32)> = PATCHES
        .iter()
        .filter_map(|i| mesh.get(*i))
        .map(|p| frame.display_to_coded.apply(p[0], p[1]))
        .map(|(x, y)| (x - origin.0, y - origin.1))
        .collect();
    let mut regions = Regions::default();
    let rows = row_step(&luma);
    regions.look(&luma, &depth, unit, &patches, rows);
    let cheek = grouped_median(&mut regions.patches)?;
    let far = grouped_median(&mut regions.far_sharp)?;
    let mean = |(sum, n): (f64, u64)| if n > 0 { sum / n as f64 } else { f64::NAN };
    let ratio = |a: f64, b: f64| if b > 1e-9 { a / b } else { f64::NAN };
    if cheek <= 0.0 && far <= 0.0 {
        return None;
    }
    Some([
        ratio(cheek, far),
        ratio(mean(regions.ring), mean(regions.inner)),
        regions.noise().unwrap_or(f64::NAN),
        colour_step(frame, &oval, mesh, width).unwrap_or(f64::NAN),
        grid_differs(&luma, &depth, unit, rows).map_or(f64::NAN, |d| f64::from(u8::from(d))),
        f64::from(width),
    ])
}

/// Median of numbers that were rounded to whole ones: those equal to it are
/// taken to lie evenly within ½ of it.
fn grouped_median(values: &mut [f64]) -> Option<f64> {
    let middle = median(values)?;
    let below = values.iter().filter(|v| **v < middle - 0.5).count() as f64;
    let within = values.iter().filter(|v| (**v - middle).abs() <= 0.5).count() as f64;
    let rank = values.len() as f64 / 2.0 - below;
    Some((middle - 0.5 + rank / within.max(1.0)).max(0.0))
}

/// Odd step from row to row.
fn row_step(luma: &Gray) -> usize {
    (luma.width * luma.height / MOST_PIXELS) / 2 * 2 + 1
}

fn within(r: &Rect, x: f32, y: f32) -> bool {
    x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height
}

/// Depth under the rim, positive inside, for every pixel of a region.
struct Depth {
    step: f32,
    columns: usize,
    values: Vec<f32>,
}

impl Depth {
    fn new(oval: &[(f32, f32)], width: usize, height: usize, step: f32) -> Self {
        let step = step.max(1.0);
        let (columns, rows) =
            ((width as f32 / step) as usize + 2, (height as f32 / step) as usize + 2);
        let mut values = Vec::with_capacity(columns * rows);
        for v in 0..rows {
            for u in 0..columns {
                let (x, y) = (u as f32 * step, v as f32 * step);
                let far = distance(oval, x, y);
                values.push(if inside(oval, x, y) { far } else { -far });
            }
        }
        Self { step, columns, values }
    }

    /// At the middle of a pixel.
    fn at(&self, x: usize, y: usize) -> f32 {
        let (x, y) = ((x as f32 + 0.5) / self.step, (y as f32 + 0.5) / self.step);
        let (u, v) = (x as usize, y as usize);
        let (a, b) = (x - u as f32, y - v as f32);
        let get = |u: usize, v: usize| {
            self.values.get(v * self.columns + u).copied().unwrap_or(f32::NEG_INFINITY)
        };
        let top = get(u, v) * (1.0 - a) + get(u + 1, v) * a;
        let bottom = get(u, v + 1) * (1.0 - a) + get(u + 1, v + 1) * a;
        top * (1.0 - b) + bottom * b
    }
}

/// What the pixels of each band add up to.
#[derive(Default)]
struct Regions {
    /// Sizes of the Laplacian on the patches, and outside.
    patches: Vec<f64>,
    far_sharp: Vec<f64>,
    /// Sum and number of sizes of the Laplacian on the rim, and inside.
    ring: (f64, u64),
    inner: (f64, u64),
    /// Sizes of Immerkær's operator inside and outside, by brightness.
    skin: Vec<Vec<f64>>,
    beyond: Vec<Vec<f64>>,
}

impl Regions {
    fn look(&mut self, luma: &Gray, depth: &Depth, unit: f32, patches: &[(f32, f32)], rows: usize) {
        self.skin = vec![Vec::new(); CLASSES];
        self.beyond = vec![Vec::new(); CLASSES];
        let w = luma.width;
        let half = PATCH * unit;
        for y in (1..luma.height - 1).step_by(rows) {
            let row = |k: usize| luma.data.get(k * w..(k + 1) * w).unwrap_or(&[]);
            let (above, here, below) = (row(y - 1), row(y), row(y + 1));
            for x in 1..w - 1 {
                let deep = depth.at(x, y);
                if deep < -2.0 * RING * unit {
                    continue;
                }
                let (Some(a), Some(h), Some(b)) =
                    (above.get(x - 1..x + 2), here.get(x - 1..x + 2), below.get(x - 1..x + 2))
                else {
                    continue;
                };
                let cross = a[1] + b[1] + h[0] + h[2];
                let sharp = f64::from((4.0 * h[1] - cross).abs());
                let diagonal = a[0] + a[2] + b[0] + b[2];
                let rough = f64::from((diagonal - 2.0 * cross + 4.0 * h[1]).abs());
                let class = ((h[1] / 16.0) as usize).min(CLASSES - 1);
                if deep < -RING * unit {
                    self.far_sharp.push(sharp);
                    self.beyond[class].push(rough);
                } else if deep <= RING * unit {
                    self.ring = (self.ring.0 + sharp, self.ring.1 + 1);
                } else {
                    self.inner = (self.inner.0 + sharp, self.inner.1 + 1);
                    let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                    if patches.iter().any(|p| (p.0 - px).abs() < half && (p.1 - py).abs() < half) {
                        self.patches.push(sharp);
                        self.skin[class].push(rough);
                    }
                }
            }
        }
    }

    /// Noise inside over outside at equal brightness: the median over classes
    /// of the ratio of medians, weighted by nothing; robust against edges
    /// because a median of |N| passes over them.
    fn noise(&mut self) -> Option<f64> {
        let mut ratios = Vec::new();
        for (inside, outside) in self.skin.iter_mut().zip(&mut self.beyond) {
            if inside.len().min(outside.len()) < LEAST_PIXELS {
                continue;
            }
            let (a, b) = (grouped_median(inside)?, grouped_median(outside)?);
            if b > 0.0 {
                ratios.push(a / b);
            }
        }
        median(&mut ratios)
    }
}

/// ΔE between the median colours of two bands inside the face, along cheeks
/// and jaw.
fn colour_step(
    frame: &Frame<'_>,
    oval: &[(f32, f32)],
    mesh: &[[f32; 3]],
    width: f32,
) -> Option<f64> {
    let around = geometry::bounds(mesh)?;
    let n = COLOURS as f32;
    let map = Affine::scaling(around.width / n, around.height / n, around.x, around.y);
    let mut rgb = Vec::new();
    frame.area(&map, COLOURS, COLOURS, &mut rgb);
    // Cheeks and jaw: the rim without its upper part.
    let lower: Vec<(f32, f32)> = oval.get(HAIRY..oval.len() - HAIRY + 1)?.to_vec();
    let mut bands: [[Vec<f64>; 3]; 2] = Default::default();
    for (i, pixel) in rgb.chunks_exact(3).enumerate() {
        let (x, y) = map.apply((i % COLOURS) as f32 + 0.5, (i / COLOURS) as f32 + 0.5);
        if !inside(oval, x, y) {
            continue;
        }
        let deep = lower
            .windows(2)
            .map(|s| crate::faces::outline::to_segment(s[0], s[1], x, y))
            .fold(f32::INFINITY, f32::min)
            / width;
        let band = match deep {
            d if d < 0.05 => 0,
            d if (0.06..0.12).contains(&d) => 1,
            _ => continue,
        };
        let colour = lab([pixel[0], pixel[1], pixel[2]]);
        for (values, c) in bands[band].iter_mut().zip(colour) {
            values.push(c);
        }
    }
    let middle = |band: &mut [Vec<f64>; 3]| -> Option<[f64; 3]> {
        let [l, a, b] = band;
        Some([median(l)?, median(a)?, median(b)?])
    };
    let [outer, inner] = &mut bands;
    Some(delta_e(middle(outer)?, middle(inner)?))
}

/// Whether the 8 × 8 grid inside has another phase than outside; `None` unless
/// both show one.
fn grid_differs(luma: &Gray, depth: &Depth, unit: f32, rows: usize) -> Option<bool> {
    let inside = phase(luma, depth, unit, true, rows)?;
    let outside = phase(luma, depth, unit, false, rows)?;
    Some(inside != outside)
}

/// Columns and rows on which steps are larger than beside them.
fn phase(
    luma: &Gray,
    depth: &Depth,
    unit: f32,
    within: bool,
    rows: usize,
) -> Option<(usize, usize)> {
    let w = luma.width;
    let mut sums = [[(0.0f64, 0u64); 8]; 2];
    for y in (2..luma.height.saturating_sub(2)).step_by(rows) {
        for x in 2..w - 2 {
            let deep = depth.at(x, y);
            let fits = if within { deep > RING * unit } else { deep < -RING * unit };
            if !fits {
                continue;
            }
            for (axis, step) in [1, w].into_iter().enumerate() {
                let at = y * w + x;
                let get = |i: usize| luma.data.get(i).copied().unwrap_or(0.0);
                let jump = (get(at) - get(at - step)).abs();
                let beside = ((get(at - step) - get(at - 2 * step)).abs()
                    + (get(at + step) - get(at)).abs())
                    / 2.0;
                // A step that stands out, clipped: edges of the scene weigh no more.
                let excess = f64::from((jump - beside).clamp(-6.0, 6.0));
                let sum = &mut sums[axis][if axis == 0 { x % 8 } else { y % 8 }];
                *sum = (sum.0 + excess, sum.1 + 1);
            }
        }
    }
    let peak = |sums: &[(f64, u64); 8]| -> Option<usize> {
        let means: Vec<f64> =
            sums.iter().map(|(s, n)| if *n > 50 { s / *n as f64 } else { f64::NAN }).collect();
        if means.iter().any(|m| m.is_nan()) {
            return None;
        }
        let best = (0..8).max_by(|a, b| means[*a].total_cmp(&means[*b]))?;
        let mut rest: Vec<f64> = (0..8).filter(|k| *k != best).map(|k| means[k]).collect();
        let (middle, mad) = crate::signal::stats::median_mad(&mut rest)?;
        let spread = (mad * MAD_TO_SIGMA).max(0.01);
        ((means[best] - middle) / spread >= GRID_Z).then_some(best)
    };
    Some((peak(&sums[0])?, peak(&sums[1])?))
}
