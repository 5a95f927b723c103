//! The finding in words and a table.

use super::decode::{Numbers, Order, WAYS};
use super::messages::MESSAGES;
use super::{LEAST_PIXELS, Trial, Watermark};
use crate::checks::{Figure, Finding, Status};
use crate::media::Kind;
use crate::text::Text;

impl Watermark {
    /// The finding after the last picture.
    pub(super) fn report(self) -> Finding {
        if let Some(nothing) = self.nothing() {
            return nothing;
        }
        let trials = self.trials();
        let Some(best) = trials.first() else {
            return Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "The picture has too few blocks for the messages looked for.",
                    "Het beeld heeft te weinig blokken voor de gezochte boodschappen.",
                ),
            );
        };
        let mut finding = Finding::new(Status::Derived, self.summary(best));
        let name = MESSAGES.get(best.message).map_or("none", |m| m.name);
        finding.state = Some(if best.declared() { name } else { "none" }.to_owned());
        finding.log10_nfa = Some(best.log10_nfa);
        finding.value("bits_matched", "1", best.found.matched as f64);
        finding.value("bits", "1", best.bits as f64);
        finding.value("bits_matched_package", "1", best.found.matched_half as f64);
        if let Some(z) = best.found.z {
            finding.value("permutation_z", "1", z);
        }
        finding.value("log10_nfa", "1", best.log10_nfa);
        finding.value("combinations_tried", "1", (MESSAGES.len() * WAYS.len()) as f64);
        finding.value("pictures", "1", f64::from(self.pictures));
        finding.figures.push(table(&trials));
        finding.warnings.push(not_looked_for());
        if self.resized > 0 {
            let n = self.resized;
            finding.warnings.push(Text::new(
                format!("Pictures of another size than the first were passed over: {n}."),
                format!("Beelden met andere afmetingen dan het eerste zijn overgeslagen: {n}."),
            ));
        }
        finding
    }

    fn nothing(&self) -> Option<Finding> {
        let (width, height) = self.size;
        let text = if self.kind == Some(Kind::Audio) {
            Text::new("There is no picture.", "Er is geen beeld.")
        } else if self.pictures == 0 {
            let why = Text::new("No picture was decoded.", "Er is geen beeld gedecodeerd.");
            return Some(Finding::abstain(Status::Insufficient, why));
        } else if u64::from(width) * u64::from(height) >= LEAST_PIXELS && !self.colour {
            let why = Text::new(
                "The picture has no colour, in which these marks lie.",
                "Het beeld heeft geen kleur, waarin deze merken liggen.",
            );
            return Some(Finding::abstain(Status::Insufficient, why));
        } else if u64::from(width) * u64::from(height) < LEAST_PIXELS {
            Text::new(
                format!(
                    "The picture ({width}×{height}) has fewer than 256×256 pixels; the programs \
                     that embed these watermarks do not mark so small a picture, and it was not \
                     looked at. A larger picture that was made smaller would have lost the mark."
                ),
                format!(
                    "Het beeld ({width}×{height}) heeft minder dan 256×256 pixels; de programma's \
                     die deze watermerken aanbrengen, merken zo'n klein beeld niet, en er is niet \
                     gezocht. Een verkleind groter beeld zou het merk hebben verloren."
                ),
            )
        } else {
            return None;
        };
        Some(Finding::abstain(Status::NotApplicable, text))
    }

    fn summary(&self, best: &Trial) -> Text {
        let (by, count) = (MESSAGES.get(best.message).map_or("", |m| m.by), MESSAGES.len());
        let (matched, bits, nfa) = (best.found.matched, best.bits, best.log10_nfa);
        let z = best.found.z.unwrap_or(0.0);
        if best.declared() {
            return Text::measured(
                format!(
                    "The pixels carry the open watermark of {by}: {matched} of {bits} bits match \
                     (permutation z {z:.1}, log10 NFA {nfa:.1}). It shows that the picture went \
                     through a program that embeds this public message; that may also have edited \
                     a photograph, and the message can be embedded on purpose."
                ),
                format!(
                    "De pixels dragen het open watermerk van {by}: {matched} van {bits} bits \
                     kloppen (permutatie-z {z:.1}, log10 NFA {nfa:.1}). Dat toont dat het beeld \
                     door een programma is gegaan dat deze openbare boodschap aanbrengt; dat kan \
                     ook een foto hebben bewerkt, en de boodschap kan opzettelijk zijn aangebracht."
                ),
            );
        }
        let (mut en, mut nl) = (
            format!(
                "None of the {count} open generator watermarks looked for (Stable Diffusion 1, 2 \
                 and XL, FLUX; method dwtDct) was found; best {matched} of {bits} bits, \
                 permutation z {z:.1}. That says nothing about the origin: most generators do not \
                 embed them, and JPEG, scaling and cropping remove them. Not looked for: SynthID, \
                 Stable Signature and all other marks, which this program cannot read."
            ),
            format!(
                "Geen van de {count} gezochte open generatorwatermerken (Stable Diffusion 1, 2 en \
                 XL, FLUX; methode dwtDct) is gevonden; beste {matched} van {bits} bits, \
                 permutatie-z {z:.1}. Dat zegt niets over de herkomst: de meeste generatoren \
                 brengen ze niet aan, en JPEG, schalen en bijsnijden verwijderen ze. Niet gezocht: \
                 SynthID, Stable Signature en alle andere kenmerken, die dit programma niet kan lezen."
            ),
        );
        if self.kind == Some(Kind::Video) {
            en += " Ordinary video coding removes such a mark as well.";
            nl += " Ook gewone videocodering verwijdert zo'n kenmerk.";
        }
        Text::measured(en, nl)
    }
}

fn not_looked_for() -> Text {
    Text::new(
        "Looked for: the public messages of Stable Diffusion 1, 2 and XL and of FLUX in the method \
         dwtDct of invisible-watermark. Not looked for: SynthID, Stable Signature, Tree-Ring, \
         TrustMark, Video Seal, the methods dwtDctSvd and rivaGan, other messages, marks in the \
         sound, and the marks of closed services; they cannot be read without secrets or networks \
         that this program does not have.",
        "Gezocht: de openbare boodschappen van Stable Diffusion 1, 2 en XL en van FLUX in de methode \
         dwtDct van invisible-watermark. Niet gezocht: SynthID, Stable Signature, Tree-Ring, \
         TrustMark, Video Seal, de methoden dwtDctSvd en rivaGan, andere boodschappen, kenmerken \
         in het geluid en die van gesloten diensten; ze zijn niet te lezen zonder geheimen of \
         netwerken die dit programma niet heeft.",
    )
}

/// One line for each message, with the way that reads it best.
fn table(trials: &[Trial]) -> Figure {
    let mut rows = Vec::new();
    for (index, message) in MESSAGES.iter().enumerate() {
        let Some(trial) = trials.iter().find(|t| t.message == index) else { continue };
        let order = if trial.order == Order::Right { "BGR" } else { "RGB" };
        let numbers = if trial.numbers == Numbers::Whole { "8-bit" } else { "float" };
        rows.push(vec![
            message.by.to_owned(),
            format!("{}/{}", trial.found.matched, trial.bits),
            format!("{}/{}", trial.found.matched_half, trial.bits),
            trial.found.z.map_or_else(|| "–".to_owned(), |z| format!("{z:.1}")),
            format!("{:.1}", trial.log10_nfa),
            format!("{order}, {numbers}"),
            if trial.declared() { "+" } else { "–" }.to_owned(),
        ]);
    }
    Figure::Table {
        title: Text::new(
            "Messages looked for, and the way of embedding that fits each best",
            "Gezochte boodschappen, en de manier van aanbrengen die bij elk het beste past",
        ),
        columns: vec![
            Text::new("Embedded by", "Aangebracht door"),
            Text::new("Bits matched", "Kloppende bits"),
            Text::new("As the package reads", "Zoals het pakket leest"),
            Text::new("Permutation z", "Permutatie-z"),
            Text::same("log10 NFA"),
            Text::new("Way", "Manier"),
            Text::new("Found", "Gevonden"),
        ],
        rows,
    }
    .numbers()
}
