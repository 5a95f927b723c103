//! What a check says at the end, as plain data for tables and reports.

use crate::media::Rect;
use crate::text::Text;

/// How a finding came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Read from the file as it stands.
    Observed,
    /// Worked out by a method.
    Derived,
    /// The exhibit has nothing this check looks at.
    NotApplicable,
    /// There is something to look at, but too little or too poor.
    Insufficient,
    /// The check failed; the reason says how.
    Error,
}

/// One number of a finding, with its unit (`1` for a ratio or a count).
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Name that never changes its meaning, such as `duration_s`.
    pub quantity: String,
    /// Unit.
    pub unit: &'static str,
    /// The number.
    pub value: f64,
}

/// One number at one moment: a row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What was measured.
    pub quantity: &'static str,
    /// Unit (`1` for a ratio or a count).
    pub unit: &'static str,
    /// Seconds from the start of the video, if it has a time.
    pub time_s: Option<f64>,
    /// Frame, if it belongs to one.
    pub frame: Option<u64>,
    /// Face track, if it belongs to one.
    pub track: Option<u32>,
    /// The number.
    pub value: f64,
}

/// Something to look at, as plain data; `plot` draws it.
#[derive(Clone, Debug)]
pub enum Figure {
    /// Curves over a common axis.
    Lines {
        /// Caption.
        title: Text,
        /// Horizontal axis.
        x: Axis,
        /// Vertical axis.
        y: Axis,
        /// The curves.
        series: Vec<Series>,
    },
    /// A matrix of numbers as a heat map; row 0 is drawn on top.
    Heat {
        /// Caption.
        title: Text,
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// `width × height` values.
        values: Vec<f32>,
        /// Horizontal axis.
        x: Axis,
        /// Vertical axis.
        y: Axis,
        /// What the colours mean.
        scale: Text,
        /// `None` for a plane of its own, such as a spectrum. Where the map
        /// lies over the picture it can show the scene: then the faces in it,
        /// in the map's own cells, empty where none are known. The report
        /// redacts such a map like a picture.
        scene: Option<Vec<Rect>>,
    },
    /// A picture of the scene. The report redacts it before it is encoded.
    Picture {
        /// Caption.
        title: Text,
        /// Upright pixels.
        image: image::RgbImage,
        /// Faces in it, in the picture's own pixels.
        faces: Vec<Rect>,
        /// Seconds from the start of the video, if it has a time.
        time_s: Option<f64>,
    },
    /// Rows of our own words, in both languages; evidence belongs in a
    /// [`Figure::Table`], which shows it as it is.
    Words {
        /// Caption.
        title: Text,
        /// Column heads.
        columns: Vec<Text>,
        /// Rows.
        rows: Vec<Vec<Text>>,
    },
    /// Rows of text, for what is read rather than measured.
    Table {
        /// Caption.
        title: Text,
        /// Column heads.
        columns: Vec<Text>,
        /// Rows; evidence strings stand here as they are, renderers escape.
        rows: Vec<Vec<String>>,
    },
}

impl Figure {
    /// A [`Figure::Table`] of our own numbers, which Dutch writes with a comma;
    /// not for cells that quote evidence.
    pub fn numbers(self) -> Self {
        let Self::Table { title, columns, rows } = self else { return self };
        let cell = |cell: String| Text::measured(cell.clone(), cell);
        let rows = rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
        Self::Words { title, columns, rows }
    }
}

/// One axis of a figure.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// Label with unit.
    pub label: Text,
    /// Range shown; `None` fits the data.
    pub range: Option<(f64, f64)>,
    /// Logarithmic.
    pub log: bool,
}

/// One curve of a figure.
#[derive(Clone, Debug)]
pub struct Series {
    /// Name in the legend.
    pub name: Text,
    /// Points; a non-finite value interrupts the curve.
    pub points: Vec<(f64, f64)>,
}

/// Evidence in full, where a table can show only part of it. Each becomes a
/// file of its own beside the report.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Short name in lower case, such as `statements`; the file is called
    /// `<check>-<name>.json`.
    pub name: &'static str,
    /// What it holds; the same in every language of the report.
    pub data: serde_json::Value,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How it came about.
    pub status: Status,
    /// Why nothing (more) could be said; present unless observed or derived.
    pub reason: Option<Text>,
    /// Raw score, higher = more likely manipulated; never a probability.
    pub score: Option<f64>,
    /// log10 of the expected number of false alarms, where the method has one.
    pub log10_nfa: Option<f64>,
    /// Named state, where the check has states.
    pub state: Option<String>,
    /// One or two sentences.
    pub summary: Text,
    /// The numbers of the finding.
    pub values: Vec<Value>,
    /// The numbers over time.
    pub measurements: Vec<Measurement>,
    /// What to look at.
    pub figures: Vec<Figure>,
    /// What the figures show only part of.
    pub attachments: Vec<Attachment>,
    /// What a reader must know before using the numbers.
    pub warnings: Vec<Text>,
}

impl Finding {
    /// A finding with `status` and `summary` and nothing else yet.
    pub fn new(status: Status, summary: Text) -> Self {
        Self {
            status,
            reason: None,
            score: None,
            log10_nfa: None,
            state: None,
            summary,
            values: Vec::new(),
            measurements: Vec::new(),
            figures: Vec::new(),
            attachments: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// An abstention: `status` says of which kind, `reason` why.
    pub fn abstain(status: Status, reason: Text) -> Self {
        Self { reason: Some(reason.clone()), ..Self::new(status, reason) }
    }

    /// Adds a sentence to the summary, unless it stands there already.
    pub fn says_too(&mut self, sentence: &Text) {
        if self.summary.en.contains(&sentence.en) {
            return;
        }
        self.summary.en.push_str(&format!(" {}", sentence.en));
        self.summary.nl.push_str(&format!(" {}", sentence.nl));
    }

    /// What `other`, a finding on another face, says after what this one does, and its
    /// numbers with `_track_N` behind their names.
    pub fn beside(&mut self, track: u32, other: Self) {
        // A face of which nothing can be said does not silence one of which something is.
        if self.status != Status::Derived && other.status == Status::Derived {
            self.status = Status::Derived;
            self.warnings.extend(self.reason.take());
        }
        self.says_too(&other.summary);
        for value in other.values {
            self.value(format!("{}_track_{track}", value.quantity), value.unit, value.value);
        }
    }

    /// Adds a number. Non-finite numbers are left out: JSON has none, and an
    /// undefined quantity is told by its absence and the summary.
    pub fn value(&mut self, quantity: impl Into<String>, unit: &'static str, value: f64) {
        if value.is_finite() {
            self.values.push(Value { quantity: quantity.into(), unit, value });
        }
    }
}
