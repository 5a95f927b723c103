//! From what the mesh and iris networks say to display pixels.

use super::Iris;
use super::geometry::POINTS;
use super::roi::Roi;

/// Points of eye contour and brow that the iris network gives.
pub const CONTOUR: usize = 71;

/// Mesh points in display pixels: `raw` are x, y, z in input pixels of a crop
/// of `side` taken at `roi`. z is scaled like x. `None` unless there are
/// [`POINTS`] finite points.
pub fn place(raw: &[f32], roi: &Roi, side: usize) -> Option<Vec<[f32; 3]>> {
    points(raw, roi, side, POINTS)
}

/// The iris in display pixels: `iris` holds 5 and `contour` 71 points.
pub fn place_iris(iris: &[f32], contour: &[f32], roi: &Roi, side: usize) -> Option<Iris> {
    let edge = points(iris, roi, side, 5)?;
    let mut out = [[0.0; 2]; 5];
    for (to, from) in out.iter_mut().zip(&edge) {
        *to = [from[0], from[1]];
    }
    Some(Iris { points: out, contour: points(contour, roi, side, CONTOUR)? })
}

fn points(raw: &[f32], roi: &Roi, side: usize, count: usize) -> Option<Vec<[f32; 3]>> {
    if raw.len() != 3 * count || !raw.iter().all(|v| v.is_finite()) {
        return None;
    }
    let (map, scale) = (roi.to_display(side), roi.size / side as f32);
    let place = |p: &[f32]| {
        let (x, y) = map.apply(p[0], p[1]);
        [x, y, p[2] * scale]
    };
    Some(raw.chunks_exact(3).map(place).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;

    #[test]
    fn points_go_where_the_crop_came_from() {
        let roi = Roi { x: 100.0, y: 80.0, size: 96.0, angle: 0.0, mirrored: false };
        let mut raw = vec![0.0; 3 * POINTS];
        raw[..3].copy_from_slice(&[96.0, 0.0, 10.0]);
        let mesh = place(&raw, &roi, 192).unwrap();
        assert_eq!(mesh[0], [100.0, 32.0, 5.0]);
        raw[5] = f32::NAN;
        assert!(place(&raw, &roi, 192).is_none() && place(&raw[..9], &roi, 192).is_none());
        let roi = Roi { size: 32.0, mirrored: true, ..roi };
        let iris = place_iris(&[16.0; 15], &[0.0; 213], &roi, 64).unwrap();
        assert_eq!(iris.points[4], [108.0, 72.0]);
        assert_eq!(iris.contour[70], [116.0, 64.0, 0.0]);
    }
}
