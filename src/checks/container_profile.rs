//! The file's structure held against the user's own reference files
//!
//! # What it measures
//!
//! `waarmerk container enrol NAME FILE...` keeps how the user's own reference
//! files are built, recordings of the alleged device or output of the alleged
//! program. This check compares the exhibit with every enrolled profile, or
//! with those named (`--container-profile NAME,...`).
//!
//! Compared are *features*: the format, each distinct path of the tree of
//! boxes, elements, chunks or segments, the brands, and the facts that do not
//! depend on what was recorded (handler names, codecs, profile and level,
//! timescales, compressor, names of the tags, names of software). `missing` is
//! how many features all references have and the exhibit lacks, `foreign` how many
//! the exhibit has and no reference; `features` is how many it has. `same_digest` says
//! how many references have the very same parts in the same order. The table
//! names every difference.
//!
//! `state`, for the profile that is nearest: `same-structure` (nothing missing,
//! nothing foreign, and the order of a reference), `within-references` (nothing missing or
//! foreign, another order or combination), `differs`; `no-profile` when none is enrolled.
//!
//! # When it misleads
//!
//! - The comparison is as good as the references. They must be of the same
//!   model, firmware, application and settings as alleged, unedited, and
//!   several: one reference shows no spread. A firmware update, a setting or
//!   another length can change the structure.
//! - A difference shows that the file was not written in the way of the
//!   references. Sending, storing in a cloud, wrapping and trimming rewrite
//!   the structure; none of it needs to have touched the content.
//! - Agreement shows that the file could have been written by such a device or
//!   program, and by every other that writes alike. A careful forger can build
//!   any structure. No error rates are known for the user's own references.
//! - Sizes, offsets, times, durations and the order of interleaving are not
//!   compared, nor is the coded content.
//!
//! # References
//!
//! - Iuliani et al. (2019), A video forensic framework for the unsupervised
//!   analysis of MP4-like file container, IEEE TIFS.
//! - Yang et al. (2020), Efficient video integrity analysis through container
//!   characterization, IEEE JSTSP. Their trained classifiers are not used here:
//!   what is given is the difference itself.
//!
//! # Titel
//!
//! De structuur van het bestand vergeleken met eigen referentiebestanden
//!
//! # Wat het meet
//!
//! `waarmerk container enrol NAAM BESTAND...` bewaart hoe eigen
//! referentiebestanden van de gebruiker zijn opgebouwd: opnamen van het
//! beweerde apparaat of uitvoer van het beweerde programma. Deze methode
//! vergelijkt het bestand met elk bewaard profiel, of met de genoemde
//! (`--container-profile NAAM,...`).
//!
//! Vergeleken worden *kenmerken*: het formaat, elk verschillend pad in de boom,
//! de merktekens (brands) en de gegevens die niet afhangen van wat is opgenomen
//! (namen van handlers, codecs, profiel en niveau, tijdschalen, namen van tags en
//! programma's). `missing` telt kenmerken die alle referenties hebben en het
//! bestand niet, `foreign` die het bestand heeft en geen referentie, `features` hoeveel
//! het er heeft. `same_digest` zegt hoeveel referenties precies dezelfde onderdelen
//! in dezelfde volgorde hebben. De tabel noemt elk verschil.
//!
//! # Wanneer het misleidt
//!
//! - De vergelijking is zo goed als de referenties: zelfde model, firmware,
//!   toepassing en instellingen als beweerd, onbewerkt, en meer dan één.
//! - Een verschil toont dat het bestand niet op de wijze van de referenties is
//!   geschreven. Verzenden, opslaan in een cloud, opnieuw verpakken en inkorten
//!   herschrijven de structuur zonder de inhoud te hoeven raken.
//! - Overeenkomst toont dat zo'n apparaat of programma het bestand kan hebben
//!   geschreven, en elk ander dat hetzelfde schrijft. Een zorgvuldige vervalser
//!   kan elke structuur bouwen. Foutkansen zijn voor eigen referenties niet bekend.
//! - Afmetingen, plaatsen, tijden, duur en vervlechting worden niet vergeleken,
//!   en de gecodeerde inhoud evenmin.

mod compare;
mod features;
mod say;
pub mod store;

#[cfg(test)]
mod tests;

use super::{Check, Entry, Finding, Group, Options, Standing, Status};
use crate::media::container::Structure;
use crate::media::{Exhibit, Needs};
use crate::text::Text;
use crate::{Error, Result};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "container-profile",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("container_profile.rs"),
    make: |options: &Options| {
        Box::new(Profiles { wanted: options.container_profiles.clone(), finding: None })
    },
};

/// Compares when the examination begins.
struct Profiles {
    wanted: Vec<String>,
    finding: Option<Finding>,
}

impl Check for Profiles {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.finding = Some(match store::folder() {
            Ok(folder) => self.compare(&folder, exhibit)?,
            Err(error) if self.wanted.is_empty() => say::no_profile(&error.to_string()),
            Err(error) => return Err(error),
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding.ok_or_else(|| Error::compute("comparing profiles", "begin was not called"))
    }
}

impl Profiles {
    fn compare(&self, folder: &std::path::Path, exhibit: &Exhibit) -> Result<Finding> {
        let names =
            if self.wanted.is_empty() { store::names(folder)? } else { self.wanted.clone() };
        if names.is_empty() {
            return Ok(say::no_profile(""));
        }
        let structure = Structure::read(&exhibit.path)?;
        if structure.nodes.is_empty() {
            return Ok(Finding::abstain(
                Status::NotApplicable,
                Text::new(
                    format!("No structure is read of this format ({}).", structure.format),
                    format!("Van dit formaat ({}) wordt geen structuur gelezen.", structure.format),
                ),
            ));
        }
        let file = features::reference(&structure, &exhibit.sha256, &exhibit.name);
        let mut compared = Vec::new();
        for name in &names {
            compared.push(compare::compare(&file, store::load(folder, name)?));
        }
        compared.sort_by(|a, b| a.distance().cmp(&b.distance()));
        Ok(say::finding(&file, &compared))
    }
}
