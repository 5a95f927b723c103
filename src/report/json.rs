//! `findings.json` and `run.json`.
//!
//! `findings.json` holds what was found and nothing that differs between two
//! runs on the same machine; `run.json` holds the circumstances. Numbers that
//! are absent or undefined are `null`. Strings from the exhibit stand there as
//! they are; hidden characters are written as `\u` escapes, which mean the
//! same to a JSON reader and nothing to a terminal.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Checked, Lab, Model, Redact, Report, Timing, Weighed};
use crate::checks::{Attachment, Group, Standing, Status};
use crate::media::Kind;
use crate::text::{Lang, hides};
use crate::{Error, Result};

/// Version of both schemas; it changes when a key changes its meaning.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Findings<'a> {
    schema: u32,
    tool: Tool<'a>,
    exhibit: Exhibit<'a>,
    /// What a reader must know of the examination as a whole.
    notes: Vec<&'a str>,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
    commit: Option<&'a str>,
    binary_sha256: Option<&'a str>,
    ffmpeg: &'a str,
    device: &'a str,
    models: &'a [Model],
    /// Language of `reason`, `summary` and `warnings`.
    lang: &'static str,
}

#[derive(Serialize)]
struct Exhibit<'a> {
    name: &'a str,
    sha256: &'a str,
    sha512: &'a str,
    bytes: u64,
    kind: Kind,
    container: &'a str,
    duration_s: Option<f64>,
    /// Coded size, before rotation.
    width: Option<u32>,
    height: Option<u32>,
    /// Size upright with square pixels.
    display_width: Option<u32>,
    display_height: Option<u32>,
    rotation_deg: Option<i32>,
    fps: Option<f64>,
    /// Codec of the picture, or of the sound where there is no picture.
    codec: Option<&'a str>,
    profile: Option<&'a str>,
    pixel_format: Option<&'a str>,
    audio_codec: Option<&'a str>,
    audio_rate_hz: Option<u32>,
    audio_channels: Option<u32>,
    /// Kilobits per second of the whole file, and as it says of its streams.
    kbps: Option<f64>,
    video_kbps: Option<f64>,
    audio_kbps: Option<f64>,
    /// First picture and first sound on the file's own clock; times in the
    /// findings count from the first picture.
    video_start_s: Option<f64>,
    audio_start_s: Option<f64>,
}

#[derive(Serialize)]
struct Finding<'a> {
    check: &'a str,
    group: Group,
    standing: Standing,
    status: Status,
    reason: Option<&'a str>,
    score: Option<f64>,
    log10_nfa: Option<f64>,
    values: Map<String, Value>,
    state: Option<&'a str>,
    summary: &'a str,
    /// When it misleads, here.
    warnings: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attached>,
}

/// A file beside the report, sealed by its digest.
#[derive(Serialize)]
struct Attached {
    file: String,
    sha256: String,
}

#[derive(Serialize)]
struct Run<'a> {
    schema: u32,
    report: String,
    tool: Tool<'a>,
    exhibit: Item<'a>,
    command: &'a [String],
    /// What held the process that decoded.
    process: &'a str,
    options: Map<String, Value>,
    redact: Redact,
    /// What the laboratory and the case say.
    #[serde(skip_serializing_if = "Lab::is_empty")]
    lab: &'a Lab,
    /// Decoded to its end, and the file did not change meanwhile.
    complete: bool,
    started: &'a str,
    finished: &'a str,
    timings: &'a [Timing],
    /// SHA-256 of the other files of the result.
    files: Map<String, Value>,
}

#[derive(Serialize)]
struct Item<'a> {
    name: &'a str,
    sha256: &'a str,
}

/// The text of `findings.json`, ending in a line feed.
///
/// # Errors
///
/// Only when serialisation itself fails.
pub fn findings(report: &Report) -> Result<String> {
    let exhibit = &report.exhibit;
    let (video, audio) = (exhibit.video.as_ref(), exhibit.audio.as_ref());
    text(&Findings {
        schema: SCHEMA,
        tool: tool(report),
        exhibit: Exhibit {
            name: &exhibit.name,
            sha256: &exhibit.sha256,
            sha512: &exhibit.sha512,
            bytes: exhibit.bytes,
            kind: exhibit.kind,
            container: &exhibit.container,
            duration_s: exhibit.duration_s,
            width: video.map(|v| v.width),
            height: video.map(|v| v.height),
            display_width: video.map(|v| v.display_width),
            display_height: video.map(|v| v.display_height),
            rotation_deg: video.map(|v| v.rotation_deg),
            fps: video.and_then(|v| v.fps),
            codec: video.map(|v| v.codec.as_str()).or(audio.map(|a| a.codec.as_str())),
            profile: video.and_then(|v| v.profile.as_deref()),
            pixel_format: video.map(|v| v.pixel_format.as_str()),
            audio_codec: audio.map(|a| a.codec.as_str()),
            audio_rate_hz: audio.map(|a| a.rate),
            audio_channels: audio.map(|a| a.channels),
            kbps: exhibit
                .duration_s
                .filter(|s| *s > 0.0)
                .map(|s| kilobits(exhibit.bytes) * 8.0 / s),
            video_kbps: video.and_then(|v| v.bit_rate).map(kilobits),
            audio_kbps: audio.and_then(|a| a.bit_rate).map(kilobits),
            video_start_s: video.and_then(|v| v.start_s),
            audio_start_s: audio.and_then(|a| a.start_s),
        },
        notes: report.notes.iter().map(|note| note.get(report.lang)).collect(),
        findings: report
            .checks
            .iter()
            .map(|checked| finding(checked, report.lang))
            .collect::<Result<_>>()?,
    })
}

fn kilobits(bits: u64) -> f64 {
    bits as f64 / 1000.0
}

/// As [`findings`], on one line, for standard output.
///
/// # Errors
///
/// Only when serialisation itself fails.
pub fn findings_line(report: &Report) -> Result<String> {
    Ok(one_line(&findings(report)?))
}

/// A text of this module on one line.
pub fn one_line(json: &str) -> String {
    // No string holds a line end: JSON escapes them. So each line end and
    // what follows it up to the next word is layout.
    json.lines().map(str::trim_start).collect::<String>() + "\n"
}

/// The files and digests that `run`, the text of a `run.json`, names.
pub fn files(run: &str) -> Vec<(String, String)> {
    let run: Value = serde_json::from_str(run).unwrap_or_default();
    let files = run.get("files").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    files.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), text(v)?))).collect()
}

/// Whether `run`, the text of a `run.json`, is about a complete run of the
/// same program with the same networks, device and options as `tool`.
pub fn same_conditions(run: &str, tool: &super::Tool) -> bool {
    let Ok(run) = serde_json::from_str::<Value>(run) else { return false };
    let there = run.get("tool");
    let tells = |key: &str, value: Option<&str>| {
        value.is_some() && there.and_then(|tool| tool.get(key)).and_then(Value::as_str) == value
    };
    let models = serde_json::to_value(&tool.models).ok();
    let options: Map<String, Value> =
        tool.options.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect();
    run.get("complete") == Some(&Value::Bool(true))
        && tells("binary_sha256", tool.binary_sha256.as_deref())
        && tells("ffmpeg", Some(&tool.ffmpeg))
        && tells("device", Some(&tool.device))
        && there.and_then(|tool| tool.get("models")) == models.as_ref()
        && run.get("options") == Some(&Value::from(options))
}

/// The text of `run.json`, ending in a line feed. `files` are the names and
/// digests of what else was written.
///
/// # Errors
///
/// Only when serialisation itself fails.
pub fn run(report: &Report, files: &[(String, String)]) -> Result<String> {
    let options = report.tool.options.iter();
    text(&Run {
        schema: SCHEMA,
        report: report.id()?,
        tool: tool(report),
        exhibit: Item { name: &report.exhibit.name, sha256: &report.exhibit.sha256 },
        command: &report.tool.command,
        process: &report.tool.process,
        options: options.map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect(),
        redact: report.redact,
        lab: &report.lab,
        complete: report.complete,
        started: &report.started,
        finished: &report.finished,
        timings: &report.timings,
        files: files.iter().map(|(k, v)| (k.clone(), Value::from(v.as_str()))).collect(),
    })
}

fn tool(report: &Report) -> Tool<'_> {
    let tool = &report.tool;
    Tool {
        name: "waarmerk",
        version: &tool.version,
        commit: tool.commit.as_deref(),
        binary_sha256: tool.binary_sha256.as_deref(),
        ffmpeg: &tool.ffmpeg,
        device: &tool.device,
        models: &tool.models,
        lang: super::label::code(report.lang),
    }
}

/// The text of `evaluation.json`, ending in a line feed: one entry for each
/// reference set.
///
/// # Errors
///
/// Only when serialisation itself fails.
pub fn evaluation(weighed: &[Weighed]) -> Result<String> {
    text(&weighed.iter().map(Weighed::data).collect::<Vec<_>>())
}

/// The text of the file that holds `attachment`, ending in a line feed.
///
/// # Errors
///
/// Only when serialisation itself fails.
pub fn attachment(attachment: &Attachment) -> Result<String> {
    text(&attachment.data)
}

fn finding(checked: &Checked, lang: Lang) -> Result<Finding<'_>> {
    let finding = &checked.finding;
    let mut values = Map::new();
    for value in &finding.values {
        // A quantity named twice is a fault of the check; neither is lost.
        let mut key = value.quantity.clone();
        let mut copy = 1;
        while values.contains_key(&key) {
            copy += 1;
            key = format!("{}#{copy}", value.quantity);
        }
        values.insert(key, Value::from(value.value));
    }
    let attached = |a: &Attachment| -> Result<Attached> {
        let sha256 = crate::text::hex(Sha256::digest(attachment(a)?));
        Ok(Attached { file: checked.file_name(a), sha256 })
    };
    Ok(Finding {
        check: &checked.name,
        group: checked.group,
        standing: checked.standing,
        status: finding.status,
        reason: finding.reason.as_ref().map(|r| r.get(lang)),
        score: finding.score,
        log10_nfa: finding.log10_nfa,
        values,
        state: finding.state.as_deref(),
        summary: finding.summary.get(lang),
        warnings: finding.warnings.iter().map(|w| w.get(lang)).collect(),
        attachments: finding.attachments.iter().map(attached).collect::<Result<_>>()?,
    })
}

fn text(value: &impl Serialize) -> Result<String> {
    let plain = serde_json::to_string_pretty(value).map_err(|e| Error::compute("JSON", e))?;
    let mut out = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // Outside strings JSON has no such character but the line feed.
        if hides(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out)
}
