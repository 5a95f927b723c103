//! The finding in words and tables.

use super::super::container::shorten;
use super::Traces;
use super::names::{self, Role};
use crate::checks::{Figure, Finding, Status};
use crate::media::container::{MOST_USER_DATA, SEARCHED_WHOLE, Structure};
use crate::text::Text;

/// Most rows of a table in a report; the numbers count all.
const ROWS: usize = 200;
/// Longest text in a cell, in characters; x264's option string has 700.
const CELL: usize = 1_200;
/// Longest name in the summary, in characters.
const NAME: usize = 80;

pub(super) fn not_for_pictures() -> Finding {
    Finding::abstain(
        Status::NotApplicable,
        Text::new(
            "A still picture: names of software in it are listed by the checks container, metadata and declared-ai.",
            "Een stilstaand beeld: namen van programma's daarin staan bij de methoden container, metadata en declared-ai.",
        ),
    )
}

pub(super) fn finding(traces: &Traces, structure: &Structure) -> Finding {
    let mut distinct: Vec<&str> = Vec::new();
    for data in &traces.user_data {
        if !distinct.contains(&data.text.as_str()) {
            distinct.push(&data.text);
        }
    }
    let has = |role| traces.tags.iter().any(|tag| names::role(tag) == role);
    let state = if !traces.user_data.is_empty() || has(Role::Encoder) {
        "software-encoder"
    } else if has(Role::Writer) {
        "software-writer"
    } else if !traces.tags.is_empty() {
        "names"
    } else {
        "none"
    };
    let mut finding = Finding::new(Status::Observed, summary(traces, &distinct, state));
    finding.state = Some(state.to_owned());
    finding.value("traces", "1", (traces.tags.len() + distinct.len()) as f64);
    finding.value("user_data", "1", traces.user_data.len() as f64);
    finding.value("distinct_user_data", "1", distinct.len() as f64);
    if let Some(first) = traces.user_data.first() {
        for (name, value) in names::options(&first.text) {
            let (quantity, unit) = match name {
                "keyint" | "bframes" | "ref" | "crf" => (name, "1"),
                "bitrate" => ("bitrate_kbps", "kbit/s"),
                _ => continue,
            };
            if let Ok(value) = value.parse::<f64>() {
                finding.value(quantity, unit, value);
            }
        }
    }
    if !traces.user_data.is_empty() {
        finding.figures.push(user_data(traces));
    }
    if !traces.tags.is_empty() {
        finding.figures.push(tags(traces));
    }
    finding.figures.push(looked_for(traces));
    finding.warnings = warnings(traces, &distinct, structure);
    finding
}

/// Name and version, without licence and options.
fn version(text: &str) -> String {
    shorten(text.split(" - H.26").next().unwrap_or(text).trim(), NAME)
}

fn summary(traces: &Traces, distinct: &[&str], state: &str) -> Text {
    let mut en = Vec::new();
    let mut nl = Vec::new();
    if !distinct.is_empty() {
        let list: Vec<String> = distinct.iter().take(3).map(|text| version(text)).collect();
        let list = list.join("; ");
        en.push(format!("Written into the coded pictures: {list}."));
        nl.push(format!("In de gecodeerde beelden geschreven: {list}."));
    }
    for (role, en_role, nl_role) in [
        (
            Role::Encoder,
            "Encoders named in the data or tags",
            "Encoders, genoemd in gegevens of tags",
        ),
        (Role::Writer, "Written by, as the file says", "Geschreven door, volgens het bestand"),
        (Role::Device, "Make or model as the file says", "Merk of model volgens het bestand"),
        (Role::Other, "Other names", "Andere namen"),
        (Role::Handler, "Track handlers", "Spoorhandlers"),
    ] {
        let mut found: Vec<String> = Vec::new();
        for tag in traces.tags.iter().filter(|t| names::role(t) == role) {
            let name = shorten(tag.value.trim(), NAME);
            if !found.contains(&name) {
                found.push(name);
            }
        }
        if found.is_empty() {
            continue;
        }
        let more = found.len().saturating_sub(3);
        found.truncate(3);
        let mut list = found.join("; ");
        if more > 0 {
            list += &format!(" (+{more})");
        }
        en.push(format!("{en_role}: {list}."));
        nl.push(format!("{nl_role}: {list}."));
    }
    let (said, gezegd) = match state {
        "software-encoder" => (
            "Such a name shows that this software coded the material, as a rule again after an earlier encoding; that is usual after sharing, cutting or conversion and is no sign of fakery.",
            "Zo'n naam toont dat deze software het materiaal heeft gecodeerd, in de regel opnieuw na een eerdere codering; dat is gewoon na delen, knippen of omzetten en geen aanwijzing voor vervalsing.",
        ),
        "software-writer" => (
            "Such a name shows that this software wrote the file; whether it also encoded the material again does not follow. It is no sign of fakery.",
            "Zo'n naam toont dat deze software het bestand heeft geschreven; of zij het materiaal ook opnieuw heeft gecodeerd, volgt daaruit niet. Het is geen aanwijzing voor vervalsing.",
        ),
        "names" => (
            "None of them is a known encoder or writer in software. Names can be copied and written by anyone.",
            "Geen daarvan is een bekende software-encoder of bekend schrijfprogramma. Namen kunnen door iedereen worden overgenomen en geschreven.",
        ),
        _ => (
            "No name of an encoder, program or device was found. Many encoders leave none and names are easily removed, so that this does not show that the file is a device's own.",
            "Er is geen naam van een encoder, programma of apparaat gevonden. Veel encoders laten er geen achter en namen zijn eenvoudig te verwijderen; dit toont dus niet dat het bestand het oorspronkelijke van een apparaat is.",
        ),
    };
    en.push(said.to_owned());
    nl.push(gezegd.to_owned());
    Text::new(en.join(" "), nl.join(" "))
}

fn warnings(traces: &Traces, distinct: &[&str], structure: &Structure) -> Vec<Text> {
    let mut warnings = Vec::new();
    if distinct.len() > 1 {
        let n = distinct.len();
        warnings.push(Text::new(
            format!("The coded pictures carry {n} different texts of encoders: streams that were encoded separately have been joined in this file. The table says from which byte on."),
            format!("De gecodeerde beelden bevatten {n} verschillende teksten van encoders: stromen die apart zijn gecodeerd, zijn in dit bestand samengevoegd. De tabel vermeldt vanaf welke byte."),
        ));
    }
    if traces.user_data.len() >= MOST_USER_DATA {
        warnings.push(Text::new(
            format!("More than {MOST_USER_DATA} places were found; the search stopped there."),
            format!(
                "Er zijn meer dan {MOST_USER_DATA} plaatsen gevonden; daar is het zoeken gestopt."
            ),
        ));
    }
    warnings.push(Text::new(
        format!(
            "Looked for: the identifiers of x264 and x265 in the first {} MiB; Lavc, Lavf, LAME, XviD and DivX in the first 4 MiB of media data; the tags of the container. Not looked for: names of other encoders inside the coded data, and encoders that leave no name (most hardware and closed ones).",
            SEARCHED_WHOLE >> 20
        ),
        format!(
            "Gezocht: de kenmerken van x264 en x265 in de eerste {} MiB; Lavc, Lavf, LAME, XviD en DivX in de eerste 4 MiB mediagegevens; de tags van de container. Niet gezocht: namen van andere encoders in de gecodeerde gegevens, en encoders die geen naam achterlaten (de meeste in hardware en gesloten).",
            SEARCHED_WHOLE >> 20
        ),
    ));
    if structure.nodes.is_empty() {
        warnings.push(Text::new(
            format!("The structure of this format ({}) is not read; only the tags that ffmpeg tells were searched.", structure.format),
            format!("De structuur van dit formaat ({}) wordt niet gelezen; alleen de tags die ffmpeg vermeldt, zijn doorzocht.", structure.format),
        ));
    }
    warnings
}

fn user_data(traces: &Traces) -> Figure {
    let mut rows: Vec<Vec<String>> = traces
        .user_data
        .iter()
        .take(ROWS)
        .map(|data| {
            vec![
                data.offset.to_string(),
                data.encoder.to_owned(),
                data.uuid.clone(),
                shorten(&data.text, CELL),
            ]
        })
        .collect();
    if traces.user_data.len() > ROWS {
        let more = format!("… +{}", traces.user_data.len() - ROWS);
        rows.push(vec![more, String::new(), String::new(), String::new()]);
    }
    Figure::Table {
        title: Text::new(
            "User data of encoders in the coded pictures",
            "Gegevens van encoders in de gecodeerde beelden (user data)",
        ),
        columns: vec![
            Text::new("Byte", "Byte"),
            Text::new("Encoder", "Encoder"),
            Text::same("UUID"),
            Text::new("Version and options", "Versie en instellingen"),
        ],
        rows,
    }
}

fn tags(traces: &Traces) -> Figure {
    let row = |tag: &crate::media::container::Tag| {
        let role = names::role(tag);
        let about = if role == Role::Handler { names::handler(&tag.value) } else { None };
        vec![
            Text::same(role.label()),
            Text::same(format!("{}: {}", tag.source, tag.key)),
            Text::same(shorten(&tag.value, CELL)),
            about.unwrap_or_default(),
        ]
    };
    Figure::Words {
        title: Text::new(
            "Names of encoders, programs, devices and track handlers",
            "Namen van encoders, programma's, apparaten en spoorhandlers",
        ),
        columns: vec![
            Text::new("Part", "Rol"),
            Text::new("Place", "Plaats"),
            Text::new("Name", "Naam"),
            Text::new("Remark", "Opmerking"),
        ],
        rows: traces.tags.iter().take(ROWS).map(row).collect(),
    }
}

fn looked_for(traces: &Traces) -> Figure {
    let of = |encoder: &str| traces.user_data.iter().filter(|d| d.encoder == encoder).count();
    let by = |role| traces.tags.iter().filter(|t| names::role(t) == role).count();
    let row = |what: &str, count: usize| vec![what.to_owned(), count.to_string()];
    Figure::Table {
        title: Text::new("What was looked for", "Waarnaar is gezocht"),
        columns: vec![Text::new("Kind", "Soort"), Text::new("Found", "Gevonden")],
        rows: vec![
            row("x264 UUID dc45e9bde6d948b7962cd820d923eeef", of("x264")),
            row("x265 UUID 2ca2de09b51747dbbb55a4fe7fc2fc4e", of("x265")),
            row("Lavc, LAME, XviD, DivX …", by(Role::Encoder)),
            row("©too, MuxingApp, WritingApp, ISFT, Lavf …", by(Role::Writer)),
            row("make, model", by(Role::Device)),
            row("handler_name", by(Role::Handler)),
        ],
    }
}
