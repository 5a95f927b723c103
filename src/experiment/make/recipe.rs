//! How one item is made and written.

use std::path::{Path, PathBuf};

use image::{GrayImage, RgbImage};

use super::Enlarger;
use super::clip::{self, Scene};
use super::voice::Voice;
use crate::experiment::degrade;
use crate::faces::synth::Head;
use crate::media::degrade_sound;
use crate::signal::random::SplitMix;
use crate::signal::synth::{dead_leaves, double, photo, power_law};
use crate::{Error, Result};

/// How one item is made. The same recipe gives the same pixels.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of `Make`")]
pub enum Recipe {
    /// A Gaussian field.
    Field { alpha: f64, size: usize, seed: u64 },
    /// Dead leaves, enlarged or not.
    Leaves { size: usize, by: Option<Enlarger>, seed: u64 },
    /// A picture with detail of every size, put through steps.
    Photo { size: usize, steps: Vec<String>, other: Vec<String>, seed: u64 },
    /// A rendered head.
    Head(Box<Head>),
    /// A clip.
    Clip { scene: Scene, seconds: f64, steps: Vec<String>, seed: u64 },
}

impl Recipe {
    /// Makes the item in `folder`, which is empty, and returns its file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; [`Error::Usage`] for sizes and steps that make no sense, or
    /// where a program is missing.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join("made.png");
        match self {
            Self::Field { alpha, size, seed } => {
                grey(&path, *size, &power_law(*size, *alpha, 24.0, *seed))?;
            }
            Self::Leaves { size, by, seed } => {
                let pixels = match by {
                    None => noisy(dead_leaves(*size, *seed), *seed),
                    Some(by) => {
                        let half = noisy(dead_leaves(size / 2, *seed), *seed);
                        double(&half, size / 2, (*by).into())
                    }
                };
                grey(&path, if by.is_some() { size / 2 * 2 } else { *size }, &pixels)?;
            }
            Self::Photo { size, steps, other, seed } => {
                save_grey(&path, *size, photo(*size, *seed))?;
                if !steps.is_empty() {
                    let pasted = steps.iter().any(|step| step.contains("@other"));
                    let donor = pasted.then(|| donor(*size, other, !seed, folder)).transpose()?;
                    let donor = donor.unwrap_or_default().to_string_lossy().into_owned();
                    let steps: Vec<String> =
                        steps.iter().map(|step| step.replace("@other", &donor)).collect();
                    return degrade::apply(&path, &steps, folder);
                }
            }
            Self::Head(head) => {
                let drawn = head.render();
                let side = u32::try_from(drawn.side).unwrap_or(u32::MAX);
                let picture = RgbImage::from_raw(side, side, drawn.rgb);
                save(&path, picture.map(Into::into))?;
            }
            Self::Clip { scene, seconds, steps, seed } => {
                let raw = folder.join("made.y4m");
                let file = match scene {
                    Scene::Talking { late_ms } => {
                        let voice = Voice::speak(folder, *seconds, *seed)?;
                        clip::write(&raw, scene, Some(&voice), *seconds, *seed)?;
                        let sound = folder.join("made.wav");
                        voice.write(&sound, late_ms / 1e3)?;
                        let joined = folder.join("made.mkv");
                        degrade_sound::join(&raw, &sound, &joined).map(|()| joined)?
                    }
                    _ => {
                        clip::write(&raw, scene, None, *seconds, *seed)?;
                        degrade::apply(&raw, steps, folder)?
                    }
                };
                std::fs::remove_file(&raw).map_err(|e| Error::io(&raw, e))?;
                return Ok(file);
            }
        }
        Ok(path)
    }
}

/// The file of another scene.
fn donor(size: usize, steps: &[String], seed: u64, folder: &Path) -> Result<PathBuf> {
    let folder = folder.join("other");
    std::fs::create_dir_all(&folder).map_err(|e| Error::io(&folder, e))?;
    let path = folder.join("other.png");
    save_grey(&path, size, photo(size, seed))?;
    if steps.is_empty() { Ok(path) } else { degrade::apply(&path, steps, &folder) }
}

/// With the noise of a sensor: two grey levels.
fn noisy(mut pixels: Vec<f32>, seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 0x5eed);
    pixels.iter_mut().for_each(|pixel| *pixel += 2.0 * random.normal() as f32);
    pixels
}

fn grey(path: &Path, size: usize, pixels: &[f32]) -> Result<()> {
    save_grey(path, size, pixels.iter().map(|p| p.round().clamp(0.0, 255.0) as u8).collect())
}

fn save_grey(path: &Path, size: usize, bytes: Vec<u8>) -> Result<()> {
    let side = u32::try_from(size).unwrap_or(u32::MAX);
    save(path, GrayImage::from_raw(side, side, bytes).map(Into::into))
}

fn save(path: &Path, picture: Option<image::DynamicImage>) -> Result<()> {
    let picture = picture
        .ok_or_else(|| Error::Usage("a picture cannot have that many pixels a side".to_owned()))?;
    picture
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|e| Error::io(path, std::io::Error::other(e.to_string())))
}
