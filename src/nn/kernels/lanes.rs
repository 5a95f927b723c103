//! Eight floats at a time: what every kernel is written over.
//!
//! A kernel is one generic body over [`Lanes`]. Instantiated with [`Portable`]
//! the compiler vectorises it for whatever the target's baseline is (NEON on
//! aarch64); instantiated with [`Avx2`] inside a function that carries the
//! matching `#[target_feature]`, each operation is one instruction.

/// Lanes in one vector, and the multiple to which channels are padded.
pub(super) const WIDTH: usize = 8;

/// Eight `f32`.
pub(super) trait Lanes: Copy {
    /// The same value in every lane.
    fn splat(value: f32) -> Self;
    /// Eight values from memory, of any alignment.
    ///
    /// # Safety
    /// `from` is valid for reading eight `f32`.
    unsafe fn load(from: *const f32) -> Self;
    /// Eight values to memory, of any alignment.
    ///
    /// # Safety
    /// `to` is valid for writing eight `f32`.
    unsafe fn store(self, to: *mut f32);
    /// `self * factor + term`, fused where the machine can.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// The sum, lane by lane.
    fn plus(self, other: Self) -> Self;
    /// The larger, lane by lane.
    fn max(self, other: Self) -> Self;
    /// The smaller, lane by lane.
    fn min(self, other: Self) -> Self;
}

/// Eight floats in an array, for machines without an implementation of their own.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; WIDTH]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        for (a, b) in out.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        Self(out)
    }
}

impl Lanes for Portable {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; WIDTH])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller promises eight readable floats; an array of
        // floats has the alignment of one float.
        Self(unsafe { *from.cast::<[f32; WIDTH]>() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as for `load`.
        unsafe { *to.cast::<[f32; WIDTH]>() = self.0 }
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        let mut out = term.0;
        for ((sum, a), b) in out.iter_mut().zip(self.0).zip(factor.0) {
            // Without an instruction for it, `f32::mul_add` is a library call.
            *sum = if cfg!(target_arch = "aarch64") { a.mul_add(b, *sum) } else { a * b + *sum };
        }
        Self(out)
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;

    /// One AVX register. Used only in functions that enable `avx2` and `fma`,
    /// into which all of this is inlined; those are reached only through
    /// `Isa::detect`, which has asked the processor.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2(__m256);

    impl Lanes for Avx2 {
        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: the processor has AVX (see the type).
            Self(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: AVX as above; the caller promises eight readable floats.
            Self(unsafe { _mm256_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: AVX as above; the caller promises eight writable floats.
            unsafe { _mm256_storeu_ps(to, self.0) }
        }

        #[inline(always)]
        fn mul_add(self, factor: Self, term: Self) -> Self {
            // SAFETY: the processor has FMA (see the type).
            Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, term.0) })
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            // SAFETY: the processor has AVX (see the type).
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: the processor has AVX (see the type).
            Self(unsafe { _mm256_max_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // SAFETY: the processor has AVX (see the type).
            Self(unsafe { _mm256_min_ps(self.0, other.0) })
        }
    }
}
