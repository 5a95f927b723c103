//! The import order of ARCHITECTURE.md, held by reading the sources.

use std::path::{Path, PathBuf};

/// Each layer may name itself and those before it.
const ORDER: [&str; 17] = [
    "error",
    "text",
    "confine",
    "signal",
    "media",
    "nn",
    "models",
    "faces",
    "checks",
    "table",
    "evaluate",
    "plot",
    "report",
    "custody",
    "experiment",
    "fuzz",
    "cli",
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Every source file with its layer.
fn layered() -> Vec<(PathBuf, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(&root).unwrap();
            let first =
                inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
            let layer = first.trim_end_matches(".rs").to_owned();
            let rank = ORDER.iter().position(|name| *name == layer);
            if rank.is_none() {
                assert!(layer == "lib" || layer == "main", "{layer} has no place in the order");
            }
            Some((path.clone(), rank?, std::fs::read_to_string(&path).unwrap()))
        })
        .collect()
}

/// The code of a source file: no comments, no test module.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The layers that `code` names: `crate::NAME`, alone or first in a branch of
/// `crate::{…}`.
fn named(code: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0, 0);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    names.push(word(&group[start..i]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(word(&group[start..i]));
                    start = i + 1;
                }
                _ => {}
            }
        }
    }
    names
}

#[test]
fn names_are_found_in_every_form_of_import() {
    let code = "use crate::media::Frame;\nuse crate::{Error, models::{a, b}, nn};\nlet x = crate::plot::draw();";
    assert_eq!(named(code), ["media", "Error", "models", "nn", "plot"]);
}

#[test]
fn every_layer_names_only_those_before_it() {
    let mut wrong = Vec::new();
    for (path, rank, text) in layered() {
        for name in named(&code(&text)) {
            if ORDER.iter().position(|layer| *layer == name).is_some_and(|layer| layer > rank) {
                wrong.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
}

/// Where unsafe code may stand: vector kernels, and what asks ffmpeg or the
/// system something in C. The compiler refuses it where no `allow(unsafe_code)`
/// stands (`Cargo.toml`).
const UNSAFE: [&str; 16] = [
    "cli/doctor.rs",
    "cli/folder.rs",
    "cli/mod.rs",
    "cli/worker.rs",
    "confine.rs",
    "media/av.rs",
    "media/first.rs",
    "media/layout.rs",
    "media/listen.rs",
    "media/picture.rs",
    "media/resample.rs",
    "media/version.rs",
    "nn/device.rs",
    "nn/kernels/mod.rs",
    "nn/same_conv.rs",
    "signal/wide.rs",
];

#[test]
fn unsafe_code_stands_only_in_files_that_say_why() {
    let mut found = Vec::new();
    for (path, _, text) in layered() {
        let code: String = code(&text).split_whitespace().collect();
        let allowed = code.matches("allow(unsafe_code").count();
        let reasons = code.matches("allow(unsafe_code,reason=").count();
        assert_eq!(allowed, reasons, "{} does not say why", path.display());
        let test = path.ends_with("install/tests.rs");
        if allowed > 0 && !test {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
            found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
    found.sort();
    assert_eq!(found, UNSAFE);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    assert!(manifest.contains("\nunsafe_code = \"deny\"\n"), "nothing refuses it elsewhere");
}

/// This program uses no network: what it needs of one, the user's own programs do.
#[test]
fn no_source_opens_a_socket() {
    let mut wrong = Vec::new();
    for (path, _, text) in layered() {
        let code = code(&text);
        for word in
            ["std::net", "TcpStream", "TcpListener", "UdpSocket", "UnixStream", "libc::socket"]
        {
            if code.contains(word) {
                wrong.push(format!("{} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_library_is_named_only_where_it_belongs() {
    let homes: [(&str, &[&str]); 5] = [
        ("ffmpeg_next", &["media"]),
        ("candle_core", &["error", "nn", "models", "faces"]),
        ("polars::", &["table"]),
        ("indicatif::", &["cli"]),
        ("typst", &["report"]),
    ];
    let prints = ["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("];
    let mut wrong = Vec::new();
    for (path, rank, text) in layered() {
        let code = code(&text);
        for (library, layers) in homes {
            if code.contains(library) && !layers.contains(&ORDER[rank]) {
                wrong.push(format!("{} names {library}", path.display()));
            }
        }
        // Files of tests alone, named so, may print.
        let test =
            path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
        if ORDER[rank] != "cli" && !test && prints.iter().any(|print| code.contains(print)) {
            wrong.push(format!("{} prints", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
