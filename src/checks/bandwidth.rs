//! Bandwidth: up to which frequency there is sound
//!
//! # What it measures
//!
//! From windows of about 40 ms at the file's own rate, the level that each
//! frequency stays under for 95 % of the time. In that spectrum a cliff is
//! looked for above 2 kHz: a fall of at least 18 dB from 100–500 Hz below to
//! 100–500 Hz above, after which the level stays down. `cutoff_hz` is its edge
//! and `fall_db` its height (`complete` = 1 from 30 dB on). Without a cliff the
//! sound fills its sample rate or fades away, as natural sound does.
//!
//! A limit tells what the sound has been through: a sample rate, a telephone, a
//! codec. It does not tell genuine from synthetic sound.
//!
//! # When it misleads
//!
//! - MP3, AAC, Opus, telephones, messengers, old tapes and noise reduction all
//!   limit the band; a limit of 8 kHz is as consistent with a telephone as with
//!   a synthesiser that works at 16 kHz.
//! - Programs that make up the missing band (bandwidth extension) hide a limit.
//! - In quiet recordings the fall may drown in noise.
//! - A recording joined from parts with different limits shows the widest.
//!
//! # References
//!
//! - ITU-T G.712 and G.722.2 for the telephone bands (300–3400, 50–7000 Hz).
//! - Luo, Yang and Huang (2014), Detecting double compressed AMR audio; Hennequin,
//!   Royo-Letelier and Moussallam (2017), Codec independent lossy audio
//!   compression detection, ICASSP.
//!
//! # Titel
//!
//! Bandbreedte: tot welke frequentie er geluid is
//!
//! # Wat het meet
//!
//! Uit vensters van ongeveer 40 ms, met de bemonsteringsfrequentie van het
//! bestand, het niveau waar elke frequentie 95 % van de tijd onder blijft. In dat
//! spectrum wordt boven 2 kHz een klif gezocht: een val van ten minste 18 dB van
//! 100–500 Hz eronder naar 100–500 Hz erboven, waarna het niveau laag blijft.
//! `cutoff_hz` is de rand en `fall_db` de hoogte (`complete` = 1 vanaf 30 dB).
//! Zonder klif vult het geluid zijn bemonsteringsfrequentie of sterft het weg,
//! zoals natuurlijk geluid doet.
//!
//! Een grens vertelt wat het geluid heeft doorgemaakt: een bemonstering, een
//! telefoon, een codec. Hij onderscheidt echt geluid niet van synthetisch.
//!
//! # Wanneer het misleidt
//!
//! - MP3, AAC, Opus, telefoons, berichtendiensten, oude banden en ruisonderdrukking
//!   begrenzen de band; een grens van 8 kHz past even goed bij een telefoon als
//!   bij een synthesizer die op 16 kHz werkt.
//! - Programma's die de ontbrekende band bijmaken verbergen een grens.
//! - In zachte opnamen kan de val in de ruis verdwijnen.
//! - Een opname die uit delen met verschillende grenzen is samengevoegd, toont de
//!   ruimste.

pub(super) mod measure;

use self::measure::{FULL_FALL_DB, LEAST_FALL_DB, Levels, cliff};
use super::finding::{Axis, Series};
use super::{Check, Entry, Figure, Finding, Group, Standing, Status};
use crate::Result;
use crate::media::{Needs, Sound, SoundFormat};
use crate::text::Text;

/// This check's line in the table. Historical: a description of what the sound
/// went through.
pub const ENTRY: Entry = Entry {
    name: "bandwidth",
    group: Group::Voice,
    standing: Standing::Historical,
    source: include_str!("bandwidth.rs"),
    make: |_| Box::new(Bandwidth::default()),
};

/// Least sound, in seconds.
const LEAST_S: f64 = 1.0;
/// Under this natural speech falls steeply by itself.
const FROM_HZ: f64 = 2_000.0;

/// Above this share of half the sample rate lies the slope of its own filter.
const OWN_SHARE: f64 = 0.95;

/// What limits are consistent with: lower and upper end in Hz. Plain resamplers
/// leave images up to 15 % above half the source's rate (measured 4,490 to 4,605
/// Hz after 8 kHz with ffmpeg's).
const CAUSES: [(f64, f64, &str, &str); 9] = [
    (3_000.0, 3_750.0, "the telephone band (300 to 3400 Hz)", "de telefoonband (300 tot 3400 Hz)"),
    (
        3_750.0,
        4_800.0,
        "a source at 8 kHz, such as AMR or GSM",
        "een bron op 8 kHz, zoals AMR of GSM",
    ),
    (5_200.0, 5_700.0, "a source at 11.025 kHz", "een bron op 11,025 kHz"),
    (
        5_900.0,
        7_300.0,
        "wideband telephony (50 to 7000 Hz), AMR-WB or low-rate AAC or Opus",
        "breedbandtelefonie (50 tot 7000 Hz), AMR-WB of AAC of Opus met weinig bits",
    ),
    (
        7_300.0,
        9_200.0,
        "a source at 16 kHz: voice messages, speech corpora, many synthesisers",
        "een bron op 16 kHz: spraakberichten, spraakverzamelingen, veel synthesizers",
    ),
    (
        10_200.0,
        11_150.0,
        "a source at 22.05 kHz, or MP3 at 64 kbit/s",
        "een bron op 22,05 kHz, of MP3 met 64 kbit/s",
    ),
    (
        11_150.0,
        12_200.0,
        "a source at 24 kHz: many synthesisers, Opus in super-wideband",
        "een bron op 24 kHz: veel synthesizers, Opus in superbreedband",
    ),
    (
        14_500.0,
        16_200.0,
        "MP3 at 128 kbit/s, AAC, FM radio, or a source at 32 kHz",
        "MP3 met 128 kbit/s, AAC, FM-radio, of een bron op 32 kHz",
    ),
    (16_200.0, 20_700.0, "MP3, AAC or Opus at higher rates", "MP3, AAC of Opus met meer bits"),
];

#[derive(Default)]
struct Bandwidth {
    levels: Option<Levels>,
    heard: bool,
}

impl Check for Bandwidth {
    fn needs(&self) -> Needs {
        Needs { sound: Some(SoundFormat { rate: None, mono: true }), ..Needs::default() }
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.heard = true;
        let levels = match &mut self.levels {
            Some(levels) => levels,
            None => self.levels.insert(Levels::new(sound.rate)?),
        };
        levels.hear(sound.samples)
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Some(levels) = self.levels.filter(|_| self.heard) else {
            let text = Text::new("There is no sound.", "Er is geen geluid.");
            return Ok(Finding::abstain(Status::NotApplicable, text));
        };
        if levels.seconds() < LEAST_S {
            let text = Text::new(
                "Less than one second of sound that is not digital silence.",
                "Minder dan een seconde geluid dat geen digitale stilte is.",
            );
            return Ok(Finding::abstain(Status::Insufficient, text));
        }
        Ok(conclude(&levels))
    }
}

fn conclude(levels: &Levels) -> Finding {
    let nyquist = f64::from(levels.rate) / 2.0;
    let (spectrum, width) = (levels.percentile(), levels.width_hz());
    // The filter before the file's own sample rate is no limit of the source.
    let found = cliff(&spectrum, width, FROM_HZ).filter(|cliff| cliff.hz < OWN_SHARE * nyquist);
    let khz = |hz: f64| format!("{:.1}", hz / 1e3);
    let mut finding = match found {
        Some(cliff) => {
            let cause = CAUSES.iter().find(|(a, b, ..)| (*a..*b).contains(&cliff.hz));
            let (en, nl) =
                cause.map_or(("no usual source", "geen gebruikelijke bron"), |c| (c.2, c.3));
            let mut finding = Finding::new(
                Status::Derived,
                Text::measured(
                    format!(
                        "The sound ends at {} kHz (a fall of {:.0} dB; the file could hold {} kHz), consistent with {en}.",
                        khz(cliff.hz),
                        cliff.fall_db,
                        khz(nyquist)
                    ),
                    format!(
                        "Het geluid houdt op bij {} kHz (een val van {:.0} dB; het bestand kan {} kHz bevatten), wat past bij {nl}.",
                        khz(cliff.hz),
                        cliff.fall_db,
                        khz(nyquist)
                    ),
                ),
            );
            finding.state = Some("limited".to_owned());
            finding.value("cutoff_hz", "Hz", cliff.hz);
            finding.value("fall_db", "dB", cliff.fall_db);
            finding.value("complete", "1", f64::from(u8::from(cliff.fall_db >= FULL_FALL_DB)));
            finding
        }
        None => {
            let mut finding = Finding::new(
                Status::Derived,
                Text::measured(
                    format!(
                        "No limit is seen below the {} kHz that the file can hold (no fall of {LEAST_FALL_DB} dB).",
                        khz(nyquist)
                    ),
                    format!(
                        "Onder de {} kHz die het bestand kan bevatten is geen grens te zien (geen val van {LEAST_FALL_DB} dB).",
                        khz(nyquist)
                    ),
                ),
            );
            finding.state = Some("no-limit-seen".to_owned());
            finding
        }
    };
    finding.value("nyquist_hz", "Hz", nyquist);
    finding.value("sound_s", "s", levels.seconds());
    let points = spectrum.iter().enumerate().map(|(i, db)| (i as f64 * width / 1e3, *db)).collect();
    let mut series = vec![Series { name: Text::new("95th percentile", "95e percentiel"), points }];
    if let Some(cliff) = found {
        let ends =
            spectrum.iter().copied().fold((0.0f64, -160.0f64), |(a, b), v| (a.min(v), b.max(v)));
        let x = cliff.hz / 1e3;
        series.push(Series {
            name: Text::new("limit", "grens"),
            points: vec![(x, ends.0), (x, ends.1)],
        });
    }
    finding.figures.push(Figure::Lines {
        title: Text::new(
            "Level that each frequency stays under for 95 % of the time",
            "Niveau waar elke frequentie 95 % van de tijd onder blijft",
        ),
        x: Axis { label: Text::new("frequency (kHz)", "frequentie (kHz)"), ..Axis::default() },
        y: Axis {
            label: Text::new("level (dB of full scale)", "niveau (dB van vol bereik)"),
            ..Axis::default()
        },
        series,
    });
    finding.warnings.push(Text::new(
        "A limit shows what the sound went through, not whether it is genuine.",
        "Een grens toont wat het geluid heeft doorgemaakt, niet of het echt is.",
    ));
    finding
}
