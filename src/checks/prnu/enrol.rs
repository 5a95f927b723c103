//! From reference photographs to a camera.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::pattern::{Plane, Sums, agreement, residual_of};
use super::store::{self, Card, Photo};
use super::{FOUND, LEAST_SIDE};
use crate::media::{Exhibit, Kind, Limits, Play, Sample};
use crate::signal::stats::median;
use crate::{Error, Result};

/// Fewest reference photographs: with fewer the pattern is mostly scene.
const LEAST: usize = 8;
/// Photographs advised (Lukáš et al. 2006, section V: 50 and more of ordinary
/// scenes; Chen et al. 2008 use 20 of a plain bright one).
pub(super) const ENOUGH: usize = 20;
/// Share of the pixels of a photograph that must be neither black nor white.
const USABLE: f64 = 0.3;
/// Photographs that are left out in turn and held against the others.
const CHECKED: usize = 8;

/// One photograph as enrolling sees it.
pub(super) struct Reference {
    pub(super) photo: Photo,
    pub(super) size: (usize, usize),
    pub(super) plane: Plane,
}

/// Estimates the pattern of a camera from photographs and stores it in `folder`.
/// `told` is called before each step with its number and the number of all.
///
/// # Errors
/// [`Error::Usage`] for a name that is bad or taken, for too few photographs, and
/// for photographs that cannot be of one camera: twice the same, of different
/// sizes, mostly black or white, or without a common pattern. What
/// [`Exhibit::open`] returns.
pub fn enrol(
    folder: &Path,
    name: &str,
    files: &[PathBuf],
    mut told: impl FnMut(usize, usize),
) -> Result<Card> {
    if store::exists(folder, name)? {
        return Err(Error::Usage(format!(
            "a camera `{name}` is enrolled already; choose another name or remove it first"
        )));
    }
    if files.len() < LEAST {
        return Err(Error::Usage(format!(
            "{} photographs; at least {LEAST} are needed, {ENOUGH} or more are advised",
            files.len()
        )));
    }
    let steps = files.len() + files.len().min(CHECKED);
    let open = |i: usize| {
        files.get(i).map_or_else(|| Err(Error::Usage("no photograph".into())), |path| read(path))
    };
    let (card, pattern) = estimate(name, files.len(), open, |step| told(step, steps))?;
    store::write(folder, card, &pattern)
}

/// The camera from `count` photographs that `open` gives by number.
pub(super) fn estimate(
    name: &str,
    count: usize,
    open: impl Fn(usize) -> Result<Reference>,
    mut told: impl FnMut(usize),
) -> Result<(Card, Vec<f32>)> {
    let mut photos: Vec<Photo> = Vec::new();
    let mut sums: Option<((usize, usize), Sums)> = None;
    for i in 0..count {
        told(i);
        let Reference { photo, size, plane } = open(i)?;
        if let Some(same) = photos.iter().find(|p| p.sha256 == photo.sha256) {
            return Err(Error::Usage(format!(
                "{} and {} are the same photograph",
                same.name, photo.name
            )));
        }
        if size.0.min(size.1) < LEAST_SIDE {
            return Err(Error::Usage(format!(
                "{} has {}×{} pixels; {LEAST_SIDE} on each side are needed",
                photo.name, size.0, size.1
            )));
        }
        if plane.usable() < USABLE {
            return Err(Error::Usage(format!(
                "{} is almost entirely black or white and carries no pattern",
                photo.name
            )));
        }
        let ((first, sums), w, h) = (
            sums.get_or_insert_with(|| (size, Sums::new(plane.width, plane.height))),
            size.0,
            size.1,
        );
        if *first != size {
            return Err(Error::Usage(format!(
                "{} has {w}×{h} pixels, the photographs before it {}×{}: not as one camera stores them",
                photo.name, first.0, first.1
            )));
        }
        sums.add(&plane, &residual_of(&plane), 1.0);
        photos.push(photo);
    }
    let Some((size, mut sums)) = sums else {
        return Err(Error::Usage("no photographs".into()));
    };
    // Each of a few against the pattern of all others.
    let mut own = Vec::new();
    for i in 0..count.min(CHECKED) {
        told(count + i);
        let Reference { plane, .. } = open(i)?;
        let found = residual_of(&plane);
        sums.add(&plane, &found, -1.0);
        own.push(agreement(&plane, &sums.pattern()).pce);
        sums.add(&plane, &found, 1.0);
    }
    let own_pce = median(&mut own).unwrap_or(0.0);
    if own_pce < FOUND {
        return Err(Error::Usage(format!(
            "the photographs do not share a sensor pattern (median PCE {own_pce:.1}, {FOUND:.0} needed): they are of different cameras, or were scaled, stabilised or compressed too much"
        )));
    }
    let card = Card {
        name: name.to_owned(),
        width: size.0,
        height: size.1,
        photos,
        own_pce,
        pattern_sha256: String::new(),
    };
    Ok((card, sums.pattern()))
}

/// Decodes one photograph.
fn read(path: &Path) -> Result<Reference> {
    let exhibit = Exhibit::open(path, &Limits::default())?;
    if exhibit.kind != Kind::Image {
        return Err(Error::unreadable(path, "not a photograph"));
    }
    let mut seen = None;
    exhibit.play(&Play { frames: true, ..Play::default() }, |sample| {
        if let Sample::Frame(frame) = sample {
            let luma = frame.luma_f32(None);
            let plane = Plane::new(&luma.data, luma.width, luma.height);
            seen = Some(((luma.width, luma.height), plane));
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let (size, plane) = seen.ok_or_else(|| Error::unreadable(path, "no picture was decoded"))?;
    let photo = Photo { name: exhibit.name.clone(), sha256: exhibit.sha256.clone() };
    Ok(Reference { photo, size, plane })
}
