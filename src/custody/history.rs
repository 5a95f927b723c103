//! What the log tells of one exhibit, for the report about it.

use super::case::Case;
use super::log::{Entry, Event};
use super::print::Print;
use crate::report::handling::{CAPTURED_AT, Handling, Step};
use crate::text::Text;

/// Most bytes of events: they travel to the process that examines as one
/// string, which Linux bounds at 128 KiB (`MAX_ARG_STRLEN`).
const MOST_BYTES: usize = 80_000;
/// Most characters of one note; the log holds it whole.
const LONGEST: usize = 300;

impl Case {
    /// What the log tells of `exhibit` so far.
    pub fn handling(&self, exhibit: &str) -> Handling {
        let mut facts = Vec::new();
        let mut steps: Vec<Step> = Vec::new();
        for entry in &self.entries {
            let Some(what) = told(entry, exhibit) else { continue };
            if let Event::ExhibitAdded { screenshot, acquisition, name, .. } = &entry.event {
                let picture = screenshot.as_ref().map(digest);
                facts.extend(
                    [
                        ("Name before it came in", "Naam bij binnenkomst", Some(name)),
                        ("Source (URL)", "Bron (URL)", acquisition.source_url.as_ref()),
                        ("Platform", "Platform", acquisition.platform.as_ref()),
                        (CAPTURED_AT, "Vastgelegd op", acquisition.captured_at.as_ref()),
                        ("Captured by", "Vastgelegd door", acquisition.captured_by.as_ref()),
                        ("Method of capture", "Wijze van vastleggen", acquisition.method.as_ref()),
                        ("Received from", "Ontvangen van", acquisition.received_from.as_ref()),
                        ("Transport", "Vervoer", acquisition.transport.as_ref()),
                        (
                            "Picture of where it stood",
                            "Schermafbeelding van de vindplaats",
                            picture.as_ref(),
                        ),
                    ]
                    .into_iter()
                    .filter_map(|(en, nl, value)| Some((Text::new(en, nl), short(value?)))),
                );
            }
            steps.push(Step { line: entry.line, at: entry.at.clone(), by: short(&entry.by), what });
        }
        shorten(&mut steps);
        Handling { facts, steps, head: self.head.sha256.clone() }
    }
}

/// Takes events out of the middle until the rest is short enough, and says how
/// many: the first lines say how the item came in, the last what was done.
fn shorten(steps: &mut Vec<Step>) {
    let size = |step: &Step| serde_json::to_string(step).map_or(0, |text| text.len());
    let mut total: usize = steps.iter().map(size).sum();
    let mut out = 0;
    while total > MOST_BYTES && steps.len() > 2 {
        total -= size(&steps.remove(steps.len() / 2));
        out += 1;
    }
    if out > 0 {
        let at = steps.len() / 2;
        let line = steps.get(at).map_or(0, |step| step.line.saturating_sub(1));
        let what = Text::new(
            format!("up to here {out} events are not shown; log.jsonl holds them"),
            format!("tot hier zijn {out} gebeurtenissen niet getoond; log.jsonl bevat ze"),
        );
        steps.insert(at, Step { line, what, ..Step::default() });
    }
}

/// The event in words, if it concerns `exhibit` or the whole case.
fn told(entry: &Entry, exhibit: &str) -> Option<Text> {
    Some(match &entry.event {
        Event::CaseOpened { facts } => Text::new(
            format!("case opened: {}", short(&facts.title)),
            format!("zaak geopend: {}", short(&facts.title)),
        ),
        Event::ExhibitAdded { exhibit: id, file, .. } if id == exhibit => Text::new(
            format!("{id} came in: {}", digest(file)),
            format!("{id} binnengekomen: {}", digest(file)),
        ),
        Event::PageCaptured { capture, page, files } => {
            let parts = files.iter().map(digest).collect::<Vec<_>>().join("; ");
            Text::new(
                format!("{capture}: page captured, {} ({parts})", short(&page.final_url)),
                format!("{capture}: pagina vastgelegd, {} ({parts})", short(&page.final_url)),
            )
        }
        Event::Note { exhibit: about, text } if about.as_deref().is_none_or(|id| id == exhibit) => {
            Text::new(format!("note: {}", short(text)), format!("notitie: {}", short(text)))
        }
        Event::Examined { exhibit: id, files, .. } if id == exhibit => {
            let folder = files.first().and_then(|f| f.path.split('/').nth(1)).unwrap_or_default();
            Text::new(
                format!("{id} examined; results {folder}"),
                format!("{id} onderzocht; resultaten {folder}"),
            )
        }
        Event::Sealed { seal, manifest_sha256, .. } => Text::new(
            format!("seal {seal}, manifest SHA-256 {manifest_sha256}"),
            format!("verzegeling {seal}, manifest SHA-256 {manifest_sha256}"),
        ),
        Event::Stamped { seal, token, .. } => Text::new(
            format!("time stamp {} on seal {seal}", token.time),
            format!("tijdstempel {} op verzegeling {seal}", token.time),
        ),
        Event::Exported { name } => Text::new(
            format!("export begun as {}", short(name)),
            format!("export begonnen als {}", short(name)),
        ),
        Event::ExportFinished { name, sha256 } => Text::new(
            format!("exported as {}, SHA-256 {sha256}", short(name)),
            format!("geëxporteerd als {}, SHA-256 {sha256}", short(name)),
        ),
        Event::Recovered { done } => Text::new(
            format!("an interrupted command was mended ({} steps)", done.len()),
            format!("een onderbroken opdracht is hersteld ({} stappen)", done.len()),
        ),
        _ => return None,
    })
}

fn digest(file: &Print) -> String {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    format!("{name}, SHA-256 {}", file.sha256)
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{} […]", text.get(..at).unwrap_or_default()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_shortened_in_the_middle_and_says_so() {
        let step = |line: u64| {
            let what = Text::same("漢".repeat(LONGEST));
            Step { line, what, ..Step::default() }
        };
        let mut steps: Vec<Step> = (1..=400).map(step).collect();
        shorten(&mut steps);
        assert!(serde_json::to_string(&steps).unwrap().len() < MOST_BYTES + 1000);
        assert_eq!((steps[0].line, steps.last().unwrap().line), (1, 400));
        let told = steps.iter().find(|s| s.what.en.contains("not shown")).unwrap();
        let shown = steps.len() - 1;
        assert!(told.what.en.contains(&format!("{} events", 400 - shown)), "{}", told.what.en);
        let mut few: Vec<Step> = (1..=3).map(step).collect();
        shorten(&mut few);
        assert_eq!(few.len(), 3);
    }
}
