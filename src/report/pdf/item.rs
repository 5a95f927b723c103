//! What is asked, what was examined, how it came, and in what state it is.

use super::page::{Block, Maker, Table};
use super::words::{self, Words, code, plain, spaced, strong};
use crate::report::moment::moment;
use crate::report::proposition::pairs;
use crate::report::{facts, label};

impl Maker<'_> {
    pub fn propositions(&mut self) {
        let lang = self.report.lang;
        self.heading(1, self.t(label::PROPOSITIONS));
        if let Some(question) = &self.report.lab.question {
            self.text("lead", words::lines(question));
        }
        self.text("plain", plain(self.t(label::PROPOSITIONS_WHY)));
        let heads = [label::ABOUT, label::PROPOSITION_1, label::PROPOSITION_2, label::GROUPS];
        let rows = pairs(self.report).into_iter().map(|pair| {
            let groups: Vec<_> = pair.groups.iter().map(|g| label::group(*g).get(lang)).collect();
            vec![
                strong(pair.about.get(lang)),
                plain(pair.h1.get(lang)),
                plain(pair.h2.get(lang)),
                plain(&groups.join(", ")),
            ]
        });
        let rows = rows.collect();
        self.whole_table(Table {
            columns: heads.map(|head| plain(head.get(lang))).to_vec(),
            widths: vec![3, 6, 5, 3],
            rows,
            ..Table::default()
        });
    }

    pub fn item(&mut self) {
        let report = self.report;
        let exhibit = &report.exhibit;
        self.heading(1, self.t(label::ITEM));
        self.facts(&facts::item(report));
        let notes = |notes: Vec<&crate::text::Text>| -> Vec<Words> {
            notes.into_iter().map(|note| plain(note.get(report.lang))).collect()
        };
        if !exhibit.notes.is_empty() {
            self.heading(2, self.t(label::NOTES));
            self.blocks.push(Block::List { items: notes(exhibit.notes.iter().collect()) });
        }
        let video = exhibit.video.as_ref().map_or(&[][..], |v| &v.tags);
        let audio = exhibit.audio.as_ref().map_or(&[][..], |a| &a.tags);
        let tables = [
            (label::OF_FILE, &exhibit.tags[..]),
            (label::OF_PICTURE, video),
            (label::OF_SOUND_STREAM, audio),
        ];
        let row = |of: label::Label, (tag, value): &(String, String)| {
            vec![plain(of.get(report.lang)), plain(tag), words::lines(value)]
        };
        let rows: Vec<_> =
            tables.iter().flat_map(|(of, tags)| tags.iter().map(|tag| row(*of, tag))).collect();
        if !rows.is_empty() {
            self.heading(2, self.t(label::TAGS));
            self.table(Table {
                columns: [label::OF_WHAT, label::TAG, label::AS_STORED]
                    .map(|l| plain(self.t(l)))
                    .to_vec(),
                rows,
                ..Table::default()
            });
        }
        let remarks: Vec<_> =
            report.notes.iter().filter(|note| !exhibit.notes.contains(note)).collect();
        if !remarks.is_empty() {
            self.heading(2, self.t(label::RUN_NOTES));
            self.blocks.push(Block::List { items: notes(remarks) });
        }
    }

    pub fn custody(&mut self) {
        let report = self.report;
        self.heading(1, self.t(label::CUSTODY));
        let Some(handling) = &report.lab.handling else {
            return self.text("plain", plain(self.t(label::NO_CUSTODY)));
        };
        let rows = facts::obtained(report);
        let rows = rows.iter().map(|(name, value)| (plain(name), plain(value)));
        self.blocks.push(Block::Facts { rows: rows.collect() });
        let head = [plain(self.t(label::CUSTODY_WHY)), code(&handling.head)];
        self.text("plain", spaced(head));
        let rows = handling.steps.iter().map(|step| {
            vec![
                plain(&step.line.to_string()),
                plain(&moment(&step.at, report.lang)),
                plain(&step.by),
                plain(step.what.get(report.lang)),
            ]
        });
        let heads = [label::LOG_LINE, label::MOMENT, label::WHO, label::EVENT];
        self.whole_table(Table {
            columns: heads.map(|head| plain(head.get(report.lang))).to_vec(),
            widths: vec![0, 3, 2, 8],
            right: vec![true],
            rows: rows.collect(),
            ..Table::default()
        });
    }

    pub fn condition(&mut self) {
        let report = self.report;
        self.heading(1, self.t(label::CONDITION));
        self.text("plain", plain(self.t(label::CONDITION_WHY)));
        self.facts(&facts::condition(report));
    }
}
