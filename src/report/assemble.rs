//! From the outcome of a pass to a [`Report`].

use super::{Checked, Condition, Lab, Redact, Report, Timing, Tool};
use crate::checks::pass::{Examined, Outcome};
use crate::checks::{ALL, Finding, Status};
use crate::media::Exhibit;
use crate::text::{Lang, Text};

/// What surrounds an examination and comes from outside it.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// What examined.
    pub tool: Tool,
    /// Start of the examination, RFC 3339.
    pub started: String,
    /// End of the examination, RFC 3339.
    pub finished: String,
    /// Seconds spent opening and digesting the exhibit.
    pub open_seconds: f64,
    /// SHA-256 of the file after the examination.
    pub sha256_after: String,
    /// Language of the report.
    pub lang: Lang,
    /// What its pictures may show.
    pub redact: Redact,
    /// What the laboratory adds.
    pub lab: Lab,
}

/// Everything that is known at the end, in one piece of plain data.
pub fn assemble(exhibit: Exhibit, outcome: Outcome, around: Circumstances) -> Report {
    // Of a file that cannot be decoded the bytes are what there is to examine.
    let some = exhibit.undecodable().is_none()
        || outcome
            .examined
            .iter()
            .any(|examined| matches!(examined.finding.status, Status::Observed | Status::Derived));
    let unchanged = around.sha256_after == exhibit.sha256;
    let complete = some && outcome.broken.is_none() && unchanged;
    let mut notes = exhibit.notes.clone();
    notes.extend(outcome.played.iter().flat_map(|played| played.warnings.iter().cloned()));
    notes.extend(outcome.broken.iter().map(|reason| {
        Text::new(
            format!("Decoding stopped: {reason}. Checks that needed more abstain."),
            format!("Het decoderen is gestopt: {reason}. Methoden die meer nodig hadden, geven geen resultaat."),
        )
    }));
    notes.extend(starts_apart(&exhibit));
    notes.extend(cut_short(&exhibit, &outcome));
    if !unchanged {
        notes.push(Text::new(
            "The file changed while it was examined: its SHA-256 afterwards is another one. These results must not be used.",
            "Het bestand is tijdens het onderzoek veranderd: de SHA-256 is achteraf een andere. Deze resultaten mogen niet worden gebruikt.",
        ));
    }
    let checks_seconds: f64 = outcome.examined.iter().map(|e| e.seconds).sum();
    let mut timings = vec![
        timing("open", around.open_seconds),
        timing("decode", (outcome.seconds - outcome.face_seconds - checks_seconds).max(0.0)),
        timing("finding and following faces", outcome.face_seconds),
    ];
    timings.extend(outcome.examined.iter().map(|e| timing(e.entry.name, e.seconds)));
    let condition = condition(&outcome);
    let ran = |name: &str| outcome.examined.iter().any(|e| e.entry.name == name);
    let not_run = ALL.iter().map(|e| e.name.to_owned()).filter(|name| !ran(name)).collect();
    let checks = outcome
        .examined
        .into_iter()
        .map(|Examined { entry, finding, .. }| Checked::new(entry, finding))
        .collect();
    let Circumstances { tool, started, finished, lang, redact, lab, .. } = around;
    Report {
        tool,
        exhibit,
        unchanged,
        condition,
        checks,
        not_run,
        timings,
        started,
        finished,
        lang,
        redact,
        lab,
        weighed: Vec::new(),
        notes,
        complete,
    }
}

/// Streams start apart by less than this without a word: a frame at 25 a
/// second.
const APART_S: f64 = 0.04;

/// Says where time 0 is when players may count from elsewhere.
fn starts_apart(exhibit: &Exhibit) -> Option<Text> {
    let video = exhibit.video.as_ref()?.start_s?;
    let audio = exhibit.audio.as_ref().and_then(|a| a.start_s);
    let apart = audio.map(|audio| audio - video).filter(|d| d.abs() >= APART_S);
    if video.abs() < APART_S && apart.is_none() {
        return None;
    }
    let (mut en, mut nl) = (
        format!(
            "Times in this report count from the first picture, which is at {video:.3} s on the file's own clock."
        ),
        format!(
            "Tijden in dit rapport tellen vanaf het eerste beeld; dat staat op {video:.3} s op de klok van het bestand zelf."
        ),
    );
    if let Some(apart) = apart {
        let (word, woord) = if apart > 0.0 { ("later", "later") } else { ("earlier", "eerder") };
        en += &format!(" The sound starts {:.3} s {word}.", apart.abs());
        nl += &format!(" Het geluid begint {:.3} s {woord}.", apart.abs());
    }
    Some(Text::new(en, nl))
}

/// Compares the duration that the file declares with what could be decoded.
fn cut_short(exhibit: &Exhibit, outcome: &Outcome) -> Option<Text> {
    let declared = exhibit.duration_s?;
    let played = outcome.played.as_ref()?;
    if exhibit.audio.is_some() && played.sound_s == 0.0 {
        // Nobody asked for the sound, and it may be what lasts longest.
        return None;
    }
    let fps = exhibit.video.as_ref().and_then(|v| v.fps).filter(|fps| *fps > 0.0);
    let pictures = (played.frames > 0).then(|| outcome.seen_s + fps.map_or(0.0, |fps| 1.0 / fps));
    let sound = (played.sound_s > 0.0).then_some(played.sound_s);
    let decoded = pictures.into_iter().chain(sound).reduce(f64::max)?;
    // A second and a tenth: headers round, and coders pad.
    (declared - decoded > 1.0_f64.max(declared / 10.0)).then(|| {
        Text::measured(
            format!("The file declares {declared:.2} s; only {decoded:.2} s could be decoded. The rest is missing or damaged."),
            format!("Het bestand vermeldt {declared:.2} s; slechts {decoded:.2} s kon worden gedecodeerd. De rest ontbreekt of is beschadigd."),
        )
    })
}

fn timing(stage: &str, seconds: f64) -> Timing {
    Timing { stage: stage.to_owned(), seconds }
}

/// The state of the exhibit as the checks met it; what is known of faces
/// comes from the check that describes them.
fn condition(outcome: &Outcome) -> Condition {
    let faces = outcome.examined.iter().find(|e| e.entry.name == "faces").map(|e| &e.finding);
    let number = |finding: &Finding, quantity: &str| {
        finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
    };
    Condition {
        seconds: outcome.played.as_ref().filter(|p| p.frames > 1).map(|_| outcome.seen_s),
        frames: outcome.played.as_ref().map(|p| p.frames),
        sound_s: outcome.played.as_ref().map(|p| p.sound_s).filter(|s| *s > 0.0),
        faces: faces.and_then(|f| number(f, "tracks")).map(|n| n as u32),
        face_px: faces.and_then(|f| {
            Some((
                number(f, "face_width_px_min")?,
                number(f, "face_width_px_median")?,
                number(f, "face_width_px_max")?,
            ))
        }),
    }
}
