//! Which instructions the kernels may use, asked once at run time.

/// The instruction set the kernels run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Isa {
    /// What every machine of the target architecture can do.
    pub fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// The fastest that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Self(Kind::Avx2);
        }
        Self::portable()
    }

    /// Its name, for reports: sums are rounded differently by each, so numbers
    /// may differ in their last digits.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "AVX2",
        }
    }

    pub(super) fn kind(self) -> Kind {
        self.0
    }
}

/// Run `$kernel::<L>($args)` with the lanes of `$isa`: for AVX2 inside a
/// function that enables it, so that everything inlines to single
/// instructions. `$kernel` is an `unsafe`, `#[inline(always)]` function whose
/// safety conditions the caller has checked.
macro_rules! dispatch {
    ($isa:expr, $kernel:ident($($arg:ident: $type:ty),* $(,)?)) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2($($arg: $type),*) {
            // SAFETY: the conditions of the kernel are passed on.
            unsafe { $kernel::<$crate::nn::kernels::lanes::Avx2>($($arg),*) }
        }
        match $isa.kind() {
            // SAFETY: the conditions of the kernel are passed on.
            $crate::nn::kernels::isa::Kind::Portable => unsafe {
                $kernel::<$crate::nn::kernels::lanes::Portable>($($arg),*)
            },
            // SAFETY: an `Isa` of this kind exists only where the processor
            // was seen to have both features; the rest is passed on.
            #[cfg(target_arch = "x86_64")]
            $crate::nn::kernels::isa::Kind::Avx2 => unsafe { avx2($($arg),*) },
        }
    }};
}
pub(super) use dispatch;
