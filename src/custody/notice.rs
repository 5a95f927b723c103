//! The draft of a notice to a hosting service under article 16 of Regulation
//! (EU) 2022/2065 (Digital Services Act). Paragraph 2 names what it has to
//! hold: (a) why the content is held to be illegal, (b) its exact electronic
//! location, (c) name and e-mail address, with an exception for offences of
//! articles 3 to 7 of Directive 2011/93/EU, (d) a statement of good faith.
//!
//! A draft: what a person must judge is left open and marked so.

use super::case::Case;
use super::log::Event;
use crate::text::{Text, visible, visible_lines};

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

/// The draft, without any picture: links, facts of the capture, and digests.
pub fn notice(case: &Case, complaint: &Complaint) -> Text {
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
    for entry in case.entries() {
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
            en.push('\n');
            nl.push('\n');
        }
    }
    if en.is_empty() {
        let none = open("exact URL of each item", "exacte URL van elk item");
        en = format!("   {}\n\n", none.en);
        nl = format!("   {}\n\n", none.nl);
    }
    let reference = visible(&case.facts().title);
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
             has coded again has other digests. No picture is part of this notice.\n",
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
             platform opnieuw heeft gecodeerd, heeft andere hashwaarden. Bij deze melding hoort geen beeld.\n",
            reason = reason.nl,
            name = name.nl,
            email = email.nl,
        ),
    )
}
