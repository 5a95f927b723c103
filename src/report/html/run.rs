//! With what the examination was done, how to repeat it, and who signs.

use maud::{Markup, html};

use super::{Page, fact_table, line, scroll};
use crate::plot::number;
use crate::report::{facts, label};

impl Page<'_> {
    pub(super) fn run(&self) -> Markup {
        html! {
            section #run {
                h2 { (self.t(label::RUN)) }
                (fact_table(&facts::run(self.report)))
                h3 { (self.t(label::COMMAND)) }
                pre.command { (line(&facts::shell(&self.report.tool.command))) }
                p { (self.t(label::COMMAND_WHY)) }
                (self.models())
                (self.options())
                (self.timings())
            }
        }
    }

    fn models(&self) -> Markup {
        let models = &self.report.tool.models;
        let table = html! {
            table {
                thead { tr {
                    th scope="col" { (self.t(label::MODEL)) }
                    th scope="col" { (self.t(label::ORIGIN)) }
                    th scope="col" { (self.t(label::LICENCE)) }
                    th scope="col" { "SHA-256" }
                } }
                tbody { @for model in models { tr {
                    th scope="row" { (line(&model.name)) }
                    td { (line(&model.origin)) }
                    td { (line(&model.licence)) }
                    td { code.digest { (model.sha256) } }
                } } }
            }
        };
        html! {
            h3 { (self.t(label::MODELS)) }
            @if models.is_empty() { p { (self.t(label::NO_MODELS)) } }
            @else { (scroll(self.t(label::MODELS), table)) }
        }
    }

    fn options(&self) -> Markup {
        let options = &self.report.tool.options;
        html! { @if !options.is_empty() {
            h3 { (self.t(label::OPTIONS)) }
            table.narrow {
                thead { tr {
                    th scope="col" { (self.t(label::OPTION)) }
                    th scope="col" { (self.t(label::SETTING)) }
                } }
                tbody { @for (option, setting) in options { tr {
                    th scope="row" { code { (line(option)) } }
                    td { (line(setting)) }
                } } }
            }
        } }
    }

    fn timings(&self) -> Markup {
        let timings = &self.report.timings;
        html! { @if !timings.is_empty() {
            h3 { (self.t(label::TIMINGS)) }
            table.narrow {
                thead { tr {
                    th scope="col" { (self.t(label::STAGE)) }
                    th.number scope="col" { (self.t(label::SECONDS)) }
                } }
                tbody { @for timing in timings { tr {
                    th scope="row" { (line(label::stage(&timing.stage).map_or(timing.stage.as_str(), |l| self.t(l)))) }
                    td.number { (number(timing.seconds, self.lang)) }
                } } }
            }
        } }
    }

    pub(super) fn sign(&self) -> Markup {
        html! {
            section #sign {
                h2 { (self.t(label::SIGN)) }
                p { (self.t(label::BY_HAND)) }
                table.facts.blank {
                    tbody { @for (name, value) in facts::sign(self.report) {
                        tr { th scope="row" { (name) } td { @if !value.is_empty() { (line(&value)) } } }
                    } }
                }
            }
        }
    }
}
