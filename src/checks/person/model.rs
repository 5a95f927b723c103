//! What is kept of a person, and how far something lies from it.

use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::signals::PAIRS;
use crate::models::store::write;
use crate::signal::stats::median;
use crate::text::Text;
use crate::{Error, Result};

/// Least standard deviation of a correlation: that of 10 s with some 100
/// independent moments and no correlation, 1/√100.
const LEAST_SD: f64 = 0.1;
/// Least enrolment in seconds, and what a window adds to a clip's first 10 s.
const LEAST_S: f64 = 120.0;
const FIRST_S: f64 = 10.0;
const STEP_S: f64 = 5.0;
/// Ratio of distances between clips to those within them from which a model is
/// told to be mixed.
pub const MIXED: f64 = 1.3;
/// Largest model file that is read: ten hours of windows.
const MAX_BYTES: u64 = 64 << 20;

/// An enrolled person.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Authentic clips.
    pub clips: Vec<Clip>,
}

/// One authentic clip.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Clip {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Correlations of each window.
    pub windows: Vec<Vec<f32>>,
}

impl Clip {
    /// Seconds that the windows cover.
    pub fn seconds(&self) -> f64 {
        match self.windows.len() {
            0 => 0.0,
            n => FIRST_S + STEP_S * (n - 1) as f64,
        }
    }
}

impl Model {
    /// A model of at least two clips and two minutes.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is less, or a clip is there twice.
    pub fn new(name: &str, clips: Vec<Clip>) -> Result<Self> {
        let clips: Vec<Clip> = clips.into_iter().filter(|c| !c.windows.is_empty()).collect();
        for (i, clip) in clips.iter().enumerate() {
            if clips.iter().skip(i + 1).any(|other| other.sha256 == clip.sha256) {
                return Err(Error::Usage("a clip is there twice".to_owned()));
            }
        }
        let seconds = clips.iter().map(Clip::seconds).fold(0.0, |a: f64, b| a + b);
        if clips.len() < 2 || seconds < LEAST_S {
            return Err(Error::Usage(format!(
                "{seconds:.0} s of one face in {} usable clips: enrolment takes at least two clips and {LEAST_S} s",
                clips.len()
            )));
        }
        Ok(Self { name: name.to_owned(), clips })
    }

    /// How many times as far the windows of a clip lie from the mean of another
    /// clip as from the mean of the same clip's windows that do not overlap them;
    /// medians, in the standard deviations of all. `None` without such windows.
    pub fn clips_apart(&self) -> Option<f64> {
        let scale = Scale::of(&self.clips.iter().collect::<Vec<_>>())?;
        let (mut within, mut between) = (Vec::new(), Vec::new());
        for (i, clip) in self.clips.iter().enumerate() {
            for (k, window) in clip.windows.iter().enumerate() {
                // A window lasts two steps: its neighbours share half of it.
                let apart = clip.windows.iter().enumerate().filter(|(j, _)| j.abs_diff(k) > 1);
                within.extend(scale.off_mean(window, apart.map(|(_, w)| w)));
                let others = self.clips.iter().enumerate().filter(|(j, _)| *j != i);
                between.extend(
                    others.filter_map(|(_, other)| scale.off_mean(window, other.windows.iter())),
                );
            }
        }
        let within = median(&mut within).filter(|d| *d > 0.0)?;
        Some(median(&mut between)? / within)
    }

    /// Distances of each clip's windows from the model of the other clips.
    pub fn left_out(&self) -> Vec<f64> {
        let mut out = Vec::new();
        for (i, clip) in self.clips.iter().enumerate() {
            let others: Vec<&Clip> =
                self.clips.iter().enumerate().filter(|(k, _)| *k != i).map(|(_, c)| c).collect();
            if let Some(scale) = Scale::of(&others) {
                out.extend(clip.windows.iter().map(|w| scale.distance(w)));
            }
        }
        out
    }
}

/// What to say of clips that lie `ratio` times as far from each other as from
/// themselves.
pub fn mixed(ratio: f64) -> Text {
    Text::measured(
        format!(
            "The enrolled clips lie {ratio:.1} times as far from each other as parts of one clip do: they may show different persons, or very different occasions. Such a model is wide and fits strangers too."
        ),
        format!(
            "De bewaarde clips liggen {ratio:.1} keer zo ver van elkaar als delen van één clip: ze kunnen verschillende personen tonen, of heel verschillende gelegenheden. Zo'n model is ruim en past ook op vreemden."
        ),
    )
}

/// Mean and standard deviation of every correlation.
pub struct Scale {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Scale {
    /// Of all windows of some clips; `None` without any.
    pub fn of(clips: &[&Clip]) -> Option<Self> {
        let windows: Vec<&Vec<f32>> =
            clips.iter().flat_map(|c| &c.windows).filter(|w| w.len() == PAIRS).collect();
        let n = windows.len() as f64;
        if windows.is_empty() {
            return None;
        }
        let at = |k: usize| windows.iter().filter_map(move |w| w.get(k).map(|v| f64::from(*v)));
        let mean: Vec<f64> = (0..PAIRS).map(|k| at(k).sum::<f64>() / n).collect();
        let sd = mean.iter().enumerate().map(|(k, m)| {
            let squares: f64 = at(k).map(|v| (v - m).powi(2)).sum();
            (squares / (n - 1.0).max(1.0)).sqrt().max(LEAST_SD)
        });
        Some(Self { sd: sd.collect(), mean })
    }

    /// Distance of a window from the mean of some others, in these standard
    /// deviations; `None` with fewer than three of them.
    fn off_mean<'a>(
        &self,
        window: &[f32],
        others: impl Iterator<Item = &'a Vec<f32>>,
    ) -> Option<f64> {
        let others: Vec<&Vec<f32>> = others.collect();
        if others.len() < 3 {
            return None;
        }
        let parts = window.iter().zip(&self.sd).enumerate().map(|(k, (v, sd))| {
            let sum: f64 = others.iter().filter_map(|w| w.get(k)).map(|v| f64::from(*v)).sum();
            ((f64::from(*v) - sum / others.len() as f64) / sd).powi(2)
        });
        Some((parts.sum::<f64>() / PAIRS as f64).sqrt())
    }

    /// Root mean square of the differences in standard deviations.
    pub fn distance(&self, window: &[f32]) -> f64 {
        let parts = window.iter().zip(&self.mean).zip(&self.sd);
        let sum: f64 = parts.map(|((v, m), s)| ((f64::from(*v) - m) / s).powi(2)).sum();
        (sum / PAIRS as f64).sqrt()
    }
}

/// Where persons are kept: `$WAARMERK_PERSONS`, else
/// `$XDG_DATA_HOME/waarmerk/persons`, else `~/.local/share/waarmerk/persons`.
///
/// # Errors
/// [`Error::Usage`] when none of the three variables is set.
pub fn folder() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("WAARMERK_PERSONS") {
        return Ok(folder);
    }
    let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("waarmerk/persons")).ok_or_else(|| {
        Error::Usage("where are the persons? HOME is not set; set WAARMERK_PERSONS".to_owned())
    })
}

/// The file of a person.
///
/// # Errors
/// [`Error::Usage`] for a name that is more than letters, digits, - and _.
fn file(folder: &Path, name: &str) -> Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(Error::Usage(
            "the name of a person may hold up to 64 letters, digits, - and _".to_owned(),
        ));
    }
    Ok(folder.join(format!("{name}.json")))
}

/// Reads an enrolled person.
///
/// # Errors
/// [`Error::Usage`] when there is none of that name; [`Error::Unreadable`] for
/// a damaged file.
pub fn load(folder: &Path, name: &str) -> Result<Model> {
    let path = file(folder, name)?;
    let file = fs::File::open(&path).map_err(|_| {
        Error::Usage(format!("no person `{name}` is enrolled (`waarmerk person list`)"))
    })?;
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(|e| Error::io(&path, e))?;
    let damaged = |why: String| Error::Unreadable { path: path.clone(), reason: why };
    let model: Model = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
    let sound = |w: &Vec<f32>| w.len() == PAIRS && w.iter().all(|v| v.is_finite());
    if !model.clips.iter().flat_map(|c| &c.windows).all(sound) {
        return Err(damaged("a window does not hold 190 numbers".to_owned()));
    }
    Ok(model)
}

/// Keeps a person, and gives the file.
///
/// # Errors
/// [`Error::Usage`] when the name is taken and `replace` is not set, or is no
/// name; [`Error::Io`] when it cannot be written.
pub fn store(folder: &Path, model: &Model, replace: bool) -> Result<PathBuf> {
    let path = file(folder, &model.name)?;
    if path.exists() && !replace {
        return Err(Error::Usage(format!(
            "`{}` is enrolled already (--replace puts this in its place)",
            model.name
        )));
    }
    let text = serde_json::to_string(model).map_err(|e| Error::compute("keeping a person", e))?;
    // At once or not at all: a full disk costs no person enrolled before.
    write(&path, text.as_bytes())?;
    Ok(path)
}

/// Names of those enrolled, sorted.
///
/// # Errors
/// [`Error::Io`] when the folder is there but cannot be read.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}
