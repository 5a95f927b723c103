//! Numbers for faces: the same number for the same face along a clip.
//!
//! A face that is lost keeps its number for [`MEMORY_S`]; one that appears in
//! that time where the lost one should be by now takes the number over. After
//! a cut nobody is remembered: the same place in the next shot is somebody
//! else, or at least not known to be the same.

use crate::media::Rect;

/// How long a lost face is remembered, in seconds: longer than a blink, a hand
/// before the face or a shaken frame; shorter than it takes for another person
/// to come and take the place.
pub const MEMORY_S: f64 = 0.5;
/// A face may have moved by this part of its width against where it was
/// expected. Heads side by side are a whole width apart.
const REACH: f32 = 0.6;
/// … and changed in size by this factor.
const GROWTH: f32 = 1.6;

/// A face under a number, as last seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// The number.
    pub track: u32,
    /// Where it was.
    pub bounds: Rect,
    /// When, in seconds.
    pub time_s: f64,
    /// Movement of the centre in pixels a second.
    pub velocity: (f32, f32),
}

impl Path {
    /// The face moved to `bounds`.
    pub fn moved(&mut self, bounds: Rect, time_s: f64) {
        let elapsed = (time_s - self.time_s) as f32;
        if elapsed > 1e-4 {
            let ((x0, y0), (x1, y1)) = (self.bounds.center(), bounds.center());
            // Half old, half new: a single jittery frame does not throw off
            // the expectation.
            let mix = |old: f32, new: f32| 0.5 * old + 0.5 * new / elapsed;
            self.velocity = (mix(self.velocity.0, x1 - x0), mix(self.velocity.1, y1 - y0));
        }
        self.bounds = bounds;
        self.time_s = time_s;
    }

    /// Where it should be at `time_s` if it kept moving, at most for
    /// [`MEMORY_S`].
    pub fn expected(&self, time_s: f64) -> Rect {
        let elapsed = (time_s - self.time_s).clamp(0.0, MEMORY_S) as f32;
        let (dx, dy) = (self.velocity.0 * elapsed, self.velocity.1 * elapsed);
        Rect { x: self.bounds.x + dx, y: self.bounds.y + dy, ..self.bounds }
    }

    /// Distance of `bounds` from the expected place in face widths, or `None`
    /// when that cannot be the same face.
    pub fn distance(&self, bounds: &Rect, time_s: f64) -> Option<f32> {
        let expected = self.expected(time_s);
        let ((x0, y0), (x1, y1)) = (expected.center(), bounds.center());
        let width = expected.width.max(bounds.width).max(1e-3);
        let growth = bounds.width.max(1e-3) / expected.width.max(1e-3);
        let distance = (x1 - x0).hypot(y1 - y0) / width;
        (distance < REACH && growth < GROWTH && growth > 1.0 / GROWTH).then_some(distance)
    }
}

/// Gives out numbers.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    next: u32,
    lost: Vec<Path>,
}

impl Numbers {
    /// A face was lost; its number is kept for a while.
    pub fn lose(&mut self, path: Path) {
        self.lost.push(path);
    }

    /// Whether somebody is missing at `time_s`.
    pub fn missing(&self, time_s: f64) -> bool {
        self.lost.iter().any(|p| time_s - p.time_s <= MEMORY_S)
    }

    /// Nobody is remembered any more.
    pub fn cut(&mut self) {
        self.lost.clear();
    }

    /// Paths for faces that appeared at `time_s`: under the number of a lost
    /// one that fits (the nearest pairs first), otherwise under a new number.
    pub fn claim(&mut self, appeared: &[Rect], time_s: f64) -> Vec<Path> {
        self.lost.retain(|p| time_s - p.time_s <= MEMORY_S && p.time_s <= time_s);
        let mut pairs = Vec::new();
        for (i, bounds) in appeared.iter().enumerate() {
            for path in &self.lost {
                if let Some(distance) = path.distance(bounds, time_s) {
                    pairs.push((distance, i, path.track));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut taken: Vec<Option<Path>> = vec![None; appeared.len()];
        for (_, i, track) in pairs {
            if taken[i].is_none()
                && let Some(at) = self.lost.iter().position(|p| p.track == track)
            {
                let mut path = self.lost.remove(at);
                path.moved(appeared[i], time_s);
                taken[i] = Some(path);
            }
        }
        let fresh = |(taken, bounds): (Option<Path>, &Rect)| {
            taken.unwrap_or_else(|| {
                let track = self.next;
                self.next = self.next.saturating_add(1);
                Path { track, bounds: *bounds, time_s, velocity: (0.0, 0.0) }
            })
        };
        taken.into_iter().zip(appeared).map(fresh).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f32, y: f32) -> Rect {
        Rect { x, y, width: 100.0, height: 120.0 }
    }

    #[test]
    fn a_short_absence_keeps_the_number_a_long_one_does_not() {
        let mut numbers = Numbers::default();
        let first = numbers.claim(&[at(0.0, 0.0), at(300.0, 0.0)], 0.0);
        assert_eq!((first[0].track, first[1].track), (0, 1));
        numbers.lose(first[1]);
        assert!(numbers.missing(0.4) && !numbers.missing(0.6));
        assert_eq!(numbers.claim(&[at(320.0, 5.0)], 0.4)[0].track, 1);
        numbers.lose(first[0]);
        assert_eq!(numbers.claim(&[at(0.0, 0.0)], 0.6)[0].track, 2, "too late");
    }

    #[test]
    fn somebody_else_elsewhere_is_new() {
        let mut numbers = Numbers::default();
        let path = numbers.claim(&[at(0.0, 0.0)], 0.0)[0];
        numbers.lose(path);
        assert_eq!(numbers.claim(&[at(90.0, 0.0)], 0.1)[0].track, 1, "nearly a width away");
        let large = Rect { x: -50.0, y: -60.0, width: 200.0, height: 240.0 };
        assert_eq!(numbers.claim(&[large], 0.1)[0].track, 2, "twice as large");
        numbers.cut();
        assert_eq!(numbers.claim(&[at(0.0, 0.0)], 0.1)[0].track, 3, "after a cut");
    }

    #[test]
    fn faces_that_cross_keep_their_numbers() {
        // A walks right, B left; both vanish while they meet, and come back
        // on the other side. The nearest place alone would swap them.
        let mut numbers = Numbers::default();
        let mut paths = numbers.claim(&[at(0.0, 0.0), at(400.0, 0.0)], 0.0);
        for i in 1..=10 {
            let (t, step) = (f64::from(i) * 0.04, i as f32 * 16.0);
            paths[0].moved(at(step, 0.0), t);
            paths[1].moved(at(400.0 - step, 0.0), t);
        }
        numbers.lose(paths[0]);
        numbers.lose(paths[1]);
        // 0.3 s later each has gone on by 120.
        let back = numbers.claim(&[at(120.0, 0.0), at(280.0, 0.0)], 0.7);
        assert_eq!((back[0].track, back[1].track), (1, 0));
    }

    #[test]
    fn each_number_goes_to_the_nearest_and_only_once() {
        let mut numbers = Numbers::default();
        for path in numbers.claim(&[at(0.0, 0.0), at(50.0, 0.0)], 0.0) {
            numbers.lose(path);
        }
        let back = numbers.claim(&[at(48.0, 0.0), at(10.0, 0.0), at(30.0, 0.0)], 0.1);
        assert_eq!(back.iter().map(|p| p.track).collect::<Vec<_>>(), [1, 0, 2]);
    }
}
