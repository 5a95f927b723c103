//! What the manifests state, from the validator's report.

use std::collections::HashSet;

use serde_json::Value;

/// Deepest chain of ingredients that is followed.
const DEEPEST: usize = 64;

/// An action that a signer states.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Action {
    pub name: String,
    pub when: String,
    pub software: String,
    pub source_type: String,
}

/// Something that was used in the making.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ingredient {
    pub title: String,
    pub relationship: String,
    /// Label of its own manifest, if it had one.
    pub manifest: Option<String>,
    /// Codes of what failed when it was validated.
    pub failures: Vec<String>,
}

/// A source type and whose.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::checks) struct SourceType {
    /// A URI, as stated.
    pub value: String,
    /// Whether it speaks of this file: of its own manifest, or of one that it
    /// was made from or contains. What was only put in (a prompt) does not.
    pub of_this: bool,
    /// Label of the manifest.
    pub manifest: String,
}

/// The manifests of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::checks) struct Manifests {
    /// Label of the active one.
    pub active: Option<String>,
    pub count: usize,
    pub generator: String,
    pub title: String,
    pub signer: String,
    pub common_name: String,
    pub algorithm: String,
    pub serial: String,
    pub time: String,
    pub(super) actions: Vec<Action>,
    pub(super) ingredients: Vec<Ingredient>,
    pub source_types: Vec<SourceType>,
    /// Labels of the active manifest's assertions.
    pub assertions: Vec<String>,
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Manifests {
    pub(super) fn of(report: &Value) -> Self {
        let manifests = report.get("manifests").and_then(Value::as_object);
        let label = report.get("active_manifest").and_then(Value::as_str).map(str::to_owned);
        let mut all = Self { count: manifests.map_or(0, |m| m.len()), ..Self::default() };
        let Some((label, active)) =
            label.and_then(|label| manifests?.get(&label).map(|m| (label, m)))
        else {
            return all;
        };
        let signature = |name: &str| text(active.pointer(&format!("/signature_info/{name}")));
        (all.signer, all.common_name) = (signature("issuer"), signature("common_name"));
        (all.algorithm, all.time) = (signature("alg"), signature("time"));
        all.serial = signature("cert_serial_number");
        all.generator = generator(active);
        all.title = text(active.get("title"));
        all.assertions =
            list(active.get("assertions")).iter().map(|a| text(a.get("label"))).collect();
        all.actions = actions(active);
        all.ingredients = list(active.get("ingredients")).iter().map(ingredient).collect();
        let mut seen = HashSet::new();
        all.collect(report, &label, true, 0, &mut seen);
        all.active = Some(label);
        all
    }

    /// The source types of manifest `label` and of those it was made from.
    fn collect(
        &mut self,
        report: &Value,
        label: &str,
        of_this: bool,
        depth: usize,
        seen: &mut HashSet<String>,
    ) {
        if depth > DEEPEST || !seen.insert(label.to_owned()) {
            return;
        }
        let Some(manifest) = report.get("manifests").and_then(|m| m.get(label)) else { return };
        let mut found = Vec::new();
        for assertion in list(manifest.get("assertions")) {
            source_types(assertion.get("data").unwrap_or(&Value::Null), 0, &mut found);
        }
        for value in found {
            let one = SourceType { value, of_this, manifest: label.to_owned() };
            if !self.source_types.contains(&one) {
                self.source_types.push(one);
            }
        }
        for part in list(manifest.get("ingredients")) {
            let part = ingredient(part);
            if let Some(label) = part.manifest {
                let part_of_it = part.relationship != "inputTo";
                self.collect(report, &label, of_this && part_of_it, depth + 1, seen);
            }
        }
    }
}

fn generator(manifest: &Value) -> String {
    let infos = list(manifest.get("claim_generator_info"));
    let named: Vec<String> = infos
        .iter()
        .map(|info| format!("{} {}", text(info.get("name")), text(info.get("version"))))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if named.is_empty() { text(manifest.get("claim_generator")) } else { named.join("; ") }
}

fn actions(manifest: &Value) -> Vec<Action> {
    let of = |assertion: &Value| {
        let label = text(assertion.get("label"));
        label
            .starts_with("c2pa.actions")
            .then(|| assertion.pointer("/data/actions"))
            .flatten()
            .cloned()
    };
    let lists: Vec<Value> = list(manifest.get("assertions")).iter().filter_map(of).collect();
    let one = |action: &Value| {
        let agent = action.get("softwareAgent");
        let software = match agent {
            Some(Value::String(name)) => name.clone(),
            Some(info) => format!("{} {}", text(info.get("name")), text(info.get("version")))
                .trim()
                .to_owned(),
            None => String::new(),
        };
        Action {
            name: text(action.get("action")),
            when: text(action.get("when")),
            software,
            source_type: text(action.get("digitalSourceType")),
        }
    };
    lists.iter().flat_map(|l| list(Some(l)).iter().map(one)).collect()
}

fn ingredient(ingredient: &Value) -> Ingredient {
    let mut failures: Vec<String> = list(ingredient.get("validation_status"))
        .iter()
        .map(|status| text(status.get("code")))
        .collect();
    let newer = ingredient.pointer("/validation_results/activeManifest/failure");
    failures.extend(list(newer).iter().map(|status| text(status.get("code"))));
    failures.sort_unstable();
    failures.dedup();
    Ingredient {
        title: text(ingredient.get("title")),
        relationship: text(ingredient.get("relationship")),
        manifest: ingredient.get("active_manifest").and_then(Value::as_str).map(str::to_owned),
        failures,
    }
}

/// Every value called digitalSourceType, in actions and in metadata, with or
/// without a prefix.
fn source_types(value: &Value, depth: usize, found: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let last = key.rsplit(':').next().unwrap_or(key);
                match inner {
                    Value::String(stated) if last.eq_ignore_ascii_case("digitalSourceType") => {
                        if !found.contains(stated) {
                            found.push(stated.clone());
                        }
                    }
                    inner => source_types(inner, depth + 1, found),
                }
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| source_types(item, depth + 1, found));
        }
        _ => {}
    }
}
