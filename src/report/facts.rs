//! Names and values that every form of the report shows alike.

use super::handling::CAPTURED_AT;
use super::moment::moment;
use super::{Report, label, state};
use crate::checks::Finding;
use crate::evaluate::reference::Condition;
use crate::evaluate::words::Integrity;
use crate::plot::{grouped, number};
use crate::text::Lang;

/// Expected false alarms below this power of ten are told as "less than": the
/// tests behind them are independent only nearly.
const LEAST_NFA: f64 = -100.0;

/// Checks that look for an earlier coding of the item.
const CODED_BEFORE: [&str; 4] = ["gop", "jpeg-double", "jpeg-grid", "bandwidth"];

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// The value; strings from the evidence stand here as they are.
    pub value: Vec<Piece>,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// A digest or other string for machines.
    Code(String),
    /// What helps to read the value.
    Why(&'static str),
}

pub(super) fn words(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: vec![Piece::Words(value.into())] }
}

pub(super) fn code(name: &'static str, value: impl Into<String>) -> Fact {
    Fact { name, value: vec![Piece::Code(value.into())] }
}

fn seconds(s: f64, lang: Lang) -> String {
    format!("{} s", number(s, lang))
}

/// Of the title page.
pub fn title(report: &Report, id: &str) -> Vec<Fact> {
    let lang = report.lang;
    let lab = &report.lab;
    let mut facts = vec![
        code(label::REPORT_ID.get(lang), id),
        words(label::ITEM.get(lang), &report.exhibit.name),
        code("SHA-256", &report.exhibit.sha256),
    ];
    for (name, value) in [
        (label::CASE, &lab.case),
        (label::CUSTOMER, &lab.customer),
        (label::QUESTION, &lab.question),
        (label::EXAMINED_BY, &lab.examiner),
        (label::REVIEWED_BY, &lab.reviewer),
    ] {
        facts.extend(value.as_ref().map(|value| words(name.get(lang), value)));
    }
    facts.extend(lab.received.as_ref().map(|value| {
        // A case gives the moment first, as the log holds it.
        let (at, rest) = value.split_at(value.find(',').unwrap_or(value.len()));
        words(label::RECEIVED.get(lang), format!("{}{rest}", moment(at, lang)))
    }));
    facts.push(words(label::PERFORMED.get(lang), moment(&report.started, lang)));
    facts.push(words(label::ISSUED.get(lang), moment(&report.finished, lang)));
    facts
}

/// How the item was obtained, as the case tells it.
pub fn obtained(report: &Report) -> Vec<(String, String)> {
    let handling = report.lab.handling.iter();
    handling
        .flat_map(|h| &h.facts)
        .map(|(name, value)| {
            // The one value of ours in a form for machines.
            let value =
                if name.en == CAPTURED_AT { moment(value, report.lang) } else { value.clone() };
            (name.get(report.lang).to_owned(), value)
        })
        .collect()
}

/// Of the exhibit.
pub fn item(report: &Report) -> Vec<Fact> {
    let (exhibit, lang) = (&report.exhibit, report.lang);
    let none = || label::NOT_DETERMINED.get(lang).to_owned();
    vec![
        words(label::NAME.get(lang), &exhibit.name),
        words(label::KIND.get(lang), label::kind(exhibit.kind).get(lang)),
        words(
            label::SIZE.get(lang),
            format!("{} {}", grouped(exhibit.bytes, lang), label::BYTES.get(lang)),
        ),
        words(label::CONTAINER.get(lang), &exhibit.container),
        words(
            label::DURATION.get(lang),
            exhibit.duration_s.map_or_else(none, |s| seconds(s, lang)),
        ),
        code("SHA-256", &exhibit.sha256),
        code("SHA-512", &exhibit.sha512),
        words(
            label::AFTERWARDS.get(lang),
            (if report.unchanged { label::THE_SAME } else { label::ANOTHER }).get(lang),
        ),
    ]
}

/// Of the exhibit's condition.
pub fn condition(report: &Report) -> Vec<Fact> {
    let (condition, lang) = (&report.condition, report.lang);
    let t = |label: label::Label| label.get(lang);
    let kilobits = |bits: u64| format!("{} kbit/s", number(bits as f64 / 1000.0, lang));
    let mut facts = Vec::new();
    if let Some(video) = &report.exhibit.video {
        facts.push(words(t(label::CODED), format!("{} × {} px", video.width, video.height)));
        let mut shown = format!("{} × {} px", video.display_width, video.display_height);
        if video.rotation_deg != 0 {
            shown += &format!("; {} {}°", t(label::ROTATION), video.rotation_deg);
        }
        if video.mirrored {
            shown += &format!("; {}", t(label::MIRRORED));
        }
        facts.push(words(t(label::DISPLAYED), shown));
        let coding = [Some(video.codec.as_str()), video.profile.as_deref()];
        facts.push(words(
            t(label::VIDEO_CODEC),
            coding.into_iter().flatten().collect::<Vec<_>>().join(", "),
        ));
        facts.push(words(t(label::PIXELS), &video.pixel_format));
        let origin = match video.matrix_declared {
            // A JPEG says nothing of it; the decoder fills in JFIF's rule.
            true if video.codec == "mjpeg" => label::BY_FORMAT,
            true => label::DECLARED,
            false => label::ASSUMED,
        };
        let range = if video.full_range { label::FULL } else { label::LIMITED };
        facts.push(words(
            t(label::COLOUR),
            format!("{} ({}), {}", video.matrix, t(origin), t(range)),
        ));
        if let Some(fps) = video.fps {
            let rate = format!("{} {}", number(fps, lang), t(label::PER_SECOND));
            facts.push(words(t(label::RATE), rate));
        }
        facts.extend(video.bit_rate.map(|bits| words(t(label::VIDEO_BITS), kilobits(bits))));
    }
    facts.push(words(
        t(label::AUDIO_CODEC),
        match &report.exhibit.audio {
            None => t(label::NO_AUDIO).to_owned(),
            Some(audio) => format!(
                "{}, {} Hz, {} {}",
                audio.codec,
                grouped(u64::from(audio.rate), lang),
                audio.channels,
                t(if audio.channels == 1 { label::CHANNEL } else { label::CHANNELS })
            ),
        },
    ));
    let bits = report.exhibit.audio.as_ref().and_then(|audio| audio.bit_rate);
    facts.extend(bits.map(|bits| words(t(label::AUDIO_BITS), kilobits(bits))));
    let coded: Vec<String> = report
        .checks
        .iter()
        .filter(|c| CODED_BEFORE.contains(&c.name.as_str()) && c.answers())
        .filter_map(|c| {
            let state = c.finding.state.as_deref()?;
            let dutch = state::dutch(state).filter(|_| lang == Lang::Nl);
            Some(format!("{}: {}", c.name, dutch.unwrap_or(state)))
        })
        .collect();
    let coded =
        if coded.is_empty() { t(label::NOT_DETERMINED).to_owned() } else { coded.join("; ") };
    facts.push(words(t(label::CODED_BEFORE), coded));
    let speech = report.checks.iter().flat_map(|c| &c.finding.values);
    let speech = speech.filter(|v| v.quantity == "speech_s").map(|v| v.value).next();
    if report.exhibit.audio.is_some() {
        let spoken =
            speech.map_or_else(|| t(label::NOT_DETERMINED).to_owned(), |s| seconds(s, lang));
        facts.push(words(t(label::SPEECH), spoken));
    }
    let chosen: Vec<String> = report
        .weighed
        .iter()
        .flat_map(|w| w.outcomes.iter().filter_map(|(_, o)| o.as_ref().ok()))
        .map(|found| {
            let words = found.condition.iter().map(|c| match c {
                Condition::Number(x) => number(*x, lang),
                Condition::Word(w) => w.clone(),
            });
            words.collect::<Vec<_>>().join(", ")
        })
        .collect();
    let chosen = chosen.first().cloned().unwrap_or_else(|| t(label::NO_CONDITION).to_owned());
    let mut examined = Vec::new();
    examined.extend(condition.seconds.map(|s| seconds(s, lang)));
    examined.extend(condition.frames.map(|n| {
        format!("{} {}", grouped(n, lang), t(if n == 1 { label::FRAME } else { label::FRAMES }))
    }));
    examined
        .extend(condition.sound_s.map(|s| format!("{} {}", seconds(s, lang), t(label::OF_SOUND))));
    if examined.is_empty() {
        examined.push(t(label::NOT_DETERMINED).to_owned());
    }
    facts.push(words(t(label::EXAMINED), examined.join(", ")));
    let faces = condition.faces.map(|n| n.to_string());
    facts.push(words(t(label::CHOSEN), chosen));
    facts
        .push(words(t(label::FACES), faces.unwrap_or_else(|| t(label::NOT_DETERMINED).to_owned())));
    if let Some((low, median, high)) = condition.face_px {
        let n = |v| number(v, lang);
        facts.push(words(
            t(label::FACE_SIZE),
            format!("{}–{} px, {} {} px", n(low), n(high), t(label::MEDIAN), n(median)),
        ));
    }
    facts
}

/// The single results of a finding: reason, state, score, bound.
pub fn finding(finding: &Finding, lang: Lang) -> Vec<Fact> {
    let mut facts = Vec::new();
    // An abstention's summary is its reason; saying it once is enough.
    if let Some(reason) = finding.reason.as_ref().filter(|r| **r != finding.summary) {
        facts.push(words(label::REASON.get(lang), reason.get(lang)));
    }
    if let Some(state) = &finding.state {
        let mut value = vec![Piece::Code(state.clone())];
        if let (Lang::Nl, Some(dutch)) = (lang, state::dutch(state)) {
            value.push(Piece::Words(format!("– {dutch}")));
        }
        facts.push(Fact { name: label::STATE.get(lang), value });
    }
    let score = finding.score.map(|v| (label::SCORE, label::SCORE_WHY, number(v, lang)));
    // From nought on nothing was found that chance does not bring; far below,
    // the number says more of the model than of the picture.
    let nfa = finding.log10_nfa.filter(|v| *v < 0.0).map(|v| {
        let shown = if v < LEAST_NFA { "< " } else { "" };
        (label::NFA, label::NFA_WHY, format!("{shown}{}", number(v.max(LEAST_NFA), lang)))
    });
    facts.extend([score, nfa].into_iter().flatten().map(|(name, why, value)| Fact {
        name: name.get(lang),
        value: vec![Piece::Words(value), Piece::Why(why.get(lang))],
    }));
    facts
}

/// Of the program and its run.
pub fn run(report: &Report) -> Vec<Fact> {
    let (tool, lang) = (&report.tool, report.lang);
    let t = |label: label::Label| label.get(lang);
    let known = |name, value: &Option<String>| match value {
        Some(value) => code(name, value),
        None => words(name, t(label::NOT_DETERMINED)),
    };
    vec![
        words(t(label::PROGRAM), format!("waarmerk {}", tool.version)),
        known(t(label::COMMIT), &tool.commit),
        known(t(label::BINARY), &tool.binary_sha256),
        words(t(label::FFMPEG), &tool.ffmpeg),
        words(t(label::DEVICE), &tool.device),
        words(t(label::PRECISION), t(label::PRECISION_WHY)),
        words(t(label::SEED), t(label::SEED_WHY)),
        code(t(label::REDACTION), format!("--redact {}", report.redact.name())),
        words(t(label::STARTED), moment(&report.started, lang)),
        words(t(label::FINISHED), moment(&report.finished, lang)),
    ]
}

/// What the examiner concludes about integrity, or the three words to choose
/// from by hand.
fn integrity(report: &Report) -> String {
    match report.lab.integrity {
        Some(word) => word.text().get(report.lang).to_owned(),
        None => {
            Integrity::ALL.map(|word| format!("[  ] {}", word.text().get(report.lang))).join("\n")
        }
    }
}

/// Of the assignment: what the laboratory gave, the rest left open for its pen.
pub fn sign(report: &Report) -> Vec<(&'static str, String)> {
    let lab = &report.lab;
    [
        (label::CASE, &lab.case),
        (label::CUSTOMER, &lab.customer),
        (label::QUESTION, &lab.question),
        (label::RECEIVED, &lab.received),
        (label::DEVIATIONS, &lab.deviations),
        (label::EXAMINER, &lab.examiner),
        (label::REVIEWER, &lab.reviewer),
    ]
    .into_iter()
    .map(|(name, value)| (name.get(report.lang), value.clone().unwrap_or_default()))
    .chain([(label::INTEGRITY.get(report.lang), integrity(report))])
    .collect()
}

/// The command line as a POSIX shell would take it.
pub fn shell(command: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    command
        .iter()
        .map(|word| match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_are_quoted_for_the_shell() {
        let command = ["waarmerk", "examine", "a b's.mp4", "", "$(rm x)"].map(str::to_owned);
        assert_eq!(super::shell(&command), "waarmerk examine 'a b'\\''s.mp4' '' '$(rm x)'");
    }
}
