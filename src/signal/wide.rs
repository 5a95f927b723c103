//! Plain loops compiled twice: for the instructions every processor has, and on
//! x86-64 for AVX2 too, which is twice as wide. Which one runs is asked at run
//! time. Nothing is fused or reordered, so both give the same numbers.

/// Calls `$body($args)`, an `#[inline(always)]` function, with the widest vectors
/// that the processor has.
macro_rules! wide {
    ($body:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)?) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn wider($($arg: $type),*) $(-> $out)? {
            $body($($arg),*)
        }
        match () {
            // SAFETY: the processor was just seen to have AVX2.
            #[cfg(target_arch = "x86_64")]
            #[allow(unsafe_code, reason = "a function for a processor that has the instructions")]
            () if is_x86_feature_detected!("avx2") => unsafe { wider($($arg),*) },
            () => $body($($arg),*),
        }
    }};
}
pub(crate) use wide;

/// `value` rounded half away from zero, as [`f32::round`] does, for magnitudes
/// below 2²². Neither `round`, without SSE4.1 a call of a function, nor a
/// conversion to whole numbers, which saturates, can be made wide.
#[inline(always)]
pub fn nearest(value: f32) -> f32 {
    // Above 2²³ floats are whole: the sum is rounded, half to even.
    const SHIFT: f32 = 12_582_912.0;
    let even = (value + SHIFT) - SHIFT;
    let rest = value - even;
    let up = if value > 0.0 && rest == 0.5 { 1.0 } else { 0.0 };
    let down = if value < 0.0 && rest == -0.5 { 1.0 } else { 0.0 };
    even + up - down
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::random::SplitMix;

    #[inline(always)]
    fn doubled(values: &mut [f32]) -> f32 {
        values.iter_mut().for_each(|v| *v *= 2.0);
        values.iter().sum()
    }

    #[test]
    fn nearest_is_round() {
        let mut random = SplitMix::new(5);
        for _ in 0..100_000 {
            let value = (1e4 * random.normal()) as f32;
            let half = (value as i32) as f32 + 0.5;
            for v in [value, value / 1e4, half, -half, half.next_down(), half.next_up()] {
                assert_eq!(nearest(v), v.round(), "{v}");
            }
        }
        assert_eq!([0.0, -0.0, 0.499_999_97, -0.499_999_97].map(nearest), [0.0; 4]);
    }

    #[test]
    fn both_ways_are_one() {
        let mut values = vec![1.5f32; 100];
        let values = values.as_mut_slice();
        assert_eq!(wide!(doubled(values: &mut [f32]) -> f32), 300.0);
    }
}
