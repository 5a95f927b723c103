//! Blinking: how often, how long, how completely
//!
//! # What it measures
//!
//! The opening of the eyes in every frame: height over width (eye aspect
//! ratio), from the eye contours that MediaPipe's iris network draws inside the
//! eyes of the face mesh, both eyes together. The open eye's opening is the 80th
//! percentile within 1.5 s to either side, so that a slow turn of the head
//! changes nothing. A blink is a fall under 70 % of that, reaching 60 %, for 40
//! to 600 ms; where the opening is otherwise quiet the threshold rises to as
//! much as 90 % (four deviations of the noise), because spectacles keep the
//! networks from seeing eyes close. For every blink: onset, duration, and
//! completeness, the part of the opening lost at the deepest point.
//!
//! For the face seen longest: `blinks`, `rate_per_min`, `measurable_s`, and the
//! two-sided probability of a count at least as unusual for a person who talks
//! (`p_conversation`), looks ahead (`p_gaze`) or reads (`p_reading`): Poisson
//! with a log-normal rate over the published ranges, a tenth of the blinks
//! missed. Other faces have the same values with `_track_N`. No likelihood
//! ratio follows: how often modern generated faces blink is unknown.
//!
//! Frames in which the wider eye is under 20 pixels do not count. Under 12
//! frames a second nothing is counted: a blink's closed phase can fall between
//! two frames. Under 24 blinks are counted but no probability is given, because
//! the part missed is not known there. Under 20 s every count is compatible
//! with some ordinary person: the number is given as uninformative.
//!
//! # When it misleads
//!
//! - Blinking differs between persons and with task, dry air, contact lenses,
//!   medication, fatigue and the wish not to blink before a camera. A low number
//!   is never remarkable for someone who reads.
//! - A glance down lowers the lids as a blink does and may be counted.
//! - Spectacles, reflections, hair and low resolution make openings coarse;
//!   completeness is then far too low. On the one labelled clip (spectacles, 17
//!   frames a second) the raised threshold was chosen too: what it does on other
//!   clips of that kind is not known.
//! - Cutting, speeding up and frame interpolation remove or reshape blinks in
//!   genuine clips.
//! - Generated faces have blinked at ordinary rates since about 2019: this check
//!   is kept for its history and for measurements, not as a sign.
//!
//! # References
//!
//! - Soukupová and Čech (2016), Real-time eye blink detection using facial
//!   landmarks, Computer Vision Winter Workshop.
//! - Doughty (2001), Consideration of three types of spontaneous eyeblink
//!   activity in normal humans, Optometry and Vision Science 78:712–725.
//! - Bentivoglio et al. (1997), Analysis of blink rate patterns in normal
//!   subjects, Movement Disorders 12:1028–1034.
//! - Li, Chang and Lyu (2018), In ictu oculi: exposing AI created fake videos by
//!   detecting eye blinking, WIFS, arXiv:1806.02877.
//! - Ablavatski et al. (2020), Real-time pupil tracking from monocular video for
//!   digital puppetry, arXiv:2006.11341.
//!
//! # Titel
//!
//! Knipperen: hoe vaak, hoe lang, hoe volledig
//!
//! # Wat het meet
//!
//! De opening van de ogen in elk beeld: hoogte gedeeld door breedte (eye aspect
//! ratio), uit de oogcontouren die het irisnetwerk van MediaPipe in de ogen van
//! het gezichtsraster tekent, beide ogen samen. De opening van het open oog is
//! het 80e percentiel binnen 1,5 s aan weerszijden, zodat langzaam draaien van
//! het hoofd niets uitmaakt. Een knippering is een daling onder 70 % daarvan,
//! tot 60 %, gedurende 40 tot 600 ms; waar de opening verder rustig is stijgt de
//! drempel tot hooguit 90 % (vier standaarddeviaties van de ruis), omdat de
//! netwerken achter een bril ogen nauwelijks zien sluiten. Van elke knippering:
//! begin, duur en volledigheid, het deel van de opening dat op het diepste punt
//! verdwenen is.
//!
//! Voor het gezicht dat het langst te zien is: `blinks`, `rate_per_min`,
//! `measurable_s`, en de tweezijdige kans op een aantal dat minstens zo
//! ongewoon is voor iemand die praat (`p_conversation`), vooruit kijkt
//! (`p_gaze`) of leest (`p_reading`): Poisson met een lognormaal tempo volgens
//! de gepubliceerde spreiding, waarbij een tiende van de knipperingen gemist
//! wordt. Andere gezichten hebben dezelfde waarden met `_track_N`. Een
//! likelihood ratio (LR) volgt er niet uit: hoe vaak hedendaagse gegenereerde
//! gezichten knipperen is onbekend.
//!
//! Beelden waarin het breedste oog smaller is dan 20 pixels tellen niet mee.
//! Onder 12 beelden per seconde wordt niet geteld: het oog kan tussen twee
//! beelden dicht en weer open zijn. Onder 24 wordt geteld, maar zonder kans,
//! omdat het gemiste deel daar niet bekend is. Onder 20 s past elk aantal bij
//! een of ander gewoon mens: het aantal heet dan niet informatief.
//!
//! # Wanneer het misleidt
//!
//! - Knipperen verschilt tussen personen en met bezigheid, droge lucht,
//!   contactlenzen, medicijnen, vermoeidheid en de wens om voor een camera niet
//!   te knipperen. Een laag aantal is nooit opmerkelijk bij iemand die leest.
//! - Een blik omlaag laat de oogleden zakken zoals een knippering en kan
//!   meetellen.
//! - Een bril, spiegelingen, haar en een lage resolutie maken de opening grof;
//!   de volledigheid valt dan veel te laag uit. Op de enige clip met bekende
//!   knipperingen (bril, 17 beelden per seconde) is ook de verhoogde drempel
//!   gekozen: wat die op andere zulke clips doet, is niet bekend.
//! - Knippen, versnellen en tussenbeelden berekenen verwijderen of vervormen
//!   knipperingen in authentieke opnamen.
//! - Gegenereerde gezichten knipperen sinds ongeveer 2019 met een gewoon tempo:
//!   deze methode blijft om haar geschiedenis en om de metingen, niet als
//!   aanwijzing.

mod rate;
mod say;
mod series;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::series::Sample;
use super::{Check, Entry, Finding, Group, Scene, Standing, tracks};
use crate::Result;
use crate::faces::{Face, geometry};
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "blink",
    group: Group::Physiology,
    standing: Standing::Historical,
    source: include_str!("blink.rs"),
    make: |_| Box::new(Blinks::default()),
};

/// Narrowest eye that is measured, in display pixels (recipe).
const EYE_WIDTH: f32 = 20.0;
/// Samples kept over all faces: two hours of one face at 30 frames a second in
/// 5 MiB. What comes after is not measured, and the finding says so.
const MOST_SAMPLES: usize = 216_000;

/// What was seen of eyes so far.
#[derive(Default)]
struct Blinks {
    still: bool,
    frames: u64,
    faces: u64,
    kept: usize,
    /// When the record was full.
    full_s: Option<f64>,
    tracks: BTreeMap<u32, Vec<Sample>>,
    /// Frames in which each face was seen.
    seen: BTreeMap<u32, u64>,
    /// Faces whose eyes are hidden, and narrower ones.
    hidden: u64,
    narrow: u64,
}

impl Check for Blinks {
    fn needs(&self) -> Needs {
        Needs {
            frames: Rate::Every,
            faces: FaceDetail::Iris,
            faces_essential: true,
            ..Needs::default()
        }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.frames += 1;
        let (frame, time_s) = (scene.frame.index, scene.frame.time_s);
        for face in scene.faces {
            self.faces += 1;
            *self.seen.entry(face.track).or_default() += 1;
            if tracks::eyes_hidden(face) {
                self.hidden += 1;
                continue;
            }
            let Some((opening, width)) = opening(face).filter(|(_, w)| *w >= EYE_WIDTH) else {
                self.narrow += 1;
                continue;
            };
            if self.kept >= MOST_SAMPLES {
                self.full_s.get_or_insert(time_s);
                continue;
            }
            let samples = self.tracks.entry(face.track).or_default();
            if samples.last().is_none_or(|last| last.time_s <= time_s) {
                samples.push(Sample { frame, time_s, opening, width });
                self.kept += 1;
            }
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(say::conclude(*self))
    }
}

/// Height over width of both eyes' openings together, and the width of the
/// wider one in pixels. Heights and widths are summed, so that the nearer eye
/// of a turned head counts for more.
fn opening(face: &Face) -> Option<(f32, f32)> {
    let [right, left] = face.irises.as_ref()?;
    let right = geometry::eye_opening(&right.contour, geometry::CONTOUR_EYE)?;
    let left = geometry::eye_opening(&left.contour, geometry::CONTOUR_EYE)?;
    let ratio = (right.height + left.height) / (right.width + left.width);
    ratio.is_finite().then_some((ratio, right.width.max(left.width)))
}
