//! Tables of a run: as CSV, Markdown, LaTeX (booktabs) and HTML alike.

use maud::{Markup, html};

use crate::text::visible;

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A name or a sentence.
    Word(String),
    /// A number with decimals; `None` has no value, and the row says why.
    Number(Option<f64>),
    /// A number of things.
    Count(usize),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Heads.
    pub columns: Vec<&'static str>,
    /// Rows, as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
}

impl From<&str> for Cell {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<&Option<String>> for Cell {
    fn from(word: &Option<String>) -> Self {
        Self::Word(word.clone().unwrap_or_default())
    }
}

impl Cell {
    /// As people read it: four significant places after the point, small
    /// numbers as powers of ten.
    fn shown(&self) -> String {
        match self {
            Self::Word(word) => visible(word),
            Self::Number(None) => "undefined".to_owned(),
            Self::Number(Some(v)) if *v != 0.0 && v.abs() < 1e-4 => format!("{v:.2e}"),
            Self::Number(Some(v)) => format!("{v:.4}"),
            Self::Count(n) => n.to_string(),
        }
    }

    fn is_word(&self) -> bool {
        matches!(self, Self::Word(_))
    }
}

impl Table {
    /// With these heads.
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// As CSV, numbers in full; an undefined one is an empty cell.
    pub fn csv(&self) -> String {
        let quoted = |word: &str| match word.contains([',', '"', '\n']) {
            true => format!("\"{}\"", word.replace('"', "\"\"")),
            false => word.to_owned(),
        };
        let cell = |cell: &Cell| match cell {
            Cell::Word(word) => quoted(&visible(word)),
            Cell::Number(value) => value.map(|v| v.to_string()).unwrap_or_default(),
            Cell::Count(n) => n.to_string(),
        };
        let mut text = format!("{}\n", self.columns.join(","));
        for row in &self.rows {
            text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
            text.push('\n');
        }
        text
    }

    /// Without columns in which nothing stands.
    fn filled(&self) -> Self {
        let empty = |cell: &Cell| matches!(cell, Cell::Word(word) if word.is_empty());
        let there: Vec<bool> = (0..self.columns.len())
            .map(|c| self.rows.iter().any(|row| !row.get(c).is_none_or(empty)))
            .collect();
        fn kept<T: Clone>(cells: &[T], there: &[bool]) -> Vec<T> {
            cells.iter().zip(there).filter(|(_, there)| **there).map(|(c, _)| c.clone()).collect()
        }
        let rows = self.rows.iter().map(|row| kept(row, &there)).collect();
        Self { columns: kept(&self.columns, &there), rows }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self { columns, rows } = self.filled();
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(columns.iter().map(|&c| c.to_owned()).collect());
        text.push_str(&line(columns.iter().map(|_| "---".to_owned()).collect()));
        for row in &rows {
            text.push_str(&line(row.iter().map(|c| c.shown().replace('|', "\\|")).collect()));
        }
        text
    }

    /// For the LaTeX package booktabs.
    pub fn latex(&self) -> String {
        let Self { columns, rows } = self.filled();
        let words = |c: usize| rows.iter().all(|r| r.get(c).is_none_or(Cell::is_word));
        let places: String = (0..columns.len()).map(|c| if words(c) { 'l' } else { 'r' }).collect();
        let line = |cells: Vec<String>| format!("{} \\\\\n", cells.join(" & "));
        let heads = columns.iter().map(|c| plain(c)).collect();
        let mut text =
            format!("\\begin{{tabular}}{{{places}}}\n\\toprule\n{}\\midrule\n", line(heads));
        for row in &rows {
            text.push_str(&line(row.iter().map(|cell| plain(&cell.shown())).collect()));
        }
        text.push_str("\\bottomrule\n\\end{tabular}\n");
        text
    }

    /// For a page.
    pub fn html(&self) -> Markup {
        let Self { columns, rows } = self.filled();
        html! {
            div.scroll tabindex="0" role="region" { table {
                thead { tr { @for column in &columns { th scope="col" { (column) } } } }
                tbody { @for row in &rows { tr { @for cell in row {
                    @if cell.is_word() { td { (cell.shown()) } } @else { td.number { (cell.shown()) } }
                } } } }
            } }
        }
    }
}

/// Text without meaning to LaTeX.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\\' => "\\textbackslash{}".to_owned(),
            '~' => "\\textasciitilde{}".to_owned(),
            '^' => "\\textasciicircum{}".to_owned(),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_a_table_and_what_is_undefined_is_said() {
        let rows = vec![vec!["a|b_\"c\",d".into(), Cell::Number(None), Cell::Count(3)]];
        let table = Table { rows, ..Table::new(&["name", "p", "n"]) };
        assert_eq!(table.csv(), "name,p,n\n\"a|b_\"\"c\"\",d\",,3\n");
        assert!(table.markdown().contains("| a\\|b_\"c\",d | undefined | 3 |"));
        assert!(table.latex().starts_with("\\begin{tabular}{lrr}"));
        assert!(table.latex().contains("a|b\\_\"c\",d & undefined & 3 \\\\"));
    }
}
