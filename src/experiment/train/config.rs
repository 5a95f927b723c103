//! A training file: what is learnt, from what, and how long.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::experiment::config;
use crate::{Error, Result};

/// A training.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What is asked, as one sentence.
    pub question: String,
    /// What the detector is to tell apart.
    pub task: Task,
    /// Its architecture; one of the compact networks.
    pub network: String,
    /// Side of its square input, in pixels.
    pub side: usize,
    /// Seed of everything drawn at random.
    pub seed: u64,
    /// What it learns from.
    pub data: Data,
    /// How it learns.
    pub learn: Learn,
    /// What should come out.
    pub expect: Option<Expect>,
    /// Development tests, after the weights were chosen.
    #[serde(default, rename = "trial")]
    pub trials: Vec<Trial>,
}

/// Known fakes against genuine files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Name in the result.
    pub name: String,
    /// Files of the test split whose names begin so are the genuine ones.
    pub genuine_test: Option<String>,
    /// Further genuine files or folders, which are nowhere else.
    #[serde(default)]
    pub genuine: Vec<PathBuf>,
    /// Changed files or folders.
    #[serde(default)]
    pub changed: Vec<PathBuf>,
}

/// What should come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// AUC of the kept weights on the validation pairs.
    pub validation_auc: f64,
    /// How far from it the outcome may lie.
    pub tolerance: f64,
    /// Where the value comes from.
    pub source: String,
}

/// What the two halves of a pair are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Faces, and the same blended with themselves or with parts of others.
    Swap,
    /// Pieces of pictures, and the same as generators would leave them.
    Generated,
}

/// Authentic material, under the folder given with `--data`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Folders of photographs; each file is a source.
    pub pictures: Vec<PathBuf>,
    /// Clips, each a source; a frame a second is taken, at most twelve.
    #[serde(default)]
    pub clips: Vec<PathBuf>,
    /// Parts of the sources that choose the weights, and that are never looked at.
    pub validation: f64,
    /// As above: kept for the development test.
    pub test: f64,
    /// Folder with `taef2_encoder.pth` and `taef2_decoder.pth`, for pairs through
    /// a generator's decoder.
    pub decoder: Option<PathBuf>,
    /// How many sources go through it: a second or so each.
    #[serde(default)]
    pub decoded: usize,
}

/// How it learns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learn {
    /// Steps in all.
    pub steps: u64,
    /// Pairs a step.
    pub pairs: usize,
    /// Highest rate.
    pub rate: f64,
    /// Steps in which the rate rises from 0; it then falls along half a cosine.
    pub warm_up: u64,
    /// Decay of weights.
    pub decay: f64,
    /// Largest norm of a gradient.
    pub clip: f64,
    /// Part of the averaged weights that stays at each step.
    pub average: f64,
    /// Steps between two looks at the validation pairs, each with a checkpoint.
    pub look: u64,
    /// Validation pairs of each source.
    pub looks: u64,
    /// Part of the pairs that are frames of a clip of H.264, from 0 (the default) to
    /// 1; they take the `ffmpeg` program, a process for each half.
    #[serde(default)]
    pub video: f64,
}

impl Plan {
    /// Reads a training file; gives its text too.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Unreadable`] for an unknown key, or a number that
    /// makes no sense.
    pub fn read(path: &Path) -> Result<(Self, String)> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        Ok((Self::parse(&text, path)?, text))
    }

    /// As [`Plan::read`], from the text of the file at `path`.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let plan: Self = config::parse(text, path)?;
        plan.sound().map_err(|why| Error::unreadable(path, why))?;
        Ok(plan)
    }

    fn sound(&self) -> Result<(), String> {
        let Learn { steps, pairs, rate, warm_up, decay, clip, average, look, looks, video } =
            self.learn;
        let whole = [("steps", steps), ("pairs", pairs as u64), ("look", look), ("looks", looks)];
        for (name, value) in whole {
            if !(1..=1_000_000).contains(&value) {
                return Err(format!("{name} = {value}; 1 to 1000000 make sense"));
            }
        }
        let parts = [("validation", self.data.validation), ("test", self.data.test)];
        for (name, value) in parts {
            if !(0.0..0.5).contains(&value) {
                return Err(format!("{name} = {value}; 0 to 0.5 make sense"));
            }
        }
        let side = if self.task == Task::Swap { 48..=176 } else { 48..=112 };
        if !side.contains(&self.side) {
            return Err(format!("side = {}; {side:?} make sense for this task", self.side));
        }
        let sane = rate > 0.0 && rate < 1.0 && (0.0..1.0).contains(&decay) && clip > 0.0;
        if !sane || !(0.0..1.0).contains(&average) || warm_up >= steps {
            return Err("rate, decay, clip, average or warm_up makes no sense".to_owned());
        }
        if !(0.0..=1.0).contains(&video) {
            return Err(format!("video = {video}; 0 to 1 make sense"));
        }
        if self.data.validation == 0.0 {
            return Err("without validation sources no weights can be chosen".to_owned());
        }
        Ok(())
    }

    /// The rate of step `at` (from 0): up in a line, then down along half a cosine
    /// (Loshchilov & Hutter, SGDR, 2017, without restarts).
    pub fn rate(&self, at: u64) -> f64 {
        let Learn { steps, rate, warm_up, .. } = self.learn;
        if at < warm_up {
            return rate * (at + 1) as f64 / warm_up as f64;
        }
        let part = (at - warm_up) as f64 / (steps - warm_up) as f64;
        rate * 0.5 * (1.0 + (std::f64::consts::PI * part.min(1.0)).cos())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may stop where it stands
mod tests {
    use super::*;

    fn text(change: (&str, &str)) -> String {
        "question = \"\"\ntask = \"swap\"\nnetwork = \"rich\"\nside = 64\nseed = 5\n[data]\n\
         pictures = []\nvalidation = 0.2\ntest = 0.2\n[learn]\nsteps = 100\npairs = 2\n\
         rate = 1e-3\nwarm_up = 10\ndecay = 0.0\nclip = 1.0\naverage = 0.9\nlook = 5\nlooks = 1\n"
            .replace(change.0, change.1)
    }

    #[test]
    fn the_rate_rises_and_falls_to_almost_nothing() {
        let plan: Plan = toml::from_str(&text(("", ""))).unwrap();
        assert!((plan.rate(0) - 1e-4).abs() < 1e-12);
        assert!((plan.rate(9) - 1e-3).abs() < 1e-12);
        assert!((plan.rate(55) - 5e-4).abs() < 1e-12);
        assert!(plan.rate(99) < 1e-6);
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for change in [
            ("validation = 0.2", "validation = 0.0"),
            ("warm_up = 10", "warm_up = 100"),
            ("side = 64", "side = 1000"),
            ("rate = 1e-3", "rate = -1.0"),
            ("pairs = 2", "pairs = 0"),
            ("looks = 1", "looks = 1\nvideo = 1.5"),
        ] {
            let plan: Plan = toml::from_str(&text(change)).unwrap();
            assert!(plan.sound().is_err(), "{change:?}");
        }
    }
}
