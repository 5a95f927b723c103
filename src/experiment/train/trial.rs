//! The development test: known fakes against genuine pictures of the test split,
//! after the weights were chosen and never before.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::config::{Plan, Task, Trial};
use super::pairs::MARGIN;
use super::pixels::Pixels;
use super::store::{self, Split, cut, frames, widest_face};
use crate::evaluate::{Labelled, bootstrap, roc};
use crate::faces::{Follower, roi::Roi};
use crate::media::{Affine, FaceDetail};
use crate::models::learner::Averaged;
use crate::{Error, Result};

/// Squares of a frame a side, at most.
const SQUARES: usize = 4;
/// Quality at which both classes are stored once more, so that neither's own
/// coding tells it.
const EQUAL: u8 = 75;

/// What a trial gave.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// Its name.
    pub name: String,
    /// `as stored`, or `JPEG 75` where both classes were stored once more.
    pub way: String,
    /// Genuine and changed files judged.
    pub files: [usize; 2],
    /// Area under the ROC.
    pub auc: Option<f64>,
    /// Middle 95 % over resampled files.
    pub auc_interval: Option<(f64, f64)>,
    /// Shares of genuine and of changed files at or above the threshold that 1 % of
    /// the genuine validation halves reach.
    pub flagged_at_1: [f64; 2],
    /// The same for 5 %.
    pub flagged_at_5: [f64; 2],
    /// Mean logit of every file, with whether it is changed.
    pub scores: Vec<(String, bool, f64)>,
}

/// Runs the trials of a plan.
///
/// # Errors
/// When a folder cannot be read or a network fails.
pub fn run(
    plan: &Plan,
    root: &Path,
    network: &Averaged,
    thresholds: [f64; 2],
    faces: Option<&Follower>,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Tried>> {
    let mut done = Vec::new();
    for trial in &plan.trials {
        let files = files(plan, root, trial)?;
        let mut scores = [Vec::new(), Vec::new()];
        for (at, (path, changed)) in files.iter().enumerate() {
            told(at, files.len());
            let crops = crops(plan, path, faces)?;
            if crops.is_empty() {
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let again = crops.iter().map(|crop| crop.through_jpeg(EQUAL, true));
            let again = again.collect::<Result<Vec<_>>>()?;
            for (scores, crops) in scores.iter_mut().zip([&crops, &again]) {
                scores.push((name.clone(), *changed, judged(plan, network, crops)?));
            }
        }
        let [stored, equal] = scores;
        let ways = [("as stored".to_owned(), stored), (format!("JPEG {EQUAL}"), equal)];
        done.extend(ways.map(|(way, scores)| tried(plan, trial, way, scores, thresholds)));
    }
    Ok(done)
}

/// Files of a trial with whether they are changed.
fn files(plan: &Plan, root: &Path, trial: &Trial) -> Result<Vec<(PathBuf, bool)>> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = Vec::new();
    for path in store::files(root, &plan.data)? {
        let (name, genuine) = (name(&path), trial.genuine_test.as_ref());
        let like = genuine.is_some_and(|start| name.starts_with(start.as_str()));
        if like && store::split(&name, plan.seed, &plan.data) == Split::Test {
            files.push((path, false));
        }
    }
    for (paths, changed) in [(&trial.genuine, false), (&trial.changed, true)] {
        for path in paths.iter().map(|path| root.join(path)) {
            if !path.is_dir() {
                files.push((path, changed));
                continue;
            }
            let failed = |e| Error::io(&path, e);
            for entry in std::fs::read_dir(&path).map_err(failed)? {
                files.push((entry.map_err(failed)?.path(), changed));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What the detector is fed of a file, as the check `detectors` cuts it.
fn crops(plan: &Plan, path: &Path, faces: Option<&Follower>) -> Result<Vec<Pixels>> {
    let side = plan.side;
    let mut crops = Vec::new();
    let mut follower = faces.cloned();
    frames(path, |frame| {
        let mut add = |place: &Affine| {
            crops.push(Pixels::of_bytes(&cut(frame, place, side), side, side));
        };
        if plan.task == Task::Swap {
            let Some(follower) = &mut follower else { return Ok(()) };
            let found = follower.follow(frame, FaceDetail::Mesh)?;
            if let Some(roi) = widest_face(&found).and_then(|face| Roi::of_mesh(&face.mesh)) {
                add(&Roi { size: roi.size / store::MESH_MARGIN * MARGIN, ..roi }.to_display(side));
            }
            return Ok(());
        }
        let (width, height) = (frame.display_width as usize, frame.display_height as usize);
        let [columns, rows] = [width, height].map(|length| (length / side).min(SQUARES));
        let start = |at: usize, count: usize, length: usize| {
            ((length - side) * (2 * at + 1) / (2 * count)) as f32
        };
        for at in 0..columns * rows {
            let (x, y) = (start(at % columns, columns, width), start(at / columns, rows, height));
            add(&Affine::scaling(1.0, 1.0, x, y));
        }
        Ok(())
    })?;
    Ok(crops)
}

fn judged(plan: &Plan, network: &Averaged, crops: &[Pixels]) -> Result<f64> {
    let mut sum = 0.0;
    for crops in crops.chunks(16) {
        let data: Vec<f32> = crops.iter().flat_map(|crop| crop.data.iter().copied()).collect();
        let logits = network.logits(&data, plan.side, crops.len())?;
        // Means of scores, as the check takes them.
        sum += logits.iter().map(|z| 1.0 / (1.0 + f64::from(-z).exp())).sum::<f64>();
    }
    let mean = (sum / crops.len().max(1) as f64).clamp(1e-9, 1.0 - 1e-9);
    Ok((mean / (1.0 - mean)).ln())
}

fn tried(
    plan: &Plan,
    trial: &Trial,
    way: String,
    scores: Vec<(String, bool, f64)>,
    thresholds: [f64; 2],
) -> Tried {
    let items: Vec<Labelled> = scores
        .iter()
        .enumerate()
        .map(|(source, (_, h1, score))| Labelled { score: *score, h1: *h1, source })
        .collect();
    let share = |h1: bool, threshold: f64| {
        let of: Vec<_> = items.iter().filter(|item| item.h1 == h1).collect();
        let flagged = of.iter().filter(|item| item.score >= threshold).count();
        flagged as f64 / of.len().max(1) as f64
    };
    let [one, five] = thresholds;
    let changed = items.iter().filter(|item| item.h1).count();
    Tried {
        name: trial.name.clone(),
        way,
        files: [items.len() - changed, changed],
        auc: roc::auc(&items),
        auc_interval: bootstrap::interval(&items, bootstrap::SAMPLES, plan.seed, roc::auc),
        flagged_at_1: [share(false, one), share(true, one)],
        flagged_at_5: [share(false, five), share(true, five)],
        scores,
    }
}
