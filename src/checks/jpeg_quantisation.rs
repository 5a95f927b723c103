//! JPEG quantisation: the tables in the file, and the thumbnail.
//!
//! # What it measures
//!
//! The quantisation tables of a JPEG file as they stand there, with a digest
//! of each (the first 16 digits of the SHA-256 of the 64 steps in order of
//! the scan, 16 bits each, big endian); the nearest of the standard tables of
//! T.81 annex K as the library of the Independent JPEG Group scales them for
//! quality 1 to 100, and whether a table is exactly that one; the number of
//! tables; the chroma subsampling. If the EXIF data hold a thumbnail, the same
//! of its tables, and its picture against the main one: the ratio of the
//! aspects (black bars left out) and the correlation of luma at the
//! thumbnail's size.
//!
//! `state` is `standard` when luma and chroma tables are exactly standard
//! ones, otherwise `own`.
//!
//! # When it misleads
//!
//! The tables are those of the last time the picture was stored; what came
//! before is not in them. Standard tables are what most software writes;
//! own tables are what most cameras, phones, Photoshop and several services
//! write. Neither is a sign of forgery; it is when a photo is said to come
//! straight from a camera that never writes such tables that they matter, and
//! that takes reference files of that camera. With own tables the quality is
//! only that of the nearest standard table. Many programs renew the thumbnail
//! or drop it, others keep the old one after a crop, a rotation or a change
//! of colours, so a poor match shows that the picture was changed after the
//! thumbnail was made, not what was changed or why; small local changes do
//! not lower the correlation. Thumbnails of some cameras show a wider field
//! or other colours than the picture.
//!
//! # References
//!
//! ITU-T T.81 (JPEG), annexes B and K; Independent JPEG Group, `jcparam.c`
//! (scaling by quality); CIPA DC-008 (EXIF 2.32), thumbnails. On tables as
//! evidence: Farid, "Digital image ballistics from JPEG quantization", 2006;
//! Kornblum, "Using JPEG quantization tables to identify imagery processed by
//! software", 2008; Kee & Farid, "Digital image authentication from
//! thumbnails", 2010.
//!
//! # Titel
//!
//! JPEG-kwantisatie: de tabellen in het bestand, en de miniatuur
//!
//! # Wat het meet
//!
//! De kwantisatietabellen van een JPEG-bestand zoals ze er staan, elk met een
//! hashwaarde; de dichtstbijzijnde standaardtabel (T.81, bijlage K, geschaald
//! zoals de bibliotheek van de Independent JPEG Group dat doet voor kwaliteit
//! 1 tot 100) en of de tabel daar exact mee overeenkomt; het aantal tabellen;
//! de kleurbemonstering (chroma subsampling). Van een miniatuur in de
//! EXIF-gegevens hetzelfde, en het beeld ervan tegen dat van de foto: de
//! verhouding tussen beide beeldverhoudingen (zonder zwarte balken) en de
//! correlatie van de luminantie. `state` is `standard` (exact de
//! standaardtabellen) of `own` (eigen tabellen).
//!
//! # Wanneer het misleidt
//!
//! De tabellen zijn die van de laatste keer dat het beeld is opgeslagen. Veel
//! software schrijft standaardtabellen; de meeste camera's, telefoons,
//! Photoshop en sommige diensten schrijven eigen tabellen. Geen van beide is
//! een aanwijzing voor vervalsing; vergelijking vraagt referentiebestanden
//! van de beweerde camera. Bij eigen tabellen is de kwaliteit slechts die van
//! de dichtstbijzijnde standaardtabel. Veel programma's vernieuwen of
//! verwijderen de miniatuur, andere laten de oude staan: een slechte
//! overeenkomst toont dat het beeld is gewijzigd nadat de miniatuur is
//! gemaakt, niet wat er is gewijzigd of waarom; kleine plaatselijke
//! wijzigingen verlagen de correlatie niet. Miniaturen van sommige camera's
//! tonen een ruimer beeld of andere kleuren dan de foto.

mod say;
mod tables;

#[cfg(test)]
mod tests;
mod thumbnail;

use std::io::{Read, Seek, SeekFrom};

use super::{Check, Entry, Finding, Group, Scene, Standing, Status};
use crate::media::container::{PayloadKind, Structure};
use crate::media::{Exhibit, Needs, Rate, digest};
use crate::text::Text;
use crate::{Error, Result};
pub(super) use tables::standard;

use tables::Coding;
pub(super) use tables::standard_luma;
use thumbnail::{Comparison, Thumbnail};

/// The line in the table of checks.
pub const ENTRY: Entry = Entry {
    name: "jpeg-quantisation",
    group: Group::Coding,
    standing: Standing::Evidential,
    source: include_str!("jpeg_quantisation.rs"),
    make: |_| Box::new(Quantisation::default()),
};

/// Most bytes of EXIF data read; a segment of JPEG holds 64 KiB.
const MOST_EXIF: u64 = 1 << 17;

#[derive(Default)]
struct Quantisation {
    format: String,
    coding: Coding,
    pictures: u32,
    thumbnail: Option<Thumbnail>,
    comparison: Option<Comparison>,
    seen: bool,
}

impl Check for Quantisation {
    fn needs(&self) -> Needs {
        // The first picture only, for the thumbnail; the tables need none.
        Needs { frames: Rate::PerSecond(1e-6), bytes_suffice: true, ..Needs::default() }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let structure = Structure::read(&exhibit.path)?;
        self.format = structure.format.clone();
        if structure.format != "JPEG" {
            return Ok(());
        }
        let io = |e| Error::io(&exhibit.path, e);
        let mut file = digest::reopen(&exhibit.path)?;
        self.coding = Coding::read(&mut file, &structure);
        self.pictures = structure.pictures;
        let exif = structure.payloads.iter().find(|p| p.kind == PayloadKind::Exif);
        if let Some(payload) = exif.filter(|p| p.size <= MOST_EXIF) {
            let mut tiff = Vec::new();
            file.seek(SeekFrom::Start(payload.offset)).map_err(io)?;
            file.take(payload.size).read_to_end(&mut tiff).map_err(io)?;
            self.thumbnail = thumbnail::read(tiff);
        }
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        if !self.seen {
            self.seen = true;
            let picture = self.thumbnail.as_ref().and_then(|t| t.picture.as_ref());
            self.comparison = picture.and_then(|p| p.compare(scene.frame));
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        if self.format != "JPEG" {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new(
                    format!("The file is not a JPEG picture but {}.", self.format),
                    format!("Het bestand is geen JPEG-afbeelding maar {}.", self.format),
                ),
            ));
        }
        if self.coding.table_of(0).is_none() {
            return Ok(Finding::abstain(
                Status::Insufficient,
                Text::new(
                    "The file holds no readable quantisation table with a frame header.",
                    "Het bestand bevat geen leesbare kwantisatietabel met een frame header.",
                ),
            ));
        }
        Ok(say::finding(&self))
    }
}

/// The thumbnail in an EXIF stream, decoded; whether there is one.
pub(crate) fn has_thumbnail(tiff: Vec<u8>) -> bool {
    thumbnail::read(tiff).is_some_and(|found| found.picture.is_some())
}

/// The luma table of the JPEG file at `path`, `8·vertical + horizontal`; `None`
/// for other files.
pub(super) fn luma_steps(path: &std::path::Path) -> Option<[u16; 64]> {
    let structure = Structure::read(path).ok()?;
    let mut file = digest::reopen(path).ok().filter(|_| structure.format == "JPEG")?;
    let coding = Coding::read(&mut file, &structure);
    coding.table_of(0).map(|table| table.steps).filter(|steps| !steps.contains(&0))
}
