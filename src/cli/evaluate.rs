//! `waarmerk evaluate`: findings against a reference set.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Done, LangArg, say};
use crate::evaluate::calibrate::Method;
use crate::evaluate::reference::{Condition, Evaluation, Reference, Refusal};
use crate::media::digest;
use crate::report::html::evaluation::{Weighed, render};
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
    /// How ratios are learnt.
    #[arg(long, value_enum, default_value_t)]
    method: MethodArg,
    /// Also weigh checks together: those that share a cause, and all of the set.
    /// Takes scores of the same items (column item of the table).
    #[arg(long)]
    fuse: bool,
    /// Folder for the two files.
    #[arg(long, short, default_value = ".", value_name = "DIR")]
    out: PathBuf,
    /// Language.
    #[arg(long, value_enum, default_value_t)]
    lang: LangArg,
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
    let set: Reference = serde_json::from_value(read(&args.reference)?)
        .map_err(|e| Error::unreadable(&args.reference, format!("is no reference set: {e}")))?;
    let width = set.conditions.len();
    if set.schema != 1
        || set.rows.iter().any(|row| row.condition.len() != width || !row.score.is_finite())
    {
        return Err(Error::unreadable(&args.reference, "is no reference set of this version"));
    }
    let case: Vec<Option<Condition>> =
        set.conditions.iter().map(|name| condition(&findings, name)).collect();
    let method = match args.method {
        MethodArg::Logistic => Method::Logistic,
        MethodArg::Kde => Method::Kde,
        MethodArg::Pav => Method::Pav,
    };
    let outcome = |check: &String| match score(&findings, check) {
        Some(x) => set.evaluate(check, x, &case, method),
        None => Err(Refusal(Text::new(
            "the examination gave no score of this check",
            "het onderzoek gaf geen score van deze methode",
        ))),
    };
    let mut outcomes: Vec<_> = set.checks().into_iter().map(|c| (c.clone(), outcome(&c))).collect();
    if args.fuse {
        for (name, checks) in together(&set.checks(), &findings) {
            let scores: Vec<_> = checks.iter().map(|check| score(&findings, check)).collect();
            outcomes.push((name, set.fuse(&checks, &scores, &case)));
        }
    }
    let exhibit = |key: &str| findings["exhibit"][key].as_str().unwrap_or_default().to_owned();
    let weighed = Weighed {
        exhibit: (exhibit("name"), exhibit("sha256")),
        reference: (set.name.clone(), digest::sha256(&args.reference)?),
        h1: (&set.h1).into(),
        h2: (&set.h2).into(),
        conditions: set.conditions.clone(),
        outcomes,
        tool: format!("waarmerk {}", env!("CARGO_PKG_VERSION")),
    };
    std::fs::create_dir_all(&args.out).map_err(|e| Error::io(&args.out, e))?;
    let json =
        serde_json::to_string_pretty(&data(&weighed)).map_err(|e| Error::compute("JSON", e))?;
    for (name, text) in
        [("evaluation.html", render(&weighed, args.lang.into())?), ("evaluation.json", json + "\n")]
    {
        let path = args.out.join(name);
        std::fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    say(&told(&weighed, args.lang.into()))?;
    Ok(Done::All)
}

fn read(path: &std::path::Path) -> Result<Value> {
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

fn data(weighed: &Weighed) -> Value {
    let one = |(check, outcome): &(String, Result<Evaluation, Refusal>)| match outcome {
        Err(Refusal(why)) => json!({ "check": check, "log10_lr": null, "reason": why.en }),
        Ok(found) => json!({
            "check": check,
            "score": found.score,
            "log10_lr": found.log10_lr,
            "interval_95": [found.interval.0, found.interval.1],
            "bounds": [found.bounds.0, found.bounds.1],
            "bound_hit": found.bound_hit(),
            "outside_reference": found.outside,
            "method": found.method,
            "condition": found.condition,
            "scores": found.scores,
            "sources": found.sources,
            "cllr": found.cllr().map(|c| c.to_vec()),
        }),
    };
    json!({
        "schema": 1,
        "exhibit": { "name": weighed.exhibit.0, "sha256": weighed.exhibit.1 },
        "reference": { "name": weighed.reference.0, "sha256": weighed.reference.1 },
        "h1": weighed.h1.en,
        "h2": weighed.h2.en,
        "conditions": weighed.conditions,
        "outcomes": weighed.outcomes.iter().map(one).collect::<Vec<_>>(),
    })
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
