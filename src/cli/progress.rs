//! The progress bar: on standard error, and only when that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::checks::pass::Progress;

/// A bar over the seconds of one exhibit.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar for `name`, whose length is `duration_s` when that is known.
    /// indicatif hides it when standard error is not a terminal.
    pub fn new(name: &str, duration_s: Option<f64>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = match duration_s {
            Some(seconds) if seconds > 0.0 => {
                bar.set_length(millis(seconds));
                "{prefix:.bold} [{bar:28}] {percent:>3}%  {msg}  {elapsed} gone, {eta} left"
            }
            _ => "{prefix:.bold} {spinner} {msg}  {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(crate::text::visible(name));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Moves the bar.
    pub fn update(&self, progress: Progress) {
        let elapsed = self.0.elapsed().as_secs_f64();
        if progress.frames > 0 && elapsed > 0.0 {
            self.0.set_message(format!(
                "{} frames, {:.0}/s, {:.1}x real time",
                progress.frames,
                progress.frames as f64 / elapsed,
                progress.time_s / elapsed
            ));
        }
        self.0.set_position(millis(progress.time_s));
    }

    /// Says which stage is under way, where no count fits.
    pub fn stage(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

/// A bar over a number of things.
pub struct Count(ProgressBar);

impl Count {
    /// A bar for `name`, which counts `things`.
    pub fn new(name: &str, things: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = format!(
            "{{prefix:.bold}} [{{bar:28}}] {{pos}} of {{len}} {things}, {{per_sec}}, {{eta}} left {{msg}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(crate::text::visible(name));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// `done` of `all` are done.
    pub fn update(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    /// Says something beside the count.
    pub fn message(&self, what: &str) {
        self.0.set_message(crate::text::visible(what));
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

fn millis(seconds: f64) -> u64 {
    // Saturating by the language: negative becomes 0.
    (seconds * 1000.0) as u64
}
