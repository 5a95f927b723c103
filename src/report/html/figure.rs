//! Figures of a finding: plots, pictures and tables, numbered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};

use super::{Page, line, lines, scroll};
use crate::checks::Figure;
use crate::checks::finding::{Axis, Series};
use crate::plot::{clock, draw, number};
use crate::report::{Redact, label, redact};
use crate::text::{Lang, Text, visible};

/// Most rows of a table shown; the others are counted.
const MOST_ROWS: usize = 2000;
/// Most values listed under a plot, all curves together.
const MOST_VALUES: usize = 300;

impl Page<'_> {
    pub(super) fn figure(&self, figure: &Figure) -> Markup {
        match figure {
            Figure::Lines { title, x, y, series } => {
                html! { figure { (self.plot(figure, title)) (self.curves(x, y, series)) } }
            }
            Figure::Heat { title, scene: None, .. } => {
                html! { figure { (self.plot(figure, title)) } }
            }
            Figure::Heat { title, width, height, values, scene: Some(faces), .. } => {
                match redact::map(values, (*width, *height), faces, self.report.redact) {
                    Some(allowed) => {
                        let mut shown = figure.clone();
                        if let Figure::Heat { values, .. } = &mut shown {
                            *values = allowed;
                        }
                        html! { figure {
                            (self.plot(&shown, title))
                            @if self.report.redact == Redact::Faces {
                                p.why { (self.t(label::MAP_FACES)) }
                            }
                        } }
                    }
                    None => html! { figure {
                        figcaption { (self.figure_number()) " " (line(title.get(self.lang))) }
                        p.missing { (self.t(label::MAP_ALL)) }
                    } },
                }
            }
            Figure::Picture { title, image, faces, time_s } => self.picture(
                title,
                redact::jpeg(image, faces, self.report.redact),
                image.dimensions(),
                *time_s,
            ),
            Figure::Words { title, columns, rows } => {
                let word = |cell: &Text| cell.get(self.lang).to_owned();
                let rows: Vec<Vec<String>> =
                    rows.iter().map(|row| row.iter().map(word).collect()).collect();
                self.table(title, columns, &rows)
            }
            Figure::Table { title, columns, rows } => self.table(title, columns, rows),
        }
    }

    fn plot(&self, figure: &Figure, title: &Text) -> Markup {
        html! {
            figcaption { (self.figure_number()) " " (line(title.get(self.lang))) }
            @match draw(figure, self.lang) {
                Ok(svg) => div.plot { (PreEscaped(svg)) },
                Err(error) => p.missing { (self.t(label::NO_FIGURE)) ": " (line(&error.to_string())) },
            }
        }
    }

    fn picture(
        &self,
        title: &Text,
        file: crate::Result<Option<Vec<u8>>>,
        (width, height): (u32, u32),
        time_s: Option<f64>,
    ) -> Markup {
        let how = match self.report.redact {
            Redact::Faces => label::SHOWN_FACES,
            Redact::None => label::SHOWN_NONE,
            Redact::All => label::SHOWN_ALL,
        };
        let reduced = redact::reduced((width, height));
        let numbered = self.figure_number();
        html! {
            figure id={ "figure-" (self.figures.get()) } {
                figcaption {
                    (numbered) " " (line(title.get(self.lang)))
                    span.why {
                        " (" @if let Some(t) = time_s {
                            (self.t(label::AT)) " " (number(t, self.lang)) " s"
                            @if t >= 100.0 { " = " (clock(t)) }
                            "; "
                        }
                        (width) " × " (height) " px"
                        @if reduced != (width, height) {
                            ", " (self.t(label::REDUCED)) " " (reduced.0) " × " (reduced.1) " px"
                        }
                        "; " (self.t(how)) ")"
                    }
                }
                @match file {
                    // The caption says that it is not shown, and why.
                    Ok(None) => {}
                    Ok(Some(file)) => img src={ "data:image/jpeg;base64," (STANDARD.encode(file)) }
                        alt={ (visible(title.get(self.lang))) " – " (self.t(how)) };,
                    Err(error) => p.missing { (self.t(label::NO_FIGURE)) ": " (line(&error.to_string())) },
                }
            }
        }
    }

    fn table(&self, title: &Text, columns: &[Text], rows: &[Vec<String>]) -> Markup {
        self.tables.set(self.tables.get() + 1);
        let table = html! {
            table {
                thead { tr { @for column in columns { th scope="col" { (line(column.get(self.lang))) } } } }
                tbody { @for row in rows.iter().take(MOST_ROWS) {
                    tr { @for cell in row { td { (lines(cell)) } } }
                } }
            }
        };
        html! {
            figure.table {
                figcaption {
                    strong { (self.t(label::TABLE)) " " (self.tables.get()) "." } " "
                    (line(title.get(self.lang)))
                }
                @if rows.is_empty() { p.missing { (self.t(label::EMPTY_TABLE)) } }
                @else { (scroll(&visible(title.get(self.lang)), table)) (self.cut(rows.len(), MOST_ROWS)) }
            }
        }
    }

    fn figure_number(&self) -> Markup {
        self.figures.set(self.figures.get() + 1);
        html! { strong { (self.t(label::FIGURE)) " " (self.figures.get()) "." } }
    }

    /// The values behind the curves, for those who cannot or will not read
    /// them off the drawing.
    fn curves(&self, x: &Axis, y: &Axis, series: &[Series]) -> Markup {
        let total: usize = series.iter().map(|s| s.points.len()).sum();
        if total == 0 {
            return html! {};
        }
        let step = total.div_ceil(MOST_VALUES);
        html! {
            details {
                summary { (self.t(label::FIGURE_DATA))
                    span.why { " (" (self.every(total, step)) span.paper { "; " (self.t(label::NOT_PRINTED)) } ")" }
                }
                table {
                    thead { tr {
                        th scope="col" { (self.t(label::CURVE)) }
                        th.number scope="col" { (line(x.label.get(self.lang))) }
                        th.number scope="col" { (line(y.label.get(self.lang))) }
                    } }
                    tbody { @for s in series { @for (a, b) in s.points.iter().step_by(step) { tr {
                        th scope="row" { (line(s.name.get(self.lang))) }
                        td.number { (number(*a, self.lang)) }
                        td.number { (number(*b, self.lang)) }
                    } } } }
                }
            }
        }
    }

    /// How many values are listed.
    fn every(&self, total: usize, step: usize) -> String {
        match (self.lang, step) {
            (Lang::En, 1) => format!("{total} points"),
            (Lang::Nl, 1) => format!("{total} punten"),
            (Lang::En, _) => format!("1 in {step} of {total} points"),
            (Lang::Nl, _) => format!("1 op de {step} van {total} punten"),
        }
    }

    /// Says how many of `total` are not shown, if any.
    pub(super) fn cut(&self, total: usize, most: usize) -> Markup {
        html! { @if let Some(cut) = label::cut(total, most, self.lang) { p.cut { (cut) } } }
    }
}
