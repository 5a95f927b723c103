//! The clearest pictures, few and small.

use crate::checks::Scene;
use crate::faces::{Face, geometry};
use crate::media::Rect;

/// Pictures kept while looking, and shown at the end.
const KEPT: usize = 3;
/// Longer side of a picture, in pixels.
const SIDE: u32 = 960;
/// How much clearer a picture must be to replace one of the same face: making
/// one costs as much as following a face through several frames.
const CLEARER: f32 = 1.15;

/// A picture with its faces.
pub struct Picture {
    /// The track for which it was kept.
    pub track: u32,
    /// Frame number.
    pub frame: u64,
    /// Seconds.
    pub time_s: f64,
    /// The picture, upright.
    pub image: image::RgbImage,
    /// How many faces are in it.
    pub count: usize,
    /// Those that may be shown, in its own pixels.
    pub faces: Vec<Rect>,
    clarity: f32,
}

/// The clearest picture of each of the clearest faces.
#[derive(Default)]
pub struct Gallery {
    pictures: Vec<Picture>,
}

impl Gallery {
    /// Looks whether this scene shows a face more clearly.
    pub fn see(&mut self, scene: &Scene<'_>) {
        for face in scene.faces {
            let clarity = clarity(face);
            if let Some(at) = self.pictures.iter().position(|p| p.track == face.track) {
                if clarity > CLEARER * self.pictures[at].clarity {
                    self.pictures[at] = take(scene, face.track, clarity);
                }
            } else if self.pictures.len() < KEPT {
                self.pictures.push(take(scene, face.track, clarity));
            } else if let Some(worst) =
                self.pictures.iter_mut().min_by(|a, b| a.clarity.total_cmp(&b.clarity))
                && clarity > CLEARER * worst.clarity
            {
                *worst = take(scene, face.track, clarity);
            }
        }
    }

    /// The pictures in order of time, each frame once.
    pub fn pictures(mut self) -> Vec<Picture> {
        self.pictures.sort_by_key(|p| (p.frame, p.track));
        self.pictures.dedup_by_key(|p| p.frame);
        self.pictures
    }
}

/// Width, less for a turned head, and less for closed eyes: an ordering for
/// choosing a picture, not a measurement.
fn clarity(face: &Face) -> f32 {
    let width = geometry::face_width(&face.mesh).unwrap_or(0.0);
    let frontal = geometry::pose(&face.mesh)
        .map_or(0.0, |p| p.yaw.to_radians().cos().max(0.0) * p.pitch.to_radians().cos().max(0.0));
    let open = geometry::eye_aspect_ratio(&face.mesh)
        .map_or(0.0, |[r, l]| ((r + l) / 2.0 / 0.2).clamp(0.3, 1.0));
    width * frontal * open * face.presence
}

fn take(scene: &Scene<'_>, track: u32, clarity: f32) -> Picture {
    let frame = scene.frame;
    let image = frame.rgb8(SIDE);
    let (w, h) = (image.width() as f32, image.height() as f32);
    let (sx, sy) = (w / frame.display_width.max(1) as f32, h / frame.display_height.max(1) as f32);
    let whole = Rect { x: 0.0, y: 0.0, width: w, height: h };
    let place =
        |b: &Rect| Rect { x: b.x * sx, y: b.y * sy, width: b.width * sx, height: b.height * sy };
    let count = scene.faces.len();
    let sure = scene.faces.iter().filter(|f| f.sure());
    let faces = sure.filter_map(|f| place(&f.bounds).intersect(&whole)).collect();
    Picture { track, frame: frame.index, time_s: frame.time_s, image, count, faces, clarity }
}
