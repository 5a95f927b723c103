//! The findings one by one, and in an appendix the methods behind them.

use super::page::{Block, Maker, ROOM, Table};
use super::words::{self, Words, plain, spaced, strong, weak};
use crate::Result;
use crate::checks::Figure;
use crate::checks::doc::{self, blocks, doc};
use crate::media::Rect;
use crate::plot::{draw, number};
use crate::report::signals::signals;
use crate::report::{Checked, Redact, facts, label, redact};
use crate::text::{Text, visible};

/// Greatest height of a picture on paper, in millimetres.
const PICTURE: f64 = 88.0;
/// Greatest height of a plot on paper, in millimetres.
const PLOT: f64 = 95.0;
/// Millimetres of paper a pixel of a small picture may take.
const PIXEL: f64 = 0.3;

impl Maker<'_> {
    pub fn findings(&mut self) -> Result<()> {
        let report = self.report;
        self.heading(1, self.t(label::FINDINGS));
        self.text("why", spaced([label::ORDER, label::ROUNDED].map(|l| plain(self.t(l)))));
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
            label::status(finding.status).0,
            label::standing(checked.standing).0,
            label::group(checked.group),
        ];
        let marks = marks.map(|mark| mark.get(lang)).join(" · ");
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
        if !finding.attachments.is_empty() {
            let names: Vec<String> =
                finding.attachments.iter().map(|a| checked.file_name(a)).collect();
            let told = format!("{}: {}", self.t(label::IN_FULL), names.join(", "));
            self.text("why", plain(&told));
        }
        self.values(checked);
        Ok(())
    }

    fn values(&mut self, checked: &Checked) {
        let lang = self.report.lang;
        let finding = &checked.finding;
        let heads = |labels: &[label::Label]| labels.iter().map(|l| plain(l.get(lang))).collect();
        if !finding.values.is_empty() {
            self.heading(3, self.t(label::VALUES));
            // Two to a row: they are many and short.
            let cells = |v: &crate::checks::Value| {
                [plain(&v.quantity), plain(&number(v.value, lang)), plain(v.unit)]
            };
            let three = [label::QUANTITY, label::VALUE, label::UNIT];
            let rows = finding.values.chunks(2).map(|pair| {
                let mut row: Vec<Words> = pair.iter().flat_map(cells).collect();
                row.resize(2 * three.len(), Words::new());
                row
            });
            self.table(Table {
                columns: heads(&[three, three].concat()),
                right: vec![false, true, false, false, true, false],
                rows: rows.collect(),
                ..Table::default()
            });
        }
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
                columns: heads(&[
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
                let caption = self.caption(title);
                self.drawing(figure, caption, title);
            }
            Figure::Heat { title, width, height, values, scene: Some(faces), .. } => {
                let mut caption = self.caption(title);
                match redact::map(values, (*width, *height), faces, self.report.redact) {
                    Some(allowed) => {
                        let mut shown = figure.clone();
                        if let Figure::Heat { values, .. } = &mut shown {
                            *values = allowed;
                        }
                        if self.report.redact == Redact::Faces {
                            caption = spaced([caption, weak(self.t(label::MAP_FACES))]);
                        }
                        self.drawing(&shown, caption, title);
                    }
                    None => self.text("plain", spaced([caption, weak(self.t(label::MAP_ALL))])),
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

    fn drawing(&mut self, figure: &Figure, caption: Words, title: &Text) {
        match draw(figure, self.report.lang) {
            Ok(svg) => self.plot(caption, title.get(self.report.lang), svg, PLOT),
            Err(error) => {
                let told = format!("{}: {error}", self.t(label::NO_FIGURE));
                self.text("plain", spaced([caption, weak(&told)]));
            }
        }
    }

    /// A plot as wide as the page and `height` in millimetres let it be.
    pub fn plot(&mut self, caption: Words, alt: &str, svg: String, height: f64) {
        let shape = shape(&svg).unwrap_or(1.0);
        let width = (height * shape / ROOM.0).min(1.0);
        let file = format!("figure-{}.svg", self.files.len());
        self.files.push((file.clone(), svg.into_bytes()));
        let alt = visible(alt);
        self.blocks.push(Block::Figure { caption, file, alt, width });
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
            Ok(jpeg) => {
                let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
                let room = (PICTURE * w / h).min(ROOM.0).min(w * PIXEL);
                let file = format!("figure-{}.jpg", self.files.len());
                self.files.push((file.clone(), jpeg));
                let alt = format!("{} – {how}", visible(title.get(lang)));
                self.blocks.push(Block::Figure { caption, file, alt, width: room / ROOM.0 });
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
        self.blocks.push(Block::Break);
        self.heading(1, self.t(label::METHODS));
        for checked in sections {
            let text = doc(checked.source);
            self.heading(2, &format!("{} · {}", checked.name, text.title(lang)));
            for (heading, text) in text.sections(lang) {
                if !heading.is_empty() {
                    self.heading(3, heading);
                }
                for block in blocks(text) {
                    self.blocks.push(match block {
                        doc::Block::Paragraph(spans) => {
                            Block::Text { style: "plain", text: words::running(&spans) }
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
    }
}

/// Width over height of a plot, from its view box.
fn shape(svg: &str) -> Option<f64> {
    let (_, rest) = svg.split_once("viewBox=\"0 0 ")?;
    let (width, height) = rest.split('"').next()?.split_once(' ')?;
    let (width, height) = (width.parse::<f64>().ok()?, height.parse::<f64>().ok()?);
    (width > 0.0 && height > 0.0).then(|| width / height)
}
