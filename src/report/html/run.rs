//! With what the examination was done, how to repeat it, and who signs.

use maud::{Markup, html};

use super::{Page, facts, line, scroll};
use crate::plot::number;
use crate::report::label;

impl Page<'_> {
    pub(super) fn run(&self) -> Markup {
        let report = self.report;
        let tool = &report.tool;
        let mut rows = vec![(self.t(label::PROGRAM), html! { "waarmerk " (tool.version) })];
        let unknown = || html! { (self.t(label::NOT_DETERMINED)) };
        rows.push((
            self.t(label::COMMIT),
            tool.commit.as_ref().map_or_else(unknown, |c| html! { code.digest { (c) } }),
        ));
        let binary = tool.binary_sha256.as_ref();
        rows.push((
            self.t(label::BINARY),
            binary.map_or_else(unknown, |d| html! { code.digest { (d) } }),
        ));
        rows.push((self.t(label::FFMPEG), line(&tool.ffmpeg)));
        rows.push((self.t(label::DEVICE), line(&tool.device)));
        rows.push((
            self.t(label::REDACTION),
            html! { code { "--redact " (report.redact.name()) } },
        ));
        rows.push((self.t(label::STARTED), line(&report.started)));
        rows.push((self.t(label::FINISHED), line(&report.finished)));
        html! {
            section #run {
                h2 { (self.t(label::RUN)) }
                (facts(&rows))
                h3 { (self.t(label::COMMAND)) }
                pre.command { (line(&shell(&tool.command))) }
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
        let rows = [
            label::CASE,
            label::CUSTOMER,
            label::RECEIVED,
            label::DEVIATIONS,
            label::EXAMINER,
            label::REVIEWER,
        ];
        html! {
            section #sign {
                h2 { (self.t(label::SIGN)) }
                p { (self.t(label::BY_HAND)) }
                table.facts.blank {
                    tbody { @for row in rows { tr { th scope="row" { (self.t(row)) } td { } } } }
                }
            }
        }
    }
}

/// The command line as a POSIX shell would take it.
fn shell(command: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    command
        .iter()
        .map(|word| match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_for_the_shell() {
        let command = ["waarmerk", "examine", "a b's.mp4", "", "$(rm x)"].map(str::to_owned);
        assert_eq!(super::shell(&command), "waarmerk examine 'a b'\\''s.mp4' '' '$(rm x)'");
    }
}
