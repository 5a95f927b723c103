//! Authentic faces and pieces of pictures, found and cut out once, and kept in a
//! file beside the runs: cutting takes longer than a short training.

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use super::blend::Cut;
use super::config::{Data, Plan, Task};
use super::draw::Draw;
use super::pixels::{Kernel, Pixels};
use crate::faces::{Face, Follower, geometry, roi::Roi};
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Limits, Play, Sample};
use crate::models::tae::Tae;
use crate::text::hex;
use crate::{Error, Result};

/// Side of a cut-out face.
pub const CUT: usize = 256;
/// Side at which pairs are made of it.
pub const WORK: usize = 176;
/// How many times as large as the face a cut-out is: room to shift.
pub const ROOM: f32 = 1.9;
/// How much larger [`Roi::of_mesh`] is than the face.
pub const MESH_MARGIN: f32 = 1.5;
/// Narrowest face taken, in pixels.
const LEAST_WIDTH: f32 = 80.0;
/// Side of a piece.
pub const PIECE: usize = 160;
/// Pieces of each picture.
const PIECES: usize = 2;
/// Frames of a clip, one a second.
const FRAMES: usize = 12;

/// Which sources an item may be used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// To learn.
    Train,
    /// To choose.
    Validation,
    /// Never, while learning.
    Test,
}

/// One picture's part in training.
pub struct Item {
    /// Name of the file it came from.
    pub source: String,
    /// Where the source falls.
    pub split: Split,
    /// R, G, B, square.
    pub pixels: Vec<u8>,
    /// The mesh in the cut-out's pixels; empty for a piece.
    pub mesh: Vec<(f32, f32)>,
    /// The same through a generator's decoder.
    pub decoded: Option<Vec<u8>>,
}

impl Item {
    /// As numbers with its mesh, at the size at which pairs are made.
    pub fn cut(&self) -> Cut {
        let pixels = Pixels::of_bytes(&self.pixels, CUT, CUT);
        let pixels = pixels.resized(WORK, WORK, Kernel::Linear);
        let scale = WORK as f32 / CUT as f32;
        Cut { pixels, mesh: self.mesh.iter().map(|p| (p.0 * scale, p.1 * scale)).collect() }
    }
}

/// Where `source` falls: by its name and the seed, so that adding files moves none.
pub fn split(source: &str, seed: u64, data: &Data) -> Split {
    let digest = Sha256::digest(format!("{seed}/{source}"));
    let first = digest.iter().take(6).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let at = first as f64 / (1u64 << 48) as f64;
    if at < data.validation {
        Split::Validation
    } else if at < data.validation + data.test {
        Split::Test
    } else {
        Split::Train
    }
}

/// The files of `data` under `root`, sorted.
///
/// # Errors
/// [`Error::Io`]; [`Error::Usage`] when there are none.
pub fn files(root: &Path, data: &Data) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in &data.pictures {
        let folder = root.join(folder);
        for entry in fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
            let path = entry.map_err(|e| Error::io(&folder, e))?.path();
            if path.is_file() {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.extend(data.clips.iter().map(|clip| root.join(clip)));
    if paths.is_empty() {
        return Err(Error::Usage(format!("{} holds no pictures to learn from", root.display())));
    }
    Ok(paths)
}

/// The items of a plan: read from `folder` when they were made before for the
/// same files, else made, which `told` follows.
///
/// # Errors
/// When a face network is missing, a file is damaged, or nothing is found.
pub fn items(
    plan: &Plan,
    root: &Path,
    folder: &Path,
    faces: impl FnOnce() -> Result<Follower>,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Item>> {
    let paths = files(root, &plan.data)?;
    let mut key = Sha256::new();
    key.update(format!("{:?} {} {CUT} {ROOM} {PIECE} {PIECES}", plan.task, plan.seed));
    key.update(format!("{:?} {}", plan.data.decoder, plan.data.decoded));
    for path in &paths {
        let length = fs::metadata(path).map_err(|e| Error::io(path, e))?.len();
        key.update(format!("{} {length}\n", name(path)));
    }
    let kept = folder.join(format!("cut-{}.safetensors", &hex(key.finalize())[..16]));
    if let Ok(bytes) = fs::read(&kept) {
        return read(&bytes, plan);
    }
    let made = match plan.task {
        Task::Swap => cuts(&paths, faces()?, plan, told)?,
        Task::Generated => pieces(&paths, root, plan, told)?,
    };
    if made.is_empty() {
        return Err(Error::Usage("nothing to learn from was found in the pictures".to_owned()));
    }
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
    crate::models::store::write(&kept, &written(&made)?)?;
    Ok(made)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Shows frames of a file: the picture, or one a second of a clip. A file that
/// cannot be read is left out.
pub fn frames(path: &Path, mut visit: impl FnMut(&Frame<'_>) -> Result<()>) -> Result<()> {
    let Ok(exhibit) = Exhibit::open(path, &Limits::default()) else { return Ok(()) };
    let (mut seen, mut next) = (0, 0.0);
    exhibit.play(&Play { frames: true, ..Play::default() }, |sample| {
        if let Sample::Frame(frame) = sample
            && frame.time_s >= next
        {
            next = frame.time_s + 1.0;
            seen += 1;
            visit(&frame)?;
        }
        Ok(if seen >= FRAMES { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(())
}

fn cuts(
    paths: &[PathBuf],
    faces: Follower,
    plan: &Plan,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        told(at, paths.len());
        let mut follower = faces.clone();
        let source = name(path);
        let split = split(&source, plan.seed, &plan.data);
        frames(path, |frame| {
            let found = follower.follow(frame, FaceDetail::Mesh)?;
            let Some(face) = widest_face(&found) else { return Ok(()) };
            let Some(roi) = Roi::of_mesh(&face.mesh) else { return Ok(()) };
            let roi = Roi { size: roi.size / MESH_MARGIN * ROOM, ..roi };
            let place = roi.to_display(CUT);
            let Some(back) = place.invert() else { return Ok(()) };
            items.push(Item {
                source: source.clone(),
                split,
                pixels: cut(frame, &place, CUT),
                mesh: face.mesh.iter().map(|p| back.apply(p[0], p[1])).collect(),
                decoded: None,
            });
            Ok(())
        })?;
    }
    Ok(items)
}

/// The widest face, if it is wide enough.
pub fn widest_face(faces: &[Face]) -> Option<&Face> {
    let width = |face: &Face| geometry::face_width(&face.mesh).unwrap_or(0.0);
    let widest = faces.iter().max_by(|a, b| width(a).total_cmp(&width(b)));
    widest.filter(|face| width(face) >= LEAST_WIDTH)
}

/// R, G, B of a square.
pub fn cut(frame: &Frame<'_>, place: &Affine, side: usize) -> Vec<u8> {
    let mut values = Vec::new();
    frame.area(place, side, side, &mut values);
    values.iter().map(|v| (v * 255.0 + 0.5) as u8).collect()
}

fn pieces(
    paths: &[PathBuf],
    root: &Path,
    plan: &Plan,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Item>> {
    let decoder = match &plan.data.decoder {
        Some(folder) => Some(Tae::load(&root.join(folder))?),
        None => None,
    };
    // Those that go through the decoder are spread over the files.
    let every = (paths.len() / plan.data.decoded.max(1)).max(1);
    let mut items = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        told(at, paths.len());
        let source = name(path);
        let split = split(&source, plan.seed, &plan.data);
        let mut draw = Draw::at(plan.seed, 1, at as u64);
        let decode = plan.data.decoded > 0 && at % every == 0 && split != Split::Test;
        frames(path, |frame| {
            let (width, height) = (frame.display_width as f32, frame.display_height as f32);
            let most = width.min(height) / PIECE as f32;
            for number in 0..PIECES {
                if most < 1.0 {
                    break;
                }
                // Half of them pixel for pixel, half made smaller.
                let whole = draw.chance(0.5);
                let scale = if whole { 1.0 } else { draw.scale(1.0, most.min(3.0)) };
                let spare = |length: f32| length - scale * PIECE as f32;
                let (x, y) = (draw.range(0.0, spare(width)), draw.range(0.0, spare(height)));
                let (x, y) = if whole { (x.floor(), y.floor()) } else { (x, y) };
                let pixels = cut(frame, &Affine::scaling(scale, scale, x, y), PIECE);
                let decoded = match &decoder {
                    Some(decoder) if decode && number == 0 => {
                        let picture = Pixels::of_bytes(&pixels, PIECE, PIECE);
                        let data = decoder.there_and_back_of(&picture.data, PIECE)?;
                        let back = Pixels { data, ..picture };
                        Some(back.bytes())
                    }
                    _ => None,
                };
                let mesh = Vec::new();
                items.push(Item { source: source.clone(), split, pixels, mesh, decoded });
            }
            Ok(())
        })?;
    }
    Ok(items)
}

/// Items as a safetensors file.
fn written(items: &[Item]) -> Result<Vec<u8>> {
    let failed = |e: safetensors::SafeTensorError| Error::compute("keeping what was cut", e);
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        parts.push((format!("{at:05}/{}/pixels", item.source), item.pixels.clone()));
        if let Some(decoded) = &item.decoded {
            parts.push((format!("{at:05}/{}/decoded", item.source), decoded.clone()));
        }
        if !item.mesh.is_empty() {
            let mesh = item.mesh.iter().flat_map(|p| [p.0.to_le_bytes(), p.1.to_le_bytes()]);
            parts.push((format!("{at:05}/{}/mesh", item.source), mesh.flatten().collect()));
        }
    }
    let views = parts
        .iter()
        .map(|(name, bytes)| {
            let view = TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map_err(failed)?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>>>()?;
    safetensors::serialize(views, None::<HashMap<String, String>>).map_err(failed)
}

fn read(bytes: &[u8], plan: &Plan) -> Result<Vec<Item>> {
    let wrong = |reason: String| Error::malformed("file of cut-outs", reason);
    let file = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
    let mut names = file.names();
    names.sort();
    let mut items = Vec::new();
    for name in names {
        let Some(stem) = name.strip_suffix("/pixels") else { continue };
        let source = stem.split_once('/').map_or(stem, |(_, source)| source).to_owned();
        let of =
            |what: &str| file.tensor(&format!("{stem}/{what}")).ok().map(|t| t.data().to_vec());
        let floats = of("mesh").unwrap_or_default();
        let (floats, _) = floats.as_chunks::<4>();
        let (points, _) = floats.as_chunks::<2>();
        let mesh = points.iter().map(|[x, y]| (f32::from_le_bytes(*x), f32::from_le_bytes(*y)));
        items.push(Item {
            split: split(&source, plan.seed, &plan.data),
            pixels: of("pixels").unwrap_or_default(),
            mesh: mesh.collect(),
            decoded: of("decoded"),
            source,
        });
    }
    let side = if plan.task == Task::Swap { CUT } else { PIECE };
    let whole = |pixels: &[u8]| pixels.len() == side * side * 3;
    if !items.iter().all(|i| whole(&i.pixels) && i.decoded.as_ref().is_none_or(|d| whole(d))) {
        return Err(wrong("a picture has another size".to_owned()));
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_fall_to_the_same_split_whatever_else_there_is() {
        let data = Data {
            pictures: Vec::new(),
            clips: Vec::new(),
            validation: 0.1,
            test: 0.2,
            decoder: None,
            decoded: 0,
        };
        let of = |name: usize| split(&format!("{name}.jpg"), 3, &data);
        let count = |wanted| (0..5000).filter(|name| of(*name) == wanted).count() as f64 / 5000.0;
        assert!((count(Split::Validation) - 0.1).abs() < 0.02);
        assert!((count(Split::Test) - 0.2).abs() < 0.02);
        assert_eq!(of(17), of(17));
    }
}
