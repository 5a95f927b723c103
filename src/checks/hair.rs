//! Hair: do the strands run on?
//!
//! # What it measures
//!
//! Hair is drawn by strands that run side by side; generated and smoothed hair
//! can break up, melt together or turn to noise. Around the upper rim of each
//! face the picture is brought to 128 samples over the width of the face, and
//! for each sample of hair the structure tensor (gradients summed over a Gaussian of 2.5 samples)
//! tells how much one direction prevails: its coherence, from 0 (none) to 1
//! (one). `hair_coherence` is the median over the hair, `hair_coherence_p10` the
//! lowest tenth, and `strand_continuity` the median cosine of twice the turn
//! between a strand's direction and that six samples further along it, where
//! the coherence is over 0.3. White noise made as fine as hair gives 0.24 and
//! 0.4. Medians over up to eight moments of the face seen longest; the map shows
//! the coherence of the first.
//!
//! Hair is what lies outside the rim of the face above the mouth, is not of the
//! colour of the forehead, and belongs to the person as the segmentation
//! network sees it (`models install selfie-segmentation`). Without that network
//! only a narrow band over the brows is taken. Nothing is said of faces under
//! 128 pixels or turned by more than 35 degrees, where hardly anything but skin
//! lies there (bald, very short, cut off), or where no strands are resolved
//! (a plain hat, blur, strong compression).
//!
//! There is no score: no controlled figure says how hair of fakes differs.
//!
//! # When it misleads
//!
//! - A patterned hat or scarf, leaves behind the head without the network, and
//!   curls, which turn within the window.
//! - Resolution, focus and compression change coherence far more than fakes do:
//!   compare only pictures of like quality.
//! - Sharpening draws strands that were not there.
//!
//! # References
//!
//! - Bigün and Granlund (1987), Optimal orientation detection of linear symmetry,
//!   ICCV: the structure tensor and its coherence.
//!
//! # Wat het meet
//!
//! Haar bestaat uit strengen die naast elkaar lopen; gegenereerd en gladgemaakt
//! haar kan uiteenvallen, samensmelten of ruis worden. Rond de bovenrand van elk
//! gezicht wordt het beeld op 128 monsters over de gezichtsbreedte gebracht, en
//! voor elk monster van het haar zegt de structuurtensor (gradiënten opgeteld
//! over een Gauss van 2,5 monsters) hoezeer één richting overheerst: de
//! samenhang, van 0 (geen) tot 1 (één). `hair_coherence` is de mediaan over het
//! haar, `hair_coherence_p10` het laagste tiende, en `strand_continuity` de
//! mediane cosinus van twee keer de draai tussen de richting van een streng en
//! die zes monsters verderop, waar de samenhang boven 0,3 ligt. Witte ruis, zo
//! fijn als haar, geeft 0,24 en 0,4. Medianen over hooguit acht momenten van het
//! gezicht dat het langst te zien is; de kaart toont de samenhang van het eerste.
//!
//! Haar is wat buiten de rand van het gezicht boven de mond ligt, niet de kleur
//! van het voorhoofd heeft, en volgens het segmentatienetwerk bij de persoon
//! hoort (`models install selfie-segmentation`). Zonder dat netwerk telt alleen
//! een smalle band boven de wenkbrauwen. Er wordt niets gezegd van gezichten
//! onder 128 pixels of meer dan 35 graden gedraaid, als daar bijna alleen huid
//! ligt (kaal, zeer kort, afgesneden), of als geen strengen te onderscheiden
//! zijn (een effen hoed, onscherpte, sterke compressie).
//!
//! Er is geen score: geen gecontroleerd getal zegt hoe haar van deepfakes
//! verschilt.
//!
//! # Wanneer het misleidt
//!
//! - Een hoed of sjaal met patroon, bladeren achter het hoofd zonder het netwerk,
//!   en krullen, die binnen het venster draaien.
//! - Resolutie, scherpte en compressie veranderen de samenhang veel meer dan
//!   deepfakes: vergelijk alleen beelden van gelijke kwaliteit.
//! - Verscherping tekent strengen die er niet waren.

mod strands;

#[cfg(test)]
mod tests;

use self::strands::{Crop, Measured, Refused, measured};
use super::finding::Axis;
use super::thin::thin;
use super::{Check, Entry, Figure, Finding, Group, Measurement, Scene, Standing, Status};
use super::{proportion, tracks};
use crate::Result;
use crate::faces::person::{self, Mask};
use crate::media::{Exhibit, FaceDetail, Kind, Needs, Rate, Rect};
use crate::nn::DeviceChoice;
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "hair",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("hair.rs"),
    make: |options| Box::new(Hair { device: options.device, ..Hair::default() }),
};

/// Moments a second, and kept at most.
const RATE: f64 = 0.5;
const MOST: usize = 8;
/// Narrowest face: nothing is enlarged.
const LEAST_WIDTH: f32 = strands::WIDTH;
/// Largest turn in degrees: beyond it the rim hides one side.
const MOST_YAW: f32 = 35.0;

/// A face to be measured when the network runs.
struct Moment {
    number: u64,
    track: u32,
    frame: u64,
    time_s: f64,
    hair: Crop,
    person: person::Crop,
    /// The faces to be shown, in the map's cells.
    shown: Vec<Rect>,
}

/// What was seen so far.
#[derive(Default)]
struct Hair {
    device: DeviceChoice,
    still: bool,
    frames: u64,
    faces: u64,
    refused: [u64; 2],
    moments: u64,
    stride: u64,
    kept: Vec<Moment>,
}

impl Check for Hair {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(RATE), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.frames += 1;
        self.faces += scene.faces.len() as u64;
        let number = self.moments;
        self.moments += 1;
        self.stride = self.stride.max(1);
        if !number.is_multiple_of(self.stride) {
            return Ok(());
        }
        for face in scene.faces {
            let width = match tracks::fit(face, LEAST_WIDTH, MOST_YAW) {
                Ok(width) => width,
                Err(gate) => {
                    self.refused[gate.min(1)] += 1;
                    continue;
                }
            };
            let hair = Crop::cut(scene.frame, &face.mesh, width);
            if let (Some(hair), Some(person)) = (hair, person::cut(scene.frame, &face.mesh)) {
                let sure = scene.faces.iter().filter(|f| f.sure());
                let shown = sure.map(|f| hair.cells(f.bounds)).collect();
                let (track, frame, time_s) = (face.track, scene.frame.index, scene.frame.time_s);
                self.kept.push(Moment { number, track, frame, time_s, hair, person, shown });
            }
        }
        thin(&mut self.kept, &mut self.stride, MOST, |m| m.number);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let check = *self;
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        if check.frames == 0 || check.faces == 0 {
            let why = if check.frames == 0 {
                Text::new("There is no picture.", "Er is geen beeld.")
            } else {
                Text::new("No face was found.", "Er is geen gezicht gevonden.")
            };
            return Ok(Finding::abstain(Status::NotApplicable, why));
        }
        if check.kept.is_empty() {
            let why = if check.refused[0] >= check.refused[1] { small } else { turned };
            return Ok(Finding::abstain(Status::Insufficient, why));
        }
        let network = proportion::network(check.device);
        let mut found = Vec::new();
        let mut refused = [0u64; 2];
        for moment in &check.kept {
            let mask = match &network {
                Ok((network, device)) => Some(Mask::of(network, &moment.person, device)?),
                Err(_) => None,
            };
            match measured(&moment.hair, mask.as_ref()) {
                Ok(measured) => found.push((moment, measured)),
                Err(Refused::Little) => refused[0] += 1,
                Err(Refused::Smooth) => refused[1] += 1,
            }
        }
        let mut finding = said(&check, &found, refused);
        if let Err(why) = network {
            finding.warnings.push(Text::new(
                format!("{} Only a narrow band around the face was taken for hair; it may be background.", why.en),
                format!("{} Alleen een smalle band rond het gezicht is als haar genomen; het kan achtergrond zijn.", why.nl),
            ));
        }
        Ok(finding)
    }
}

fn said(check: &Hair, found: &[(&Moment, Measured)], refused: [u64; 2]) -> Finding {
    let seen = |track: u32| found.iter().filter(|(m, _)| m.track == track).count();
    let most = found.iter().map(|(m, _)| m.track).max_by_key(|t| (seen(*t), std::cmp::Reverse(*t)));
    let Some(track) = most else {
        let why = if refused[0] >= refused[1] {
            Text::new(
                "Hardly any hair is seen around the face: bald, very short, cut off, or of the colour of the skin.",
                "Rond het gezicht is bijna geen haar te zien: kaal, zeer kort, afgesneden, of met de kleur van de huid.",
            )
        } else {
            Text::new(
                "No strands are resolved: a plain hat, blur, darkness or strong compression.",
                "Er zijn geen strengen te onderscheiden: een effen hoed, onscherpte, duisternis of sterke compressie.",
            )
        };
        return Finding::abstain(Status::Insufficient, why);
    };
    let of = |value: fn(&Measured) -> f64| {
        let all = found.iter().filter(|(m, _)| m.track == track).map(|(_, r)| value(r));
        median(&mut all.collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let (coherence, low, along) = (of(|m| m.coherence), of(|m| m.low), of(|m| m.continuity));
    let n = seen(track);
    let mut finding = Finding::new(
        Status::Derived,
        Text::new(
            format!(
                "Strands around face {track}: coherence {coherence:.2}, continuity {along:.2} ({n} moments; noise gives 0.24 and 0.4). Reported, not scored."
            ),
            format!(
                "Strengen rond gezicht {track}: samenhang {coherence:.2}, doorlopen {along:.2} ({n} momenten; ruis geeft 0,24 en 0,4). Gemeld, zonder score."
            ),
        ),
    );
    finding.value("hair_coherence", "1", coherence);
    finding.value("hair_coherence_p10", "1", low);
    finding.value("strand_continuity", "1", along);
    finding.value("hair_area", "1", of(|m| m.area));
    finding.warnings.push(Text::new(
        "Resolution, focus and compression change this far more than manipulation does; patterns and curls mislead it.",
        "Resolutie, scherpte en compressie veranderen dit veel meer dan manipulatie; patronen en krullen misleiden het.",
    ));
    let rows = found.iter().flat_map(|(m, r)| {
        [
            ("hair_coherence", r.coherence),
            ("hair_coherence_p10", r.low),
            ("strand_continuity", r.continuity),
        ]
        .map(|(quantity, value)| Measurement {
            quantity,
            unit: "1",
            time_s: (!check.still).then_some(m.time_s),
            frame: Some(m.frame),
            track: Some(m.track),
            value,
        })
    });
    finding.measurements = rows.collect();
    if let Some((moment, measured)) = found.iter().find(|(m, _)| m.track == track) {
        let axis = |en: &str, nl: &str| Axis { label: Text::new(en, nl), ..Axis::default() };
        finding.figures.push(Figure::Heat {
            title: Text::new(
                format!("Coherence of the strands around face {track} (white: not hair)"),
                format!("Samenhang van de strengen rond gezicht {track} (wit: geen haar)"),
            ),
            width: strands::COLUMNS,
            height: strands::ROWS,
            values: measured.map.clone(),
            x: axis("samples (128: width of the face)", "monsters (128: breedte van het gezicht)"),
            y: axis("samples", "monsters"),
            scale: Text::new("coherence", "samenhang"),
            scene: Some(moment.shown.clone()),
        });
    }
    finding
}
