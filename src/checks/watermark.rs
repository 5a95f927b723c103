//! Watermarks of open generators, hidden in the pixels
//!
//! # What it measures
//!
//! Some open image generators hide a fixed message in every picture with the
//! package invisible-watermark (method `dwtDct`). The message and the method
//! are public, so that they can be looked for: those of Stable Diffusion 1
//! ("StableDiffusionV1", 136 bits), Stable Diffusion 2 ("SDV2", 32 bits), Stable
//! Diffusion XL (48 bits) and FLUX (46 bits), each in the four ways in which
//! programs have called the package (channels in the right or the swapped
//! order, whole numbers or fractions).
//!
//! Each block of 8×8 pixels carries one bit, the message is repeated over the
//! whole picture. For each message and way the check gives `bits_matched` of
//! `bits` (a bit is read by dividing the picture's own bit means in two groups,
//! without looking at the message), and `permutation_z`: by how many
//! standard deviations blocks that should carry a 1 say so more often than
//! when the blocks of the same picture are shuffled. `log10_nfa` is the
//! logarithm of the chance that as many bits match when the picture's bits are
//! shuffled, times the sixteen combinations tried. A watermark is declared only
//! when at least 44 of 48 bits match (the same share of other lengths) and
//! `permutation_z` is at least 5. `bits_matched_package` is what the package's
//! own decoder reads. Of a video the blocks of up to ten pictures, one a
//! second, are taken together. `state` names the message, or says `none`.
//!
//! # When it misleads
//!
//! - That no watermark is found says nothing about the origin. It is weakened and
//!   mostly lost in JPEG, and lost in scaling, in cropping at the left, the
//!   right or the top, in turning, and in most video coding; many programs (AUTOMATIC1111,
//!   ComfyUI) do not embed it, and it is easily switched off or removed.
//! - A watermark that is found shows that the picture went through a program
//!   that embeds this message, not that all of it was generated: an edited
//!   photograph (inpainting, image to image) carries it too, and anyone can
//!   write it into a genuine photograph with a few lines of code.
//! - Natural pictures do not read as random bits (about one block in five says
//!   1), hence the comparison with the picture's own shuffled blocks. Blocks
//!   beside each other are alike, which makes `permutation_z` by itself too
//!   large; the number of matching bits is asked for as well. Among 1,443
//!   development pictures without a watermark, times sixteen combinations,
//!   the largest `permutation_z` was 4.7 and the largest share of matching bits
//!   0.78. Of 240 pictures of 512×512 marked with the package itself and saved
//!   without loss, 236 were found.
//! - Not looked for, since they cannot be read without secrets or networks that
//!   this program does not have: SynthID, Stable Signature, Tree-Ring,
//!   TrustMark, Video Seal, the other methods of the package (`dwtDctSvd`,
//!   `rivaGan`), other messages, and every mark of a closed service.
//!
//! # References
//!
//! - The package invisible-watermark (ShieldMnt), method `dwtDct`; pull request
//!   7013 of Hugging Face diffusers on the order of the channels.
//! - Otsu (1979), A threshold selection method from gray-level histograms, IEEE
//!   Transactions on Systems, Man, and Cybernetics.
//! - Desolneux, Moisan and Morel (2008), From Gestalt theory to image analysis.
//!   Numbers of false alarms.
//!
//! # Titel
//!
//! Watermerken van open generatoren, verborgen in de beeldpunten
//!
//! # Wat het meet
//!
//! Sommige open beeldgeneratoren verbergen met het pakket invisible-watermark
//! (methode `dwtDct`) in elke afbeelding een vaste boodschap. Boodschap en
//! methode zijn openbaar en dus te zoeken: die van Stable Diffusion 1
//! ("StableDiffusionV1", 136 bits), Stable Diffusion 2 ("SDV2", 32 bits), Stable
//! Diffusion XL (48 bits) en FLUX (46 bits), elk op de vier manieren waarop
//! programma's het pakket aanroepen.
//!
//! Elk blok van 8×8 pixels draagt één bit; de boodschap wordt over het hele
//! beeld herhaald. Per boodschap en manier geeft de methode `bits_matched` van
//! `bits` (gelezen zonder naar de boodschap te kijken) en `permutation_z`: hoeveel
//! standaardafwijkingen vaker de blokken met een 1 dat zeggen dan wanneer de
//! blokken van hetzelfde beeld worden geschud. `log10_nfa` is de logaritme van
//! de kans dat evenveel bits overeenkomen als de bits van het beeld worden
//! geschud, maal de zestien geprobeerde combinaties. Een watermerk wordt alleen
//! gemeld als ten minste 44 van de 48 bits kloppen (bij andere lengten hetzelfde
//! deel) en `permutation_z` ten minste 5 is. Van een video worden de blokken van
//! ten hoogste tien beelden samengenomen. `state` noemt de boodschap, of `none`.
//!
//! # Wanneer het misleidt
//!
//! - Dat er geen watermerk is gevonden, zegt niets over de herkomst. Het wordt
//!   door JPEG verzwakt en meestal gewist, en gaat verloren bij schalen, bijsnijden links,
//!   rechts of boven, draaien en de meeste videocodering; veel programma's
//!   (AUTOMATIC1111, ComfyUI) brengen het niet aan.
//! - Een gevonden watermerk toont dat het beeld door een programma is gegaan
//!   dat deze boodschap aanbrengt, niet dat het geheel is gegenereerd: ook een
//!   bewerkte foto kan het dragen, en iedereen kan het in een echte foto
//!   aanbrengen.
//! - Natuurlijke beelden lezen niet als toevallige bits; daarom de vergelijking
//!   met de geschudde blokken van het beeld zelf. Naburige blokken lijken op
//!   elkaar, waardoor `permutation_z` op zichzelf te groot uitvalt; ook het aantal
//!   kloppende bits telt daarom. Bij 1.443 ontwikkelbeelden zonder watermerk
//!   was de grootste `permutation_z` 4,7 en het grootste deel kloppende bits 0,78.
//! - Niet gezocht, want niet te lezen zonder geheimen of netwerken die dit
//!   programma niet heeft: SynthID, Stable Signature, Tree-Ring, TrustMark, Video
//!   Seal, de andere methoden van het pakket, andere boodschappen en elk kenmerk
//!   van een gesloten dienst.

mod decode;
mod messages;
mod say;

#[cfg(test)]
mod tests;

use image::RgbImage;

use self::decode::{Agreement, Numbers, Order, WAYS, agreement, blocks};
use self::messages::MESSAGES;
use super::{Check, Entry, Finding, Group, Scene, Standing};
use crate::Result;
use crate::media::{Exhibit, Kind, Needs, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "watermark",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("watermark.rs"),
    make: |_| Box::new(Watermark::default()),
};

/// Pictures of a video that are looked at: the message is the same in each, and
/// ten bring the noise of coding down by a factor of three.
const PICTURES: u32 = 10;
/// The package refuses smaller pictures, in pixels.
const LEAST_PIXELS: u64 = 256 * 256;

/// What the blocks said so far.
#[derive(Default)]
struct Watermark {
    kind: Option<Kind>,
    size: (u32, u32),
    pictures: u32,
    /// How often each block said 1, for each of [`WAYS`].
    said: [Vec<f32>; 4],
    /// Pictures of another size than the first, passed over.
    resized: u32,
    /// Whether any picture has colour, in which the marks lie.
    colour: bool,
}

impl Check for Watermark {
    fn needs(&self) -> Needs {
        Needs { frames: Rate::PerSecond(1.0), ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.kind = Some(exhibit.kind);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        let frame = scene.frame;
        if self.pictures >= PICTURES {
            return Ok(());
        }
        let size = (frame.display_width, frame.display_height);
        if self.pictures > 0 && size != self.size {
            self.resized += 1;
            return Ok(());
        }
        self.size = size;
        self.pictures += 1;
        if u64::from(size.0) * u64::from(size.1) < LEAST_PIXELS {
            return Ok(());
        }
        // Upright, as picture readers hand it to the package.
        self.look(&frame.rgb8(u32::MAX));
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

impl Watermark {
    /// Adds what the blocks of a picture say.
    fn look(&mut self, picture: &RgbImage) {
        self.colour |= picture.pixels().any(|p| p.0[0].abs_diff(p.0[2]) > 2);
        for (said, (order, numbers)) in self.said.iter_mut().zip(WAYS) {
            let found = blocks(picture, order, numbers);
            said.resize(found.len(), 0.0);
            for (sum, one) in said.iter_mut().zip(found) {
                *sum += f32::from(u8::from(one));
            }
        }
    }
}

/// The finding about one picture that is not part of a file.
pub(crate) fn of_picture(picture: &RgbImage) -> Finding {
    let (pictures, size) = (1, picture.dimensions());
    let mut watermark = Watermark { kind: Some(Kind::Image), size, pictures, ..Default::default() };
    watermark.look(picture);
    watermark.report()
}

/// One combination of message and way, and how well the picture agrees.
#[derive(Clone, Copy, Debug)]
struct Trial {
    /// Index into [`MESSAGES`].
    message: usize,
    order: Order,
    numbers: Numbers,
    /// Bits of the message.
    bits: usize,
    found: Agreement,
    /// log10 of the chance, times the number of combinations tried.
    log10_nfa: f64,
}

impl Trial {
    /// At least 44 of 48 bits and five deviations, as the design of this check
    /// asks; see the figures in its documentation.
    fn declared(&self) -> bool {
        self.found.matched * 48 >= self.bits * 44 && self.found.z.is_some_and(|z| z >= 5.0)
    }
}

impl Watermark {
    /// Every combination, the most convincing first.
    fn trials(&self) -> Vec<Trial> {
        let tried = (MESSAGES.len() * WAYS.len()) as f64;
        let mut trials = Vec::new();
        for (said, (order, numbers)) in self.said.iter().zip(WAYS) {
            let means: Vec<f32> =
                said.iter().map(|sum| sum / self.pictures.max(1) as f32).collect();
            for (message, about) in MESSAGES.iter().enumerate() {
                let bits = about.bits();
                if let Some(found) = agreement(&means, &bits) {
                    let log10_nfa = found.log10_chance + tried.log10();
                    trials.push(Trial {
                        message,
                        order,
                        numbers,
                        bits: bits.len(),
                        found,
                        log10_nfa,
                    });
                }
            }
        }
        // Several ways can read one message; the one that reads it best counts.
        trials.sort_by(|a, b| {
            let key = |t: &Trial| t.found.z.unwrap_or(f64::NEG_INFINITY);
            b.declared()
                .cmp(&a.declared())
                .then(a.log10_nfa.total_cmp(&b.log10_nfa))
                .then(key(b).total_cmp(&key(a)))
        });
        trials
    }
}
