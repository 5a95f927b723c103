//! What the way DeepfakeBench counts does to a number (Yan et al. 2023; its
//! source as of 2023): only the first N frames of a clip are scored, and
//! "videos" are the folders that frames lie in, which bear the clip's name.
//! FaceForensics++ gives the four fakes of one pair the same name, so that
//! they become one video. A test of single frames is not touched by the second,
//! one of videos by both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::score::Score;
use super::summary::Cell;
use crate::evaluate::{Labelled, roc};

/// Areas under the ROC of one method on one slice, counted in both ways.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Slice.
    pub slice: String,
    /// Method.
    pub method: String,
    /// Of frames spread over the clips.
    pub frames: Option<f64>,
    /// Of the first frames of the clips.
    pub first_frames: Option<f64>,
    /// Clips, and what is left of them when those of one name become one.
    pub videos: [usize; 2],
    /// Of clips, each the mean of its frames.
    pub by_video: Option<f64>,
    /// Of names, each the mean of the first frames of its clips.
    pub by_name: Option<f64>,
}

/// Counts the frames of `cell` in both ways; `None` without frames.
pub fn counted(cell: &Cell<'_>, first: usize) -> Option<Counted> {
    let clips: Vec<(&Score, bool)> = cell
        .rows
        .iter()
        .filter(|row| !row.frames.is_empty())
        .filter_map(|row| Some((*row, row.fake()?)))
        .collect();
    if clips.is_empty() {
        return None;
    }
    let single = |most: usize| -> Vec<Labelled> {
        let frames = clips
            .iter()
            .flat_map(|(row, h1)| row.frames.iter().take(most).map(move |score| item(*score, *h1)));
        frames.collect()
    };
    let mean = |frames: &[f64]| frames.iter().sum::<f64>() / frames.len().max(1) as f64;
    let videos: Vec<Labelled> =
        clips.iter().map(|(row, h1)| item(mean(&row.frames), *h1)).collect();
    let mut names: BTreeMap<(&str, bool), Vec<f64>> = BTreeMap::new();
    for (row, h1) in &clips {
        let file = row.key.rsplit('/').next().unwrap_or(&row.key);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        names.entry((stem, *h1)).or_default().extend(row.frames.iter().take(first));
    }
    let merged: Vec<Labelled> =
        names.iter().map(|((_, h1), frames)| item(mean(frames), *h1)).collect();
    Some(Counted {
        slice: cell.slice.to_owned(),
        method: cell.method.name.clone(),
        frames: roc::auc(&single(usize::MAX)),
        first_frames: roc::auc(&single(first)),
        videos: [videos.len(), merged.len()],
        by_video: roc::auc(&videos),
        by_name: roc::auc(&merged),
    })
}

fn item(score: f64, h1: bool) -> Labelled {
    Labelled { score, h1, source: 0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;
    use crate::experiment::metric::Learnt;
    use crate::experiment::question::Method;
    use crate::experiment::score::Outcome;

    fn row(key: &str, label: &str, frames: &[f64]) -> Score {
        Score {
            slice: "s".into(),
            key: key.into(),
            source: key.into(),
            degraded: None,
            label: Some(label.into()),
            generator: None,
            compression: None,
            face_px: None,
            truth: None,
            method: "m".into(),
            value: None,
            score: None,
            status: Outcome::Ok,
            reason: None,
            seconds: 0.0,
            frames: frames.to_vec(),
        }
    }

    #[test]
    fn clips_of_one_name_become_one_and_later_frames_are_lost() {
        // Four methods made fakes of the same two pairs; one gives itself away,
        // and only late in the clip.
        let mut rows = vec![
            row("ff/original/c23/000.mp4", "real", &[0.1, 0.1, 0.3]),
            row("ff/original/c23/003.mp4", "real", &[0.2, 0.2, 0.2]),
        ];
        for method in ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"] {
            for pair in ["000_003", "003_000"] {
                let late = if method == "Deepfakes" { 0.9 } else { 0.0 };
                rows.push(row(&format!("ff/{method}/c23/{pair}.mp4"), "fake", &[0.0, 0.0, late]));
            }
        }
        let method: Method =
            toml::from_str("name = 'm'\ncheck = 'detectors'\nvalue = 'score'").unwrap();
        let rows: Vec<&Score> = rows.iter().collect();
        let (learnt, metrics) = (Learnt::default(), &[][..]);
        let cell = Cell { slice: "s", degraded: None, method: &method, metrics, learnt, rows };
        let counted = counted(&cell, 2).unwrap();
        assert_eq!(counted.videos, [10, 4]);
        // Two of eight fakes exceed both reals.
        assert_eq!((counted.by_video, counted.by_name), (Some(0.25), Some(0.0)));
        assert_eq!((counted.frames, counted.first_frames), (Some(2.0 / 24.0), Some(0.0)));
    }
}
