//! What the findings are worth, and what is not established.

use super::page::{Block, Maker};
use super::words::{plain, spaced, strong};
use crate::evaluate::reference::Refusal;
use crate::report::label;
use crate::report::weighed::{Weighed, figures};

impl Maker<'_> {
    pub fn evaluation(&mut self) {
        let report = self.report;
        self.heading(1, self.t(label::EVALUATION));
        if report.weighed.is_empty() {
            let no_ratio = [strong(self.t(label::NO_LR)), plain(self.t(label::NO_LR_WHY))];
            self.text("plain", spaced(no_ratio));
        }
        for weighed in &report.weighed {
            self.weighed(weighed);
        }
        if !report.weighed.is_empty() {
            self.text("plain", plain(self.t(label::OTHERS_RAW)));
        }
        self.text("plain", plain(self.t(label::NFA_NOT_LR)));
    }

    /// One reference set: the pair, then each check with its ratio or the
    /// reason why there is none.
    fn weighed(&mut self, weighed: &Weighed) {
        let lang = self.report.lang;
        self.facts(&weighed.facts(lang));
        if weighed.any() {
            self.text("plain", plain(self.t(label::RATIOS_WHY)));
        } else {
            let none = [strong(self.t(label::NO_LR)), plain(self.t(label::SET_UNSUITED))];
            self.text("plain", spaced(none));
        }
        for (check, outcome) in &weighed.outcomes {
            self.heading(2, check);
            match outcome {
                Err(Refusal(why)) => {
                    let why = format!("{}.", why.get(lang));
                    self.text("plain", spaced([strong(self.t(label::NO_LR)), plain(&why)]));
                }
                Ok(found) => {
                    self.text("lead", plain(weighed.words(found).get(lang)));
                    self.facts(&weighed.given(found, lang));
                    for (title, figure) in figures(found) {
                        self.plate(&figure, &title);
                    }
                    self.close_pair();
                }
            }
        }
    }

    pub fn limits(&mut self) {
        self.heading(1, self.t(label::LIMITS));
        let limits = label::ALL_LIMITS.iter().map(|limit| plain(self.t(*limit)));
        let items = limits.collect();
        self.blocks.push(Block::List { items });
    }
}
