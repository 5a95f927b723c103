//! Random choices by name: item `i` of step `s` is the same whatever came
//! before it and however many threads there are.

use crate::signal::random::SplitMix;

/// Choices for one item.
pub struct Draw(SplitMix);

impl Draw {
    /// For `item` of `stream` under `seed`.
    pub fn at(seed: u64, stream: u64, item: u64) -> Self {
        // Each key is mixed before the next is added, so that neighbours differ.
        let mut key = SplitMix::new(seed).next();
        key = SplitMix::new(key ^ stream).next();
        Self(SplitMix::new(SplitMix::new(key ^ item.rotate_left(32)).next()))
    }

    /// Evenly in `from..to`.
    pub fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.0.uniform() as f32
    }

    /// Evenly on a logarithmic scale; both ends above 0.
    pub fn scale(&mut self, from: f32, to: f32) -> f32 {
        self.range(from.ln(), to.ln()).exp()
    }

    /// True in so many of 1 cases.
    pub fn chance(&mut self, part: f64) -> bool {
        self.0.uniform() < part
    }

    /// A number below `count`, which is above 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.0.uniform() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Mean 0, variance 1.
    pub fn normal(&mut self) -> f32 {
        self.0.normal() as f32
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).copied()
    }
}

/// The numbers below `count` in an order of their own for each round.
pub fn shuffled(seed: u64, round: u64, count: usize) -> Vec<usize> {
    let mut draw = Draw::at(seed, u64::MAX, round);
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        order.swap(at, draw.below(at + 1));
    }
    order
}
