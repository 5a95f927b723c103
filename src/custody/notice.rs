//! The draft of a notice to a hosting service under article 16 of Regulation
//! (EU) 2022/2065 (Digital Services Act). Paragraph 2 names what it has to
//! hold: (a) why the content is held to be illegal, (b) its exact electronic
//! location, (c) name and e-mail address, with an exception for offences of
//! articles 3 to 7 of Directive 2011/93/EU, (d) a statement of good faith.
//!
//! A draft: what a person must judge is left open and marked so.

use std::path::Path;

use super::authority::Trust;
use super::case::{self, HEAD, LOG};
use super::log::{Entry, Event};
use super::store::Store;
use super::verify::{self, Kind, Verified};
use crate::text::{Text, visible, visible_lines};
use crate::{Error, Result};

/// What the person who gives notice says.
#[derive(Clone, Debug, Default)]
pub struct Complaint {
    /// Why the content is held to be illegal.
    pub reason: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

/// Most perceptual hashes of one exhibit in a notice: a platform needs a few
/// frames to find a film, not all.
const MOST_HASHES: usize = 5;
/// Hashes of a lower quality are not to be compared (Facebook 2019, as the
/// check `hashes` tells).
const LEAST_QUALITY: u64 = 50;

/// The perceptual hash of a picture, or of a frame.
#[derive(serde::Deserialize)]
struct Hash {
    pdq: String,
    quality: u64,
    time_s: f64,
}

/// Largest file of hashes that is read.
const LONGEST: u64 = 1 << 28;

/// The hashes of best quality that the last examination of `exhibit` wrote, in
/// order of time; none when it was not examined. The name of the file, when it
/// is not the one that was logged.
fn perceptual(entries: &[Entry], store: &Store, exhibit: &str) -> Result<Vec<Hash>, String> {
    let examined = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Examined { exhibit: id, files, .. } if id == exhibit => Some(files),
        _ => None,
    });
    let file =
        examined.and_then(|files| files.iter().find(|f| f.path.ends_with("/hashes-pdq.json")));
    let Some(file) = file else { return Ok(Vec::new()) };
    let text = store.bytes(&file.path, LONGEST).map_err(|_| file.path.clone())?;
    if super::print::sha256(&text) != file.sha256 {
        return Err(file.path.clone());
    }
    let mut hashes: Vec<Hash> = serde_json::from_slice(&text).unwrap_or_default();
    hashes.retain(|hash| {
        hash.quality >= LEAST_QUALITY && hash.pdq.bytes().all(|b| b.is_ascii_hexdigit())
    });
    // Stable: of equal quality the earliest first.
    hashes.sort_by_key(|hash| std::cmp::Reverse(hash.quality));
    hashes.truncate(MOST_HASHES);
    hashes.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    Ok(hashes)
}

/// The draft from the case or the export at `path`, without any picture: links,
/// facts of the capture, and digests; and what is to be said of the case.
/// Nothing is written.
///
/// # Errors
/// [`Error::Usage`] when there is no case; [`Error::Unreadable`] when its log
/// does not verify: then nothing that it tells can be relied on.
pub fn notice(path: &Path, complaint: &Complaint) -> Result<(Text, Verified)> {
    let (found, log, store) = verify::look(path, &Trust::default())?;
    if log.entries.is_empty() {
        return Err(Error::Usage(format!("{} is not a case", path.display())));
    }
    let of_log = |file: &str| file == LOG || file == HEAD;
    if found.faults.iter().any(|f| of_log(&f.file) && f.kind != Kind::Incomplete) {
        let why = "its log does not verify, and a notice would rest on it; `waarmerk case verify` tells more";
        return Err(Error::unreadable(path, why));
    }
    Ok((draft(&log.entries, &store, complaint), found))
}

fn draft(entries: &[Entry], store: &Store, complaint: &Complaint) -> Text {
    let open =
        |en: &str, nl: &str| Text::new(format!("[FILL IN: {en}]"), format!("[INVULLEN: {nl}]"));
    let given = |value: &Option<String>, or: Text| {
        value.as_ref().map(|v| Text::same(visible_lines(v))).unwrap_or(or)
    };
    let reason = given(
        &complaint.reason,
        open(
            "a sufficiently substantiated explanation of why the content is illegal, with the provision of law",
            "een voldoende gemotiveerde uitleg waarom de inhoud illegaal is, met het wettelijk voorschrift",
        ),
    );
    let name = given(&complaint.name, open("name", "naam"));
    let email = given(&complaint.email, open("e-mail address", "e-mailadres"));
    let (mut en, mut nl) = (String::new(), String::new());
    for entry in entries {
        if let Event::PageCaptured { capture, page, files } = &entry.event {
            en.push_str(&format!("   Item: {capture} (page)\n   URL: {}\n", visible(&page.url)));
            nl.push_str(&format!("   Item: {capture} (pagina)\n   URL: {}\n", visible(&page.url)));
            if page.final_url != page.url {
                en.push_str(&format!("   Led to: {}\n", visible(&page.final_url)));
                nl.push_str(&format!("   Leidde naar: {}\n", visible(&page.final_url)));
            }
            if let Some(status) = page.status.filter(|status| !(200..300).contains(status)) {
                en.push_str(&format!("   The server answered: {status}\n"));
                nl.push_str(&format!("   De server antwoordde: {status}\n"));
            }
            if !page.loaded {
                en.push_str("   The page was not done loading when it was captured\n");
                nl.push_str("   De pagina was bij het vastleggen nog niet klaar met laden\n");
            }
            en.push_str(&format!("   Captured from {} to {}\n", page.started, page.finished));
            nl.push_str(&format!("   Vastgelegd van {} tot {}\n", page.started, page.finished));
            for file in files {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                en.push_str(&format!("   SHA-256 of {name}: {}\n", file.sha256));
                nl.push_str(&format!("   SHA-256 van {name}: {}\n", file.sha256));
            }
            en.push('\n');
            nl.push('\n');
        }
        if let Event::ExhibitAdded { exhibit, file, acquisition, .. } = &entry.event {
            let url = given(&acquisition.source_url, open("exact URL", "exacte URL"));
            let mut add = |label_en: &str, label_nl: &str, value: &str, value_nl: &str| {
                en.push_str(&format!("   {label_en}: {value}\n"));
                nl.push_str(&format!("   {label_nl}: {value_nl}\n"));
            };
            add("Item", "Item", exhibit, exhibit);
            add("URL", "URL", &url.en, &url.nl);
            for (label_en, label_nl, value) in [
                ("Platform", "Platform", &acquisition.platform),
                ("Seen and captured at", "Gezien en vastgelegd op", &acquisition.captured_at),
                ("Captured by", "Vastgelegd door", &acquisition.captured_by),
            ] {
                if let Some(value) = value {
                    add(label_en, label_nl, &visible(value), &visible(value));
                }
            }
            let size = file.bytes.to_string();
            add(
                "SHA-256 of the captured file",
                "SHA-256 van het vastgelegde bestand",
                &file.sha256,
                &file.sha256,
            );
            add("Size in bytes", "Grootte in bytes", &size, &size);
            let hashes = perceptual(entries, store, exhibit);
            if let Err(file) = &hashes {
                let file = visible(file);
                let why = format!("left out: {file} is not what was logged");
                let reden = format!("weggelaten: {file} is niet wat is gelogd");
                add("Perceptual hashes (PDQ)", "Perceptuele hashes (PDQ)", &why, &reden);
            }
            for hash in hashes.unwrap_or_default() {
                let Hash { pdq, quality, time_s } = hash;
                let at = if time_s > 0.0 { format!(", {time_s:.1} s") } else { String::new() };
                let of = format!("{pdq} (quality {quality} of 100{at})");
                let van = format!("{pdq} (kwaliteit {quality} van 100{})", at.replace('.', ","));
                add("Perceptual hash (PDQ)", "Perceptuele hash (PDQ)", &of, &van);
            }
            en.push('\n');
            nl.push('\n');
        }
    }
    if en.is_empty() {
        let none = open("exact URL of each item", "exacte URL van elk item");
        en = format!("   {}\n\n", none.en);
        nl = format!("   {}\n\n", none.nl);
    }
    let reference = visible(&case::facts(entries).title);
    Text::new(
        format!(
            "DRAFT - to be checked, completed and sent by a person. Not legal advice.\n\
             \n\
             Notice under article 16 of Regulation (EU) 2022/2065 (Digital Services Act)\n\
             Reference: {reference}\n\
             \n\
             1. Location of the content (article 16(2)(b))\n\
             \n\
             {en}\
             2. Why the content is held to be illegal (article 16(2)(a))\n\
             \n   {reason}\n\
             \n\
             3. Who gives notice (article 16(2)(c))\n\
             \n   Name: {name}\n   E-mail: {email}\n   \
             (Name and address may be left out where the content concerns offences of articles 3 to 7 of Directive 2011/93/EU.)\n\
             \n\
             4. Statement (article 16(2)(d))\n\
             \n   I believe in good faith that the information and allegations in this notice are accurate and complete.\n\
             \n   [FILL IN: date and name of the person who states this]\n\
             \n\
             The digests identify the files exactly as captured; a copy that the platform\n\
             has coded again has other digests. Perceptual hashes change little then: those\n\
             who made PDQ take at most 31 of 256 different bits for the same picture. No picture is part of this notice.\n",
            reason = reason.en,
            name = name.en,
            email = email.en,
        ),
        format!(
            "CONCEPT - door een persoon te controleren, aan te vullen en te versturen. Geen juridisch advies.\n\
             \n\
             Melding op grond van artikel 16 van Verordening (EU) 2022/2065 (digitaledienstenverordening)\n\
             Kenmerk: {reference}\n\
             \n\
             1. Locatie van de inhoud (artikel 16, lid 2, onder b)\n\
             \n\
             {nl}\
             2. Waarom de inhoud illegaal wordt geacht (artikel 16, lid 2, onder a)\n\
             \n   {reason}\n\
             \n\
             3. Wie de melding doet (artikel 16, lid 2, onder c)\n\
             \n   Naam: {name}\n   E-mailadres: {email}\n   \
             (Naam en adres mogen ontbreken waar de inhoud strafbare feiten van de artikelen 3 tot en met 7 van Richtlijn 2011/93/EU betreft.)\n\
             \n\
             4. Verklaring (artikel 16, lid 2, onder d)\n\
             \n   Ik ben te goeder trouw van mening dat de informatie en beweringen in deze melding juist en volledig zijn.\n\
             \n   [INVULLEN: datum en naam van wie dit verklaart]\n\
             \n\
             De hashwaarden identificeren de bestanden precies zoals ze zijn vastgelegd; een kopie die het\n\
             platform opnieuw heeft gecodeerd, heeft andere hashwaarden. Perceptuele hashes veranderen dan\n\
             weinig: de makers van PDQ houden hoogstens 31 van 256 verschillende bits voor hetzelfde beeld. Bij deze melding hoort geen beeld.\n",
            reason = reason.nl,
            name = name.nl,
            email = email.nl,
        ),
    )
}
