//! Content credentials (C2PA): the signed manifest, validated without any network
//!
//! # What it measures
//!
//! Whether the file carries a C2PA manifest, and what becomes of it when it is
//! validated: the structure, the digests that bind it to the content, the
//! signature, and the signer's certificate against the certificates that the
//! user trusts (`--trust-anchors FILE`, PEM). `state` is one of five:
//!
//! - `none`: no manifest in the file. One that is stored elsewhere is named if
//!   the file refers to it, and never fetched.
//! - `malformed`: there is one, and it cannot be read or does not conform.
//! - `hash-mismatch`: a digest or the signature does not match: the content or
//!   the manifest was changed after signing, or the manifest comes from
//!   another file.
//! - `valid-untrusted`: digests and signature match; the signer's certificate
//!   leads to none of the user's trust anchors (or was not valid when it signed,
//!   which is then said).
//! - `valid-trusted`: and it does lead to one.
//!
//! `state_code` gives the same as a number, 0 to 4 in this order. Reported are the
//! signer, the time of signing, the claim generator, the actions, the
//! ingredients with their own validation, and each digitalSourceType with its
//! meaning; these are what the signer states, and stand in the report whatever
//! the state. The whole report of the validator is attached.
//!
//! # When it misleads
//!
//! - Absence is not evidence: most cameras and programs write no manifest, most
//!   services remove it, and anyone can.
//! - A valid manifest proves that the holder of a key signed these bytes. What
//!   the statements say is the signer's word. A self-made certificate signs
//!   as validly as any other: without trust anchors nothing is known of who signed.
//! - A picture taken from a screen by a camera that signs has a valid manifest.
//! - `hash-mismatch` is also the result of harmless saving again by a program that
//!   keeps the manifest without knowing it.
//! - Revocation is not looked up, since nothing is asked of any network; remote
//!   manifests, and manifests in separate files, are not examined; time stamps
//!   are trusted only as far as the validator can without a list of authorities.
//!
//! # References
//!
//! - C2PA, Content Credentials: C2PA Technical Specification 2.2, chapters on
//!   validation and status codes; read by the crate c2pa (Content Authenticity
//!   Initiative).
//! - IPTC, Digital Source Type NewsCodes.
//! - SOLVE-IT, weakness 522: the absence of a manifest is an explicit outcome.
//!
//! # Titel
//!
//! Content Credentials (C2PA): het ondertekende manifest, gecontroleerd zonder netwerk
//!
//! # Wat het meet
//!
//! Of het bestand een C2PA-manifest bevat, en wat de controle daarvan oplevert:
//! de opbouw, de hashes die het aan de inhoud binden, de handtekening, en het
//! certificaat van de ondertekenaar tegen de certificaten die de gebruiker
//! vertrouwt (`--trust-anchors BESTAND`, PEM). `state` is een van vijf:
//!
//! - `none` (geen): geen manifest in het bestand. Een elders opgeslagen manifest
//!   wordt genoemd als het bestand ernaar verwijst, en nooit opgehaald.
//! - `malformed` (misvormd): het is er, maar onleesbaar of niet volgens de norm.
//! - `hash-mismatch`: een hash of de handtekening klopt niet: inhoud of manifest
//!   is na ondertekening gewijzigd, of het manifest komt uit een ander bestand.
//! - `valid-untrusted`: hashes en handtekening kloppen; het certificaat leidt naar
//!   geen van de vertrouwde certificaten van de gebruiker (of was bij het
//!   ondertekenen niet geldig, wat dan wordt vermeld).
//! - `valid-trusted`: en het leidt er wel naar een.
//!
//! `state_code` geeft hetzelfde als getal, 0 tot 4 in deze volgorde. Vermeld worden
//! ondertekenaar, tijdstip, programma, handelingen (actions), ingrediënten met
//! hun eigen controle, en elk digitalSourceType met zijn betekenis; dat zijn
//! verklaringen van de ondertekenaar, wat de toestand ook is.
//!
//! # Wanneer het misleidt
//!
//! - Afwezigheid bewijst niets: de meeste camera's en programma's schrijven geen
//!   manifest, de meeste diensten verwijderen het, en iedereen kan dat.
//! - Een geldig manifest toont dat de houder van een sleutel deze bytes heeft
//!   ondertekend. Wat erin staat, is het woord van de ondertekenaar. Zonder
//!   vertrouwde certificaten is niet bekend wie dat is.
//! - Een foto van een scherm met een ondertekenende camera heeft een geldig manifest.
//! - `hash-mismatch` ontstaat ook bij onschuldig opnieuw opslaan door een programma
//!   dat het manifest ongekend laat staan.
//! - Intrekking wordt niet opgezocht, want er wordt niets aan een netwerk gevraagd;
//!   manifesten elders of in losse bestanden worden niet onderzocht.

mod manifest;
pub(super) mod read;
mod say;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use self::read::{Anchors, anchors};
use super::{Check, Entry, Finding, Group, Options, Standing, Status};
use crate::media::{Exhibit, Needs};
use crate::{Error, Result};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "c2pa",
    group: Group::Provenance,
    standing: Standing::Evidential,
    source: include_str!("c2pa.rs"),
    make: |options: &Options| {
        Box::new(C2pa { trust_anchors: options.trust_anchors.clone(), finding: None })
    },
};

/// Validates when the examination begins.
struct C2pa {
    trust_anchors: Option<PathBuf>,
    finding: Option<Finding>,
}

impl Check for C2pa {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        let anchors = self.trust_anchors.as_deref().map(read::anchors).transpose()?;
        let (structure, metadata) = super::metadata::statements(exhibit)?;
        if read::too_many_boxes(&structure) {
            self.finding = Some(Finding::abstain(Status::Insufficient, say::too_many_boxes()));
            return Ok(());
        }
        let found = read::read(&exhibit.path, &structure, anchors.as_ref())?;
        let reference = read::reference(&metadata);
        let finding = say::finding(&found, &structure.format, reference, anchors.as_ref());
        let nothing = finding.state.as_deref() == Some("none");
        let unfinished = super::metadata::unfinished;
        self.finding = Some(if nothing { unfinished(finding, &structure) } else { finding });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        self.finding.ok_or_else(|| Error::compute("validating C2PA", "begin was not called"))
    }
}
