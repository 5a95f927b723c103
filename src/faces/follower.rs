//! Faces followed through a clip: detection now and then, the mesh always.

use candle_core::Device;

use super::clarity::{self, Clarity, Part};
use super::cuts::Cuts;
use super::detect::Detection;
use super::finder::{Effort, Finder, planar};
use super::roi::{Roi, Side};
use super::track::{Numbers, Path};
use super::{Face, Iris, geometry, mesh};
use crate::media::{FaceDetail, Frame, Rect};
use crate::models::{FaceMesh, IrisNet, face_mesh, iris};
use crate::{Error, Result};

/// Faces followed at once. Sixteen are more than any check can use, and bound
/// the work a crowd makes; the largest are kept.
pub const MOST_FACES: usize = 16;
/// How much surer the network must be of a turned face than of one as the
/// detector has it, in the logit of its presence: about seven times.
const SURER: f32 = 2.0;
/// Presence under which the mesh network has lost its face (MediaPipe's
/// default).
const PRESENT: f32 = 0.5;
/// Overlap of two meshes from which they lie on one face.
const DOUBLE_IOU: f32 = 0.5;
/// Overlap with a followed face from which a detection is that face.
const KNOWN_IOU: f32 = 0.3;
/// Of the looks that are due, every so many go into tiles, for faces too
/// small to be seen in the whole picture: they cost as much as all the rest.
/// A cut calls for tiles at once.
const TILES_EVERY: u32 = 8;
/// Time between two frames, in seconds, after which a crop where the face was
/// says little about where it is: the detectors look again first.
const STALE_S: f64 = 0.15;
/// Movement of the crop, in parts of its side, from which the mesh is taken
/// once more where the face is now: the network answers for a face out of the
/// middle, but not well, and a crop left behind a little more each frame
/// loses the face without the network's noticing.
const MOVED: f32 = 0.05;
/// Seconds after which blur and cover of a face are looked at again: hands and
/// focus seldom move faster, and each look costs as much as a small check.
const CLEAR_S: f64 = 0.5;
/// Frame rate that `every` of [`Follower::load`] refers to.
const NOMINAL_FPS: f64 = 30.0;

/// Follows faces. Shown the frames of one clip in order; deterministic.
#[derive(Clone, Debug)]
pub struct Follower {
    finder: Finder,
    mesh: FaceMesh,
    iris: IrisNet,
    device: Device,
    every: usize,
    cuts: Cuts,
    numbers: Numbers,
    live: Vec<Live>,
    looked: Option<Looked>,
}

/// A face being followed.
#[derive(Clone, Debug)]
struct Live {
    path: Path,
    roi: Roi,
    score: f32,
    presence: f32,
    mesh: Vec<[f32; 3]>,
    /// When it was looked at for blur and cover, and what was seen.
    seen: (f64, Clarity),
    /// When the right and the left eye were last seen covered.
    covered_s: [f64; 2],
}

/// When the detectors last looked at everything.
#[derive(Clone, Copy, Debug)]
struct Looked {
    time_s: f64,
    frames_ago: usize,
    turn: u32,
}

/// A mesh with its presence and its bounds.
struct Meshed {
    points: Vec<[f32; 3]>,
    presence: f32,
    bounds: Rect,
}

impl Follower {
    /// Names in `models.toml` of the networks used.
    pub const MODELS: &[&str] = &["blazeface-short", "blazeface-full", "face-mesh", "iris"];

    /// Loads the two detectors, the mesh and the iris network. `every` is the
    /// number of frames, at 30 a second, after which the detectors look for
    /// new faces although all known ones are still followed; 15 is a good
    /// choice: a person who comes in is noticed within half a second, and
    /// detection costs a small part of what meshing every frame does.
    ///
    /// # Errors
    /// [`Error::Model`] when a network is not installed.
    pub fn load(device: &Device, every: usize) -> Result<Self> {
        Ok(Self {
            finder: Finder::load(device)?,
            mesh: FaceMesh::load(device)?,
            iris: IrisNet::load(device)?,
            device: device.clone(),
            every: every.max(1),
            cuts: Cuts::default(),
            numbers: Numbers::default(),
            live: Vec::new(),
            looked: None,
        })
    }

    /// The faces of the next frame, ordered by track.
    ///
    /// # Errors
    /// [`Error::Compute`] when a network fails.
    pub fn follow(&mut self, frame: &Frame<'_>, detail: FaceDetail) -> Result<Vec<Face>> {
        if detail == FaceDetail::None {
            return Ok(Vec::new());
        }
        if self.cuts.passed(frame) {
            self.live.clear();
            self.numbers.cut();
            self.looked = None;
        }
        let lost = self.advance(frame)?;
        let effort = self.effort(frame.time_s, lost);
        if let Some(effort) = effort {
            self.look(frame, effort)?;
        }
        self.live.sort_by_key(|l| l.path.track);
        for live in &mut self.live {
            // Also when time goes back, or stands still from the start.
            if (frame.time_s - live.seen.0).abs() >= CLEAR_S {
                let mut clarity = clarity::of(frame, &live.mesh);
                hold(&mut clarity, &mut live.covered_s, frame.time_s);
                live.seen = (frame.time_s, clarity);
            } else {
                // It may walk out of the picture in less.
                live.seen.1.cut_off = clarity::cut_off(frame, &live.mesh);
            }
        }
        let irises = if detail == FaceDetail::Iris {
            self.irises(frame)?
        } else {
            vec![None; self.live.len()]
        };
        Ok(self
            .live
            .iter()
            .zip(irises)
            .map(|(live, irises)| Face {
                track: live.path.track,
                score: live.score,
                bounds: live.path.bounds,
                mesh: live.mesh.clone(),
                presence: live.presence,
                irises,
                clarity: live.seen.1,
            })
            .collect())
    }

    /// Follows the known faces into `frame`; whether one was lost.
    fn advance(&mut self, frame: &Frame<'_>) -> Result<bool> {
        // A crop from a detection is less exact than one from a mesh.
        let least = if self.find_again(frame)? { 0.0 } else { MOVED };
        let before = std::mem::take(&mut self.live);
        let rois: Vec<Roi> = before.iter().map(|l| l.roi).collect();
        let meshes = self.settled(frame, &rois, least)?;
        let mut lost = false;
        // With how far each is from where it was expected, and where it was.
        let mut kept: Vec<(f32, Path, Live)> = Vec::new();
        for (mut live, meshed) in before.into_iter().zip(meshes) {
            let next = meshed.filter(|m| m.presence >= PRESENT).and_then(|m| {
                // A face that jumped is another face, or none.
                Some((live.path.distance(&m.bounds, frame.time_s)?, Roi::of_mesh(&m.points)?, m))
            });
            let Some((off, roi, m)) = next else {
                lost = true;
                self.numbers.lose(live.path);
                continue;
            };
            // Of two that ended on one face, the one that was expected there
            // stays; the other is behind it, or somewhere else by now.
            if let Some(at) =
                kept.iter().position(|(.., k)| k.path.bounds.iou(&m.bounds) > DOUBLE_IOU)
            {
                lost = true;
                if off >= kept[at].0 {
                    self.numbers.lose(live.path);
                    continue;
                }
                self.numbers.lose(kept.remove(at).1);
            }
            let was = live.path;
            live.path.moved(m.bounds, frame.time_s);
            (live.roi, live.presence, live.mesh) = (roi, m.presence, m.points);
            kept.push((off, was, live));
        }
        self.live = kept.into_iter().map(|(.., live)| live).collect();
        Ok(lost)
    }

    /// Where too much time has passed, moves the crops of known faces to the
    /// detections that fit them; whether it has.
    fn find_again(&mut self, frame: &Frame<'_>) -> Result<bool> {
        if !self.live.iter().any(|l| frame.time_s - l.path.time_s > STALE_S) {
            return Ok(false);
        }
        let mut found = self.finder.find(frame, Effort::Near)?;
        for live in &mut self.live {
            let off = |d: &Detection| live.path.distance(&d.bounds, frame.time_s);
            let nearest = (0..found.len())
                .filter_map(|i| Some((off(&found[i])?, i)))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, i)) = nearest {
                let detection = found.swap_remove(i);
                live.roi = Roi::of_detection(&detection);
                live.score = detection.score;
            }
        }
        Ok(true)
    }

    /// Meshes at `rois`, once more for those whose face has moved on by more
    /// than `least` parts of the crop.
    fn settled(&self, frame: &Frame<'_>, rois: &[Roi], least: f32) -> Result<Vec<Option<Meshed>>> {
        let mut meshes = self.meshes(frame, rois)?;
        let moved = |(roi, meshed): (&Roi, &Option<Meshed>)| {
            let now = Roi::of_mesh(&meshed.as_ref()?.points)?;
            ((now.x - roi.x).hypot(now.y - roi.y) > least * roi.size).then_some(now)
        };
        let again: Vec<Option<Roi>> = rois.iter().zip(&meshes).map(moved).collect();
        let rois: Vec<Roi> = again.iter().flatten().copied().collect();
        let mut better = self.meshes(frame, &rois)?.into_iter();
        for (mesh, again) in meshes.iter_mut().zip(&again) {
            if again.is_some() {
                *mesh = better.next().flatten();
            }
        }
        Ok(meshes)
    }

    /// How hard to look for faces now, if at all.
    fn effort(&mut self, time_s: f64, lost: bool) -> Option<Effort> {
        let every_s = self.every as f64 / NOMINAL_FPS;
        let Some(looked) = &mut self.looked else {
            self.looked = Some(Looked { time_s, frames_ago: 0, turn: 0 });
            return Some(Effort::Tiles);
        };
        looked.frames_ago += 1;
        // Timestamps decide; where they stand still, frames do. Half a frame
        // of slack so that rounding does not cost a whole one.
        let elapsed = time_s - looked.time_s;
        let due = elapsed >= every_s - 0.01 || elapsed < 0.0 || looked.frames_ago >= 8 * self.every;
        if due {
            let turn = (looked.turn + 1) % TILES_EVERY;
            *looked = Looked { time_s, frames_ago: 0, turn };
            return Some(if turn == 0 { Effort::Tiles } else { Effort::Whole });
        }
        if lost {
            return Some(Effort::Whole);
        }
        (self.live.is_empty() || self.numbers.missing(time_s)).then_some(Effort::Near)
    }

    /// Looks for faces and starts to follow those not yet known.
    fn look(&mut self, frame: &Frame<'_>, effort: Effort) -> Result<()> {
        let mut unknown: Vec<Detection> = Vec::new();
        for detection in self.finder.find(frame, effort)? {
            let known = self.live.iter_mut().max_by(|a, b| {
                let iou = |l: &Live| l.path.bounds.iou(&detection.bounds);
                iou(a).total_cmp(&iou(b))
            });
            match known {
                Some(live) if live.path.bounds.iou(&detection.bounds) > KNOWN_IOU => {
                    live.score = detection.score
                }
                _ => unknown.push(detection),
            }
        }
        unknown.sort_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        let room = MOST_FACES.saturating_sub(self.live.len());
        unknown.truncate(room);
        let rois: Vec<Roi> = unknown.iter().map(Roi::of_detection).collect();
        let mut fresh: Vec<(Meshed, Roi, f32)> = Vec::new();
        for (meshed, detection) in self.turned(frame, &rois)?.into_iter().zip(&unknown) {
            let Some(meshed) = meshed.filter(|m| m.presence >= PRESENT) else { continue };
            let taken =
                self.live.iter().map(|l| l.path.bounds).chain(fresh.iter().map(|(m, ..)| m.bounds));
            if taken.into_iter().any(|b| b.iou(&meshed.bounds) > DOUBLE_IOU) {
                continue;
            }
            if let Some(roi) = Roi::of_mesh(&meshed.points) {
                fresh.push((meshed, roi, detection.score));
            }
        }
        let bounds: Vec<Rect> = fresh.iter().map(|(m, ..)| m.bounds).collect();
        let paths = self.numbers.claim(&bounds, frame.time_s);
        for ((meshed, roi, score), path) in fresh.into_iter().zip(paths) {
            self.live.push(Live {
                path,
                roi,
                score,
                presence: meshed.presence,
                mesh: meshed.points,
                seen: (f64::NEG_INFINITY, Clarity::default()),
                covered_s: [f64::NEG_INFINITY; 2],
            });
        }
        Ok(())
    }

    /// Meshes at `rois` or at the same turned by quarters, whichever the network is
    /// surest of: the detectors take a face that stands on its head for an upright
    /// one.
    fn turned(&self, frame: &Frame<'_>, rois: &[Roi]) -> Result<Vec<Option<Meshed>>> {
        let logit = |m: &Meshed| (m.presence / (1.0 - m.presence).max(1e-7)).ln();
        let mut best = self.meshes(frame, rois)?;
        for quarter in 1..4u8 {
            let angle = f32::from(quarter) * std::f32::consts::FRAC_PI_2;
            let turned: Vec<Roi> =
                rois.iter().map(|r| Roi { angle: r.angle + angle, ..*r }).collect();
            let mut turned = self.meshes(frame, &turned)?;
            // A crop turned by whole quarters fits less exactly than one from a mesh, and
            // the first mesh of such a crop less than the next: the network is asked how
            // sure it is where it has settled.
            for _ in 0..3 {
                turned = self.again(frame, turned)?;
            }
            for (best, turned) in best.iter_mut().zip(turned) {
                let least = best.as_ref().map_or(f32::NEG_INFINITY, |b| logit(b) + SURER);
                if turned.as_ref().is_some_and(|m| logit(m) > least) {
                    *best = turned;
                }
            }
        }
        Ok(best)
    }

    /// Each mesh of a face taken once more, in the crop that fits it; what is none stays.
    fn again(&self, frame: &Frame<'_>, meshes: Vec<Option<Meshed>>) -> Result<Vec<Option<Meshed>>> {
        let roi = |mesh: &Option<Meshed>| {
            Roi::of_mesh(&mesh.as_ref().filter(|m| m.presence >= PRESENT)?.points)
        };
        let again: Vec<Option<Roi>> = meshes.iter().map(roi).collect();
        let rois: Vec<Roi> = again.iter().flatten().copied().collect();
        let mut better = self.meshes(frame, &rois)?.into_iter();
        let one = |(mesh, again): (Option<Meshed>, Option<Roi>)| match again {
            Some(_) => better.next().flatten().or(mesh),
            None => mesh,
        };
        Ok(meshes.into_iter().zip(again).map(one).collect())
    }

    /// Meshes at `rois`; `None` where there is nothing to look at.
    fn meshes(&self, frame: &Frame<'_>, rois: &[Roi]) -> Result<Vec<Option<Meshed>>> {
        let side = face_mesh::INPUT_SIZE;
        let usable: Vec<Roi> = rois
            .iter()
            .copied()
            .filter(|r| r.usable(frame.display_width, frame.display_height))
            .collect();
        if usable.is_empty() {
            return Ok(rois.iter().map(|_| None).collect());
        }
        let input = self.crops(frame, &usable, side)?;
        let (points, logits) = self.mesh.forward(&input)?;
        let points = points.to_vec2::<f32>()?;
        let logits = logits.flatten_all()?.to_vec1::<f32>()?;
        let mut meshed = points.iter().zip(&logits).zip(&usable).map(|((raw, logit), roi)| {
            let points = mesh::place(raw, roi, side)?;
            let bounds = geometry::bounds(&points)?;
            Some(Meshed { points, presence: 1.0 / (1.0 + (-logit).exp()), bounds })
        });
        Ok(rois
            .iter()
            .map(|r| {
                if r.usable(frame.display_width, frame.display_height) {
                    meshed.next().flatten()
                } else {
                    None
                }
            })
            .collect())
    }

    /// Irises of all followed faces.
    fn irises(&self, frame: &Frame<'_>) -> Result<Vec<Option<[Iris; 2]>>> {
        let side = iris::INPUT_SIZE;
        let eyes: Vec<Option<[Roi; 2]>> = self
            .live
            .iter()
            .map(|l| Some([Roi::of_eye(&l.mesh, Side::Right)?, Roi::of_eye(&l.mesh, Side::Left)?]))
            .map(|pair| pair.filter(|p| p.iter().all(|r| r.size.is_finite() && r.size > 1.0)))
            .collect();
        let rois: Vec<Roi> = eyes.iter().flatten().flatten().copied().collect();
        if rois.is_empty() {
            return Ok(eyes.iter().map(|_| None).collect());
        }
        let (contours, irises) = self.iris.forward(&self.crops(frame, &rois, side)?)?;
        let (contours, irises) = (contours.to_vec2::<f32>()?, irises.to_vec2::<f32>()?);
        let mut placed = rois
            .iter()
            .zip(contours.iter().zip(&irises))
            .map(|(roi, (c, i))| mesh::place_iris(i, c, roi, side));
        Ok(eyes
            .iter()
            .map(|pair| {
                pair.as_ref()?;
                let (right, left) = (placed.next().flatten(), placed.next().flatten());
                Some([right?, left?])
            })
            .collect())
    }

    /// Crops of `side` pixels at `rois`, as the networks want them.
    fn crops(&self, frame: &Frame<'_>, rois: &[Roi], side: usize) -> Result<candle_core::Tensor> {
        let mut all = Vec::with_capacity(rois.len() * side * side * 3);
        let mut one = Vec::new();
        for roi in rois {
            frame.warp(&roi.to_display(side), side, side, &mut one);
            all.extend_from_slice(&one);
        }
        planar(all, rois.len(), side, &self.device).map_err(|e| match e {
            Error::Compute { reason, .. } => Error::compute("face crops", reason),
            other => other,
        })
    }
}

/// How long an eye that was seen covered is taken to be so, in seconds: behind a bar or
/// dark glasses a look now and then passes, and what is measured then is the bar.
const HELD_S: f64 = 2.5;

/// Holds eyes covered that lately were.
fn hold(clarity: &mut Clarity, covered_s: &mut [f64; 2], time_s: f64) {
    for (eye, last) in Part::EYES.into_iter().zip(covered_s) {
        if clarity.covers(eye) {
            *last = time_s;
        } else if (time_s - *last).abs() < HELD_S {
            clarity.covered[eye as usize] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eye_seen_covered_stays_so_for_a_while() {
        let mut covered_s = [f64::NEG_INFINITY; 2];
        let mut at = |time_s: f64, right: bool| {
            let mut clarity = Clarity::default();
            clarity.covered[Part::RightEye as usize] = right;
            hold(&mut clarity, &mut covered_s, time_s);
            [clarity.covers(Part::RightEye), clarity.covers(Part::LeftEye)]
        };
        assert_eq!(at(0.0, false), [false, false]);
        assert_eq!(at(0.5, true), [true, false]);
        assert_eq!(at(1.0, false), [true, false], "a peep");
        assert_eq!(at(2.9, false), [true, false]);
        assert_eq!(at(3.1, false), [false, false]);
    }
}
