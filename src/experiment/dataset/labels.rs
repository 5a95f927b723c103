//! Label lists of data sets, read into one form.

use std::path::Path;

use serde_json::Value;

use super::{Format, Label, Labels, split_name};
use crate::table::Sheet;
use crate::{Error, Result};

/// Label lists larger than this are refused: the longest published one, of a
/// million clips, has some hundred megabytes.
const MOST_BYTES: u64 = 1 << 30;

/// What a list says of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The file, in the list's own words.
    pub file: String,
    pub label: Option<Label>,
    pub method: Option<String>,
    pub source: Option<String>,
    pub split: Option<String>,
}

/// Reads the list at `path` by `rule`; `split` is what the list's own name
/// says of the split.
pub fn read(rule: &Labels, path: &Path, split: Option<&str>) -> Result<Vec<Said>> {
    let bytes = std::fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
    if bytes > MOST_BYTES {
        let what = format!("the label list {} with {bytes} bytes", path.display());
        return Err(Error::Limit { what, limit: MOST_BYTES });
    }
    let fixed = rule.split.as_deref().or(split).map(split_name);
    let rows = match rule.format {
        Format::Words => words(rule, path)?,
        Format::Csv => sheet(rule, path, b',')?,
        Format::Tsv => sheet(rule, path, b'\t')?,
        Format::Json | Format::JsonList => json(rule, path)?,
    };
    rows.into_iter()
        .map(|row| {
            let label = row.label.map(|word| label(rule, path, &row.file, &word)).transpose()?;
            let split = row.split.map(|word| split_name(&word)).or_else(|| fixed.clone());
            Ok(Said { file: row.file, label, method: row.method, source: row.source, split })
        })
        .collect()
}

/// A row as it stands.
struct Row {
    file: String,
    label: Option<String>,
    method: Option<String>,
    source: Option<String>,
    split: Option<String>,
}

/// The label that `word` stands for; any word not in the map is an error.
fn label(rule: &Labels, path: &Path, file: &str, word: &str) -> Result<Label> {
    let has = |words: &[String]| words.iter().any(|there| there == word);
    match (has(&rule.real), has(&rule.fake)) {
        (true, false) => Ok(Label::Real),
        (false, true) => Ok(Label::Fake),
        _ => Err(Error::unreadable(
            path,
            format!(
                "the label of {file} is `{word}`, which is neither of real ({}) nor of fake ({})",
                rule.real.join(", "),
                rule.fake.join(", ")
            ),
        )),
    }
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io(path, e))
}

fn words(rule: &Labels, path: &Path) -> Result<Vec<Row>> {
    let number = |key: &Option<String>| -> Result<Option<usize>> {
        let Some(key) = key else { return Ok(None) };
        let at = key.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        at.map(Some).ok_or_else(|| {
            Error::Usage(format!("`{key}` is no column: lists of words count columns from 1"))
        })
    };
    let file = number(&rule.path)?.unwrap_or(0);
    let (label, method) = (number(&rule.label)?, number(&rule.method)?);
    let (source, split) = (number(&rule.source)?, number(&rule.split_key)?);
    let list = text(path)?;
    let lines = list.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let cell = |column: usize| {
                cells.get(column).map(|&cell| cell.to_owned()).ok_or_else(|| {
                    let why = format!("line {} has no column {}", at + 1, column + 1);
                    Error::unreadable(path, why)
                })
            };
            let maybe = |column: Option<usize>| column.map(cell).transpose();
            Ok(Row {
                file: cell(file)?,
                label: maybe(label)?,
                method: maybe(method)?,
                source: maybe(source)?,
                split: maybe(split)?,
            })
        })
        .collect()
}

fn sheet(rule: &Labels, path: &Path, separator: u8) -> Result<Vec<Row>> {
    let sheet = Sheet::read_csv(path, separator)?;
    let must = |key: &Option<String>| -> Result<Option<&[Option<String>]>> {
        let found = key.as_deref().map(|name| sheet.words(name)).transpose();
        found.map_err(|e| Error::unreadable(path, e.to_string()))
    };
    // Columns that not every list has.
    let may = |key: &Option<String>| key.as_deref().and_then(|name| sheet.words(name).ok());
    let files = must(&rule.path)?.unwrap_or_default();
    let label = must(&rule.label)?;
    let (method, source, split) = (may(&rule.method), may(&rule.source), may(&rule.split_key));
    let cell = |column: Option<&[Option<String>]>, row: usize| {
        column.and_then(|cells| cells.get(row).cloned().flatten())
    };
    let rows = files.iter().enumerate().filter_map(|(row, file)| {
        Some(Row {
            file: file.clone()?,
            label: cell(label, row),
            method: cell(method, row),
            source: cell(source, row),
            split: cell(split, row),
        })
    });
    Ok(rows.collect())
}

fn json(rule: &Labels, path: &Path) -> Result<Vec<Row>> {
    let wrong = |why: String| Error::unreadable(path, why);
    let value: Value = serde_json::from_str(&text(path)?).map_err(|e| wrong(e.to_string()))?;
    let entries: Vec<(String, Value)> = match (rule.format, value) {
        (Format::Json, Value::Object(map)) => map.into_iter().collect(),
        (Format::JsonList, Value::Array(list)) => {
            let key = rule.path.as_deref().unwrap_or("file");
            let entries = list.into_iter().map(|entry| {
                let file = entry.get(key).and_then(Value::as_str).map(str::to_owned);
                Ok((file.ok_or_else(|| wrong(format!("an entry has no {key}")))?, entry))
            });
            entries.collect::<Result<_>>()?
        }
        _ => return Err(wrong("not in the form that was expected".to_owned())),
    };
    let word = |entry: &Value, key: &Option<String>| match entry.get(key.as_deref()?)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let rows = entries.into_iter().map(|(file, entry)| Row {
        label: word(&entry, &rule.label),
        method: word(&entry, &rule.method),
        source: word(&entry, &rule.source),
        split: word(&entry, &rule.split_key),
        file,
    });
    Ok(rows.collect())
}
