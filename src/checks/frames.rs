//! Dropped, duplicated and inserted frames, repeated stretches, gaps in time, edit lists
//!
//! # What it measures
//!
//! Each frame's luma is averaged in cells (64 across) and compared with the one
//! before it: `residual`, the root mean square difference in grey levels. Its
//! ordinary level is the median of the eight residuals before and after, repeats
//! among them left out.
//!
//! - *Duplicated*: the residual is at most a tenth of its level. Duplicates at
//!   one regular distance are told apart, since a conversion of the frame rate makes
//!   them (`duplicates_every_frames`; 1.5 is two in every three).
//! - *Freeze*: eight or more frames in a row that repeat the one before, each by a
//!   tenth of the level of the eight frames before or after them. A picture
//!   held to cover a cut does this, and so does a call that stalls.
//! - *Jump*: the residual is at least 2.5 times each of the three before and
//!   after, and at least 2 grey levels. A cut between shots does this, removed
//!   frames, a camera flash, a picture that was disturbed.
//! - *Inserted*: one to three frames between two jumps after which the picture
//!   goes on as before them: the frames around them differ at most 0.4 times
//!   as much as the jumps.
//! - *Repeated stretch*: ten or more frames in motion that come back later in
//!   the same order, to within half a grey level in 8×8 cells (looked for in
//!   the first 6,000 frames).
//! - *Time*: steps of more than 1.75 times the usual, with the number of
//!   frames that would fit (`frames_missing_by_time`), equal and backward times.
//! - *Edit list* of MP4 and MOV: edits, empty edits, and how far into the media
//!   the picture begins, which tells of trimming without coding again.
//!
//! Where the level is below half a grey level the scene stands still, and
//! duplicates, jumps and repetition are not judged; `moving_share` says how much of
//! the video was judged. `state` is `none`, `regular-duplicates`, `still` or
//! `events` (of duplicates from three on).
//! The thresholds are our own, set on the development clips.
//!
//! # When it misleads
//!
//! - Removed frames show only where the scene moved enough in the meantime to
//!   exceed its ordinary motion. In trials on eight development clips the removal of one or
//!   three frames was hardly ever seen, and of 25 frames in about half of them. That
//!   nothing was found therefore does not show that nothing was removed.
//! - A removal that also removed the sound and was coded again leaves no gap in
//!   time.
//! - Telephones with a variable frame rate leave gaps and repeat frames in poor
//!   light; screen recordings and animations stand still and jump; video
//!   calls freeze. Conversion from 24 or 25 to 30 frames a second duplicates every fifth
//!   or sixth frame.
//! - Cuts between shots are the ordinary stuff of edited video. Look at the frames
//!   at the times given.
//! - A loop and a repeated advertisement repeat stretches without any deceit.
//!
//! # References
//!
//! - Wang and Farid (2007), Exposing digital forgeries in video by detecting
//!   duplication, ACM Multimedia and Security. There by correlation of
//!   subsequences; here by differences of cells.
//! - ISO/IEC 14496-12, section 8.6.6: edit lists.
//!
//! # Titel
//!
//! Ontbrekende, dubbele en ingevoegde beelden, herhaalde stukken, gaten in de tijd, bewerkingslijsten
//!
//! # Wat het meet
//!
//! Van elk beeld wordt de luma gemiddeld in cellen (64 in de breedte) en
//! vergeleken met het beeld ervoor: `residual`, het kwadratisch gemiddelde
//! verschil in grijswaarden. Het gewone niveau is de mediaan van de acht waarden
//! ervoor en de acht erna, herhalingen daaronder weggelaten.
//!
//! - *Verdubbeld*: hoogstens een tiende van het niveau. Verdubbelingen op vaste
//!   afstand worden apart gemeld, omdat een omzetting van de beeldfrequentie ze
//!   maakt.
//! - *Bevroren*: acht of meer beelden achtereen die het vorige herhalen, terwijl het
//!   beeld ervoor of erna beweegt. Een stilgezet beeld dat een knip verbergt geeft
//!   dit, en een videogesprek dat hapert.
//! - *Sprong*: ten minste 2,5 keer elk van de drie waarden ervoor en erna, en
//!   ten minste 2 grijswaarden: een overgang tussen opnamen, verwijderde beelden, een
//!   flits, een gestoord beeld.
//! - *Ingevoegd*: een tot drie beelden tussen twee sprongen waarna het beeld
//!   verdergaat als ervoor.
//! - *Herhaald stuk*: tien of meer bewegende beelden die later in dezelfde
//!   volgorde terugkomen.
//! - *Tijd*: stappen langer dan 1,75 keer de gewone, met het aantal beelden dat
//!   daarin zou passen, gelijke en teruglopende tijden.
//! - *Bewerkingslijst* (edit list) van MP4 en MOV: bewerkingen, lege bewerkingen
//!   en hoe ver in de media het beeld begint, wat wijst op inkorten zonder
//!   hercoderen.
//!
//! Waar het niveau onder een halve grijswaarde ligt, staat het beeld stil en
//! wordt daarover niet geoordeeld; `moving_share` zegt over welk deel wel.
//! De drempels zijn van onszelf, bepaald op de opnamen van de ontwikkeling.
//!
//! # Wanneer het misleidt
//!
//! - Verwijderde beelden vallen alleen op waar het beeld intussen meer bewoog
//!   dan gewoonlijk. In proeven op acht ontwikkelopnamen was het verwijderen van een of drie
//!   beelden vrijwel nooit te zien en van 25 beelden in ongeveer de helft. Dat
//!   niets is gevonden, toont dus niet dat niets is verwijderd.
//! - Telefoons met een wisselende beeldfrequentie laten gaten en herhalen beelden
//!   bij weinig licht; schermopnamen en animaties staan stil en springen;
//!   videogesprekken haperen. Omzetting van 24 of 25 naar 30 beelden per seconde
//!   verdubbelt elk vijfde of zesde beeld.
//! - Overgangen tussen opnamen zijn gewoon in gemonteerde video. Bekijk de beelden
//!   op de vermelde tijden.
//! - Een lus herhaalt stukken zonder misleiding.

mod edits;
mod events;
mod say;
mod table;

#[cfg(test)]
mod tests;

use self::edits::Edits;
use super::{Check, Entry, Finding, Group, Scene, Standing};
use crate::Result;
use crate::media::container::Structure;
use crate::media::frame::Row;
use crate::media::{Exhibit, Kind, Needs, Plane, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "frames",
    group: Group::Coding,
    standing: Standing::Indicator,
    source: include_str!("frames.rs"),
    make: |_| Box::new(Frames::default()),
};

/// Cells across; noise and coding average out in them, motion does not.
const ACROSS: usize = 64;
/// Most frames that are kept: two and a half hours at 25 a second.
const MOST_FRAMES: usize = 225_000;
/// Frames of which a signature is kept, for repeated stretches.
const MOST_SIGNED: usize = 6_000;
/// How many frames back a frame is compared with, for insertions of up to three.
const BACK: usize = 4;

/// A frame's luma in 8×8 cells.
type Signature = [f32; 64];

/// What is kept of the frames of one exhibit.
#[derive(Default)]
struct Frames {
    kind: Option<Kind>,
    edits: Vec<Edits>,
    /// Times in seconds.
    times: Vec<f64>,
    /// Differences with the one to four frames before, grey levels; NaN where
    /// there is none.
    back: Vec<[f32; BACK]>,
    signatures: Vec<Signature>,
    /// Cells of the last frames, the latest first.
    recent: Vec<Vec<f32>>,
    more: bool,
}

impl Check for Frames {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::Every, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.kind = Some(exhibit.kind);
        if exhibit.kind == Kind::Video {
            self.edits = edits::edits(&Structure::read(&exhibit.path)?.nodes);
        }
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if self.times.len() >= MOST_FRAMES {
            self.more = true;
            return Ok(());
        }
        let luma = scene.frame.luma();
        let down = (ACROSS * luma.height).div_ceil(luma.width.max(1)).clamp(1, 4 * ACROSS);
        let cells = cells(&luma, ACROSS, down);
        if self.signatures.len() < MOST_SIGNED {
            let small = self::cells(&luma, 8, 8);
            self.signatures.push(small.try_into().unwrap_or([0.0; 64]));
        }
        let mut back = [f32::NAN; BACK];
        for (difference, earlier) in back.iter_mut().zip(&self.recent) {
            *difference = rms(earlier, &cells);
        }
        self.back.push(back);
        self.times.push(scene.frame.time_s);
        self.recent.insert(0, cells);
        self.recent.truncate(BACK);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

/// Means of `plane` in `across` × `down` cells on the scale of 8 bits, row by
/// row. Every fourth pixel is enough where a cell has many.
fn cells(plane: &Plane<'_>, across: usize, down: usize) -> Vec<f32> {
    let scale = 1.0 / (1u32 << (plane.bits.clamp(8, 16) - 8)) as f32;
    let mut sums = vec![(0.0f32, 0.0f32); across * down];
    let step = (plane.width / (across * 8)).clamp(1, 4);
    for y in (0..plane.height).step_by(step) {
        let line = y * down / plane.height.max(1) * across;
        let mut add = |x: usize, value: f32| {
            if let Some(sum) = sums.get_mut(line + x * across / plane.width.max(1)) {
                *sum = (sum.0 + value, sum.1 + 1.0);
            }
        };
        match plane.row(y) {
            Row::Eight(row) => {
                row.iter().enumerate().step_by(step).for_each(|(x, &v)| add(x, f32::from(v)));
            }
            Row::Sixteen(row) => {
                let add = |(x, &v): (usize, &u16)| add(x, f32::from(v) * scale);
                row.iter().enumerate().step_by(step).for_each(add);
            }
        }
    }
    sums.iter().map(|(sum, count)| if *count > 0.0 { sum / count } else { 0.0 }).collect()
}

/// Root mean square difference; NaN when the sizes differ.
fn rms(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() || a.is_empty() {
        return f32::NAN;
    }
    let sum: f32 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    (sum / a.len() as f32).sqrt()
}
