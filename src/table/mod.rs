//! Measurements as a table: findings to polars and back. The only place where
//! rows become columns.
//!
//! The columns of `measurements.parquet`, in this order:
//!
//! | column | type | |
//! |---|---|---|
//! | `exhibit_sha256` | string | SHA-256 of the file examined |
//! | `check` | string | name of the check |
//! | `quantity` | string | what was measured |
//! | `unit` | string | unit, `1` for ratios and counts |
//! | `time_s` | f64, nullable | seconds from the start of the video |
//! | `frame` | u64, nullable | frame, from 0 |
//! | `track` | u32, nullable | face track, from 0 |
//! | `value` | f64 | the number; NaN where the method left it undefined |
//!
//! Rows stand in the order of the findings given; within a finding first its
//! values (without time, frame and track), then its measurements, each as the
//! check gave them. The same findings give the same bytes.

mod csv;
mod parquet;
pub mod scores;
mod sheet;

pub use csv::write_csv;
pub use parquet::{read_parquet, write_parquet};
pub use sheet::{Cells, Sheet};

use polars::prelude::*;

use crate::checks::Finding;
use crate::{Error, Result};

/// Names of the columns, in order.
pub const COLUMNS: [&str; 8] =
    ["exhibit_sha256", "check", "quantity", "unit", "time_s", "frame", "track", "value"];

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// SHA-256 of the file examined, lower-case hexadecimal.
    pub exhibit_sha256: String,
    /// Name of the check.
    pub check: String,
    /// What was measured.
    pub quantity: String,
    /// Unit (`1` for a ratio or a count).
    pub unit: String,
    /// Seconds from the start of the video, if it has a time.
    pub time_s: Option<f64>,
    /// Frame, if it belongs to one.
    pub frame: Option<u64>,
    /// Face track, if it belongs to one.
    pub track: Option<u32>,
    /// The number.
    pub value: f64,
}

/// One cell row before it is split into columns; borrows, since a clip of
/// hours has millions of rows.
struct Line<'a> {
    check: &'a str,
    quantity: &'a str,
    unit: &'a str,
    time_s: Option<f64>,
    frame: Option<u64>,
    track: Option<u32>,
    value: f64,
}

/// The table of what `findings` (name of the check, finding) say about the
/// exhibit with the digest `sha256`.
///
/// # Errors
///
/// Only when polars refuses the columns.
pub fn table(sha256: &str, findings: &[(&str, &Finding)]) -> Result<DataFrame> {
    let lines = || findings.iter().flat_map(|&(check, finding)| of(check, finding));
    let height = lines().count();
    let text = |name: &str, cell: fn(Line<'_>) -> &str| {
        let cells: Vec<&str> = lines().map(cell).collect();
        StringChunked::from_iter_values(name.into(), cells.into_iter()).into_column()
    };
    let digest = Scalar::from(PlSmallStr::from_str(sha256));
    let columns = vec![
        Column::new_scalar(COLUMNS[0].into(), digest, height),
        text(COLUMNS[1], |line| line.check),
        text(COLUMNS[2], |line| line.quantity),
        text(COLUMNS[3], |line| line.unit),
        Float64Chunked::from_iter_options(COLUMNS[4].into(), lines().map(|l| l.time_s))
            .into_column(),
        UInt64Chunked::from_iter_options(COLUMNS[5].into(), lines().map(|l| l.frame)).into_column(),
        UInt32Chunked::from_iter_options(COLUMNS[6].into(), lines().map(|l| l.track)).into_column(),
        Float64Chunked::from_iter_values(COLUMNS[7].into(), lines().map(|l| l.value)).into_column(),
    ];
    DataFrame::new(height, columns).map_err(failed)
}

/// The rows of one finding.
fn of<'a>(check: &'a str, finding: &'a Finding) -> impl Iterator<Item = Line<'a>> {
    let values = finding.values.iter().map(move |v| Line {
        check,
        quantity: &v.quantity,
        unit: v.unit,
        time_s: None,
        frame: None,
        track: None,
        value: v.value,
    });
    let measurements = finding.measurements.iter().map(move |m| Line {
        check,
        quantity: m.quantity,
        unit: m.unit,
        time_s: m.time_s,
        frame: m.frame,
        track: m.track,
        value: m.value,
    });
    values.chain(measurements)
}

/// The rows of a table.
///
/// # Errors
///
/// [`Error::Malformed`] when its columns are not those of this module, or a
/// cell is empty that must not be.
pub fn rows(table: &DataFrame) -> Result<Vec<Row>> {
    let names: Vec<&str> = table.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    if names != COLUMNS {
        return Err(malformed(format!("the columns are {}", names.join(", "))));
    }
    let column = |i: usize| table.column(COLUMNS[i]).map_err(|e| malformed(e.to_string()));
    let wrong = |e: PolarsError| malformed(e.to_string());
    let mut texts = Vec::with_capacity(4);
    for i in 0..4 {
        texts.push(column(i)?.str().map_err(wrong)?);
    }
    let (time, frame) = (column(4)?.f64().map_err(wrong)?, column(5)?.u64().map_err(wrong)?);
    let (track, value) = (column(6)?.u32().map_err(wrong)?, column(7)?.f64().map_err(wrong)?);
    (0..table.height())
        .map(|row| {
            let text = |i: usize| -> Result<String> {
                let cell = texts.get(i).and_then(|column| column.get(row));
                Ok(cell
                    .ok_or_else(|| malformed(format!("row {row} has no {}", COLUMNS[i])))?
                    .to_owned())
            };
            Ok(Row {
                exhibit_sha256: text(0)?,
                check: text(1)?,
                quantity: text(2)?,
                unit: text(3)?,
                time_s: time.get(row),
                frame: frame.get(row),
                track: track.get(row),
                value: value
                    .get(row)
                    .ok_or_else(|| malformed(format!("row {row} has no value")))?,
            })
        })
        .collect()
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("measurement table", reason)
}

fn failed(error: PolarsError) -> Error {
    Error::compute("measurement table", error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
pub(crate) mod tests {
    use super::*;
    use crate::checks::{Measurement, Status};
    use crate::text::Text;

    /// A finding with values and measurements of every shape.
    pub fn finding() -> Finding {
        let mut finding = Finding::new(Status::Derived, Text::same("x"));
        finding.value("duration_s", "s", 12.5);
        finding.value("slope", "1", -1.991);
        let at = |time_s, frame, track, value| Measurement {
            quantity: "a quantity of more than twelve letters",
            unit: "px",
            time_s,
            frame,
            track,
            value,
        };
        finding.measurements = vec![
            at(Some(0.0), Some(0), Some(1), 3.0),
            at(Some(0.04), Some(u64::MAX), None, f64::MIN_POSITIVE),
            at(None, None, Some(u32::MAX), -0.0),
        ];
        finding
    }

    #[test]
    fn values_come_first_without_a_time_and_order_is_kept() {
        let finding = finding();
        let all = rows(&table("ab12", &[("b", &finding), ("a", &finding)]).unwrap()).unwrap();
        assert_eq!(all.len(), 10);
        assert_eq!((all[0].check.as_str(), all[5].check.as_str()), ("b", "a"));
        assert_eq!((all[0].quantity.as_str(), all[0].unit.as_str()), ("duration_s", "s"));
        assert_eq!(
            (all[0].time_s, all[0].frame, all[0].track, all[0].value),
            (None, None, None, 12.5)
        );
        assert_eq!((all[2].time_s, all[2].frame, all[2].track), (Some(0.0), Some(0), Some(1)));
        assert_eq!((all[3].frame, all[4].track), (Some(u64::MAX), Some(u32::MAX)));
        assert!(all.iter().all(|row| row.exhibit_sha256 == "ab12"));
    }

    #[test]
    fn no_finding_gives_an_empty_table_with_all_columns() {
        let table = table("ab12", &[]).unwrap();
        assert_eq!(table.height(), 0);
        assert_eq!(rows(&table).unwrap(), []);
    }

    #[test]
    fn other_columns_are_refused() {
        let other =
            DataFrame::new(0, vec![Column::new_empty("check".into(), &DataType::String)]).unwrap();
        assert!(matches!(rows(&other), Err(Error::Malformed { .. })));
    }
}
