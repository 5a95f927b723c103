//! Tables of scores of which the truth is known, from CSV or Parquet.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::*;

use crate::{Error, Result};

/// Columns that are neither score nor condition.
const OTHER: [&str; 17] = [
    "item",
    "key",
    "slice",
    "truth",
    "value",
    "status",
    "reason",
    "seconds",
    "device",
    "source",
    "label",
    "check",
    "score",
    "degraded",
    "generator",
    "compression",
    "face_px",
];

/// Words for the two classes.
const H1: [&str; 7] = ["1", "true", "h1", "manipulated", "fake", "spoof", "generated"];
const H2: [&str; 7] = ["0", "false", "h2", "genuine", "real", "bonafide", "untouched"];

/// A cell of a condition column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A number.
    Number(f64),
    /// Anything else, as text.
    Word(String),
}

/// One score.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The item, where the table names it.
    pub item: Option<String>,
    /// What the item was made from.
    pub source: String,
    /// Whether it was manipulated.
    pub manipulated: bool,
    /// Name of the check, or of a value of it.
    pub check: String,
    /// The score.
    pub score: f64,
    /// One for each condition.
    pub conditions: Vec<Cell>,
}

/// A table of scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Names of the condition columns, in their order.
    pub conditions: Vec<String>,
    /// The scores, in the order of the rows.
    pub rows: Vec<Score>,
    /// Rows of each check without a score (null, not finite, or with a status
    /// other than `ok`), which were left out.
    pub without: BTreeMap<String, u64>,
}

/// Reads the columns `source`, `label`, `check` (or `method`), `score`; every other column but
/// those of an experiment (`item`, `key`, `slice`, `truth`, `value`, `status`,
/// `reason`, `seconds`, `device`, `degraded`, `generator`, `compression`,
/// `face_px`) is a condition. With `slice`, only its rows are read; rows of
/// degraded items never are. The file is CSV when its name ends so, else Parquet.
///
/// # Errors
/// [`Error::Unreadable`] when it is no such table, with what is missing.
pub fn read_scores(path: &Path, slice: Option<&str>) -> Result<Scores> {
    let wrong = |e: PolarsError| Error::unreadable(path, e.to_string());
    let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let file = std::fs::File::open(path).map_err(|e| Error::io(path, e))?;
    let table = if csv {
        CsvReader::new(file).finish().map_err(wrong)?
    } else {
        ParquetReader::new(file).finish().map_err(wrong)?
    };
    let column = |name: &str| {
        table.column(name).map_err(|_| {
            Error::unreadable(
                path,
                format!("has no column `{name}` (source, label, check and score are needed)"),
            )
        })
    };
    let (source, label) = (column("source")?, column("label")?);
    // An experiment calls its checks methods: several of them may be of one check.
    let (named, check) = match (table.column("check"), table.column("method")) {
        (Err(_), Ok(method)) => ("method", method),
        _ => ("check", column("check")?),
    };
    let score = column("score")?;
    let (status, item) = (table.column("status").ok(), table.column("item").ok());
    // An experiment calls its items keys.
    let item = item.or_else(|| table.column("key").ok());
    let slices = slice.map(|name| Ok::<_, Error>((name, column("slice")?))).transpose()?;
    let names = table.get_column_names().into_iter().map(|name| name.as_str().to_owned());
    let conditions: Vec<String> =
        names.filter(|name| name != named && !OTHER.contains(&name.as_str())).collect();
    let mut scores = Scores { conditions, ..Scores::default() };
    let degraded = table.column("degraded").ok();
    for row in 0..table.height() {
        if let Some(degraded) = degraded
            && !cell(path, degraded, row)?.is_null()
        {
            continue;
        }
        if let Some((name, slices)) = slices
            && text(&cell(path, slices, row)?) != name
        {
            continue;
        }
        let found = scored(path, row, &cell(path, score, row)?)?.filter(|x| x.is_finite());
        let ok = match status {
            Some(status) => text(&cell(path, status, row)?) == "ok",
            None => true,
        };
        let Some(score) = found.filter(|_| ok) else {
            *scores.without.entry(text(&cell(path, check, row)?)).or_default() += 1;
            continue;
        };
        let word = text(&cell(path, label, row)?).to_lowercase();
        let manipulated = match (H1.contains(&word.as_str()), H2.contains(&word.as_str())) {
            (true, _) => true,
            (_, true) => false,
            _ => {
                return Err(Error::unreadable(
                    path,
                    format!(
                        "row {}: the label `{word}` is neither of {} nor of {}",
                        row + 1,
                        H1.join(", "),
                        H2.join(", ")
                    ),
                ));
            }
        };
        let mut cells = Vec::with_capacity(scores.conditions.len());
        for name in &scores.conditions {
            let value = cell(path, column(name)?, row)?;
            cells.push(match number(&value) {
                Some(x) => Cell::Number(x),
                None => Cell::Word(text(&value)),
            });
        }
        let item = item.map(|item| Ok::<_, Error>(text(&cell(path, item, row)?))).transpose()?;
        scores.rows.push(Score {
            item,
            source: text(&cell(path, source, row)?),
            manipulated,
            check: text(&cell(path, check, row)?),
            score,
            conditions: cells,
        });
    }
    Ok(scores)
}

fn cell<'a>(path: &Path, column: &'a Column, row: usize) -> Result<AnyValue<'a>> {
    column.get(row).map_err(|e| Error::unreadable(path, e.to_string()))
}

/// A number, when the cell holds one (not text that looks like one).
fn number(value: &AnyValue<'_>) -> Option<f64> {
    if value.get_str().is_some() || value.is_null() { None } else { value.extract::<f64>() }
}

/// The score in a cell, also where one odd cell made text of the whole column.
fn scored(path: &Path, row: usize, value: &AnyValue<'_>) -> Result<Option<f64>> {
    match value.get_str().map(str::trim) {
        None => Ok(number(value)),
        Some("") => Ok(None),
        Some(word) => word.parse().map(Some).map_err(|_| {
            let row = row + 1;
            Error::unreadable(path, format!("row {row}: the score `{word}` is no number"))
        }),
    }
}

fn text(value: &AnyValue<'_>) -> String {
    value.get_str().map_or_else(|| value.str_value().into_owned(), str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_and_rows_without_a_score_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.csv");
        let csv = "item,source,label,check,score,width,codec,status\n\
                   1,7,fake,blend,0.5,640,h264,ok\n\
                   2,8,genuine,blend,-1,1280,vp9,ok\n\
                   3,8,genuine,blend,,1280,vp9,missing\n";
        std::fs::write(&path, csv).unwrap();
        let scores = read_scores(&path, None).unwrap();
        assert_eq!(scores.conditions, ["width", "codec"]);
        assert_eq!((scores.rows.len(), scores.without["blend"]), (2, 1));
        assert_eq!(scores.rows[0].source, "7");
        assert!(scores.rows[0].manipulated && !scores.rows[1].manipulated);
        let cells = vec![Cell::Number(1280.0), Cell::Word("vp9".into())];
        assert_eq!((scores.rows[1].score, &scores.rows[1].conditions), (-1.0, &cells));
        // One cell that is no number makes text of the column, not of the scores.
        std::fs::write(&path, csv.replace(",-1,", ",inf,")).unwrap();
        let scores = read_scores(&path, None).unwrap();
        assert_eq!((scores.rows.len(), scores.rows[0].score, scores.without["blend"]), (1, 0.5, 2));
        std::fs::write(&path, csv.replace(",-1,", ",=1+1,")).unwrap();
        let error = read_scores(&path, None).unwrap_err().to_string();
        assert!(error.contains("row 2") && error.contains("=1+1"), "{error}");
        std::fs::write(&path, csv.replace("fake", "odd")).unwrap();
        assert!(read_scores(&path, None).unwrap_err().to_string().contains("odd"));
        std::fs::write(&path, csv.replace("source", "person")).unwrap();
        assert!(read_scores(&path, None).unwrap_err().to_string().contains("source"));
    }
}
