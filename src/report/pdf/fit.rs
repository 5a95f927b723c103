//! Columns wide enough for their words, and letters small enough for the page.

use super::words::{self, Words};

/// Size of letters in a table, in points.
pub const SIZE: f64 = 7.5;
/// Smallest size that is still read.
const LEAST_SIZE: f64 = 4.5;
/// Characters of [`SIZE`] that fit between the margins of A4 (174 mm), at 0.56
/// of the size a character: the font's digits and lower-case letters.
const ACROSS: f64 = 117.0;
/// What the space between two columns takes, in such characters.
const GUTTER: f64 = 2.0;
/// Characters beyond which a cell may as well run over several lines.
const WIDE: usize = 60;

/// The widths of `columns` in characters, and the size at which the longest
/// word of each fits into its column.
pub fn fit(columns: &[Words], rows: &[Vec<Words>]) -> (Vec<u32>, f64) {
    let most = |measure: fn(&Words) -> usize, i: usize| {
        let cells = rows.iter().filter_map(|row| row.get(i));
        cells.chain(columns.get(i)).map(measure).max().unwrap_or(0).max(1)
    };
    let least: Vec<f64> =
        (0..columns.len()).map(|i| most(words::longest_word, i) as f64 + 0.5).collect();
    let full: Vec<f64> =
        (0..columns.len()).map(|i| most(words::longest_line, i).min(WIDE) as f64 + 0.5).collect();
    let across = ACROSS - GUTTER * columns.len().saturating_sub(1) as f64;
    let needed: f64 = least.iter().sum();
    // What is left goes to the columns that would use it.
    let more: Vec<f64> = full.iter().zip(&least).map(|(f, l)| (f - l).max(0.0)).collect();
    let asked: f64 = more.iter().sum();
    let share = if asked > 0.0 { (across - needed).max(0.0) / asked } else { 0.0 };
    let widths = least.iter().zip(&more).map(|(l, m)| (10.0 * (l + m * share)) as u32);
    (widths.collect(), (SIZE * across / needed).clamp(LEAST_SIZE, SIZE))
}

#[cfg(test)]
mod tests {
    use super::super::words::plain;
    use super::*;

    fn cells(words: &[&str]) -> Vec<Words> {
        words.iter().map(|w| plain(w)).collect()
    }

    #[test]
    fn every_column_holds_its_longest_word() {
        let heads = ["Spoor", "Waarschijnlijkheid", "n", "Frequentieband", "Mediaan", "Hoogste"];
        let heads = [heads, heads].concat();
        let rows = vec![cells(&["1.234567"; 12]), cells(&["a b c d e f g h i j k l m"; 12])];
        let (widths, size) = fit(&cells(&heads), &rows);
        let all: u32 = widths.iter().sum();
        // What a column gets of the page, in characters of that size.
        let across = (ACROSS - GUTTER * 11.0) * SIZE / size;
        for (head, width) in heads.iter().zip(&widths) {
            let room = f64::from(*width) / f64::from(all) * across;
            assert!(room >= head.len() as f64, "{head}: {room} at {size}");
        }
        assert!((LEAST_SIZE..SIZE).contains(&size), "{size}");
    }

    #[test]
    fn a_narrow_table_keeps_its_letters() {
        let (widths, size) = fit(&cells(&["Name", "Value"]), &[cells(&["a", &"long ".repeat(40)])]);
        assert!((size - SIZE).abs() < 1e-9 && widths[1] > 5 * widths[0], "{widths:?}");
        assert_eq!(fit(&[], &[]).0, Vec::<u32>::new());
    }
}
