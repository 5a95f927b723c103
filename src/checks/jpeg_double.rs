//! JPEG double quantisation: was the picture compressed before, on this grid?
//!
//! # What it measures
//!
//! The quantised cosine coefficients as they stand in the file, of luma, without
//! decoding to pixels. A coefficient that was quantised with step Q1 and then
//! with Q2 comes out on some levels too often and on others too seldom, with the
//! period Q1/gcd(Q1, Q2). For each of the 20 lowest frequencies the histogram of
//! the absolute levels (1 to 40) is fitted with a smooth curve (Poisson regression
//! on a polynomial of degree 5 of the root of the level), and what the curve
//! leaves is regressed on the pattern of every Q1. A p-value from Student's
//! distribution, with the residual's own spread as yardstick, times the number
//! of all frequencies and steps tried is the NFA: how many such patterns are
//! expected by chance in one picture compressed once. `log10_nfa` is its log10,
//! of the frequency that tells most. Patterns that fewer than one in five
//! coefficients follow are left out. `double` is said from −5 down.
//!
//! `first_quality` is the quality (1 to 100) whose standard table (see
//! `jpeg-quantisation`) explains most over all frequencies together, and
//! `first_agreement` the share of telling frequencies whose best Q1 is the step
//! of that table; when it is low, the first table was not a standard one and the
//! steps themselves stand in the table.
//!
//! The map gives each block the posterior of Lin et al. that it does *not* bear
//! the trace: for each of its coefficients, that level's share of its period
//! against one over the period. Regions are sought in square windows of 4 to 64
//! blocks: a level that the pattern leaves less than half filled is a gap, and
//! the number of coefficients in gaps is compared with what the same levels
//! have in the whole picture (binomial tail, times the number of windows).
//! `foreign_regions` counts those with log10 NFA ≤ −50 (wholly double pictures had
//! regions down to −39) in which at least half of
//! the coefficients are of the other kind: without trace where most of the
//! picture has it, or with it where most has not. Blocks with pixels at the ends
//! of the scale are left out.
//!
//! # When it misleads
//!
//! - Two compressions are ordinary: every picture that was edited and saved again,
//!   or sent through a messenger, has had two. Only the place of a foreign region
//!   says something about an edit.
//! - A second compression with the same table leaves nothing, and one with a
//!   coarser step little: 5 after 2 leaves no empty levels. That nothing was found
//!   does not show that the picture was compressed once.
//! - The grid must be the same: after a crop, a shift or resizing nothing is left
//!   here; `jpeg-ghost` and `jpeg-grid` look for shifted grids.
//! - Drawings and screen images have few distinct levels and no smooth curve: of 24 drawn
//!   chats and pages saved once five seemed compressed twice (log10 NFA −5 to −7.5).
//!   Nothing is said where half of the picture is of one tone.
//! - Where what departs makes up more than half of the picture no region is told, since
//!   plain and lively parts of one history look so: a part of a small or narrow picture
//!   can be missed.
//! - A region pasted from a picture whose history is the same goes unseen.
//! - Regions are rectangles around windows, not outlines. Parts of a photograph
//!   that were nearly white, black or of saturated colour can lack the trace.
//!
//! # References
//!
//! - Lukáš and Fridrich (2003), Estimation of primary quantization matrix in double
//!   compressed JPEG images, DFRWS.
//! - Popescu and Farid (2004), Statistical tools for digital forensics, Information
//!   Hiding.
//! - Lin, He, Tang and Tang (2009), Fast, automatic and fine-grained tampered JPEG
//!   image detection via DCT coefficient analysis, Pattern Recognition 42.
//! - Desolneux, Moisan and Morel (2008), From Gestalt theory to image analysis
//!   (the number of false alarms).
//!
//! # Titel
//!
//! Dubbele JPEG-kwantisatie: is het beeld eerder gecomprimeerd, op dit raster?
//!
//! # Wat het meet
//!
//! De gekwantiseerde cosinuscoëfficiënten van de luminantie zoals ze in het
//! bestand staan, zonder decoderen naar pixels. Een coëfficiënt die eerst met
//! stap Q1 en daarna met Q2 is gekwantiseerd, komt op sommige niveaus te vaak en
//! op andere te zelden uit, met periode Q1/ggd(Q1, Q2). Voor elk van de 20 laagste
//! frequenties wordt aan het histogram van de absolute niveaus (1 tot 40) een
//! vloeiende kromme aangepast; wat overblijft wordt vergeleken met het patroon
//! van elke Q1. De p-waarde (verdeling van Student, met de spreiding van de
//! rest zelf als maat) maal het aantal geprobeerde frequenties en stappen is de
//! NFA: het aantal zulke patronen dat bij toeval in één eenmaal gecomprimeerd
//! beeld te verwachten is. `log10_nfa` is de log10 daarvan. Patronen die minder
//! dan een op de vijf coëfficiënten volgt, tellen niet mee. Vanaf −5 en lager heet
//! het `double`.
//!
//! `first_quality` is de kwaliteit (1 tot 100) waarvan de standaardtabel het
//! meeste verklaart, `first_agreement` het deel van de sprekende frequenties dat
//! daarmee overeenkomt; is dat laag, dan was de eerste tabel geen standaardtabel.
//!
//! De kaart geeft per blok de a-posteriorikans (Lin e.a.) dat het het spoor
//! *niet* draagt. Gebieden worden gezocht in vierkante vensters van 4 tot 64
//! blokken: het aantal coëfficiënten op niveaus die het patroon voor minder dan
//! de helft gevuld laat, wordt vergeleken met dat in het hele beeld (binomiale
//! staart, maal het aantal vensters). `foreign_regions` telt gebieden met log10
//! NFA ≤ −50 waarin ten minste de helft van de coëfficiënten van de andere soort is.
//!
//! # Wanneer het misleidt
//!
//! - Tweemaal comprimeren is alledaags: elk beeld dat is bewerkt en opnieuw
//!   opgeslagen, of via een berichtendienst is verstuurd, heeft dit. Alleen de
//!   plaats van een vreemd gebied zegt iets over een bewerking.
//! - Een tweede compressie met dezelfde tabel laat niets na en een met een grovere
//!   stap weinig. Dat niets is gevonden, toont niet dat het beeld eenmaal is
//!   gecomprimeerd.
//! - Het raster moet hetzelfde zijn: na bijsnijden, verschuiven of schalen is hier
//!   niets meer te vinden; `jpeg-ghost` en `jpeg-grid` zoeken verschoven rasters.
//! - Tekeningen en schermbeelden hebben weinig verschillende niveaus: van 24 getekende,
//!   eenmaal bewaarde chats en bladzijden leken er vijf tweemaal gecomprimeerd. Er wordt
//!   niets gezegd waar de helft van het beeld één tint heeft.
//! - Waar wat afwijkt meer dan de helft van het beeld beslaat, wordt geen gebied gemeld:
//!   effen en drukke delen met één geschiedenis zien er zo uit.
//! - Een ingeplakt deel met dezelfde geschiedenis blijft onopgemerkt.
//! - Gebieden zijn rechthoeken om vensters, geen omtrekken. Delen die vrijwel wit,
//!   zwart of van verzadigde kleur waren, kunnen het spoor missen.

mod histogram;
mod look;
mod region;
mod say;
#[cfg(test)]
mod tests;

use std::io::Read;

use super::{Check, Entry, Finding, Group, Scene, Standing, still};
use crate::media::container::jpeg_data::Coefficients;
use crate::media::frame::Row;
use crate::media::{Exhibit, Frame, Kind, Needs, Pixels, Rate, digest};
use crate::{Error, Result};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "jpeg-double",
    group: Group::Coding,
    standing: Standing::Evidential,
    source: include_str!("jpeg_double.rs"),
    make: |_| Box::new(JpegDouble::default()),
};

/// Blocks with a value below this, or above 255 less this, in luma, red, green or
/// blue are left out: the second compression moves what was cut off by some levels.
const CLIPPED: f32 = 6.0;
/// Most bytes of a file read: a picture of 200 million pixels takes less.
const MOST_BYTES: u64 = 512 << 20;

#[derive(Default)]
struct JpegDouble {
    /// The format when it is not JPEG.
    other: Option<String>,
    /// Why the coefficients could not be read.
    unreadable: Option<String>,
    data: Option<Coefficients>,
    clipped: Vec<bool>,
    /// Whether half of the picture is of one tone.
    plain: bool,
}

impl Check for JpegDouble {
    fn needs(&self) -> Needs {
        // The first picture only, to see what is saturated.
        Needs { frames: Rate::PerSecond(1e-6), ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let codec = exhibit.video.as_ref().map(|v| v.codec.as_str()).unwrap_or_default();
        if exhibit.kind != Kind::Image || codec != "mjpeg" {
            self.other = Some(codec.to_owned());
            return Ok(());
        }
        if exhibit.bytes > MOST_BYTES {
            return Err(Error::Limit {
                what: format!("{} bytes", exhibit.bytes),
                limit: MOST_BYTES,
            });
        }
        let mut bytes = Vec::new();
        let file = digest::reopen(&exhibit.path)?;
        let read = file.take(MOST_BYTES).read_to_end(&mut bytes);
        read.map_err(|e| Error::io(&exhibit.path, e))?;
        match Coefficients::read(&bytes) {
            Ok(data) => self.data = Some(data),
            Err(error) => self.unreadable = Some(error.to_string()),
        }
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if let Some(data) = self.data.as_ref().filter(|_| self.clipped.is_empty()) {
            self.clipped = clipped(scene.frame, data);
            self.plain = still::plain(still::levels(scene.frame).0.into_iter());
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(self.report())
    }
}

/// Blocks with a pixel at an end of the scale of luma or of a colour: what the
/// first decoding cut off there the second compression sees as something else.
fn clipped(frame: &Frame<'_>, data: &Coefficients) -> Vec<bool> {
    let mut out = vec![false; data.blocks.len()];
    let plane = frame.luma();
    let chroma = match &frame.pixels {
        Pixels::Yuv { u, v, subsampling, .. } => Some((u, v, subsampling)),
        _ => None,
    };
    let ends = CLIPPED..=255.0 - CLIPPED;
    for y in 0..plane.height.min(8 * data.rows) {
        let Row::Eight(row) = plane.row(y) else { return out };
        let Some(line) = out.get_mut(y / 8 * data.columns..(y / 8 + 1) * data.columns) else {
            return out;
        };
        let colours = chroma.and_then(|(u, v, s)| {
            let at = y >> s.vertical;
            (at < u.height && at < v.height).then(|| (u.row(at), v.row(at), s.horizontal))
        });
        for (x, &luma) in row.iter().enumerate() {
            let Some(flag) = line.get_mut(x / 8).filter(|flag| !**flag) else { continue };
            let luma = f32::from(luma);
            let mut inside = ends.contains(&luma);
            if let Some((Row::Eight(u), Row::Eight(v), shift)) = colours
                && let (Some(&b), Some(&r)) = (u.get(x >> shift), v.get(x >> shift))
            {
                // JFIF (ITU-T T.871), clause 7.
                let (b, r) = (f32::from(b) - 128.0, f32::from(r) - 128.0);
                inside &= ends.contains(&(luma + 1.402 * r))
                    && ends.contains(&(luma + 1.772 * b))
                    && ends.contains(&(luma - 0.344_14 * b - 0.714_14 * r));
            }
            *flag = !inside;
        }
    }
    out
}
