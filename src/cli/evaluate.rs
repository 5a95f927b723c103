//! `waarmerk evaluate`: findings against a reference set.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Done, LangArg, say};
use crate::evaluate::calibrate::Method;
use crate::evaluate::reference::{Condition, Reference, Refusal};
use crate::media::digest;
use crate::report::html::evaluation::render;
use crate::report::{Weighed, json};
use crate::text::{Lang, Text, visible};
use crate::{Error, Result};

/// Options of `waarmerk evaluate`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  waarmerk evaluate results/clip/findings.json --reference swaps-2026.reference.json
  waarmerk evaluate results/clip/findings.json --reference set.json --method kde --lang nl --out weighed
  waarmerk evaluate results/clip/findings.json --reference set.json --fuse

Writes evaluation.html (with Tippett, ECE, PAV and DET plots of the set) and
evaluation.json. A check whose score, condition or reference scores do not
suffice gets no likelihood ratio but the reason why.")]
pub struct EvaluateArgs {
    /// findings.json of an examination.
    #[arg(value_name = "FINDINGS")]
    findings: PathBuf,
    /// The reference set, as `waarmerk reference build` writes it.
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    #[command(flatten)]
    how: How,
    /// Folder for the two files.
    #[arg(long, short, default_value = ".", value_name = "DIR")]
    out: PathBuf,
    /// Language.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
}

/// How scores are weighed.
#[derive(clap::Args, Clone, Debug, Default)]
pub(super) struct How {
    /// How ratios are learnt.
    #[arg(long, value_enum, default_value_t, requires = "reference")]
    method: MethodArg,
    /// Also weigh checks together: those that share a cause, and all of the set.
    /// Takes scores of the same items (column item of the table).
    #[arg(long, requires = "reference")]
    fuse: bool,
}

impl How {
    /// As on a command line.
    pub(super) fn words(&self) -> Vec<String> {
        let method = match self.method {
            MethodArg::Logistic => None,
            MethodArg::Kde => Some("--method=kde"),
            MethodArg::Pav => Some("--method=pav"),
        };
        method.into_iter().chain(self.fuse.then_some("--fuse")).map(str::to_owned).collect()
    }
}

/// A method, as typed.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum MethodArg {
    /// A straight line in log-odds.
    #[default]
    Logistic,
    /// Two kernel densities; needs hundreds of sources.
    Kde,
    /// Pool adjacent violators; needs hundreds of sources.
    Pav,
}

/// Evaluates every check of which the set has scores.
pub fn run(args: &EvaluateArgs) -> Result<Done> {
    let findings = read(&args.findings)?;
    let weighed = weigh(&findings, &args.reference, &args.how)?;
    std::fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    let html = render(&weighed, args.lang.into())?;
    let json = json::evaluation(std::slice::from_ref(&weighed))?;
    for (name, text) in [("evaluation.html", html), ("evaluation.json", json)] {
        let path = args.out.join(name);
        std::fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    say(&told(&weighed, args.lang.into()))?;
    Ok(Done::All)
}

/// Holds the findings of one examination against the reference set in the file
/// `reference`.
pub(super) fn weigh(findings: &Value, reference: &Path, how: &How) -> Result<Weighed> {
    let set: Reference = serde_json::from_value(read(reference)?)
        .map_err(|e| Error::unreadable(reference, format!("is no reference set: {e}")))?;
    let width = set.conditions.len();
    if set.schema != 1
        || set.rows.iter().any(|row| row.condition.len() != width || !row.score.is_finite())
    {
        return Err(Error::unreadable(reference, "is no reference set of this version"));
    }
    let case: Vec<Option<Condition>> =
        set.conditions.iter().map(|name| condition(findings, name)).collect();
    let method = match how.method {
        MethodArg::Logistic => Method::Logistic,
        MethodArg::Kde => Method::Kde,
        MethodArg::Pav => Method::Pav,
    };
    let score = |check: &String| {
        let found = score(findings, check)?;
        Some(if set.lower.contains(check) { -found } else { found })
    };
    let suited = |check: &String| {
        let group = named(findings, check).and_then(|(finding, _)| finding["group"].as_str());
        let kind = findings["exhibit"]["kind"].as_str();
        set.suited(group.unwrap_or_default(), kind.unwrap_or_default())
    };
    let outcome = |check: &String| match score(check) {
        Some(x) => suited(check).and_then(|()| set.evaluate(check, x, &case, method)),
        None => Err(Refusal(Text::new(
            "the examination gave no score of this check",
            "het onderzoek gaf geen score van deze methode",
        ))),
    };
    let mut outcomes: Vec<_> = set.checks().into_iter().map(|c| (c.clone(), outcome(&c))).collect();
    if how.fuse {
        for (name, checks) in together(&set.checks(), findings) {
            let scores: Vec<_> = checks.iter().map(score).collect();
            let suited = checks.iter().try_for_each(suited);
            outcomes.push((name, suited.and_then(|()| set.fuse(&checks, &scores, &case))));
        }
    }
    let exhibit = |key: &str| findings["exhibit"][key].as_str().unwrap_or_default().to_owned();
    let program = findings["tool"]["binary_sha256"].as_str();
    Ok(Weighed {
        exhibit: (exhibit("name"), exhibit("sha256")),
        reference: (set.name.clone(), digest::sha256(reference)?),
        h1: (&set.h1).into(),
        h2: (&set.h2).into(),
        conditions: set.conditions.clone(),
        other_program: set.program_sha256.as_deref().zip(program).map(|(a, b)| a != b),
        outcomes,
        tool: format!("waarmerk {}", env!("CARGO_PKG_VERSION")),
    })
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    serde_json::from_str(&text).map_err(|e| Error::unreadable(path, e.to_string()))
}

/// What is weighed together: the checks of each cause of which there are more
/// than one, then all, if they are of more than one cause.
fn together(checks: &[String], findings: &Value) -> Vec<(String, Vec<String>)> {
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    for check in checks {
        let finding = named(findings, check).map(|(finding, _)| finding);
        let cause = finding.and_then(|f| f["group"].as_str()).unwrap_or("?").to_owned();
        match causes.iter_mut().find(|(name, _)| *name == cause) {
            Some((_, group)) => group.push(check.clone()),
            None => causes.push((cause, vec![check.clone()])),
        }
    }
    let all = (causes.len() > 1).then(|| (checks.join(" + "), checks.to_vec()));
    let named = causes.into_iter().filter(|(_, group)| group.len() > 1);
    named.map(|(_, group)| (group.join(" + "), group)).chain(all).collect()
}

/// The finding of a check and the rest of the name: `faces.tracks` is the value
/// `tracks` of `faces`.
fn named<'a>(findings: &'a Value, name: &str) -> Option<(&'a Value, Option<String>)> {
    let (check, value) = name.split_once('.').map_or((name, None), |(c, v)| (c, Some(v)));
    let all = findings["findings"].as_array()?;
    Some((all.iter().find(|f| f["check"] == check)?, value.map(str::to_owned)))
}

fn score(findings: &Value, check: &str) -> Option<f64> {
    let (finding, value) = named(findings, check)?;
    match value {
        None => finding["score"].as_f64(),
        Some(value) if value == "log10_nfa" => finding["log10_nfa"].as_f64(),
        Some(value) => finding["values"][value.as_str()].as_f64(),
    }
}

fn condition(findings: &Value, name: &str) -> Option<Condition> {
    let value = match findings["exhibit"].get(name) {
        Some(value) => value.clone(),
        None => {
            let (finding, value) = named(findings, name)?;
            finding["values"][value?.as_str()].clone()
        }
    };
    match value {
        Value::Number(x) => x.as_f64().map(Condition::Number),
        Value::String(word) => Some(Condition::Word(word)),
        _ => None,
    }
}

fn told(weighed: &Weighed, lang: Lang) -> String {
    let mut text = String::new();
    for (check, outcome) in &weighed.outcomes {
        let said = match (outcome, lang) {
            (Ok(found), _) => format!(
                "log10 LR {:.2} ({:.2} .. {:.2}), ELUB {:.2} .. {:.2}",
                found.log10_lr, found.interval.0, found.interval.1, found.bounds.0, found.bounds.1
            ),
            (Err(Refusal(why)), Lang::En) => {
                format!("no likelihood ratio can be given: {}", why.en)
            }
            (Err(Refusal(why)), Lang::Nl) => {
                format!("er kan geen likelihood ratio worden gegeven: {}", why.nl)
            }
        };
        text.push_str(&format!("{}: {}\n", visible(check), visible(&said)));
    }
    text
}
