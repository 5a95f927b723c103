//! A table of any columns as plain data, for manifests and scores.

use std::path::Path;

use polars::prelude::*;

use super::{csv, failed, parquet};
use crate::{Error, Result};

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Words.
    Text(Vec<Option<String>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
    /// Counts and indices.
    Count(Vec<Option<u64>>),
}

/// Named columns of one length, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    columns: Vec<(String, Cells)>,
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Count(cells) => cells.len(),
        }
    }
}

impl Sheet {
    /// A sheet without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of words.
    #[must_use]
    pub fn text<S: Into<String>>(self, name: &str, cells: impl Iterator<Item = Option<S>>) -> Self {
        self.with(name, Cells::Text(cells.map(|cell| cell.map(Into::into)).collect()))
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn number(self, name: &str, cells: impl Iterator<Item = Option<f64>>) -> Self {
        self.with(name, Cells::Number(cells.collect()))
    }

    /// Adds a column of counts.
    #[must_use]
    pub fn count(self, name: &str, cells: impl Iterator<Item = Option<u64>>) -> Self {
        self.with(name, Cells::Count(cells.collect()))
    }

    fn with(mut self, name: &str, cells: Cells) -> Self {
        self.columns.push((name.to_owned(), cells));
        self
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    /// A column of words.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when there is no such column, or it holds numbers.
    pub fn words(&self, name: &str) -> Result<&[Option<String>]> {
        match self.column(name)? {
            Cells::Text(cells) => Ok(cells),
            _ => Err(malformed(format!("the column {name} does not hold text"))),
        }
    }

    /// A column of numbers.
    ///
    /// # Errors
    ///
    /// As [`Sheet::words`].
    pub fn numbers(&self, name: &str) -> Result<&[Option<f64>]> {
        match self.column(name)? {
            Cells::Number(cells) => Ok(cells),
            _ => Err(malformed(format!("the column {name} does not hold numbers"))),
        }
    }

    /// A column of counts.
    ///
    /// # Errors
    ///
    /// As [`Sheet::words`].
    pub fn counts(&self, name: &str) -> Result<&[Option<u64>]> {
        match self.column(name)? {
            Cells::Count(cells) => Ok(cells),
            _ => Err(malformed(format!("the column {name} does not hold counts"))),
        }
    }

    fn column(&self, name: &str) -> Result<&Cells> {
        let found = self.columns.iter().find(|(there, _)| there == name);
        found.map(|(_, cells)| cells).ok_or_else(|| {
            let there: Vec<&str> = self.names().collect();
            malformed(format!("there is no column {name}, only {}", there.join(", ")))
        })
    }

    /// Writes the sheet as Parquet; the same sheet gives the same bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be written.
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        parquet::write_parquet(&mut self.frame()?, path)
    }

    /// Writes the sheet as CSV, with the care of [`super::write_csv`].
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        csv::write_csv(&self.frame()?, path)
    }

    /// Reads a Parquet file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], or [`Error::Unreadable`] when it is none.
    pub fn read_parquet(path: &Path) -> Result<Self> {
        Self::from_frame(&parquet::read(path)?)
    }

    /// Reads a CSV file with a header; every cell as it stands, as text.
    ///
    /// # Errors
    ///
    /// [`Error::Unreadable`] when it is none.
    pub fn read_csv(path: &Path, separator: u8) -> Result<Self> {
        let unreadable = |e: PolarsError| Error::unreadable(path, e.to_string());
        let frame = CsvReadOptions::default()
            .with_infer_schema_length(Some(0))
            .map_parse_options(|options| options.with_separator(separator))
            .try_into_reader_with_file_path(Some(path.to_owned()))
            .and_then(CsvReader::finish)
            .map_err(unreadable)?;
        Self::from_frame(&frame)
    }

    fn frame(&self) -> Result<DataFrame> {
        let columns = self.columns.iter().map(|(name, cells)| {
            let name = PlSmallStr::from_str(name);
            match cells {
                Cells::Text(cells) => {
                    StringChunked::from_iter_options(name, cells.iter().map(Option::as_deref))
                        .into_column()
                }
                Cells::Number(cells) => {
                    Float64Chunked::from_iter_options(name, cells.iter().copied()).into_column()
                }
                Cells::Count(cells) => {
                    UInt64Chunked::from_iter_options(name, cells.iter().copied()).into_column()
                }
            }
        });
        DataFrame::new(self.height(), columns.collect()).map_err(failed)
    }

    fn from_frame(frame: &DataFrame) -> Result<Self> {
        let mut sheet = Self::new();
        for column in frame.columns() {
            let wrong = |e: PolarsError| malformed(e.to_string());
            let cells = match column.dtype() {
                DataType::String => Cells::Text(
                    column.str().map_err(wrong)?.iter().map(|c| c.map(str::to_owned)).collect(),
                ),
                DataType::Float64 => Cells::Number(column.f64().map_err(wrong)?.iter().collect()),
                DataType::UInt64 => Cells::Count(column.u64().map_err(wrong)?.iter().collect()),
                other => {
                    let name = column.name();
                    return Err(malformed(format!("the column {name} is of type {other}")));
                }
            };
            sheet.columns.push((column.name().to_string(), cells));
        }
        Ok(sheet)
    }
}

fn malformed(reason: impl Into<String>) -> Error {
    Error::malformed("table", reason)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn a_sheet_comes_back_as_it_was() {
        let sheet = Sheet::new()
            .text("key", [Some("a"), None].into_iter())
            .number("score", [None, Some(-0.0)].into_iter())
            .count("bytes", [Some(u64::MAX), None].into_iter());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        sheet.write_parquet(&path).unwrap();
        let back = Sheet::read_parquet(&path).unwrap();
        assert_eq!(back, sheet);
        assert!(back.numbers("score").unwrap()[1].unwrap().is_sign_negative());
        assert!(back.words("score").is_err() && back.numbers("nothing").is_err());
    }

    #[test]
    fn csv_cells_stay_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "file,label\n\"a,b.wav\",007\nc.wav,spoof\n").unwrap();
        let sheet = Sheet::read_csv(&path, b',').unwrap();
        assert_eq!(sheet.words("file").unwrap()[0].as_deref(), Some("a,b.wav"));
        assert_eq!(sheet.words("label").unwrap()[0].as_deref(), Some("007"));
    }
}
