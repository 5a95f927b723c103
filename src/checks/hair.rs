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
//! # Titel
//!
//! Haar: lopen de strengen door?
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

use self::strands::{Crop, Measured, measured};
use super::finding::Axis;
use super::moments::{self, Moment, Moments};
use super::people::People;
use super::tracks;
use super::{Check, Entry, Figure, Finding, Group, Scene, Standing, Status};
use crate::Result;
use crate::media::{Exhibit, Kind, Needs, Rect};
use crate::signal::stats::median;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "hair",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("hair.rs"),
    make: |_| Box::new(Hair::default()),
};

/// Moments a second, and kept at most.
const RATE: f64 = 0.5;
const MOST: usize = 8;
/// Narrowest face: nothing is enlarged.
const LEAST_WIDTH: f32 = strands::WIDTH;
/// Largest turn in degrees: beyond it the rim hides one side.
const MOST_YAW: f32 = 35.0;

/// Blur in widths of the face above which strands, a sample or two of 128 wide,
/// have run together: 1.2 pixels in the narrowest face that is taken. Genuine
/// portraits have 0.6 (median of eight), the same enlarged by k about k times that,
/// so that pixels made by enlarging do not count.
const MOST_BLUR: f32 = 1.2 / LEAST_WIDTH;

/// Faces of which a map is shown.
const FACES: usize = 4;

/// What is kept of a face.
struct Kept {
    hair: Crop,
    /// The faces to be shown, in the map's cells.
    shown: Vec<Rect>,
}

/// What was seen so far.
#[derive(Default)]
struct Hair {
    moments: Moments<Kept>,
    /// Faces too small, turned too far, and blurred.
    refused: [u64; 3],
}

impl Check for Hair {
    fn needs(&self) -> Needs {
        moments::needs(RATE)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.moments.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let refused = &mut self.refused;
        self.moments.see(scene, MOST, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW);
            let width = width.map_err(|gate| refused[gate.min(1)] += 1).ok()?;
            if tracks::blurred(face, width, MOST_BLUR) {
                refused[2] += 1;
                return None;
            }
            let hair = Crop::cut(scene.frame, &face.mesh, width)?;
            let sure = scene.faces.iter().filter(|f| f.sure());
            Some(Kept { shown: sure.map(|f| hair.cells(f.bounds)).collect(), hair })
        });
        Ok(())
    }

    fn people(&mut self, people: &mut People) -> Result<()> {
        self.moments.people(people)
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [small, turned, tracks::sharp_gate()];
        let most = (0..gates.len()).max_by_key(|i| (self.refused[*i], std::cmp::Reverse(*i)));
        let gate = most.and_then(|i| gates.get(i)).cloned().unwrap_or_default();
        if let Some(finding) = self.moments.nothing(gate) {
            return Ok(finding);
        }
        let masks = self.moments.masks();
        let mut found = Vec::new();
        let mut refused = [0; 2];
        for (number, moment) in self.moments.kept().iter().enumerate() {
            let mask = masks.ok().and_then(|masks| masks.get(number));
            match measured(&moment.kept.hair, mask.map(AsRef::as_ref)) {
                Ok(measured) => found.push((moment, measured)),
                Err(why) => refused[why as usize] += 1,
            }
        }
        let mut finding = said(&self.moments, &found, refused);
        if let Err(why) = masks {
            finding.warnings.push(Text::new(
                format!(
                    "{} Only a narrow band around the face was taken for hair; it may be background.",
                    why.en
                ),
                format!(
                    "{} Alleen een smalle band rond het gezicht is als haar genomen; het kan achtergrond zijn.",
                    why.nl
                ),
            ));
        }
        Ok(finding)
    }
}

fn said(
    moments: &Moments<Kept>,
    found: &[(&Moment<Kept>, Measured)],
    refused: [u64; 2],
) -> Finding {
    let faces = moments.faces(found);
    let Some((first, others)) = faces.split_first() else {
        let why = if refused[0] >= refused[1] {
            Text::new(
                "Hardly any hair is seen around the face: bald, very short, cut off, or of the colour of the skin.",
                "Rond het gezicht is bijna geen haar te zien: kaal, zeer kort, afgesneden, of met de kleur van de huid.",
            )
        } else {
            Text::new(
                "No strands are resolved: a plain hat, blur, darkness or strong compression.",
                "Er zijn geen haren te onderscheiden: een effen hoed, onscherpte, duisternis of sterke compressie.",
            )
        };
        return Finding::abstain(Status::Insufficient, why);
    };
    let mut finding = of(*first, found);
    for other in others {
        finding.beside(other.0, of(*other, found));
    }
    finding.says_too(&Text::new(
        "Noise gives 0.24 and 0.4. Reported, not scored.",
        "Ruis geeft 0,24 en 0,4. Gemeld, zonder score.",
    ));
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
        .map(|(quantity, value)| moments.row(m, quantity, value))
    });
    finding.measurements = rows.collect();
    for (track, _) in faces.iter().take(FACES) {
        let Some((moment, measured)) = found.iter().find(|(m, _)| m.track == *track) else {
            continue;
        };
        let axis = |en: &str, nl: &str| Axis { label: Text::new(en, nl), ..Axis::default() };
        finding.figures.push(Figure::Heat {
            title: Text::new(
                format!("Coherence of the strands around face {track} (grey: not hair)"),
                format!("Samenhang van het haar rond gezicht {track} (grijs: geen haar)"),
            ),
            width: strands::COLUMNS,
            height: strands::ROWS,
            values: measured.map.clone(),
            x: axis("samples (128: width of the face)", "monsters (128: breedte van het gezicht)"),
            y: axis("samples", "monsters"),
            scale: Text::new("coherence", "samenhang"),
            scene: Some(moment.kept.shown.clone()),
        });
    }
    finding
}

/// The hair around one face, seen at `n` moments.
fn of((track, n): (u32, usize), found: &[(&Moment<Kept>, Measured)]) -> Finding {
    let middle = |value: fn(&Measured) -> f64| {
        let all = found.iter().filter(|(m, _)| m.track == track).map(|(_, r)| value(r));
        median(&mut all.collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let (coherence, along) = (middle(|m| m.coherence), middle(|m| m.continuity));
    let (moments, momenten) = if n == 1 { ("moment", "moment") } else { ("moments", "momenten") };
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Strands around face {track}: coherence {coherence:.2}, continuity {along:.2} ({n} {moments})."
            ),
            format!(
                "Haar rond gezicht {track}: samenhang {coherence:.2}, continuïteit {along:.2} ({n} {momenten})."
            ),
        ),
    );
    finding.value("hair_coherence", "1", coherence);
    finding.value("hair_coherence_p10", "1", middle(|m| m.low));
    finding.value("strand_continuity", "1", along);
    finding.value("hair_area", "1", middle(|m| m.area));
    finding
}
