//! The import order of ARCHITECTURE.md, held by reading the sources.

use std::path::{Path, PathBuf};

/// Each layer may name itself and those before it.
const ORDER: [&str; 12] = [
    "error", "text", "signal", "media", "nn", "models", "faces", "checks", "table", "plot",
    "report", "cli",
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

#[test]
fn every_layer_names_only_those_before_it() {
    let mut wrong = Vec::new();
    for (path, rank, text) in layered() {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (later, name) in ORDER.iter().enumerate().skip(rank + 1) {
                let named = [
                    format!("crate::{name}::"),
                    format!("crate::{name};"),
                    format!("waarmerk::{name}::"),
                ];
                if named.iter().any(|n| line.contains(n.as_str())) && later > rank {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
}

#[test]
fn each_library_is_named_only_where_it_belongs() {
    let homes: [(&str, &[&str]); 4] = [
        ("ffmpeg_next", &["media"]),
        ("candle_core", &["error", "nn", "models", "faces"]),
        ("polars::", &["table"]),
        ("indicatif::", &["cli"]),
    ];
    let mut wrong = Vec::new();
    for (path, rank, text) in layered() {
        for (library, layers) in homes {
            if text.lines().any(|l| !l.trim_start().starts_with("//") && l.contains(library))
                && !layers.contains(&ORDER[rank])
            {
                wrong.push(format!("{} names {library}", path.display()));
            }
        }
        let prints = text.contains("println!(") || text.contains("eprint!(");
        if prints && ORDER[rank] != "cli" && !text.contains("#[cfg(test)]") {
            wrong.push(format!("{} prints", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
