//! Spectrum: how fine detail falls off, and lines that a generator leaves
//!
//! # What it measures
//!
//! The power of the picture at each spatial frequency, on the coded luma plane
//! without any resizing. Tiles of 512×512 pixels (256×256 where the picture is
//! smaller than 512) are spread evenly: up to 24 of a photograph, up to 4 of
//! each video frame, at two frames a second. Every tile loses its mean, gets a
//! Hann window, and its power |FFT|² is averaged over circles of equal
//! frequency. Two straight lines through ln P against ln f give
//! `power_slope` (0.05–0.45 cycles a pixel) and `top_band_slope` (0.35–0.45):
//! noise whose power falls as 1/f² has −2. Faces of at least 256 pixels are
//! measured in the same way on 256×256 tiles, and `face_…_minus_image`
//! compares them with the whole picture.
//!
//! Many generators enlarge by factors of two, which can leave lines at 1/2,
//! 1/4, 1/8 or 1/16 cycles a pixel. Each tile less its 3×3 median (a filter
//! that keeps edges and needs no training, so that the residual holds fine
//! texture) is cut off at three typical deviations, scaled to unit variance, and the
//! power spectra are averaged. `peak_z_8` is how far ln P at the strongest
//! multiple of 1/8 stands above the median of its surroundings, in units of
//! 1.4826 times their median absolute deviation; bins on an axis are compared
//! along that axis. `control_z_8` is the same for lattices moved to where no
//! such line belongs. A peak needs z ≥ 6 and more than its control.
//!
//! A peak is reported but does not count when something ordinary explains it:
//! block coding of the file (JPEG: multiples of 1/8; other lossy codings, and
//! TIFF, which may hold JPEG: all), the palette of a GIF or PNG, the trace of
//! an earlier block coding, or the colour filter array of a camera (multiples
//! of 1/2; `cfa_contrast_db`, detail on one diagonal against the other).
//! That trace is sought in up to six areas of 256×256 (two of a video frame,
//! in three frames): each square of 8×8 places votes for the origin whose
//! 8×8 block has most zero cosine coefficients. `grid_8_strength` is the share
//! of votes for one origin, 1/64 by chance, and `grid_8_log10_nfa` the log10 of
//! how many origins would get as many by chance; from −5 down it explains all
//! four lattices. JPEG and MPEG-2 leave it strongly, H.264, WebP and VP9 more
//! weakly, HEVC hardly, yet it left no peaks either (measured, see
//! `experiments/001-spectrum-thresholds.md`). `column_contrast_db` and `row_contrast_db` compare even with odd
//! columns and rows; enlarging by two with interpolation makes them large.
//! `other_z` is the strongest line off these lattices, from 0.1 cycles a pixel
//! up, with its place: enlarging by other factors, screens and weave make such
//! lines, and it is given as a pointer, not judged.
//!
//! The second map is Frank's cosine (DCT) spectrum, as a map of z: the residual of
//! up to 24 tiles (of a video, of its first three frames looked at) in squares
//! of 128 pixels, transformed; the mean power of each coefficient, in how many
//! robust deviations its logarithm stands above those of its surroundings.
//! `dct_peak_z` is the largest from 0.1 cycles a pixel up, `dct_peak_frequency_x`
//! and `_y` its place. Frank takes z against a set of genuine pictures; such a
//! set differs from an exhibit first of all in its coding, and its z would tell
//! that. So the surroundings are the reference, and what spreads over many
//! coefficients (a steep or shallow decay) is for the slopes, not for this map. It
//! is shown and not judged: JPEG, the colour filter array and generators alike
//! put lines in it.
//!
//! `resampling_log10_nfa` and, from −5 down, `resampling_factor` are what the method
//! `resampling` measures in a still picture, repeated here because scaling
//! changes all of the above. Multiples of 1/8, where JPEG has its lines, are left
//! out of it, so that a block grid gives no factor; nor does a plain doubling.
//!
//! There is no score: on files that were coded alike no reference says yet how
//! often each value occurs among genuine and generated pictures, and collections
//! of both differ in their coding first of all.
//!
//! # When it misleads
//!
//! - Any resizing changes the slopes and moves or removes lines.
//! - JPEG and video coding put strong lines at the same places: genuine camera
//!   JPEGs reach z = 21 here. Peaks at those places are never counted in
//!   such files, so the check is blind to a generator there.
//! - Sharpening and noise lift the highest frequencies; noise reduction, beauty
//!   filters and missed focus lower them. A face in focus before a blurred
//!   background differs from it in a genuine picture too.
//! - Saved without loss, what an earlier lossy coding left can stand as a peak
//!   when too little of its grid is left to be found, and so can the dither of
//!   a palette saved in full colour: a peak names no cause.
//! - A generator that repeats pixels to enlarge moves the votes for a grid as a
//!   block coding does; its peaks are then not counted.
//! - Woven cloth, screens and brick walls have lines of their own.
//! - The absence of lines proves nothing: a generator whose last layers do not
//!   enlarge leaves none, and one resize afterwards removes them.
//!
//! # References
//!
//! - Durall, Keuper and Keuper (2020), Watch your up-convolution, CVPR.
//! - Dzanic, Shah and Witherden (2020), Fourier spectrum discrepancies in deep
//!   network generated images, NeurIPS.
//! - Frank et al. (2020), Leveraging frequency analysis for deep fake image
//!   recognition, ICML. The cosine spectrum, with another reference.
//! - Chandrasegaran, Tran and Cheung (2021), A closer look at Fourier spectrum
//!   discrepancies for CNN-generated images detection, CVPR.
//! - Corvi et al. (2023), Intriguing properties of synthetic images: from
//!   generative adversarial networks to diffusion models, CVPR workshops.
//! - Nikoukhah et al. (2021), ZERO: a local JPEG grid origin detector based on
//!   the number of DCT zeros, IPOL.
//! - Gallagher and Chen (2008), Image authentication by detecting traces of
//!   demosaicing, CVPR workshops.
//!
//! # Titel
//!
//! Spectrum: hoe fijn detail afneemt, en lijnen die een generator achterlaat
//!
//! # Wat het meet
//!
//! Het vermogen van het beeld bij elke ruimtelijke frequentie, op het
//! gecodeerde luminantievlak en zonder schalen. Tegels van 512×512 pixels
//! (256×256 als het beeld kleiner is dan 512) worden gelijkmatig verdeeld: tot
//! 24 van een foto, tot 4 van elk videobeeld, twee beelden per seconde. Per
//! tegel gaat het gemiddelde eraf, volgt een Hann-venster en wordt het vermogen
//! |FFT|² gemiddeld over cirkels van gelijke frequentie. Twee rechte lijnen door ln P
//! tegen ln f geven `power_slope` (0,05–0,45 perioden per pixel) en
//! `top_band_slope` (0,35–0,45): ruis waarvan het vermogen als 1/f² afneemt,
//! heeft −2. Gezichten van ten minste 256 pixels worden op dezelfde manier
//! gemeten op tegels van 256×256; `face_…_minus_image` vergelijkt ze met het
//! hele beeld.
//!
//! Veel generatoren vergroten met factoren van twee en kunnen daardoor lijnen
//! achterlaten bij 1/2, 1/4, 1/8 of 1/16 periode per pixel. Van elke tegel
//! wordt de 3×3-mediaan afgetrokken (een filter dat randen spaart en geen
//! training vraagt, zodat het residu de fijne textuur bevat); het residu wordt
//! begrensd op drie typische afwijkingen en op variantie 1 gebracht, en de
//! vermogensspectra worden gemiddeld. `peak_z_8` zegt hoe ver ln P bij het
//! sterkste veelvoud van 1/8 boven de mediaan van de omgeving uitsteekt, in
//! eenheden van 1,4826 maal de mediane absolute afwijking daarvan (MAD); punten
//! op een as worden langs die as vergeleken. `control_z_8` is hetzelfde voor
//! roosters die verschoven zijn naar plaatsen waar zo'n lijn niet hoort. Een
//! piek vereist z ≥ 6 en meer dan dat vergelijkingsrooster.
//!
//! Een piek wordt gemeld maar telt niet als iets gewoons haar verklaart: de
//! blokcodering van het bestand (JPEG: veelvouden van 1/8; andere codering met
//! verlies, en TIFF, dat JPEG kan bevatten: alle), het palet van een GIF of
//! PNG, het spoor van een eerdere blokcodering, of het kleurenfilter van een
//! camera (veelvouden van 1/2; `cfa_contrast_db`, detail op de ene diagonaal
//! tegenover de andere). Dat spoor wordt gezocht in ten hoogste zes gebieden
//! van 256×256 (twee van een videobeeld, in drie beelden): elk vierkant van 8×8
//! plaatsen stemt op de oorsprong waarvan het 8×8-blok de meeste
//! cosinuscoëfficiënten gelijk aan nul heeft. `grid_8_strength` is het aandeel
//! van de stemmen voor één oorsprong, bij toeval 1/64, en `grid_8_log10_nfa` de
//! log10 van het aantal oorsprongen dat er bij toeval evenveel zou krijgen; van
//! −5 en lager verklaart het alle vier de roosters. JPEG en MPEG-2 laten het
//! sterk achter, H.264, WebP en VP9 zwakker, HEVC nauwelijks, maar daar bleven
//! ook geen pieken over (gemeten, zie `experiments/001-spectrum-thresholds.md`).
//! `column_contrast_db` en `row_contrast_db` vergelijken even met oneven
//! kolommen en rijen; vergroten met een factor twee met interpolatie maakt ze
//! groot. `other_z` is de sterkste lijn buiten deze roosters, vanaf 0,1 periode
//! per pixel, met haar plaats: vergroten met andere factoren, beeldschermen en
//! weefsel maken zulke lijnen; zij wordt als aanwijzing gegeven en niet
//! beoordeeld.
//!
//! De tweede kaart is het cosinusspectrum (DCT) van Frank als kaart van z: het
//! residu van ten hoogste 24 tegels (van een video: van de eerste drie bekeken
//! beelden) in vierkanten van 128 pixels, getransformeerd; van elke coëfficiënt
//! het gemiddelde vermogen, en hoeveel robuuste afwijkingen de logaritme daarvan
//! boven die van de omgeving uitsteekt. `dct_peak_z` is de grootste vanaf 0,1
//! periode per pixel, met haar plaats. Frank neemt z tegenover een verzameling
//! echte beelden; die verschilt van het materiaal allereerst in codering, en dat
//! zou z dan vertellen. Daarom is de omgeving de referentie. De kaart wordt
//! getoond en niet beoordeeld: JPEG, kleurenfilter en generatoren zetten er allemaal
//! lijnen in.
//!
//! `resampling_log10_nfa` en, vanaf −5, `resampling_factor` zijn wat de methode
//! `resampling` in een foto meet, hier herhaald omdat schaling al het
//! bovenstaande verandert. Veelvouden van 1/8, waar JPEG zijn lijnen heeft, blijven
//! daarbij buiten beschouwing: een blokraster geeft geen factor, een verdubbeling
//! evenmin.
//!
//! Er is geen score: er bestaat nog geen referentie die zegt hoe vaak elke
//! waarde voorkomt bij echte en gegenereerde beelden met dezelfde codering, en
//! verzamelingen van beide verschillen allereerst in hun codering.
//!
//! # Wanneer het misleidt
//!
//! - Elke schaling verandert de hellingen en verplaatst of verwijdert lijnen.
//! - JPEG en videocodering geven sterke lijnen op dezelfde plaatsen: echte
//!   camera-JPEG's halen hier z = 21. In zulke bestanden tellen pieken op die
//!   plaatsen nooit; daar is deze methode dus blind voor een generator.
//! - Verscherping en ruis versterken de hoogste frequenties; ruisonderdrukking,
//!   schoonheidsfilters en onscherpte verzwakken ze. Een scherp gezicht voor een
//!   onscherpe achtergrond wijkt ook in een echt beeld daarvan af.
//! - Verliesvrij opgeslagen kan wat een eerdere codering met verlies achterliet
//!   als piek blijven staan, als van het raster te weinig over is om het te
//!   vinden; het rasteren (dithering) van een palet dat in volle kleuren is
//!   opgeslagen ook: een piek noemt geen oorzaak.
//! - Een generator die bij het vergroten pixels herhaalt, beïnvloedt de stemmen
//!   voor een raster zoals een blokcodering; zijn pieken tellen dan niet.
//! - Weefsel, beeldschermen en bakstenen muren hebben eigen lijnen.
//! - Geen lijnen bewijst niets: een generator waarvan de laatste lagen niet
//!   vergroten laat er geen achter, en één schaling achteraf verwijdert ze.

mod draw;
mod judge;
mod measure;
mod say;
mod traces;
mod zmap;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::judge::Coding;
use self::measure::{Lens, PERIODS, Sums, spread};
use self::traces::{Grid, Parity};
use self::zmap::CosineSums;
use super::resampling::{self, Estimate};
use super::thin::thin;
use super::{Check, Entry, Finding, Group, Measurement, Scene, Standing};
use crate::Result;
use crate::media::{Exhibit, FaceDetail, Frame, Gray, Kind, Needs, Rate, Rect};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "spectrum",
    group: Group::Spectral,
    standing: Standing::Indicator,
    source: include_str!("spectrum.rs"),
    make: |_| Box::new(Spectrum { stride: 1, ..Spectrum::default() }),
};

/// Tile of the whole picture, in pixels.
const LARGE: usize = 512;
/// Tile of a smaller picture and of a face: Durall's and Frank's face crops
/// are of this order, and 256 is the least that holds 16 bins between the
/// multiples of 1/16.
const SMALL: usize = 256;
/// Tiles of a still picture.
const STILL_TILES: usize = 24;
/// Tiles of one video frame, to stay well under 20 ms at 1080p.
const VIDEO_TILES: usize = 4;
/// Tiles of one face in one frame.
const FACE_TILES: usize = 4;
/// Face tracks that are kept; a hostile clip could hold any number.
const MOST_TRACKS: usize = 16;
/// Frames whose block grid, parity and cosine spectrum are looked at.
const TRACED_FRAMES: usize = 3;
/// Side of the areas that vote on the block grid.
const VOTE_SIDE: usize = 256;
/// How many of them in a still picture, and in a video frame: a vote costs as
/// much as measuring the spectrum of its area ten times over.
const VOTE_AREAS: (usize, usize) = (6, 2);
/// Rows of measurements kept, six for each frame and face: as many as the
/// method `faces` keeps, four hours of a clip without large faces.
const MOST_ROWS: usize = 180_000;

/// The measurement of one exhibit.
#[derive(Default)]
struct Spectrum {
    still: bool,
    coding: Option<Coding>,
    /// Planned on first use.
    large: Option<Lens>,
    small: Option<Lens>,
    picture: Option<Sums>,
    faces: BTreeMap<u32, Sums>,
    frames: usize,
    /// Width and height of the last frame that was too small.
    too_small: Option<(usize, usize)>,
    /// Faces seen that were smaller than a tile, and tracks beyond the limit.
    small_faces: usize,
    more_tracks: bool,
    grid: Grid,
    parity: Parity,
    traced: usize,
    cosines: CosineSums,
    /// What `resampling` measures in a still picture.
    scaled: Option<Estimate>,
    /// Measurements with their frame's place among those seen, thinned to every
    /// `stride`-th frame.
    rows: Vec<(u64, Measurement)>,
    stride: u64,
}

impl Check for Spectrum {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::PerSecond(2.0), faces: FaceDetail::Mesh, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        self.coding = Some(Coding::of(exhibit));
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let (width, height) = scene.frame.pixels.size();
        let n = if width.min(height) >= LARGE { LARGE } else { SMALL };
        if width.min(height) < SMALL {
            self.too_small = Some((width, height));
            return Ok(());
        }
        self.frames += 1;
        self.picture(scene.frame, (width, height), n)?;
        if self.still && self.frames == 1 {
            self.scaled = resampling::estimate(&scene.frame.luma_f32(None))?;
        }
        if self.traced < TRACED_FRAMES {
            self.traced += 1;
            self.trace(scene.frame, width, height, n);
        }
        for face in scene.faces {
            self.face(scene.frame, (width, height), face.track, face.bounds)?;
        }
        thin(&mut self.rows, &mut self.stride, MOST_ROWS, |row| row.0);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.report()
    }
}

impl Spectrum {
    fn picture(
        &mut self,
        frame: &Frame<'_>,
        (width, height): (usize, usize),
        n: usize,
    ) -> Result<()> {
        let most = if self.still { STILL_TILES } else { VIDEO_TILES };
        let lens = planned(if n == LARGE { &mut self.large } else { &mut self.small }, n)?;
        let mut sums = Sums::new(n);
        for (x, y) in spread(width, height, n, most) {
            let tile = cut(frame, x, y, n);
            if tile.data.len() == n * n {
                let added = lens.add(&tile.data, &mut sums)?;
                if let Some((residual, variance)) = added.filter(|_| self.traced < TRACED_FRAMES) {
                    self.cosines.add(residual, n, variance)?;
                }
            }
        }
        if let Some(seen) = kept(self.frames, self.stride) {
            note(lens, &sums, frame, None, seen, &mut self.rows);
        }
        match &mut self.picture {
            // A stream that changes size halfway keeps the first tile size.
            Some(total) => total.merge(&sums),
            None => self.picture = Some(sums),
        }
        Ok(())
    }

    fn face(
        &mut self,
        frame: &Frame<'_>,
        (width, height): (usize, usize),
        track: u32,
        bounds: Rect,
    ) -> Result<()> {
        let whole = Rect::between(0.0, 0.0, width as f32, height as f32);
        let side = SMALL as f32;
        let Some(found) = bounds.mapped(&frame.display_to_coded).intersect(&whole) else {
            return Ok(());
        };
        if found.width < side || found.height < side {
            self.small_faces += 1;
            return Ok(());
        }
        if !self.faces.contains_key(&track) && self.faces.len() >= MOST_TRACKS {
            self.more_tracks = true;
            return Ok(());
        }
        let lens = planned(&mut self.small, SMALL)?;
        let mut sums = Sums::new(SMALL);
        for (x, y) in spread(found.width as usize, found.height as usize, SMALL, FACE_TILES) {
            let tile = cut(frame, found.x as usize + x, found.y as usize + y, SMALL);
            if tile.data.len() == SMALL * SMALL {
                lens.add(&tile.data, &mut sums)?;
            }
        }
        if let Some(seen) = kept(self.frames, self.stride) {
            note(lens, &sums, frame, Some(track), seen, &mut self.rows);
        }
        self.faces.entry(track).and_modify(|total| total.merge(&sums)).or_insert(sums);
        Ok(())
    }

    /// Looks for a block grid and for parity in a few areas.
    fn trace(&mut self, frame: &Frame<'_>, width: usize, height: usize, n: usize) {
        let most = if self.still { VOTE_AREAS.0 } else { VOTE_AREAS.1 };
        for (x, y) in spread(width, height, n, most) {
            let inset = (n - VOTE_SIDE) / 2;
            let area = cut(frame, x + inset, y + inset, VOTE_SIDE);
            self.grid.add(&area.data, area.width, x + inset, y + inset);
            self.parity.add(&area.data, area.width, x + inset, y + inset);
        }
    }
}

/// The lens in `slot`, planned when first needed.
fn planned(slot: &mut Option<Lens>, n: usize) -> Result<&mut Lens> {
    if slot.is_none() {
        *slot = Some(Lens::new(n)?);
    }
    slot.as_mut().ok_or_else(|| crate::Error::compute("planning a Fourier transform", "no plan"))
}

/// The place of the newest of `frames` frames, from 0, when its rows are kept.
fn kept(frames: usize, stride: u64) -> Option<u64> {
    let seen = frames.saturating_sub(1) as u64;
    seen.is_multiple_of(stride).then_some(seen)
}

/// Luma of the square of `n` pixels with its top-left corner at (`x`, `y`).
fn cut(frame: &Frame<'_>, x: usize, y: usize, n: usize) -> Gray {
    let (x, y, n) = (x as f32, y as f32, n as f32);
    frame.luma_f32(Some(Rect::between(x, y, x + n, y + n)))
}

/// Writes the numbers of one frame, or of one face in it, to the table.
fn note(
    lens: &Lens,
    sums: &Sums,
    frame: &Frame<'_>,
    track: Option<u32>,
    seen: u64,
    rows: &mut Vec<(u64, Measurement)>,
) {
    let Some(slopes) = lens.slopes(sums) else { return };
    let mut push = |quantity, value: f64| {
        if value.is_finite() {
            let (time_s, frame) = (Some(frame.time_s), Some(frame.index));
            let unit = "1";
            rows.push((seen, Measurement { quantity, unit, time_s, frame, track, value }));
        }
    };
    push("power_slope", slopes.whole);
    push("top_band_slope", slopes.top);
    const NAMES: [&str; PERIODS.len()] = ["peak_z_2", "peak_z_4", "peak_z_8", "peak_z_16"];
    for (name, peak) in NAMES.into_iter().zip(lens.peaks(&sums.ln_residual())) {
        if let Some(peak) = peak {
            push(name, peak.z);
        }
    }
}
