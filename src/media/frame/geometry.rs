//! Arithmetic of maps and rectangles.

use super::{Affine, Rect};

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Self = Self { m: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0] };

    /// Scaling by `scale`, then rotation by `angle` radians (clockwise on the
    /// screen, where y points down), then a shift by (`x`, `y`).
    pub fn similarity(scale: f32, angle: f32, x: f32, y: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        let (sin, cos) = (scale * sin, scale * cos);
        Self { m: [cos, -sin, x, sin, cos, y] }
    }

    /// Scaling of the axes by (`sx`, `sy`), then a shift by (`x`, `y`).
    pub fn scaling(sx: f32, sy: f32, x: f32, y: f32) -> Self {
        Self { m: [sx, 0.0, x, 0.0, sy, y] }
    }

    /// Where the point (`x`, `y`) goes.
    pub fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.m;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// This map first, `next` after it.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let [a, b, c, d, e, f] = self.m;
        let [p, q, r, s, t, u] = next.m;
        Self {
            m: [
                p * a + q * d,
                p * b + q * e,
                p * c + q * f + r,
                s * a + t * d,
                s * b + t * e,
                s * c + t * f + u,
            ],
        }
    }

    /// The map back, or `None` where there is none (a collapsed axis, a
    /// number that is not finite).
    #[must_use]
    pub fn invert(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.m.map(f64::from);
        let det = a * e - b * d;
        if !det.is_finite() || det.abs() < 1e-18 {
            return None;
        }
        let (ia, ib, id, ie) = (e / det, -b / det, -d / det, a / det);
        let m = [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)].map(|v| v as f32);
        m.iter().all(|v| v.is_finite()).then_some(Self { m })
    }
}

impl Rect {
    /// The rectangle between two corners; negative extents become empty.
    pub fn between(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self { x: left, y: top, width: (right - left).max(0.0), height: (bottom - top).max(0.0) }
    }

    /// The smallest rectangle around `points`, or `None` when there are none.
    pub fn around(points: impl IntoIterator<Item = (f32, f32)>) -> Option<Self> {
        let mut points = points.into_iter();
        let (x, y) = points.next()?;
        let (mut left, mut top, mut right, mut bottom) = (x, y, x, y);
        for (x, y) in points {
            left = left.min(x);
            top = top.min(y);
            right = right.max(x);
            bottom = bottom.max(y);
        }
        Some(Self::between(left, top, right, bottom))
    }

    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// Centre.
    pub fn center(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Area in square pixels; 0 for an empty rectangle.
    pub fn area(&self) -> f32 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    /// The part that lies in both, or `None` where they do not overlap.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let (left, top) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (self.right().min(other.right()), self.bottom().min(other.bottom()));
        (right > left && bottom > top).then(|| Self::between(left, top, right, bottom))
    }

    /// Intersection over union, 0–1; 0 when both are empty.
    pub fn iou(&self, other: &Self) -> f32 {
        let common = self.intersect(other).map_or(0.0, |r| r.area());
        let union = self.area() + other.area() - common;
        if union > 0.0 { common / union } else { 0.0 }
    }

    /// The smallest rectangle around the image of this one under `map`.
    #[must_use]
    pub fn mapped(&self, map: &Affine) -> Self {
        let corners = [
            (self.x, self.y),
            (self.right(), self.y),
            (self.x, self.bottom()),
            (self.right(), self.bottom()),
        ];
        Self::around(corners.map(|(x, y)| map.apply(x, y))).unwrap_or(*self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop
mod tests {
    use super::*;

    fn close(a: (f32, f32), b: (f32, f32)) {
        assert!((a.0 - b.0).abs() < 1e-3 && (a.1 - b.1).abs() < 1e-3, "{a:?} is not {b:?}");
    }

    #[test]
    fn similarity_turns_clockwise_on_the_screen() {
        let map = Affine::similarity(2.0, std::f32::consts::FRAC_PI_2, 10.0, 20.0);
        close(map.apply(1.0, 0.0), (10.0, 22.0));
        close(map.apply(0.0, 1.0), (8.0, 20.0));
    }

    #[test]
    fn then_goes_left_to_right_and_invert_goes_back() {
        let (a, b) =
            (Affine::similarity(1.5, 0.3, 7.0, -2.0), Affine::scaling(2.0, -0.5, 1.0, 9.0));
        let (x, y) = a.apply(3.0, 4.0);
        let both = a.then(&b);
        close(both.apply(3.0, 4.0), b.apply(x, y));
        let (u, v) = both.apply(3.0, 4.0);
        close(both.invert().unwrap().apply(u, v), (3.0, 4.0));
        assert!(Affine::scaling(1.0, 0.0, 0.0, 0.0).invert().is_none());
        assert!(Affine::scaling(f32::NAN, 1.0, 0.0, 0.0).invert().is_none());
    }

    #[test]
    fn overlap_of_rectangles() {
        let a = Rect { x: 0.0, y: 0.0, width: 4.0, height: 2.0 };
        let b = Rect { x: 2.0, y: 1.0, width: 4.0, height: 2.0 };
        assert_eq!(a.intersect(&b), Some(Rect { x: 2.0, y: 1.0, width: 2.0, height: 1.0 }));
        assert!((a.iou(&b) - 2.0 / 14.0).abs() < 1e-6);
        assert_eq!(a.iou(&Rect { x: 4.0, ..a }), 0.0);
        let turned = a.mapped(&Affine::similarity(1.0, std::f32::consts::FRAC_PI_2, 0.0, 0.0));
        close((turned.width, turned.height), (2.0, 4.0));
    }
}
