//! Mains hum: the electric network in the recording
//!
//! # What it measures
//!
//! The sound is reduced to 1200 samples a second. In the mean spectrum of
//! windows of eight seconds, the fundamental between 49.8 and 50.2 or 59.8 and
//! 60.2 Hz is sought at which eight harmonics together stand out most from
//! their surroundings. Hum is told when at least two of them stand out by 10 dB;
//! `hum_hz` is then the network's frequency as recorded and `harmonics` how
//! many stand out. The phase of the strongest is followed every quarter of a
//! second; a jump is told where straight lines through six seconds on either
//! side miss each other by more than six deviations of the phase's own unrest
//! and more than half a radian (`phase_jumps`, `largest_jump_rad`). Less than
//! twenty seconds of sound is not judged.
//!
//! # When it misleads
//!
//! - A jump means that sound is missing or was put in, or that the recorder or
//!   the network did something sudden: a pause of the recording, a lost packet,
//!   a lamp switched on with another phase.
//! - A cut of a whole number of periods leaves no jump.
//! - No hum says nothing: batteries, outdoor recordings and telephones have none,
//!   and voice codecs remove what is below 80 Hz.
//! - Hum can be put under a finished recording. Music has tones near these
//!   frequencies.
//! - The network's history is not compared: for that its operator's records are
//!   needed.
//!
//! # References
//!
//! - Grigoras (2005), Digital audio recording analysis: the electric network
//!   frequency criterion, International Journal of Speech, Language and the Law.
//! - Nicolalde Rodríguez, Apolinário and Biscainho (2010), Audio authenticity:
//!   detecting ENF discontinuity with high precision phase analysis, IEEE TIFS.
//!
//! # Titel
//!
//! Netbrom: het elektriciteitsnet in de opname
//!
//! # Wat het meet
//!
//! Het geluid wordt teruggebracht tot 1200 monsters per seconde. In het gemiddelde
//! spectrum van vensters van acht seconden wordt de grondtoon tussen 49,8 en 50,2
//! of 59,8 en 60,2 Hz gezocht waarbij acht harmonischen samen het meest boven hun
//! omgeving uitsteken. Netbrom wordt gemeld als er ten minste twee 10 dB uitsteken;
//! `hum_hz` is dan de opgenomen netfrequentie en `harmonics` hoeveel er uitsteken.
//! De fase van de sterkste wordt om de kwart seconde gevolgd; een sprong wordt
//! gemeld waar rechte lijnen door zes seconden aan weerszijden elkaar meer missen
//! dan zes maal de eigen onrust van de fase en meer dan een halve radiaal
//! (`phase_jumps`, `largest_jump_rad`). Minder dan twintig seconden geluid wordt
//! niet beoordeeld.
//!
//! # Wanneer het misleidt
//!
//! - Een sprong betekent dat er geluid ontbreekt of is ingevoegd, of dat de
//!   recorder of het net iets plotselings deed: een onderbreking van de opname,
//!   een verloren pakket, een lamp die met een andere fase aanging.
//! - Een knip van een geheel aantal perioden laat geen sprong na.
//! - Geen brom zegt niets: batterijen, opnamen buiten en telefoons hebben er geen,
//!   en spraakcodecs verwijderen wat onder 80 Hz ligt.
//! - Brom kan onder een voltooide opname worden gelegd. Muziek heeft tonen bij deze
//!   frequenties.
//! - De geschiedenis van het net wordt niet vergeleken: daarvoor zijn gegevens van
//!   de netbeheerder nodig.

mod measure;

use self::measure::{Hum, LEAST_S, RATE, hum};
use super::finding::{Axis, Series};
use super::{Check, Entry, Figure, Finding, Group, Measurement, Standing, Status};
use crate::Result;
use crate::media::{Needs, Sound, SoundFormat};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "hum",
    group: Group::Voice,
    standing: Standing::Indicator,
    source: include_str!("hum.rs"),
    make: |_| Box::new(Mains::default()),
};

/// Samples kept: four hours, 69 MB.
const MOST: usize = 4 * 3600 * RATE as usize;

#[derive(Default)]
struct Mains {
    start_s: Option<f64>,
    samples: Vec<f32>,
}

impl Check for Mains {
    fn needs(&self) -> Needs {
        Needs { sound: Some(SoundFormat { rate: Some(RATE), mono: true }), ..Needs::default() }
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.start_s.get_or_insert(sound.time_s);
        let room = MOST - self.samples.len();
        self.samples.extend(sound.samples.iter().take(room));
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Some(start_s) = self.start_s else {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Ok(Finding::abstain(Status::NotApplicable, text));
        };
        let Some(found) = hum(&self.samples) else {
            let seconds = self.samples.len() as f64 / f64::from(RATE);
            let text = Text::new(
                format!("{seconds:.0} s of sound; at least {LEAST_S} s are needed."),
                format!("{seconds:.0} s geluid; ten minste {LEAST_S} s zijn nodig."),
            );
            return Ok(Finding::abstain(Status::Insufficient, text));
        };
        Ok(conclude(&found, start_s))
    }
}

fn conclude(found: &Hum, start_s: f64) -> Finding {
    if found.hz == 0.0 {
        let mut finding = Finding::abstain(
            Status::Insufficient,
            Text::new(
                "No mains hum stands out, so its phase cannot be followed. That is common and no sign of editing.",
                "Er steekt geen netbrom uit, zodat de fase niet te volgen is. Dat is gewoon en geen teken van bewerking.",
            ),
        );
        finding.value("harmonics", "1", found.standing() as f64);
        return finding;
    }
    let (n, hz) = (found.standing(), found.hz);
    let list = |comma: bool| {
        let at: Vec<String> =
            found.jumps.iter().take(6).map(|jump| format!("{:.1}", start_s + jump.0)).collect();
        if comma { at.join("; ").replace('.', ",") } else { at.join("; ") }
    };
    let jumps = found.jumps.len();
    let nl_hz = format!("{hz:.2}").replace('.', ",");
    let summary = if jumps == 0 {
        Text::measured(
            format!(
                "Mains hum of {hz:.2} Hz, {n} harmonics stand out; its phase runs on throughout."
            ),
            format!(
                "Netbrom van {nl_hz} Hz, {n} harmonischen steken uit; de fase loopt overal door."
            ),
        )
    } else {
        Text::measured(
            format!(
                "Mains hum of {hz:.2} Hz; its phase jumps {jumps} times, at {} s: sound is missing or was put in there, or the source of the hum changed.",
                list(false)
            ),
            format!(
                "Netbrom van {nl_hz} Hz; de fase springt {jumps} keer, op {} s: daar ontbreekt geluid of is het ingevoegd, of de bron van de brom veranderde.",
                list(true)
            ),
        )
    };
    let mut finding = Finding::new(Status::Derived, summary);
    finding.state = Some(if jumps == 0 { "continuous" } else { "phase-jump" }.to_owned());
    finding.value("hum_hz", "Hz", hz);
    finding.value("harmonics", "1", n as f64);
    finding.value("phase_jumps", "1", jumps as f64);
    finding.value("least_jump_rad", "rad", found.least_jump);
    if let Some(largest) = found.jumps.iter().map(|jump| jump.1.abs()).max_by(f64::total_cmp) {
        finding.value("largest_jump_rad", "rad", largest);
    }
    finding.measurements = found
        .jumps
        .iter()
        .map(|(time_s, value)| Measurement {
            quantity: "phase_jump_rad",
            unit: "rad",
            time_s: Some(start_s + time_s),
            frame: None,
            track: None,
            value: *value,
        })
        .collect();
    finding.figures.push(Figure::Lines {
        title: Text::new(
            format!("Phase of harmonic {} less its steady turning", found.harmonic),
            format!("Fase van harmonische {} min de gelijkmatige draaiing", found.harmonic),
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis { label: Text::new("phase (rad)", "fase (rad)"), ..Axis::default() },
        series: vec![Series {
            name: Text::new("phase", "fase"),
            points: found.phase.iter().map(|(t, phase)| (start_s + t, *phase)).collect(),
        }],
    });
    finding
}
