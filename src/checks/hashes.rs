//! Digests and perceptual hashes: whether two exhibits are the same.
//!
//! # What it measures
//!
//! Three kinds of fingerprint, so that two laboratories can tell that they
//! hold the same material without showing it. The SHA-256 and SHA-512 of the
//! file: equal only for the same bytes. The SHA-256 of each decoded stream:
//! of the visible samples of every plane of every frame, and of the decoded
//! sound at its own rate; it stays the same when a film is only put into
//! another container. And the perceptual hash PDQ of the upright picture, or
//! of one frame a second: 256 bits that change little when the picture is
//! compressed again or made smaller.
//!
//! The stream of pictures is digested frame by frame in order of
//! presentation: a letter (G, Y or R for grey, luma with chroma, RGB), the
//! significant bits as one byte, the number of planes as one byte, and for
//! each plane width and height as 32-bit numbers, then its rows from top to
//! bottom without padding (interleaved R, G, B for RGB), samples of more than
//! 8 bits as 16-bit numbers. Sound: rate and channels as 32-bit numbers, then
//! the interleaved samples as 32-bit floats. All numbers little endian.
//! Times and transparency are not part of it.
//!
//! PDQ hashes are compared by the number of bits that differ; its authors
//! advise to call at most 31 of 256 the same picture, and to leave out
//! hashes with a quality below 50 (of 100).
//!
//! # When it misleads
//!
//! A digest of decoded samples depends on the decoder where the format leaves
//! freedom: H.264, HEVC, VP9, AV1, PNG and FLAC decode to the same samples
//! everywhere, but JPEG, MPEG-2, MPEG-4 part 2, AAC, MP3 and Opus need not. Compare
//! those only between runs of the same version on the same kind of machine.
//! Another container may also trim the start of sound or picture otherwise,
//! which changes the digest. Different digests thus do not prove different
//! content. PDQ does not survive mirroring, rotation, strong crops or added
//! borders, and pictures of little structure (low quality) collide: a small
//! distance is a reason to look, not a proof. PDQ is not safe against someone
//! who wants a collision. The hash here is of the upright picture reduced by
//! averaging; other programs may differ from it in a few bits.
//!
//! # References
//!
//! FIPS 180-4 (SHA-2); Facebook, "The TMK+PDQF Video-Hashing Algorithm and
//! the PDQ Image-Hashing Algorithm" (2019).
//!
//! # Titel
//!
//! Hashwaarden en perceptuele hashes: of twee stukken gelijk zijn
//!
//! # Wat het meet
//!
//! Drie soorten vingerafdruk, waarmee twee laboratoria kunnen vaststellen dat
//! zij hetzelfde materiaal hebben zonder het te tonen. De SHA-256 en SHA-512
//! van het bestand: alleen gelijk bij dezelfde bytes. De SHA-256 van elke
//! gedecodeerde stroom: van de zichtbare beeldpunten van elk vlak van elk
//! beeld en van het gedecodeerde geluid; die blijft gelijk als een film
//! alleen in een andere container wordt gezet. En de perceptuele hash PDQ van
//! het rechtop gezette beeld of van één beeld per seconde: 256 bits die weinig
//! veranderen als het beeld opnieuw wordt gecomprimeerd of verkleind. De
//! makers van PDQ raden aan bij hoogstens 31 verschillende bits van hetzelfde
//! beeld te spreken en hashes met een kwaliteit onder 50 niet te gebruiken.
//!
//! # Wanneer het misleidt
//!
//! De hash van gedecodeerde stromen hangt af van de decoder waar het formaat
//! vrijheid laat (JPEG, MPEG-2, MPEG-4 deel 2, AAC, MP3, Opus): vergelijk die alleen
//! tussen uitvoeringen van dezelfde versie op hetzelfde soort machine. Een
//! andere container kan het begin van beeld of geluid anders afkappen.
//! Verschillende hashes bewijzen dus niet dat de inhoud verschilt. PDQ is
//! niet bestand tegen spiegelen, draaien, sterk bijsnijden of toegevoegde
//! randen, en beelden met weinig structuur botsen: een kleine afstand is een
//! reden om te kijken, geen bewijs.

mod pdq;
mod stream;
#[cfg(test)]
mod tests;

use super::{
    Attachment, Check, Entry, Figure, Finding, Group, Measurement, Scene, Standing, Status,
};
use crate::media::{Exhibit, Needs, Rate, Sound, SoundFormat};
use crate::text::Text;
use crate::{Error, Result};
use pdq::Pdq;
use stream::{Pictures, Sounds};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "hashes",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("hashes.rs"),
    make: |_| Box::new(Hashes::default()),
};

/// Seconds between two perceptual hashes.
const STEP_S: f64 = 1.0;
/// Most perceptual hashes kept: twelve hours.
const MOST: usize = 43_200;
/// Most perceptual hashes in the report's table; the step grows with it.
const ROWS: usize = 3_600;
/// Quality below which the authors of PDQ advise against a hash.
const POOR: u32 = 50;

/// The file's own sound.
const NATIVE: SoundFormat = SoundFormat { rate: None, mono: false };

#[derive(Default)]
struct Hashes {
    file: Option<(String, String, u64)>,
    pictures: Pictures,
    sounds: Sounds,
    perceptual: Vec<(u64, f64, Pdq)>,
    next_s: Option<f64>,
}

impl Check for Hashes {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::Every, sound: Some(NATIVE), bytes_suffice: true, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.file = Some((exhibit.sha256.clone(), exhibit.sha512.clone(), exhibit.bytes));
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let frame = scene.frame;
        self.pictures.add(&frame.pixels)?;
        // Half a millisecond of slack: timestamps are rounded. A clock that
        // went back (joined recordings) starts anew.
        self.next_s = self.next_s.filter(|next| frame.time_s >= next - STEP_S - 5e-4);
        let due = self.next_s.is_none_or(|next| frame.time_s + 5e-4 >= next);
        if due && self.perceptual.len() < MOST {
            let next = self.next_s.map_or(frame.time_s, |n| n.max(frame.time_s - STEP_S));
            self.next_s = Some(next + STEP_S);
            self.perceptual.push((frame.index, frame.time_s, pdq::of_frame(frame)));
        }
        Ok(())
    }

    fn hear(&mut self, sound: &Sound<'_>) -> Result<()> {
        self.sounds.add(sound);
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Some((sha256, sha512, bytes)) = self.file else {
            return Err(Error::compute("digesting", "begin was not called"));
        };
        let frames = self.pictures.frames();
        let samples = self.sounds.samples();
        let mut finding = Finding::new(Status::Observed, Text::default());
        finding.state = Some(sha256.chars().take(16).collect());
        finding.value("file_bytes", "byte", bytes as f64);
        finding.value("frames_hashed", "1", frames as f64);
        finding.value("sound_samples_hashed", "1", samples as f64);
        finding.value("pdq_hashes", "1", self.perceptual.len() as f64);
        let mut quality: Vec<f64> =
            self.perceptual.iter().map(|(_, _, p)| f64::from(p.quality)).collect();
        if let Some(median) = crate::signal::stats::median(&mut quality) {
            finding.value("pdq_quality", "1", median);
        }
        let poor = self.perceptual.iter().filter(|(_, _, p)| p.quality < POOR).count();
        finding.value("pdq_hashes_of_low_quality", "1", poor as f64);
        let mut digests = vec![
            row(("file", "bestand"), "SHA-256", &sha256),
            row(("file", "bestand"), "SHA-512", &sha512),
        ];
        if let Some(digest) = self.pictures.digest() {
            let of = (&*format!("frames ({frames})"), &*format!("beelden ({frames})"));
            digests.push(row(of, "SHA-256", &digest));
        }
        if let Some(digest) = self.sounds.digest() {
            let of = (&*format!("sound ({samples})"), &*format!("geluid ({samples})"));
            digests.push(row(of, "SHA-256", &digest));
        }
        finding.attachments.push(Attachment {
            name: "digests",
            data: serde_json::json!({
                "file": { "sha256": sha256, "sha512": sha512, "bytes": bytes },
                "pictures": { "sha256": self.pictures.digest(), "frames": frames },
                "sound": { "sha256": self.sounds.digest(), "samples": samples },
            }),
        });
        if let [(_, _, only)] = self.perceptual.as_slice() {
            digests.push(row(("picture", "beeld"), "PDQ", &only.hex()));
        }
        let streams = digests.iter().filter(|d| d[0].en.contains('(')).count();
        finding.summary = summary(&sha256, streams, self.perceptual.len(), poor);
        finding.figures.push(Figure::Words {
            title: Text::new("Digests", "Hashwaarden"),
            columns: vec![
                Text::new("Of", "Van"),
                Text::new("Method", "Methode"),
                Text::new("Digest", "Hashwaarde"),
            ],
            rows: digests,
        });
        if self.perceptual.len() > 1 {
            finding.figures.push(over_time(&self.perceptual));
        }
        if !self.perceptual.is_empty() {
            let one = |(frame, time_s, pdq): &(u64, f64, Pdq)| {
                let (quality, hex) = (pdq.quality, pdq.hex());
                serde_json::json!({ "frame": frame, "time_s": time_s, "quality": quality, "pdq": hex })
            };
            let data = self.perceptual.iter().map(one).collect();
            finding.attachments.push(Attachment { name: "pdq", data });
        }
        finding.measurements = self
            .perceptual
            .iter()
            .map(|(frame, time_s, pdq)| Measurement {
                quantity: "pdq_quality",
                unit: "1",
                time_s: Some(*time_s),
                frame: Some(*frame),
                track: None,
                value: f64::from(pdq.quality),
            })
            .collect();
        if poor > 0 {
            finding.warnings.push(Text::new(
                format!(
                    "{poor} of {} perceptual hashes have a quality below {POOR}: the picture has \
                     too little structure for them to be compared.",
                    self.perceptual.len()
                ),
                format!(
                    "{poor} van {} perceptuele hashes hebben een kwaliteit onder {POOR}: het beeld \
                     heeft te weinig structuur om ze te vergelijken.",
                    self.perceptual.len()
                ),
            ));
        }
        Ok(finding)
    }
}

/// A row of the table of digests.
fn row(of: (&str, &str), method: &str, digest: &str) -> Vec<Text> {
    vec![Text::new(of.0, of.1), Text::same(method), Text::same(digest)]
}

fn summary(sha256: &str, streams: usize, perceptual: usize, poor: usize) -> Text {
    let short: String = sha256.chars().take(16).collect();
    Text::new(
        format!(
            "The file's SHA-256 begins with {short}. Decoded streams digested: {streams}; \
             perceptual hashes (PDQ): {perceptual}, of which {poor} of low quality. Equal digests \
             mean equal content; different ones do not mean different content."
        ),
        format!(
            "De SHA-256 van het bestand begint met {short}. Gehashte gedecodeerde stromen: \
             {streams}; perceptuele hashes (PDQ): {perceptual}, waarvan {poor} van lage kwaliteit. \
             Gelijke hashes betekenen gelijke inhoud; verschillende betekenen niet dat de inhoud \
             verschilt."
        ),
    )
}

fn over_time(hashes: &[(u64, f64, Pdq)]) -> Figure {
    let step = hashes.len().div_ceil(ROWS).max(1);
    Figure::Table {
        title: Text::new(
            format!("Perceptual hashes (PDQ), one every {step} s"),
            format!("Perceptuele hashes (PDQ), één per {step} s"),
        ),
        columns: vec![
            Text::new("Frame", "Beeld"),
            Text::new("Time (s)", "Tijd (s)"),
            Text::new("Quality", "Kwaliteit"),
            Text::same("PDQ"),
        ],
        rows: hashes
            .iter()
            .step_by(step)
            .map(|(frame, time_s, pdq)| {
                vec![frame.to_string(), format!("{time_s:.3}"), pdq.quality.to_string(), pdq.hex()]
            })
            .collect(),
    }
    .numbers()
}
