//! Tables as Parquet files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::*;

use crate::{Error, Result};

/// Writes `table` to a new file at `path`, compressed with Zstandard. The same
/// table gives the same bytes.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be written.
pub fn write_parquet(table: &mut DataFrame, path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).map_err(|e| Error::io(path, e))?);
    ParquetWriter::new(&mut file)
        .with_compression(ParquetCompression::Zstd(None))
        .finish(table)
        .map_err(|e| Error::io(path, io::Error::other(e.to_string())))?;
    file.flush().map_err(|e| Error::io(path, e))
}

/// Reads a table back.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be opened, [`Error::Unreadable`] when it
/// is not such a table.
pub fn read_parquet(path: &Path) -> Result<DataFrame> {
    let table = read(path)?;
    let names: Vec<&str> = table.get_column_names().into_iter().map(PlSmallStr::as_str).collect();
    if names == super::COLUMNS {
        Ok(table)
    } else {
        Err(Error::unreadable(
            path,
            format!("not a table of measurements: its columns are {}", names.join(", ")),
        ))
    }
}

/// Reads a Parquet file of any columns.
pub(super) fn read(path: &Path) -> Result<DataFrame> {
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    ParquetReader::new(file).finish().map_err(|e| Error::unreadable(path, e.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;
    use crate::table::{rows, table, tests::finding};

    #[test]
    fn a_table_comes_back_as_it_was_and_always_with_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let finding = finding();
        let (one, two) = (folder.path().join("one.parquet"), folder.path().join("two.parquet"));
        let mut first = table("ab12", &[("check", &finding)]).unwrap();
        write_parquet(&mut first, &one).unwrap();
        write_parquet(&mut table("ab12", &[("check", &finding)]).unwrap(), &two).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let back = rows(&read_parquet(&one).unwrap()).unwrap();
        assert_eq!(back, rows(&first).unwrap());
        assert!(back[4].value == 0.0 && back[4].value.is_sign_negative());
    }

    #[test]
    fn a_long_table_is_the_same_each_time() {
        let mut finding = finding();
        let row = finding.measurements[0].clone();
        finding.measurements = (0..600_000u64)
            .map(|i| crate::checks::Measurement {
                frame: Some(i),
                value: (i as f64).sin(),
                ..row.clone()
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<Vec<u8>> = ["one", "two"]
            .iter()
            .map(|name| {
                let path = folder.path().join(name);
                write_parquet(&mut table("ab12", &[("check", &finding)]).unwrap(), &path).unwrap();
                assert_eq!(read_parquet(&path).unwrap().height(), 600_002);
                std::fs::read(path).unwrap()
            })
            .collect();
        assert!(files[0] == files[1]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.parquet");
        assert!(matches!(read_parquet(&path), Err(Error::Io { .. })));
        std::fs::write(&path, b"PAR1 but not really PAR1").unwrap();
        assert!(matches!(read_parquet(&path), Err(Error::Unreadable { .. })));
    }
}
