//! Items made on the spot, of which the truth is known: what kinds there are,
//! and which items each stands for. `recipe` writes them.

mod clip;
mod recipe;
mod voice;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::dataset::Label;
use crate::faces::synth::{Blend, Head};
use crate::signal::random::SplitMix;
use crate::signal::synth::Doubling;
pub use clip::Scene;
pub use recipe::Recipe;

/// What can be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Make {
    /// Periodic Gaussian fields of n × n pixels whose power falls as
    /// 1/f^alpha, as PNG. What is true of each is −alpha.
    PowerLaw {
        /// Exponents, `count` pictures each.
        alpha: Vec<f64>,
        /// Pictures of each exponent.
        count: usize,
        /// Pixels a side.
        size: usize,
    },
    /// Dead-leaves pictures (discs that cover each other) with a sensor's
    /// noise: as they are, and enlarged twice.
    Enlarged {
        /// Scenes, each in both ways.
        count: usize,
        /// Pixels a side.
        size: usize,
        /// How it is enlarged.
        #[serde(default)]
        by: Enlarger,
    },
    /// Grey pictures with detail of every size, put through steps as `waarmerk
    /// degrade` takes them; `@other` is the file of another scene, put through
    /// steps of its own. Without steps, PNG. Both recipes get the same scenes.
    Photo {
        /// Scenes.
        count: usize,
        /// Pixels a side.
        size: usize,
        /// Steps of the real ones.
        real: Vec<String>,
        /// Steps of the fake ones, if there are any.
        fake: Option<Vec<String>>,
        /// Steps of the other scene.
        #[serde(default)]
        other: Vec<String>,
    },
    /// Clips of such a picture under a moving camera with noise, 320 × 240 at
    /// 25 frames a second, coded as the steps say.
    Moving {
        /// Scenes.
        count: usize,
        /// Length.
        seconds: f64,
        /// Steps of the real ones; at least one that codes.
        real: Vec<String>,
        /// Steps of the fake ones, if there are any.
        fake: Option<Vec<String>>,
    },
    /// Pictures of a rendered head lit by one lamp. True is the azimuth.
    LitHead {
        /// Azimuths of the lamp, in degrees; right in the picture is positive.
        azimuths: Vec<f64>,
        /// Elevations of the lamp, each with every azimuth.
        elevations: Vec<f64>,
    },
    /// Pictures of a rendered head as it is, and with its face softened and
    /// blended in.
    BlendedHead {
        /// Heads, each in both ways.
        count: usize,
        /// Standard deviation of the blur inside, in pixels.
        blur: f32,
        /// Width over which inside becomes outside, in pixels.
        feather: f32,
    },
    /// Clips of a rendered head that blinks. True is the number of blinks.
    BlinkingHead {
        /// Blinks in a clip, one clip each.
        blinks: Vec<usize>,
        /// Length.
        seconds: f64,
        /// Steps; at least one that codes.
        coded: Vec<String>,
    },
    /// Clips of a rendered head whose skin pulses, labelled real, true the beats
    /// a minute; and of heads without pulse, labelled fake.
    PulsingHead {
        /// Beats a minute, one clip each with and without pulse.
        beats: Vec<f64>,
        /// Relative change of the skin's colour.
        amplitude: f64,
        /// Length.
        seconds: f64,
        /// Steps; at least one that codes.
        coded: Vec<String>,
    },
    /// Clips of a rendered head whose mouth opens with a voice that espeak-ng speaks,
    /// other words in another voice for each. True is by how much the voice is late.
    TalkingHead {
        /// Milliseconds, one clip each.
        late_ms: Vec<f64>,
        /// Length.
        seconds: f64,
    },
}

/// How a picture is enlarged.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Enlarger {
    /// Zeros between the old pixels.
    Zeros,
    /// Every pixel twice.
    Nearest,
    /// Means of neighbours.
    Bilinear,
    /// Keys' cubic.
    #[default]
    Bicubic,
}

impl From<Enlarger> for Doubling {
    fn from(by: Enlarger) -> Self {
        match by {
            Enlarger::Zeros => Self::Zeros,
            Enlarger::Nearest => Self::Nearest,
            Enlarger::Bilinear => Self::Bilinear,
            Enlarger::Bicubic => Self::Bicubic,
        }
    }
}

/// One item to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Name that no other item of the slice has.
    pub name: String,
    /// What it is.
    pub label: Option<Label>,
    /// What is true of the quantity measured.
    pub truth: Option<f64>,
    /// The scene it was made from.
    pub source: String,
    /// How it is made.
    pub recipe: Recipe,
}

impl Make {
    /// The items of a slice called `slice`, with seeds of their own: slices of
    /// one experiment share no scene.
    pub fn items(&self, slice: &str, seed: u64) -> Vec<Made> {
        let digest = Sha256::digest(format!("{seed}/{slice}").as_bytes());
        let first = digest.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        let mut random = SplitMix::new(first);
        let mut made = Vec::new();
        let mut put = |name: String, source: &str, label, truth, recipe| {
            let source = format!("{slice}/{source}");
            made.push(Made { name, label, truth, source, recipe });
        };
        let (real, fake) = (Some(Label::Real), Some(Label::Fake));
        match self {
            Self::PowerLaw { alpha, count, size } => {
                for alpha in alpha {
                    for n in 0..*count {
                        let name = format!("alpha-{alpha}-{n:03}");
                        let field =
                            Recipe::Field { alpha: *alpha, size: *size, seed: random.next() };
                        put(name.clone(), &name, None, Some(-alpha), field);
                    }
                }
            }
            Self::Enlarged { count, size, by } => {
                for n in 0..*count {
                    let (seed, source) = (random.next(), format!("scene-{n:03}"));
                    let leaves = |by| Recipe::Leaves { size: *size, by, seed };
                    put(format!("{source}-plain"), &source, real, None, leaves(None));
                    put(format!("{source}-enlarged"), &source, fake, None, leaves(Some(*by)));
                }
            }
            Self::Photo { count, size, real: steps, fake: others, other } => {
                for n in 0..*count {
                    let (seed, source) = (random.next(), format!("scene-{n:03}"));
                    let photo = |steps: &[String]| Recipe::Photo {
                        size: *size,
                        steps: steps.to_vec(),
                        other: other.clone(),
                        seed,
                    };
                    put(format!("{source}-real"), &source, real, None, photo(steps));
                    if let Some(steps) = others {
                        put(format!("{source}-fake"), &source, fake, None, photo(steps));
                    }
                }
            }
            Self::Moving { count, seconds, real: steps, fake: others } => {
                for n in 0..*count {
                    let (seed, source) = (random.next(), format!("scene-{n:03}"));
                    let clip = |steps: &[String]| Recipe::Clip {
                        scene: Scene::Moving,
                        seconds: *seconds,
                        steps: steps.to_vec(),
                        seed,
                    };
                    put(format!("{source}-real"), &source, real, None, clip(steps));
                    if let Some(steps) = others {
                        put(format!("{source}-fake"), &source, fake, None, clip(steps));
                    }
                }
            }
            Self::LitHead { azimuths, elevations } => {
                for azimuth in azimuths {
                    for elevation in elevations {
                        let light = towards(*azimuth, *elevation);
                        let head = Head { light, seed: random.next(), ..Head::default() };
                        let name = format!("azimuth{azimuth:+}-elevation{elevation:+}");
                        put(name.clone(), &name, None, Some(*azimuth), Recipe::Head(head.into()));
                    }
                }
            }
            Self::BlendedHead { count, blur, feather } => {
                for n in 0..*count {
                    let source = format!("head-{n:03}");
                    let plain = any_head(&mut random);
                    let blend = Some(Blend { blur: *blur, shift: [0.0; 3], feather: *feather });
                    let blended = Head { blend, ..plain.clone() };
                    put(format!("{source}-plain"), &source, real, None, Recipe::Head(plain.into()));
                    let recipe = Recipe::Head(blended.into());
                    put(format!("{source}-blended"), &source, fake, None, recipe);
                }
            }
            Self::BlinkingHead { blinks, seconds, coded } => {
                for blinks in blinks {
                    let name = format!("blinks-{blinks:02}");
                    let recipe = Recipe::Clip {
                        scene: Scene::Blinking { blinks: *blinks },
                        seconds: *seconds,
                        steps: coded.clone(),
                        seed: random.next(),
                    };
                    put(name.clone(), &name, None, Some(*blinks as f64), recipe);
                }
            }
            Self::PulsingHead { beats, amplitude, seconds, coded } => {
                for beats in beats {
                    let (seed, source) = (random.next(), format!("beats-{beats}"));
                    let clip = |amplitude| Recipe::Clip {
                        scene: Scene::Pulsing { beats: *beats, amplitude },
                        seconds: *seconds,
                        steps: coded.clone(),
                        seed,
                    };
                    put(source.clone(), &source, real, Some(*beats), clip(*amplitude));
                    put(format!("{source}-without"), &source, fake, None, clip(0.0));
                }
            }
            Self::TalkingHead { late_ms, seconds } => {
                for late_ms in late_ms {
                    let name = format!("late{late_ms:+}");
                    let recipe = Recipe::Clip {
                        scene: Scene::Talking { late_ms: *late_ms },
                        seconds: *seconds,
                        steps: Vec::new(),
                        seed: random.next(),
                    };
                    put(name.clone(), &name, None, Some(*late_ms), recipe);
                }
            }
        }
        made
    }

    /// Leaves at most `most` items of each kind. Clips in which a check counts events or
    /// beats keep their length, for in less there is nothing to measure; there is one
    /// of them.
    pub fn shrink(&mut self, most: usize) {
        let fewer = |count: &mut usize| *count = (*count).min(most);
        match self {
            Self::PowerLaw { alpha, count, .. } => {
                alpha.truncate(most);
                fewer(count);
            }
            Self::Enlarged { count, .. }
            | Self::Photo { count, .. }
            | Self::BlendedHead { count, .. } => fewer(count),
            Self::Moving { count, seconds, .. } => {
                fewer(count);
                *seconds = seconds.min(4.0);
            }
            Self::LitHead { azimuths, elevations } => {
                azimuths.truncate(most);
                elevations.truncate(1);
            }
            Self::BlinkingHead { blinks, .. } => blinks.truncate(1),
            Self::PulsingHead { beats, .. } => beats.truncate(1),
            Self::TalkingHead { late_ms, .. } => late_ms.truncate(1),
        }
    }

    /// Which programs it takes to make, besides this one.
    pub fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Moving { .. } | Self::BlinkingHead { .. } | Self::PulsingHead { .. } => {
                &["ffmpeg"]
            }
            Self::TalkingHead { .. } => &["ffmpeg", "espeak-ng"],
            _ => &[],
        }
    }
}

/// The direction of a lamp at `azimuth` and `elevation`, in degrees.
fn towards(azimuth: f64, elevation: f64) -> [f32; 3] {
    let (a, e) = (azimuth.to_radians(), elevation.to_radians());
    [a.sin() * e.cos(), e.sin(), a.cos() * e.cos()].map(|v| v as f32)
}

/// A head of some size, turned and lit in some way.
fn any_head(random: &mut SplitMix) -> Head {
    let mut between = |low: f64, high: f64| low + (high - low) * random.uniform();
    let light = towards(between(-40.0, 40.0), between(0.0, 40.0));
    Head {
        width: between(150.0, 230.0) as f32,
        turn: [between(-15.0, 15.0) as f32, between(-8.0, 8.0) as f32, between(-5.0, 5.0) as f32],
        light,
        lamp: between(0.6, 0.8) as f32,
        mouth: between(0.0, 0.08) as f32,
        smile: between(0.0, 1.0) as f32,
        seed: random.next(),
        ..Head::default()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failing unwrap fails the test
mod tests {
    use super::*;

    #[test]
    fn slices_share_no_scene_and_both_ways_of_one_scene_share_their_source() {
        let make = Make::Enlarged { count: 3, size: 64, by: Enlarger::Nearest };
        let (one, other) = (make.items("one", 5), make.items("other", 5));
        assert_eq!((one.len(), one[0].source.as_str()), (6, one[1].source.as_str()));
        assert_eq!(one, make.items("one", 5));
        for a in &one {
            assert!(other.iter().all(|b| b.source != a.source && b.recipe != a.recipe));
        }
    }

    #[test]
    fn a_made_clip_has_the_length_asked_for_and_repeats() {
        let folder = tempfile::tempdir().unwrap();
        let make =
            Make::Moving { count: 1, seconds: 1.0, real: vec!["h264:30".into()], fake: None };
        let recipe = &make.items("s", 1)[0].recipe;
        let mut digests = Vec::new();
        for n in ["a", "b"] {
            let at = folder.path().join(n);
            std::fs::create_dir(&at).unwrap();
            let file = recipe.write(&at).unwrap();
            let exhibit =
                crate::media::Exhibit::open(&file, &crate::media::Limits::default()).unwrap();
            assert!((exhibit.duration_s.unwrap() - 1.0).abs() < 0.05);
            digests.push(exhibit.sha256.clone());
        }
        assert_eq!(digests[0], digests[1]);
    }
}
