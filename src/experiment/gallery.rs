//! Pictures of the items that methods judged wrongly, showing no more than a report may.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::RgbImage;

use super::failures::{Failed, Failure, worst};
use super::run::file;
use super::summary::Cell;
use super::task::{Origin, Task};
use crate::faces::Follower;
use crate::media::{Exhibit, FaceDetail, Frame, Limits, Play, Rect, Sample};
use crate::report::redact::{self, Redact};
use crate::text::visible;
use crate::{Error, Result};

/// Items shown of each kind of failure, method and slice.
const SHOWN: usize = 3;
/// Longer side of a picture, in pixels, where it is looked at and where it is shown.
const SEEN: u32 = 960;
const SIDE: u32 = 320;
/// Frames of a clip that are looked at for a face, a second apart.
const LOOKS: usize = 8;

/// Where pictures come from, and what they may show.
pub struct Gallery<'a> {
    /// Every item of the experiment.
    pub tasks: &'a [Task],
    /// The networks that find faces. Without them nothing is recognisable.
    pub faces: Option<Follower>,
    /// What is made unrecognisable in pictures of others; those made by the experiment
    /// show nobody.
    pub redact: Redact,
}

/// One item that was judged wrongly.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its name.
    pub key: String,
    /// By which methods, where and how, one sentence each.
    pub failures: Vec<String>,
    /// The picture as JPEG, or why there is none.
    pub picture: Result<Vec<u8>, String>,
}

impl Gallery<'_> {
    /// The items of `cells` that were judged wrongly the most, as they are.
    pub fn shown(&self, cells: &[Cell<'_>]) -> Vec<Shown> {
        let mut of: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| cell.degraded.is_none()) {
            for failed in worst(cell, SHOWN) {
                let item = (cell.slice.to_owned(), failed.row.key.clone());
                of.entry(item).or_default().push(sentence(cell, &failed));
            }
        }
        let shown = |((slice, key), failures)| {
            let task = self.tasks.iter().find(|t| t.slice == slice && t.key == key);
            let picture = match task {
                Some(task) => self.picture(task),
                None => Err("the item is not at hand".to_owned()),
            };
            Shown { key, failures, picture }
        };
        of.into_iter().map(shown).collect()
    }

    fn picture(&self, task: &Task) -> Result<Vec<u8>, String> {
        let made = matches!(task.origin, Origin::Made(_));
        let redact = if made { Redact::None } else { self.redact };
        let whole = catch_unwind(AssertUnwindSafe(|| {
            let folder = tempfile::tempdir().map_err(|e| Error::io(std::env::temp_dir(), e))?;
            let path = file(task, &folder.path().join("item"))?;
            let Some((image, faces)) = self.look(&path)? else { return Ok(None) };
            let Some(image) = redact::redacted(&image, &faces, redact) else { return Ok(None) };
            let scale = f64::from(SIDE) / f64::from(image.width().max(image.height()).max(1));
            let small = |side: u32| ((f64::from(side) * scale.min(1.0)).round() as u32).max(1);
            let (width, height) = (small(image.width()), small(image.height()));
            let kind = image::imageops::FilterType::Triangle;
            let image = image::imageops::resize(&image, width, height, kind);
            redact::jpeg(&image, &[], Redact::None)
        }));
        match whole {
            Ok(Ok(Some(jpeg))) => Ok(jpeg),
            Ok(Ok(None)) => Err("nothing to be shown".to_owned()),
            Ok(Err(error)) => Err(visible(&error.to_string())),
            Err(_) => Err("the picture could not be made through a fault of this program".into()),
        }
    }

    /// The picture, or the frame of a clip in which the largest face is sure to be one;
    /// with its sure faces, in its own pixels.
    fn look(&self, path: &Path) -> Result<Option<(RgbImage, Vec<Rect>)>> {
        let exhibit = Exhibit::open(path, &Limits::default())?;
        if exhibit.video.is_none() {
            return Ok(None);
        }
        let mut best: Option<(f32, RgbImage, Vec<Rect>)> = None;
        let (mut looks, mut next_s) = (0, f64::NEG_INFINITY);
        exhibit.play(&Play { frames: true, ..Play::default() }, |sample| {
            let Sample::Frame(frame) = sample else { return Ok(ControlFlow::Continue(())) };
            if frame.time_s < next_s {
                return Ok(ControlFlow::Continue(()));
            }
            next_s = frame.time_s + 1.0;
            looks += 1;
            let faces = self.sure(&frame)?;
            let largest = faces.iter().map(Rect::area).fold(0.0, f32::max);
            if best.as_ref().is_none_or(|(area, ..)| largest > *area) {
                let image = frame.rgb8(SEEN);
                let scale = image.width() as f32 / frame.display_width.max(1) as f32;
                let scaled = |r: Rect| Rect {
                    x: r.x * scale,
                    y: r.y * scale,
                    width: r.width * scale,
                    height: r.height * scale,
                };
                best = Some((largest, image, faces.into_iter().map(scaled).collect()));
            }
            // Without networks one frame is as good as another.
            let enough = looks >= LOOKS || self.faces.is_none();
            Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(best.map(|(_, image, faces)| (image, faces)))
    }

    fn sure(&self, frame: &Frame<'_>) -> Result<Vec<Rect>> {
        // Each look by itself: the frames lie far apart.
        let Some(mut follower) = self.faces.clone() else { return Ok(Vec::new()) };
        let faces = follower.follow(frame, FaceDetail::Mesh)?;
        Ok(faces.iter().filter(|face| face.sure()).map(|face| face.bounds).collect())
    }
}

fn sentence(cell: &Cell<'_>, failed: &Failed<'_>) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.4}"));
    let row = failed.row;
    let told = match failed.failure {
        Failure::FarOff => format!("{}, true is {}", number(row.value), number(row.truth)),
        Failure::FalseAlarm | Failure::Miss => format!("score {}", number(row.score)),
    };
    let (method, how) = (&cell.method.name, failed.failure.name());
    visible(&format!("{how} of {method} on {}: {told}", cell.slice))
}
