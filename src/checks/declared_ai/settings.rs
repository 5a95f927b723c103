//! The settings that picture generators write into their files, each read by
//! the form its program gives it.

use serde_json::{Map, Value};

/// Longest text kept of one setting, in characters.
const MOST: usize = 300;
/// Most names kept of one list: a large workflow has some hundred nodes.
const NAMES: usize = 60;
/// Deepest nesting of a workflow that is followed; groups reach three.
const DEPTH: usize = 8;

/// What one text says: the settings by name.
pub(super) type Settings = Vec<(String, String)>;

fn cut(text: &str) -> String {
    crate::checks::container::shorten(text.trim(), MOST)
}

fn add(out: &mut Settings, name: &str, value: &str) {
    if !value.trim().is_empty() {
        out.push((name.to_owned(), cut(value)));
    }
}

/// Text of the web interface of AUTOMATIC1111 and its descendants: the prompt,
/// a line `Negative prompt: …`, then one line of settings that begins with
/// `Steps: ` (its function `create_infotext`). `None` where that line is
/// missing: an ordinary caption is no declaration.
pub(super) fn infotext(text: &str) -> Option<Settings> {
    let start = if text.starts_with("Steps: ") { 0 } else { text.rfind("\nSteps: ")? + 1 };
    let (before, line) = text.split_at_checked(start)?;
    let line = line.lines().next()?;
    let pairs = pairs(line);
    let has = |name: &str| pairs.iter().any(|(k, _)| *k == name);
    let steps = pairs.first().is_some_and(|(k, v)| *k == "Steps" && v.parse::<u32>().is_ok());
    if !steps || !(has("Sampler") || has("Seed") || has("CFG scale")) {
        return None;
    }
    let (prompt, negative) = match before.split_once("Negative prompt: ") {
        Some((prompt, negative)) => (prompt, negative),
        None => (before, ""),
    };
    let mut out = Settings::new();
    add(&mut out, "prompt", prompt);
    add(&mut out, "negative prompt", negative);
    for (name, value) in pairs.into_iter().take(NAMES) {
        add(&mut out, name, value);
    }
    Some(out)
}

/// `Name: value, Name: "quoted, value"` …
fn pairs(line: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((name, after)) = rest.split_once(": ") {
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"').and_then(|a| a.split_once('"')) {
            Some((value, next)) => (value, next.strip_prefix(',').unwrap_or(next)),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        out.push((name.trim(), value.trim()));
        rest = next;
    }
    out
}

/// The text as a JSON object. ComfyUI writes Python's `NaN`, which JSON has
/// not; as a value of its own it is read as null.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if !text.starts_with('{') {
        return None;
    }
    let value = serde_json::from_str(text).ok().or_else(|| {
        let plain = text.replace(": NaN", ": null").replace(":NaN", ":null");
        serde_json::from_str(&plain.replace("[NaN]", "[null]")).ok()
    })?;
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// ComfyUI's graph: `prompt` maps numbers to `{class_type, inputs}`,
/// `workflow` has `nodes` with `type` and `widgets_values` (its server writes
/// both into the file). Lists the classes of nodes, files of models, seeds
/// and texts.
pub(super) fn comfyui(map: &Map<String, Value>) -> Option<Settings> {
    let mut found = Comfy::default();
    for node in map.values() {
        if let (Some(class), Some(Value::Object(inputs))) =
            (node.get("class_type").and_then(Value::as_str), node.get("inputs"))
        {
            note(&mut found.classes, class);
            for (name, value) in inputs {
                found.input(name, value, 0);
            }
        }
    }
    if let Some(Value::Array(nodes)) = map.get("nodes") {
        for node in nodes {
            let Some(class) = node.get("type").and_then(Value::as_str) else { continue };
            // What tells this graph from any other list of nodes.
            if node.get("inputs").is_none()
                && node.get("outputs").is_none()
                && node.get("widgets_values").is_none()
            {
                continue;
            }
            note(&mut found.classes, class);
            if let Some(values) = node.get("widgets_values") {
                found.input("", values, 0);
            }
        }
    }
    if found.classes.is_empty() {
        return None;
    }
    let mut out = Settings::new();
    for (name, list) in [
        ("nodes", found.classes),
        ("models", found.models),
        ("seed", found.seeds),
        ("text", found.texts),
    ] {
        if !list.is_empty() {
            // Texts are long and few; names are short and many.
            out.push((name.to_owned(), list.join("; ")));
        }
    }
    Some(out)
}

#[derive(Default)]
struct Comfy {
    classes: Vec<String>,
    models: Vec<String>,
    seeds: Vec<String>,
    texts: Vec<String>,
}

impl Comfy {
    fn input(&mut self, name: &str, value: &Value, depth: usize) {
        /// Endings of the files that hold networks.
        const WEIGHTS: [&str; 7] =
            [".safetensors", ".ckpt", ".pth", ".pt", ".gguf", ".sft", ".onnx"];
        match value {
            Value::String(text) => {
                let lower = text.to_lowercase();
                if WEIGHTS.iter().any(|end| lower.ends_with(end)) {
                    note(&mut self.models, text);
                } else if matches!(name, "text" | "prompt" | "text_g" | "text_l") {
                    note(&mut self.texts, text);
                }
            }
            Value::Number(number) if matches!(name, "seed" | "noise_seed") => {
                note(&mut self.seeds, &number.to_string());
            }
            Value::Array(values) if depth < DEPTH => {
                values.iter().for_each(|v| self.input(name, v, depth + 1));
            }
            Value::Object(map) if depth < DEPTH => {
                map.iter().for_each(|(k, v)| self.input(k, v, depth + 1));
            }
            _ => {}
        }
    }
}

fn note(list: &mut Vec<String>, text: &str) {
    let text = cut(text);
    if !text.is_empty() && list.len() < NAMES && !list.contains(&text) {
        list.push(text);
    }
}

/// The members of `map` named in `names`, wherever they stand up to a few
/// levels deep; `None` unless at least `least` of them are there.
pub(super) fn members(map: &Map<String, Value>, names: &[&str], least: usize) -> Option<Settings> {
    let mut out = Settings::new();
    collect(map, names, 0, &mut out);
    (out.len() >= least).then_some(out)
}

fn collect(map: &Map<String, Value>, names: &[&str], depth: usize, out: &mut Settings) {
    for (name, value) in map {
        if out.len() >= NAMES {
            return;
        }
        match value {
            Value::Object(inner) if depth < DEPTH => collect(inner, names, depth + 1, out),
            Value::Array(list) if depth < DEPTH => {
                for inner in list.iter().filter_map(Value::as_object) {
                    collect(inner, names, depth + 1, out);
                }
            }
            Value::String(text) if names.contains(&name.as_str()) => add(out, name, text),
            Value::Number(number) if names.contains(&name.as_str()) => {
                add(out, name, &number.to_string());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    fn get<'a>(settings: &'a Settings, name: &str) -> &'a str {
        settings.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
    }

    #[test]
    fn the_settings_of_the_web_interface_are_taken_apart() {
        let text = "a red barn, Steps: of stone\nsecond line\nNegative prompt: blurry, text\n\
                    Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 965400086, Size: 512x768, \
                    Model hash: cc6cb27103, Model: v1-5, Lora hashes: \"a: 1, b: 2\", Version: v1.9";
        let settings = infotext(text).unwrap();
        assert_eq!(get(&settings, "prompt"), "a red barn, Steps: of stone\nsecond line");
        assert_eq!(get(&settings, "negative prompt"), "blurry, text");
        assert_eq!(get(&settings, "Steps"), "20");
        assert_eq!(get(&settings, "Sampler"), "Euler a");
        assert_eq!(get(&settings, "Seed"), "965400086");
        assert_eq!(get(&settings, "Model"), "v1-5");
        assert_eq!(get(&settings, "Lora hashes"), "a: 1, b: 2");
        assert_eq!(get(&settings, "Version"), "v1.9");
        for plain in [
            "",
            "Steps: 20",
            "Steps: of the church, Seed: none",
            "My recipe\nSteps: mix, Seed: poppy",
            "parameters of the lens",
            "a\nNegative prompt: b",
        ] {
            assert!(infotext(plain).is_none(), "{plain}");
        }
    }

    #[test]
    fn both_forms_of_a_comfyui_graph_are_read() {
        let prompt = r#"{"3":{"class_type":"KSampler","inputs":{"seed":42,"cfg":NaN,"model":["4",0]}},
            "4":{"class_type":"CheckpointLoaderSimple","inputs":{"ckpt_name":"sd_xl_base_1.0.safetensors"}},
            "6":{"class_type":"CLIPTextEncode","inputs":{"text":"a lake","clip":["4",1]}}}"#
            .replace("\"cfg\":NaN", "\"cfg\": NaN");
        let settings = comfyui(&object(&prompt).unwrap()).unwrap();
        assert_eq!(get(&settings, "nodes"), "KSampler; CheckpointLoaderSimple; CLIPTextEncode");
        assert_eq!(get(&settings, "models"), "sd_xl_base_1.0.safetensors");
        assert_eq!(get(&settings, "seed"), "42");
        assert_eq!(get(&settings, "text"), "a lake");
        let workflow = r#"{"last_node_id":9,"nodes":[{"id":1,"type":"UNETLoader",
            "widgets_values":["flux1-dev.safetensors","default"]},{"id":2,"type":"VAEDecode","inputs":[]}]}"#;
        let settings = comfyui(&object(workflow).unwrap()).unwrap();
        assert_eq!(get(&settings, "nodes"), "UNETLoader; VAEDecode");
        assert_eq!(get(&settings, "models"), "flux1-dev.safetensors");
        for other in [
            "{}",
            r#"{"nodes":[{"type":"way","lat":1}]}"#,
            r#"{"a":{"class_type":"x"}}"#,
            r#"{"nodes":5}"#,
        ] {
            assert!(comfyui(&object(other).unwrap()).is_none(), "{other}");
        }
        assert!(object("[1]").is_none() && object("{broken").is_none());
    }
}
