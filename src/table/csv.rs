//! Tables as CSV files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::*;

use crate::text::visible;
use crate::{Error, Result};

/// Writes `table` to a new file at `path`: UTF-8, comma, point, one header
/// row, empty cells for what is absent.
///
/// Strings may come from the exhibit. Hidden characters in them are shown, and
/// a string that a spreadsheet would take for a formula gets an apostrophe in
/// front (OWASP, "CSV Injection").
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be written.
pub fn write_csv(table: &DataFrame, path: &Path) -> Result<()> {
    let failed = |e: PolarsError| Error::io(path, io::Error::other(e.to_string()));
    let columns = table.columns().iter().map(|column| match column.str() {
        Ok(text) => text.apply(|cell| cell.map(|s| harmless(s).into())).into_column(),
        Err(_) => column.clone(),
    });
    let mut safe = DataFrame::new(table.height(), columns.collect()).map_err(failed)?;
    let mut file = BufWriter::new(File::create(path).map_err(|e| Error::io(path, e))?);
    CsvWriter::new(&mut file).finish(&mut safe).map_err(failed)?;
    file.flush().map_err(|e| Error::io(path, e))
}

/// `cell` as text that no spreadsheet calculates.
fn harmless(cell: &str) -> String {
    let shown = visible(cell);
    let formula =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '|' | '%');
    // Spreadsheets skip leading blanks before they look for a formula.
    if shown.trim_start().starts_with(formula) { format!("'{shown}") } else { shown }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;
    use crate::table::{table, tests::finding};

    #[test]
    fn numbers_keep_their_sign_and_formulas_become_text() {
        let mut finding = finding();
        for name in ["=HYPERLINK(\"http://x\")", "@SUM(1)", "\t=1+1", "a,\"b\"\n", "ok\u{202e}"] {
            finding.value(name, "1", -1.5);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        write_csv(&table("ab12", &[("check", &finding)]).unwrap(), &path).unwrap();
        let csv = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "exhibit_sha256,check,quantity,unit,time_s,frame,track,value");
        assert_eq!(lines[1], "ab12,check,duration_s,s,,,,12.5");
        assert_eq!(lines[3], "ab12,check,\"'=HYPERLINK(\"\"http://x\"\")\",1,,,,-1.5");
        assert_eq!(lines[4], "ab12,check,'@SUM(1),1,,,,-1.5");
        assert_eq!(lines[5], "ab12,check,⟨U+0009⟩=1+1,1,,,,-1.5");
        assert_eq!(lines[6], "ab12,check,\"a,\"\"b\"\"⟨U+000A⟩\",1,,,,-1.5");
        assert_eq!(lines[7], "ab12,check,ok⟨U+202E⟩,1,,,,-1.5");
        assert_eq!(lines.len(), 11);
    }
}
