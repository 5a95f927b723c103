//! How a picture of channels lies in memory.

use super::lanes::WIDTH;

/// Height, width and channels of one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels, innermost in memory.
    pub channels: usize,
}

/// NHWC with a border of zeros around the picture and the channels padded with
/// zeros to whole vectors. The border makes SAME padding free: kernels read it
/// like any pixel, and as nothing ever writes it, it is cleared once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub height: usize,
    pub width: usize,
    /// Floats from one pixel to the next.
    pub step: usize,
    /// Zero pixels on each of the four sides.
    pub border: usize,
}

impl Layout {
    /// Padded channels, `border` zero pixels around.
    pub fn padded(shape: Shape, border: usize) -> Self {
        let step = shape.channels.next_multiple_of(WIDTH);
        Self { height: shape.height, width: shape.width, step, border }
    }

    /// As [`Layout::padded`] but with the channels as they are: the network's
    /// input, of three channels, read only by the first convolution.
    pub fn tight(shape: Shape, border: usize) -> Self {
        Self { height: shape.height, width: shape.width, step: shape.channels, border }
    }

    /// Floats from one row to the next.
    pub fn pitch(&self) -> usize {
        (self.width + 2 * self.border) * self.step
    }

    /// Floats in all.
    pub fn len(&self) -> usize {
        (self.height + 2 * self.border) * self.pitch()
    }

    /// Where pixel (`y`, `x`) begins.
    pub fn at(&self, y: usize, x: usize) -> usize {
        (y + self.border) * self.pitch() + (x + self.border) * self.step
    }

    /// Where the pixels of `rows` rows begin, relative to the first, when every
    /// `stride`th row and column of a picture `width` wide is visited.
    pub fn walk(&self, rows: usize, width: usize, stride: usize) -> Starts {
        let row = |y| (0..width).map(move |x| (y * self.pitch() + x * self.step) * stride);
        Starts::new((0..rows).flat_map(row).collect())
    }
}

/// Where pixels begin. Ascending, so that the last one tells whether all of
/// them lie within a slice.
pub(super) struct Starts(Vec<usize>);

impl Starts {
    fn new(starts: Vec<usize>) -> Self {
        assert!(starts.is_sorted(), "starts are in order");
        Self(starts)
    }

    /// Of pixels that lie without gaps.
    pub fn dense(pixels: usize, step: usize) -> Self {
        Self::new((0..pixels).map(|pixel| pixel * step).collect())
    }

    /// None.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The first `count` of them.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn first(&self, count: usize) -> Ascending<'_> {
        Ascending(&self.0[..count])
    }
}

/// Some of [`Starts`].
#[derive(Clone, Copy)]
pub(super) struct Ascending<'a>(&'a [usize]);

impl Ascending<'_> {
    /// One pixel, at the beginning.
    pub const ONE: Self = Ascending(&[0]);

    /// Whether `floats` from each start lie within `len`.
    pub fn fit(&self, floats: usize, len: usize) -> bool {
        let end = |&last: &usize| last.checked_add(floats);
        self.0.last().is_none_or(|last| end(last).is_some_and(|end| end <= len))
    }
}

impl std::ops::Deref for Ascending<'_> {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        self.0
    }
}

/// Floats that begin on a cache line, so that no aligned vector straddles two.
#[derive(Default)]
pub(super) struct Aligned {
    data: Vec<f32>,
    start: usize,
    len: usize,
}

/// Bytes of a cache line.
const LINE: usize = 64;

impl Aligned {
    pub fn zeros(len: usize) -> Self {
        let data = vec![0.0; len + LINE / size_of::<f32>()];
        // `align_offset` may in theory decline; unaligned is only slower.
        let start = data.as_ptr().align_offset(LINE).min(LINE / size_of::<f32>());
        Self { data, start, len }
    }
}

impl std::ops::Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[self.start..self.start + self.len]
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.start..self.start + self.len]
    }
}
