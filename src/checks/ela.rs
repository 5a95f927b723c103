//! Error level analysis: shown, never scored
//!
//! # What it measures
//!
//! The picture is compressed once more as JPEG of quality 90 (standard tables, no
//! chroma subsampling) and decoded; the map shows the mean over red, green and
//! blue of the absolute difference with the picture, in levels, averaged over
//! squares where the picture is larger than the map. `mean_level` and
//! `max_level` describe it. There is no score, no state and no threshold.
//!
//! # When it misleads
//!
//! Bright parts are parts with detail, edges or strong colour, whether or not
//! they were edited; dark ones are smooth, or were compressed before with a
//! similar quality. There is no false-alarm control, and none is possible: what
//! is bright depends on the content. Examiners see forgeries in genuine pictures
//! and miss forgeries in others; published evaluations find it near chance on
//! pictures that were saved again. Use it to choose where to look with a method
//! that has a control, such as `jpeg-double`, `jpeg-ghost` or `jpeg-grid`, and
//! do not show it to others as evidence.
//!
//! # References
//!
//! - Krawetz (2007), A picture's worth… Digital image analysis and forensics, Black
//!   Hat briefings.
//! - Zampoglou, Papadopoulos and Kompatsiaris (2017), Large-scale evaluation of
//!   splicing localization algorithms for web images, Multimedia Tools and
//!   Applications 76.
//!
//! # Titel
//!
//! Error level analysis: getoond, nooit gescoord
//!
//! # Wat het meet
//!
//! Het beeld wordt nogmaals als JPEG van kwaliteit 90 gecomprimeerd en gedecodeerd;
//! de kaart toont het gemiddelde over rood, groen en blauw van het absolute
//! verschil met het beeld, in niveaus. `mean_level` en `max_level` beschrijven
//! haar. Er is geen score, geen toestand en geen drempel.
//!
//! # Wanneer het misleidt
//!
//! Heldere delen hebben detail, randen of sterke kleur, bewerkt of niet; donkere
//! zijn egaal of eerder met een vergelijkbare kwaliteit gecomprimeerd. Valse
//! alarmen worden niet beheerst: wat helder is, hangt van de inhoud af. In echte
//! beelden worden zo vervalsingen gezien en in andere gemist. Gebruik haar om te
//! kiezen waar met een beheerste methode wordt gekeken (`jpeg-double`,
//! `jpeg-ghost`, `jpeg-grid`), en toon haar anderen niet als bewijs.

use rayon::prelude::*;

use super::finding::Axis;
use super::{Check, Entry, Figure, Finding, Group, Scene, Standing, Status};
use crate::media::{Exhibit, Kind, Needs, Rate};
use crate::text::Text;
use crate::{Error, Result};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "ela",
    group: Group::Coding,
    standing: Standing::Historical,
    source: include_str!("ela.rs"),
    make: |_| Box::new(Ela::default()),
};

/// The quality in most use (Krawetz took 95, the common tools 90).
const QUALITY: u8 = 90;
/// Rows of pixels compressed at a time: a multiple of the block, so that strips
/// come out as the whole picture would.
const STRIP: usize = 128;
/// Most cells of the map in one direction.
const MOST_CELLS: usize = 512;

#[derive(Default)]
struct Ela {
    still: bool,
    map: Option<Map>,
}

/// Mean differences.
struct Map {
    /// Pixels of a cell's side.
    cell: usize,
    size: (usize, usize),
    values: Vec<f32>,
    mean: f64,
    most: f64,
}

impl Check for Ela {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::PerSecond(1e-6), ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if self.still && self.map.is_none() {
            let most = scene.frame.display_width.max(scene.frame.display_height);
            self.map = Some(map(&scene.frame.rgb8(most))?);
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Some(map) = self.map.filter(|_| self.still) else {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new("The exhibit is not a still picture.", "Het materiaal is geen foto."),
            ));
        };
        let mut finding = Finding::new(
            Status::Derived,
            Text::new(
                "The map is for looking only: bright means detail as well as editing, and nothing is concluded from it.",
                "De kaart is alleen om te bekijken: helder betekent detail zowel als bewerking, en er wordt niets uit geconcludeerd.",
            ),
        );
        finding.value("mean_level", "1", map.mean);
        finding.value("max_level", "1", map.most);
        finding.warnings.push(Text::new(
            "Error level analysis has no control of false alarms; genuine pictures show bright and dark parts too. Do not use it as evidence.",
            "Foutniveau-analyse (ELA) kent geen beheersing van valse alarmen; ook echte beelden tonen heldere en donkere delen. Gebruik dit niet als bewijs.",
        ));
        let axis = |label: Text, cells: usize| Axis {
            label,
            range: Some((0.0, (cells * map.cell) as f64)),
            log: false,
        };
        finding.figures.push(Figure::Heat {
            scene: Some(Vec::new()),
            title: Text::new(
                "Error levels after compressing once more with quality 90",
                "Foutniveaus na nog een compressie met kwaliteit 90",
            ),
            width: map.size.0,
            height: map.size.1,
            x: axis(Text::new("x (px)", "x (px)"), map.size.0),
            y: axis(Text::new("y (px)", "y (px)"), map.size.1),
            values: map.values,
            scale: Text::new("mean difference (levels)", "gemiddeld verschil (niveaus)"),
        });
        Ok(finding)
    }
}

/// The differences of `picture` with itself compressed once more.
fn map(picture: &image::RgbImage) -> Result<Map> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let strips: Vec<Vec<f32>> = picture
        .as_raw()
        .par_chunks(STRIP * 3 * width.max(1))
        .map(|strip| differences(strip, width))
        .collect::<Result<_>>()?;
    let cell = width.max(height).div_ceil(MOST_CELLS).max(1);
    let size = (width.div_ceil(cell), height.div_ceil(cell));
    let mut sums = vec![(0.0f32, 0.0f32); size.0 * size.1];
    let rows = strips.iter().flat_map(|strip| strip.chunks_exact(width.max(1)));
    for (y, row) in rows.enumerate() {
        for (x, value) in row.iter().enumerate() {
            let sum = &mut sums[y / cell * size.0 + x / cell];
            *sum = (sum.0 + value, sum.1 + 1.0);
        }
    }
    Ok(Map {
        cell,
        size,
        values: sums.iter().map(|(sum, n)| sum / n.max(1.0)).collect(),
        mean: strips.iter().flatten().map(|v| f64::from(*v)).sum::<f64>()
            / (width * height).max(1) as f64,
        most: f64::from(strips.iter().flatten().copied().fold(0.0, f32::max)),
    })
}

/// Mean absolute difference over the colours of each pixel of a strip of RGB.
fn differences(strip: &[u8], width: usize) -> Result<Vec<f32>> {
    let fail = |e: image::ImageError| Error::compute("error level analysis", e);
    let rows = strip.len() / (3 * width.max(1));
    let (w, h) = (u32::try_from(width).unwrap_or(0), u32::try_from(rows).unwrap_or(0));
    let mut file = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, QUALITY)
        .encode(strip, w, h, image::ExtendedColorType::Rgb8)
        .map_err(fail)?;
    let again = image::load_from_memory_with_format(&file, image::ImageFormat::Jpeg)
        .map_err(fail)?
        .into_rgb8();
    let pixels = strip.chunks_exact(3).zip(again.as_raw().chunks_exact(3));
    Ok(pixels
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / 3.0)
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is the failed test")]
mod tests {
    use super::*;
    use crate::signal::synth::SplitMix;

    #[test]
    fn a_flat_picture_is_dark_and_noise_is_bright() {
        let mut random = SplitMix::new(1);
        let picture = image::RgbImage::from_fn(200, 300, |x, _| {
            let v = if x < 104 { 128 } else { 78 + (random.next() % 100) as u8 };
            image::Rgb([v; 3])
        });
        let map = map(&picture).unwrap();
        assert_eq!((map.cell, map.size), (1, (200, 300)));
        let mean = |from: usize, to: usize| {
            let cells =
                map.values.iter().enumerate().filter(|(i, _)| (from..to).contains(&(i % 200)));
            let (sum, n) = cells.fold((0.0, 0.0), |(s, n), (_, v)| (s + v, n + 1.0));
            sum / n
        };
        assert!(mean(0, 104) < 0.05, "{}", mean(0, 104));
        assert!(mean(104, 200) > 2.0, "{}", mean(104, 200));
    }

    #[test]
    fn strips_come_out_as_the_whole() {
        let mut random = SplitMix::new(2);
        let picture = image::RgbImage::from_fn(40, 300, |_, _| {
            image::Rgb(std::array::from_fn(|_| (random.next() % 256) as u8))
        });
        let whole = differences(picture.as_raw(), 40).unwrap();
        assert_eq!(map(&picture).unwrap().values, whole);
    }
}
