//! Bounded tables: rows of a clip thinned evenly, however long it is.

/// Lets every other kept moment of `rows` go, again and again, while there are
/// more than `most` of them. `seen` tells a row's moment, counted from 0, and
/// `stride`, 1 at first, every how many moments rows are kept; the caller adds
/// rows of moments that are multiples of it only.
pub(super) fn thin<T>(rows: &mut Vec<T>, stride: &mut u64, most: usize, seen: impl Fn(&T) -> u64) {
    // Rows of moment 0 always stay, so the stride bounds the loop.
    while rows.len() > most && *stride < 1 << 62 {
        *stride *= 2;
        let stride = *stride;
        rows.retain(|row| seen(row).is_multiple_of(stride));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_evenly_spread_and_few() {
        let (mut rows, mut stride) = (Vec::new(), 1);
        for moment in 0..10_000u64 {
            if moment.is_multiple_of(stride) {
                rows.extend([(moment, 'a'), (moment, 'b')]);
            }
            thin(&mut rows, &mut stride, 100, |row| row.0);
            assert!(rows.len() <= 100);
        }
        assert!(rows.len() > 50 && stride == 256);
        assert!(rows.chunks(2).enumerate().all(|(i, r)| r[0].0 == 256 * i as u64 && r[1].1 == 'b'));
        // A single moment with too many rows stays, and the loop ends.
        let mut one = vec![(0, 'a'); 200];
        thin(&mut one, &mut stride, 100, |row| row.0);
        assert_eq!(one.len(), 200);
    }
}
