//! The findings one by one, and in an appendix the methods behind them.

use super::fit;
use super::page::{Block, HALF, Maker, Plate, ROOM, Table};
use super::words::{self, Words, plain, spaced, strong, weak};
use crate::Result;
use crate::checks::doc::{self, blocks, doc};
use crate::checks::{Figure, Value};
use crate::media::Rect;
use crate::plot::{draw_half, number};
use crate::report::signals::signals;
use crate::report::{Checked, Redact, facts, label, redact};
use crate::text::{Text, visible};

/// Greatest height of a picture or a plot on paper, in millimetres.
const TALLEST: f64 = 48.0;
/// A picture this much wider than tall needs the whole width of the page.
const STRIP: f64 = 2.2;
/// Millimetres of paper a pixel of a small picture may take.
const PIXEL: f64 = 0.3;

/// Characters of a name beyond which two values to a row are enough.
const LONG_NAME: usize = 22;
/// Most values that stand beside a plate.
const BESIDE: usize = 14;

impl Maker<'_> {
    pub fn findings(&mut self) -> Result<()> {
        let report = self.report;
        self.heading(1, self.t(label::FINDINGS));
        self.text(
            "why",
            spaced([label::ORDER, label::ROUNDED, label::ESCAPES].map(|l| plain(self.t(l)))),
        );
        for checked in report.sections() {
            self.finding(checked)?;
        }
        Ok(())
    }

    fn finding(&mut self, checked: &Checked) -> Result<()> {
        let lang = self.report.lang;
        let finding = &checked.finding;
        self.heading(2, &checked.name);
        let marks = [
            Some(label::status(finding.status).0),
            checked.found().then(|| label::standing(checked.standing).0),
            Some(label::group(checked.group)),
        ];
        let marks: Vec<&str> = marks.into_iter().flatten().map(|mark| mark.get(lang)).collect();
        let marks = marks.join(" · ");
        self.text("why", plain(&[doc(checked.source).title(lang), &marks].join(" · ")));
        self.text("lead", plain(finding.summary.get(lang)));
        self.facts(&facts::finding(finding, lang));
        if !finding.warnings.is_empty() {
            let items = finding.warnings.iter().map(|w| plain(w.get(lang))).collect();
            self.blocks.push(Block::Warning { title: plain(self.t(label::WARNINGS)), items });
        }
        for figure in &finding.figures {
            self.figure(figure)?;
        }
        self.values(checked);
        self.close_pair();
        if !finding.attachments.is_empty() {
            let names: Vec<String> =
                finding.attachments.iter().map(|a| checked.file_name(a)).collect();
            let told = format!("{}: {}", self.t(label::IN_FULL), names.join(", "));
            self.text("why", plain(&told));
        }
        self.over_time(checked);
        Ok(())
    }

    fn heads(&self, labels: &[label::Label]) -> Vec<Words> {
        labels.iter().map(|label| plain(self.t(*label))).collect()
    }

    /// The values, beside a plate that waits if they are few.
    fn values(&mut self, checked: &Checked) {
        let lang = self.report.lang;
        let values = &checked.finding.values;
        if values.is_empty() {
            return;
        }
        let cells = |v: &Value| [plain(&v.quantity), plain(&number(v.value, lang)), plain(v.unit)];
        let three = [label::QUANTITY, label::VALUE, label::UNIT];
        if let Some(plate) = (values.len() <= BESIDE).then(|| self.waiting.take()).flatten() {
            let mut table = Table {
                columns: self.heads(&three),
                right: vec![false, true, false],
                rows: values.iter().map(|v| cells(v).to_vec()).collect(),
                size: fit::SIZE,
                ..Table::default()
            };
            (table.widths, _) = fit::fit(&table.columns, &table.rows);
            let title = strong(self.t(label::VALUES));
            return self.blocks.push(Block::Beside { plate, title, table });
        }
        self.close_pair();
        self.heading(3, self.t(label::VALUES));
        // Some to a row: they are many and short, names long or not.
        let long = values.iter().any(|v| v.quantity.chars().count() > LONG_NAME);
        let across = if long { 2 } else { 3 };
        let rows = values.chunks(across).map(|some| {
            let mut row: Vec<Words> = some.iter().flat_map(cells).collect();
            row.resize(across * three.len(), Words::new());
            row
        });
        self.table(Table {
            columns: self.heads(&three.repeat(across)),
            right: [false, true, false].repeat(across),
            rows: rows.collect(),
            ..Table::default()
        });
    }

    fn over_time(&mut self, checked: &Checked) {
        let lang = self.report.lang;
        let finding = &checked.finding;
        let signals = signals(&finding.measurements);
        if !signals.is_empty() {
            self.heading(3, self.t(label::OVER_TIME));
            let n = |v: f64| plain(&number(v, lang));
            let rows = signals.into_iter().map(|s| {
                vec![
                    plain(s.quantity),
                    plain(s.unit),
                    plain(&s.track.map_or_else(|| "–".to_owned(), |t| t.to_string())),
                    plain(&s.count.to_string()),
                    n(s.low),
                    n(s.median),
                    n(s.high),
                    s.high_at.map_or_else(|| plain("–"), n),
                ]
            });
            self.table(Table {
                columns: self.heads(&[
                    label::QUANTITY,
                    label::UNIT,
                    label::TRACK,
                    label::COUNT,
                    label::LOWEST,
                    label::MIDDLE,
                    label::HIGHEST,
                    label::HIGHEST_AT,
                ]),
                widths: vec![1, 0, 0, 0, 0, 0, 0, 0],
                right: vec![false, false, true, true, true, true, true, true],
                rows: rows.collect(),
                ..Table::default()
            });
        }
    }

    fn figure(&mut self, figure: &Figure) -> Result<()> {
        let lang = self.report.lang;
        match figure {
            Figure::Lines { title, .. } | Figure::Heat { title, scene: None, .. } => {
                self.plate(figure, title);
            }
            Figure::Heat { title, width, height, values, scene: Some(faces), .. } => {
                match redact::map(values, (*width, *height), faces, self.report.redact) {
                    Some(allowed) => {
                        let mut shown = figure.clone();
                        if let Figure::Heat { values, .. } = &mut shown {
                            *values = allowed;
                        }
                        let redacted = self.report.redact == Redact::Faces;
                        let why = redacted.then(|| self.t(label::MAP_FACES));
                        self.noted_plate(&shown, title, why);
                    }
                    None => {
                        let caption = self.caption(title);
                        self.text("plain", spaced([caption, weak(self.t(label::MAP_ALL))]));
                    }
                }
            }
            Figure::Picture { title, image, faces, time_s } => {
                self.picture(title, image, faces, *time_s)?;
            }
            Figure::Words { title, columns, rows } => {
                let word = |cell: &Text| cell.get(lang).to_owned();
                let rows: Vec<Vec<String>> =
                    rows.iter().map(|row| row.iter().map(word).collect()).collect();
                self.rows(title, columns, &rows);
            }
            Figure::Table { title, columns, rows } => self.rows(title, columns, rows),
        }
        Ok(())
    }

    fn caption(&mut self, title: &Text) -> Words {
        self.figures += 1;
        let number = format!("{} {}.", self.t(label::FIGURE), self.figures);
        spaced([strong(&number), plain(title.get(self.report.lang))])
    }

    /// A plot beside the one before or after it.
    pub fn plate(&mut self, figure: &Figure, title: &Text) {
        self.noted_plate(figure, title, None);
    }

    fn noted_plate(&mut self, figure: &Figure, title: &Text, note: Option<&str>) {
        let mut caption = self.caption(title);
        if let Some(note) = note {
            caption = spaced([caption, weak(note)]);
        }
        match draw_half(figure, self.report.lang) {
            Ok(svg) => {
                let alt = title.get(self.report.lang).to_owned();
                let plate = self.drawn(caption, &alt, svg, (HALF, TALLEST));
                self.pair(plate);
            }
            Err(error) => {
                let told = format!("{}: {error}", self.t(label::NO_FIGURE));
                self.text("plain", spaced([caption, weak(&told)]));
            }
        }
    }

    /// A plot as wide as `room` in millimetres and its height let it be.
    pub fn drawn(
        &mut self,
        caption: Words,
        alt: &str,
        svg: String,
        (across, height): (f64, f64),
    ) -> Plate {
        let shape = shape(&svg).unwrap_or(1.0);
        let width = (height * shape / across).min(1.0);
        let file = format!("figure-{}.svg", self.files.len());
        self.files.push((file.clone(), svg.into_bytes()));
        Plate { caption, file, alt: visible(alt), width }
    }

    fn pair(&mut self, plate: Plate) {
        match self.waiting.take() {
            Some(first) => self.blocks.push(Block::Pair { plates: vec![first, plate] }),
            None => self.waiting = Some(plate),
        }
    }

    /// Sets the plate that no other came to stand beside.
    pub fn close_pair(&mut self) {
        if let Some(plate) = self.waiting.take() {
            self.blocks.push(Block::Pair { plates: vec![plate] });
        }
    }

    fn picture(
        &mut self,
        title: &Text,
        image: &image::RgbImage,
        faces: &[Rect],
        time_s: Option<f64>,
    ) -> Result<()> {
        let lang = self.report.lang;
        let how = self.t(match self.report.redact {
            Redact::Faces => label::SHOWN_FACES,
            Redact::None => label::SHOWN_NONE,
            Redact::All => label::SHOWN_ALL,
        });
        let (width, height) = image.dimensions();
        let time = time_s.map(|t| format!("{} {} s; ", self.t(label::AT), number(t, lang)));
        let told = format!("({}{width} × {height} px; {how})", time.unwrap_or_default());
        let caption = spaced([self.caption(title), weak(&told)]);
        match redact::jpeg(image, faces, self.report.redact) {
            Ok(None) => self.text("plain", caption),
            Ok(Some(jpeg)) => {
                let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
                let strip = w > STRIP * h;
                let across = if strip { ROOM } else { HALF };
                let room = (TALLEST * w / h).min(across).min(w * PIXEL);
                let file = format!("figure-{}.jpg", self.files.len());
                self.files.push((file.clone(), jpeg));
                let alt = format!("{} – {how}", visible(title.get(lang)));
                let plate = Plate { caption, file, alt, width: room / across };
                if strip {
                    self.close_pair();
                    self.blocks.push(Block::Figure(plate));
                } else {
                    self.pair(plate);
                }
            }
            Err(error) => {
                let told = format!("{}: {error}", self.t(label::NO_FIGURE));
                self.text("plain", spaced([caption, weak(&told)]));
            }
        }
        Ok(())
    }

    fn rows(&mut self, title: &Text, columns: &[Text], rows: &[Vec<String>]) {
        let lang = self.report.lang;
        self.close_pair();
        self.tables += 1;
        let number = format!("{} {}.", self.t(label::TABLE), self.tables);
        let caption = spaced([strong(&number), plain(title.get(lang))]);
        if rows.is_empty() || columns.is_empty() {
            let none = weak(self.t(label::EMPTY_TABLE));
            return self.text("plain", spaced([caption, none]));
        }
        let row = |row: &Vec<String>| -> Vec<Words> {
            let cell = |i| row.get(i).map_or_else(Words::new, |cell: &String| words::lines(cell));
            (0..columns.len()).map(cell).collect()
        };
        self.table(Table {
            caption,
            columns: columns.iter().map(|column| plain(column.get(lang))).collect(),
            rows: rows.iter().map(row).collect(),
            ..Table::default()
        });
    }

    /// How each check that has a section works and when it misleads.
    pub fn methods(&mut self) {
        let report = self.report;
        let lang = report.lang;
        let sections = report.sections();
        if sections.is_empty() {
            return;
        }
        self.heading(1, self.t(label::METHODS));
        self.text("why", plain(self.t(label::METHODS_WHY)));
        let before = self.blocks.len();
        for checked in sections {
            let text = doc(checked.source);
            self.heading(2, &format!("{} · {}", checked.name, text.title(lang)));
            for (i, (heading, text)) in text.sections(lang).into_iter().enumerate() {
                if !heading.is_empty() {
                    self.heading(3, heading);
                }
                let blocks = blocks(text);
                // How it measures stands in full in the page in HTML; when it
                // misleads and where it comes from stand here too.
                let opens = matches!(blocks.first(), Some(doc::Block::Paragraph(spans))
                    if matches!(spans.last(), Some(doc::Span::Text(s)) if s.trim_end().ends_with(':')));
                let most = if i > 0 { blocks.len() } else { 1 + usize::from(opens) };
                for block in blocks.into_iter().take(most) {
                    self.blocks.push(match block {
                        doc::Block::Paragraph(spans) => {
                            Block::Text { style: "small", text: words::running(&spans) }
                        }
                        doc::Block::List(items) => Block::List {
                            items: items.iter().map(|item| words::running(item)).collect(),
                        },
                        doc::Block::Code(code) => {
                            Block::Text { style: "code", text: words::lines(&code) }
                        }
                    });
                }
            }
        }
        let blocks = self.blocks.split_off(before);
        self.blocks.push(Block::Columns { blocks });
    }
}

/// Width over height of a plot, from its view box.
fn shape(svg: &str) -> Option<f64> {
    let (_, rest) = svg.split_once("viewBox=\"0 0 ")?;
    let (width, height) = rest.split('"').next()?.split_once(' ')?;
    let (width, height) = (width.parse::<f64>().ok()?, height.parse::<f64>().ok()?);
    (width > 0.0 && height > 0.0).then(|| width / height)
}
