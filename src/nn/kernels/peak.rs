//! Maxima over windows of an odd side: pooling, and the ReLU of a tensor that is
//! still needed as it was. Both read and write memory and compute next to nothing,
//! so the compiler's own vectors do.

use super::tensor::Layout;

/// Which windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    /// Pixels a side, odd; the first lies around the first pixel.
    pub side: usize,
    /// Pixels from one to the next.
    pub stride: usize,
    /// No result is less.
    pub least: f32,
}

/// Writes the interior of `output`; what lies outside the input takes no part.
///
/// # Panics
/// If a slice is shorter than its layout, or the layouts differ in channels.
pub(super) fn peak(
    window: Window,
    input: &[f32],
    (from, to): (&Layout, &Layout),
    output: &mut [f32],
) {
    assert!(from.step == to.step, "channels differ");
    let half = window.side / 2;
    // Rows or columns of the input under one of the output.
    let under = |at: usize, size: usize| {
        let middle = at * window.stride;
        middle.saturating_sub(half)..(middle + half + 1).min(size)
    };
    for y in 0..to.height {
        let row = &mut output[to.at(y, 0)..][..to.width * to.step];
        row.fill(window.least);
        for above in under(y, from.height) {
            let source = &input[from.at(above, 0)..][..from.width * from.step];
            for (x, pixel) in row.chunks_exact_mut(to.step).enumerate() {
                for left in under(x, from.width) {
                    let source = &source[left * from.step..][..from.step];
                    for (most, value) in pixel.iter_mut().zip(source) {
                        *most = if *value > *most { *value } else { *most };
                    }
                }
            }
        }
    }
}
