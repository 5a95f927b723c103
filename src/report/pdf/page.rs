//! From the report to the blocks that the layout sets, in the order of the
//! page in HTML.

use serde::Serialize;

use super::fit;
use super::words::{self, Words, code, plain, spaced, strong, weak};
use crate::Result;
use crate::plot::{number, timeline};
use crate::report::facts::{self, Fact};
use crate::report::{Redact, Report, label, signals};
use crate::text::visible;

/// Most rows of a table on paper; the others are counted.
pub const MOST_ROWS: usize = 15;
/// Most signals on the printed time line.
const MOST_TRACKS: usize = 12;
/// Its greatest height in millimetres: beside the condition of the item.
const TIMELINE: f64 = 105.0;
/// Width of the text in millimetres.
pub const ROOM: f64 = 174.0;
/// Width in millimetres of one of two beside each other.
pub const HALF: f64 = 84.0;

/// Everything the layout is given.
#[derive(Serialize)]
pub struct Page {
    title: String,
    author: String,
    lang: &'static str,
    page: &'static str,
    of: &'static str,
    footer: String,
    brand: String,
    letterhead: Vec<Words>,
    heading: &'static str,
    subtitle: &'static str,
    blocks: Vec<Block>,
}

/// A piece of the page.
#[derive(Serialize)]
#[serde(tag = "k", rename_all = "lowercase")]
pub enum Block {
    Heading {
        level: u8,
        text: Words,
    },
    Text {
        style: &'static str,
        text: Words,
    },
    List {
        items: Vec<Words>,
    },
    Facts {
        rows: Vec<(Words, Words)>,
    },
    Table(Table),
    Warning {
        title: Words,
        items: Vec<Words>,
    },
    Figure(Plate),
    /// Two beside each other.
    Pair {
        plates: Vec<Plate>,
    },
    /// A plate with a table beside it.
    Beside {
        plate: Plate,
        title: Words,
        table: Table,
    },
    /// In two columns of small letters.
    Columns {
        blocks: Vec<Block>,
    },
    Blank {
        rows: Vec<(Words, Words)>,
    },
    End {
        text: Words,
    },
}

/// A picture or a plot; its width as a share of the room it has.
#[derive(Clone, Serialize)]
pub struct Plate {
    pub caption: Words,
    pub file: String,
    pub alt: String,
    pub width: f64,
}

/// A table with a head that stands on every page it runs over.
#[derive(Default, Serialize)]
pub struct Table {
    pub caption: Words,
    pub columns: Vec<Words>,
    /// Share of the width, or 0 for as wide as the words; empty for what fits.
    pub widths: Vec<u32>,
    /// Size of the letters in points; set as the table is taken up.
    pub size: f64,
    /// Whether a column holds numbers.
    pub right: Vec<bool>,
    pub rows: Vec<Vec<Words>>,
    pub after: Words,
}

/// Pictures and plots by name.
pub type Files = Vec<(String, Vec<u8>)>;

/// The page as it grows.
pub struct Maker<'a> {
    pub report: &'a Report,
    pub blocks: Vec<Block>,
    /// What the blocks name.
    pub files: Files,
    pub figures: u32,
    pub tables: u32,
    /// A plate that waits for another to stand beside.
    pub waiting: Option<Plate>,
}

/// The blocks of `report`, and the files they name.
pub fn page(report: &Report) -> Result<(Page, Files)> {
    let id = report.id()?;
    let mut maker = Maker {
        report,
        blocks: Vec::new(),
        files: Vec::new(),
        figures: 0,
        tables: 0,
        waiting: None,
    };
    maker.title(&id);
    maker.summary();
    maker.propositions();
    maker.item();
    maker.custody();
    maker.condition();
    maker.timeline()?;
    maker.findings()?;
    maker.silent();
    maker.evaluation();
    maker.limits();
    maker.run();
    maker.methods();
    maker.sign(&id);
    let t = |label: label::Label| label.get(report.lang);
    let lab = &report.lab;
    let letterhead = lab.laboratory.iter().map(|name| strong(name));
    let page = Page {
        title: format!("{} {id} – {}", t(label::REPORT), visible(&report.exhibit.name)),
        author: lab.examiner.as_deref().map_or_else(|| "waarmerk".to_owned(), visible),
        lang: label::code(report.lang),
        page: t(label::PAGE),
        of: t(label::OF),
        footer: format!("waarmerk · {id}"),
        brand: format!("waarmerk {}", report.tool.version),
        letterhead: letterhead.chain(lab.letterhead.iter().map(|line| plain(line))).collect(),
        heading: t(label::REPORT),
        subtitle: t(label::SUBTITLE),
        blocks: maker.blocks,
    };
    Ok((page, maker.files))
}

impl Maker<'_> {
    pub fn t(&self, label: label::Label) -> &'static str {
        label.get(self.report.lang)
    }

    pub fn heading(&mut self, level: u8, text: &str) {
        self.blocks.push(Block::Heading { level, text: plain(text) });
    }

    pub fn text(&mut self, style: &'static str, text: Words) {
        self.blocks.push(Block::Text { style, text });
    }

    pub fn facts(&mut self, facts: &[Fact]) {
        if !facts.is_empty() {
            let row = |fact: &Fact| (plain(fact.name), words::pieces(&fact.value));
            self.blocks.push(Block::Facts { rows: facts.iter().map(row).collect() });
        }
    }

    /// `table` with at most [`MOST_ROWS`] rows, the rest counted.
    pub fn table(&mut self, mut table: Table) {
        let total = table.rows.len();
        table.rows.truncate(MOST_ROWS);
        if let Some(cut) = label::cut(total, MOST_ROWS, self.report.lang) {
            let where_else = self.t(label::IN_HTML);
            table.after = spaced([weak(&cut), weak(where_else)]);
        }
        self.whole_table(table);
    }

    /// `table` with all its rows.
    pub fn whole_table(&mut self, mut table: Table) {
        table.size = fit::SIZE;
        if table.widths.is_empty() {
            (table.widths, table.size) = fit::fit(&table.columns, &table.rows);
        }
        self.blocks.push(Block::Table(table));
    }

    fn title(&mut self, id: &str) {
        let report = self.report;
        self.facts(&facts::title(report, id));
        self.text("only", plain(self.t(label::ONLY_ITEMS)));
        let how = match report.redact {
            Redact::Faces => label::REDACT_FACES,
            Redact::None => label::REDACT_NONE,
            Redact::All => label::REDACT_ALL,
        };
        self.text("why", plain(self.t(how)));
    }

    /// The ratios that could be given, in words, or that there are none.
    fn concluded(&mut self) {
        let given = self.report.concluded();
        if given.is_empty() {
            return self.text("only", plain(self.t(label::NO_LR)));
        }
        for (check, said) in given {
            let said = format!("{check}: {}", said.get(self.report.lang));
            self.text("only", plain(&said));
        }
    }

    fn summary(&mut self) {
        let report = self.report;
        let lang = report.lang;
        self.heading(1, self.t(label::SUMMARY));
        self.concluded();
        if report.checks.is_empty() {
            return self.text("plain", plain(self.t(label::NO_CHECKS)));
        }
        let answered = report.answered();
        self.text("plain", plain(&label::counted(answered.len(), report.checks.len(), lang)));
        if !answered.is_empty() {
            let heads = [label::CHECK, label::GROUP, label::STANDING, label::RESULT];
            let rows = answered.iter().map(|checked| {
                let standing = label::standing(checked.standing).0.get(lang);
                vec![
                    strong(&checked.name),
                    plain(label::group(checked.group).get(lang)),
                    plain(if checked.found() { standing } else { "–" }),
                    plain(checked.finding.summary.get(lang)),
                ]
            });
            // The one table that is never cut.
            self.whole_table(Table {
                columns: heads.map(|head| plain(head.get(lang))).to_vec(),
                widths: vec![0, 0, 0, 1],
                rows: rows.collect(),
                ..Table::default()
            });
            let why = [label::ORDER, label::SUMMARY_WHY, label::NOTHING_RESTS];
            self.text("why", spaced(why.map(|l| plain(l.get(lang)))));
        }
        let terms = report.terms().into_iter();
        let terms = terms.flat_map(|(word, meaning)| {
            [strong(word.get(lang)), weak(&format!("{};", meaning.get(lang)))]
        });
        let heading = format!("{}:", self.t(label::TERMS));
        self.text("why", spaced(std::iter::once(weak(&heading)).chain(terms)));
    }

    fn timeline(&mut self) -> Result<()> {
        let report = self.report;
        if !signals::over_time(report) {
            return Ok(());
        }
        self.heading(1, self.t(label::TIMELINE));
        self.text("plain", plain(self.t(label::TIMELINE_WHY)));
        let tracks = signals::tracks(report);
        let total = tracks.len();
        let shown = signals::share(tracks, MOST_TRACKS);
        let duration = report.exhibit.duration_s.unwrap_or(0.0);
        let svg = timeline(&shown, duration, &signals::marks(report), report.lang)?;
        let plate = self.drawn(Words::new(), self.t(label::TIMELINE), svg, (ROOM, TIMELINE));
        self.blocks.push(Block::Figure(plate));
        if let Some(cut) = label::cut(total, MOST_TRACKS, report.lang) {
            self.text("why", plain(&cut));
        }
        Ok(())
    }

    fn silent(&mut self) {
        let report = self.report;
        if !report.has_silent() {
            return;
        }
        let lang = report.lang;
        let mut rows: Vec<Vec<Words>> = report
            .silent()
            .iter()
            .map(|row| {
                let names: Vec<&str> = row.checks.iter().map(|c| c.name.as_str()).collect();
                vec![
                    plain(&names.join(", ")),
                    plain(label::status(row.status).0.get(lang)),
                    plain(row.reason.get(lang)),
                ]
            })
            .collect();
        if !report.not_run.is_empty() {
            let names = report.not_run.join(", ");
            let why = self.t(label::NOT_RUN_WHY);
            rows.push(vec![plain(&names), plain(self.t(label::NOT_RUN)), plain(why)]);
        }
        self.heading(1, self.t(label::SILENT));
        self.text("plain", plain(self.t(label::SILENT_WHY)));
        self.whole_table(Table {
            columns: [label::CHECKS, label::STATUS, label::REASON]
                .map(|l| plain(l.get(lang)))
                .to_vec(),
            widths: vec![3, 0, 5],
            rows,
            ..Table::default()
        });
    }

    fn run(&mut self) {
        let report = self.report;
        let tool = &report.tool;
        self.heading(1, self.t(label::RUN));
        self.facts(&facts::run(report));
        self.heading(2, self.t(label::COMMAND));
        self.text("code", code(&facts::shell(&tool.command)));
        self.text("plain", plain(self.t(label::COMMAND_WHY)));
        self.heading(2, self.t(label::MODELS));
        if tool.models.is_empty() {
            self.text("plain", plain(self.t(label::NO_MODELS)));
        } else {
            let heads = [label::MODEL, label::ORIGIN, label::LICENCE].map(|l| plain(self.t(l)));
            let rows = tool.models.iter().map(|model| {
                vec![
                    plain(&model.name),
                    plain(&model.origin),
                    plain(&model.licence),
                    code(&model.sha256),
                ]
            });
            self.whole_table(Table {
                columns: heads.into_iter().chain([plain("SHA-256")]).collect(),
                rows: rows.collect(),
                ..Table::default()
            });
        }
        self.heading(2, self.t(label::OPTIONS));
        let rows = tool.options.iter().map(|(name, value)| (code(name), plain(value)));
        self.blocks.push(Block::Facts { rows: rows.collect() });
        let total: f64 = report.timings.iter().map(|timing| timing.seconds).sum();
        let spent = format!("{}: {} s", self.t(label::TIMINGS_ALL), number(total, report.lang));
        self.text("why", plain(&spent));
    }

    fn sign(&mut self, id: &str) {
        self.heading(1, self.t(label::SIGN));
        self.text("plain", plain(self.t(label::BY_HAND)));
        let rows = facts::sign(self.report);
        let rows = rows.iter().map(|(name, value)| (plain(name), words::lines(value)));
        self.blocks.push(Block::Blank { rows: rows.collect() });
        let end = format!("— {} {id} —", self.t(label::END));
        self.blocks.push(Block::End { text: plain(&end) });
    }
}
