//! How often each pattern of four neighbouring residuals occurs, square by
//! square, and how far each square is from the rest.

use rayon::prelude::*;

use crate::signal::stats::median;

/// Side in pixels of the cells that are counted.
const CELL: usize = 16;
/// Cells on a side of the squares that are compared: 64 pixels.
const SIDE: usize = 4;
/// Patterns of four values of three levels, two bits each; the fourth value
/// stands for a place beyond the picture.
const CODES: usize = 256;
const BEYOND: u8 = 3;
/// Those patterns without telling apart mirrored and negated ones, for
/// residuals along and across the four neighbours.
const FEATURES: usize = 2 * 25;
/// Fewest squares: a covariance of [`FEATURES`] needs several times as many.
const LEAST_SQUARES: usize = 200;
/// Share of the squares, nearest first, that define the rest in the second round.
const REST: f64 = 0.8;

/// The map: distance of each square from the rest.
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

/// The distances of all squares; `None` for pictures too small or too flat.
pub(super) fn map(pixels: &[u8], width: usize, height: usize) -> Option<Map> {
    let (across, down) = (width / CELL, height / CELL);
    if across < SIDE || down < SIDE || pixels.len() < width * height {
        return None;
    }
    let step = level(pixels, width, height)?;
    let classes = classes();
    let cells: Vec<[u32; FEATURES]> = (0..down)
        .into_par_iter()
        .flat_map_iter(|row| {
            let classes = &classes;
            (0..across).map(move |column| {
                count(pixels, (width, height), (column * CELL, row * CELL), step, classes)
            })
        })
        .collect();
    let (columns, rows) = (across - SIDE + 1, down - SIDE + 1);
    let squares: Vec<[f64; FEATURES]> = (0..columns * rows)
        .into_par_iter()
        .map(|i| {
            let mut sums = [0u32; FEATURES];
            for row in 0..SIDE {
                for cell in &cells[(i / columns + row) * across + i % columns..][..SIDE] {
                    sums.iter_mut().zip(cell).for_each(|(sum, count)| *sum += count);
                }
            }
            // Roots of shares: their scatter does not grow with the share.
            let all = f64::from(sums.iter().sum::<u32>().max(1));
            sums.map(|sum| (f64::from(sum) / all).sqrt())
        })
        .collect();
    if squares.len() < LEAST_SQUARES {
        return None;
    }
    let values = distances(&squares)?;
    Some(Map { width: columns, height: rows, values })
}

fn third(a: u8, b: u8, c: u8, d: u8) -> i32 {
    i32::from(d) - i32::from(a) + 3 * (i32::from(b) - i32::from(c))
}

/// The residual beyond which it counts as positive or negative: the third
/// smallest third of its size over the picture; `None` when most are zero.
fn level(pixels: &[u8], width: usize, height: usize) -> Option<i32> {
    let mut counts = [0u64; 2041];
    for row in pixels.chunks_exact(width).take(height).step_by(4) {
        for p in row.windows(4).step_by(3) {
            counts[third(p[0], p[1], p[2], p[3]).unsigned_abs() as usize] += 1;
        }
    }
    let all: u64 = counts.iter().sum();
    let mut below = 0;
    let at = counts.iter().position(|count| {
        below += count;
        3 * below >= all
    })?;
    (2 * counts[0] < all).then_some(at as i32)
}

fn code([a, b, c, d]: [u8; 4]) -> u8 {
    a << 6 | b << 4 | c << 2 | d
}

/// The class of each pattern: the least of it, its mirror and their negatives.
/// Those with a place beyond the picture have a class of their own, the last.
fn classes() -> [u8; CODES] {
    let digits = |code: u8| [code >> 6, code >> 4 & 3, code >> 2 & 3, code & 3];
    let mut names = Vec::new();
    let mut classes = [(FEATURES / 2) as u8; CODES];
    for (i, class) in (0..=u8::MAX).zip(&mut classes) {
        let d = digits(i);
        if d.contains(&BEYOND) {
            continue;
        }
        let mirrored = [d[3], d[2], d[1], d[0]];
        let negated = |d: [u8; 4]| code(d.map(|v| 2 - v));
        let name = i.min(code(mirrored)).min(negated(d)).min(negated(mirrored));
        let known = names.iter().position(|&n| n == name);
        *class = known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        }) as u8;
    }
    classes
}

/// Counts the patterns that start in one cell: residuals along rows, then along
/// columns, each with neighbours along and across.
fn count(
    pixels: &[u8],
    (width, height): (usize, usize),
    (left, top): (usize, usize),
    step: i32,
    classes: &[u8; CODES],
) -> [u32; FEATURES] {
    let mut counts = [[0u32; FEATURES / 2 + 1]; 2];
    for (along, across) in [(1, width), (width, 1)] {
        // Levels of the residual in the cell and three beyond it.
        let mut levels = [[BEYOND; CELL + 3]; CELL + 3];
        for (y, row) in levels.iter_mut().enumerate().take(height.saturating_sub(top + 3)) {
            let start = (top + y) * width + left;
            for (x, value) in row.iter_mut().enumerate().take(width.saturating_sub(left + 3)) {
                let p = |k: usize| pixels[start + x + k * along];
                let residual = third(p(0), p(1), p(2), p(3));
                *value = u8::from(residual >= -step) + u8::from(residual > step);
            }
        }
        // Neighbours in the row belong to residuals along rows, those in the
        // column to residuals along columns; the others are across.
        let (row, column) = if across == width { (0, 1) } else { (1, 0) };
        for y in 0..CELL {
            for x in 0..CELL {
                let right =
                    code([levels[y][x], levels[y][x + 1], levels[y][x + 2], levels[y][x + 3]]);
                let down =
                    code([levels[y][x], levels[y + 1][x], levels[y + 2][x], levels[y + 3][x]]);
                counts[row][usize::from(classes[usize::from(right)])] += 1;
                counts[column][usize::from(classes[usize::from(down)])] += 1;
            }
        }
    }
    let half = FEATURES / 2;
    std::array::from_fn(|i| counts[i / half][i % half])
}

/// Mahalanobis distances from all squares, then from the nearest of them.
fn distances(squares: &[[f64; FEATURES]]) -> Option<Vec<f32>> {
    let all: Vec<&[f64; FEATURES]> = squares.iter().collect();
    let first = from_rest(squares, &all)?;
    let mut order: Vec<usize> = (0..squares.len()).collect();
    order.sort_by(|&a, &b| first[a].total_cmp(&first[b]));
    let keep = (REST * squares.len() as f64) as usize;
    let rest: Vec<&[f64; FEATURES]> = order.iter().take(keep).map(|&i| &squares[i]).collect();
    let second = from_rest(squares, &rest)?;
    // In units of the median, so that pictures can be compared.
    let middle = median(&mut second.clone()).filter(|m| *m > 0.0)?;
    Some(second.iter().map(|d| (d / middle) as f32).collect())
}

/// Distances of `squares` from the mean of `rest` in its own covariance.
fn from_rest(squares: &[[f64; FEATURES]], rest: &[&[f64; FEATURES]]) -> Option<Vec<f64>> {
    let n = rest.len() as f64;
    let mean: [f64; FEATURES] =
        std::array::from_fn(|i| rest.iter().map(|square| square[i]).sum::<f64>() / n);
    let off: Vec<[f64; FEATURES]> =
        rest.iter().map(|square| std::array::from_fn(|i| square[i] - mean[i])).collect();
    let mut covariance = vec![[0.0f64; FEATURES]; FEATURES];
    covariance.par_iter_mut().enumerate().for_each(|(i, row)| {
        for d in &off {
            for (sum, other) in row.iter_mut().zip(d).take(i + 1) {
                *sum += d[i] * other;
            }
        }
        row.iter_mut().for_each(|sum| *sum /= n);
    });
    // Shares that always add up leave directions without scatter; a ridge of a
    // thousandth of the mean variance keeps them from counting.
    let ridge = 1e-3 * (0..FEATURES).map(|i| covariance[i][i]).sum::<f64>() / FEATURES as f64;
    if ridge <= 0.0 {
        return None;
    }
    for (i, row) in covariance.iter_mut().enumerate() {
        row[i] += ridge;
    }
    let root = cholesky(covariance)?;
    Some(
        squares
            .par_iter()
            .map(|square| {
                // ‖L⁻¹ d‖ by forward substitution.
                let mut solved = [0.0f64; FEATURES];
                for i in 0..FEATURES {
                    let known: f64 = (0..i).map(|j| root[i][j] * solved[j]).sum();
                    solved[i] = (square[i] - mean[i] - known) / root[i][i];
                }
                solved.iter().map(|v| v * v).sum::<f64>().sqrt()
            })
            .collect(),
    )
}

/// The lower root of a positive matrix given by its lower half.
fn cholesky(mut m: Vec<[f64; FEATURES]>) -> Option<Vec<[f64; FEATURES]>> {
    for i in 0..FEATURES {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| m[i][k] * m[j][k]).sum();
            let rest = m[i][j] - known;
            if i == j {
                if rest <= 0.0 {
                    return None;
                }
                m[i][i] = rest.sqrt();
            } else {
                m[i][j] = rest / m[j][j];
            }
        }
    }
    Some(m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrored_and_negated_patterns_are_one_class() {
        // Burnside: (81 + 9 + 1 + 9)/4 patterns.
        let classes = classes();
        assert_eq!(classes.iter().filter(|class| **class < 25).max(), Some(&24));
        assert_eq!(classes.iter().filter(|class| **class < 25).count(), 81);
        let at = |d: [u8; 4]| classes[usize::from(code(d))];
        assert_eq!(at([0, 1, 2, 2]), at([2, 2, 1, 0]));
        assert_eq!(at([0, 1, 2, 2]), at([2, 1, 0, 0]));
        assert_ne!(at([0, 1, 2, 2]), at([0, 2, 1, 2]));
    }

    #[test]
    fn the_root_times_itself_is_the_matrix() {
        let mut m = vec![[0.0; FEATURES]; FEATURES];
        for (i, row) in m.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate().take(i + 1) {
                *cell = if i == j { 9.0 } else { 1.0 / (1.0 + (i - j) as f64) };
            }
        }
        let root = cholesky(m.clone()).unwrap_or_default();
        let (i, j) = (30, 12);
        let product: f64 = (0..=j).map(|k| root[i][k] * root[j][k]).sum();
        assert!((product - m[i][j]).abs() < 1e-12);
    }
}
