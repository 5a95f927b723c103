//! The manifest: one row an item, as a Parquet file.

use std::path::Path;

use super::Label;
use crate::table::Sheet;
use crate::{Error, Result};

/// One item of a data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Data set and path, which no other item has.
    pub key: String,
    /// Path below the root, with `/`.
    pub path: String,
    /// What it is; `None` where nothing on disk says it.
    pub label: Option<Label>,
    /// How it was made or where it was taken.
    pub method: Option<String>,
    /// Compression, in the data set's own words.
    pub compression: Option<String>,
    /// `train`, `val`, `test` or the data set's own word.
    pub split: Option<String>,
    /// The person or clip it shows. Items of one source are not independent.
    pub source: Option<String>,
    /// The second person or clip in it, as in a face swap.
    pub source2: Option<String>,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
}

/// The items of one data set on one disk, in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// Name of the data set.
    pub dataset: String,
    /// One row an item.
    pub items: Vec<Item>,
}

impl Manifest {
    fn sheet(&self) -> Sheet {
        let items = || self.items.iter();
        Sheet::new()
            .text("dataset", items().map(|_| Some(self.dataset.as_str())))
            .text("key", items().map(|i| Some(i.key.as_str())))
            .text("path", items().map(|i| Some(i.path.as_str())))
            .text("label", items().map(|i| i.label.map(Label::name)))
            .text("method", items().map(|i| i.method.as_deref()))
            .text("compression", items().map(|i| i.compression.as_deref()))
            .text("split", items().map(|i| i.split.as_deref()))
            .text("source", items().map(|i| i.source.as_deref()))
            .text("source2", items().map(|i| i.source2.as_deref()))
            .count("bytes", items().map(|i| Some(i.bytes)))
            .text("sha256", items().map(|i| Some(i.sha256.as_str())))
    }

    /// Writes the manifest as Parquet.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<()> {
        self.sheet().write_parquet(path)
    }

    /// Writes the manifest as CSV.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        self.sheet().write_csv(path)
    }

    /// Reads a manifest back.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Unreadable`] when it is none.
    pub fn read(path: &Path) -> Result<Self> {
        let sheet = Sheet::read_parquet(path)?;
        let unreadable = |why: &str| Error::unreadable(path, why);
        let [dataset, key, paths, label, method, compression, split, source, source2, sha256] = [
            "dataset",
            "key",
            "path",
            "label",
            "method",
            "compression",
            "split",
            "source",
            "source2",
            "sha256",
        ]
        .map(|name| sheet.words(name));
        let (dataset, key, paths, label, method) = (dataset?, key?, paths?, label?, method?);
        let (compression, split, source) = (compression?, split?, source?);
        let (source2, sha256, bytes) = (source2?, sha256?, sheet.counts("bytes")?);
        let word = |cells: &[Option<String>], row: usize| cells.get(row).cloned().flatten();
        let must = |cells: &[Option<String>], row: usize| {
            word(cells, row)
                .ok_or_else(|| unreadable("a manifest with an empty key, path or digest"))
        };
        let items = (0..sheet.height()).map(|row| {
            let label = match word(label, row).as_deref() {
                None => None,
                Some("real") => Some(Label::Real),
                Some("fake") => Some(Label::Fake),
                Some(_) => return Err(unreadable("a manifest with a label that is none")),
            };
            Ok(Item {
                key: must(key, row)?,
                path: must(paths, row)?,
                label,
                method: word(method, row),
                compression: word(compression, row),
                split: word(split, row),
                source: word(source, row),
                source2: word(source2, row),
                bytes: bytes.get(row).copied().flatten().unwrap_or(0),
                sha256: must(sha256, row)?,
            })
        });
        let items: Vec<Item> = items.collect::<Result<_>>()?;
        Ok(Self { dataset: word(dataset, 0).unwrap_or_default(), items })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back_as_it_was() {
        let item = |key: &str, label| Item {
            key: key.to_owned(),
            path: format!("a/{key}"),
            label,
            split: Some("test".to_owned()),
            bytes: 7,
            sha256: "ab".to_owned(),
            ..Item::default()
        };
        let items = vec![item("x", Some(Label::Fake)), item("y", None)];
        let manifest = Manifest { dataset: "d".to_owned(), items };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.parquet");
        manifest.write(&path).unwrap();
        assert_eq!(Manifest::read(&path).unwrap(), manifest);
    }
}
