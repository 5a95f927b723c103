//! Bakes the commit into the binary, for reports; a build without git has none.

use std::process::Command;

/// All that the binary is made from.
const SOURCES: &[&str] = &["src", "models.toml", "Cargo.toml", "Cargo.lock", "build.rs"];

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn main() {
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={head}");
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        // A binary that no commit describes has to say so.
        let dirty = git(&[&["status", "--porcelain", "--"], SOURCES].concat()).is_some();
        println!(
            "cargo:rustc-env=WAARMERK_COMMIT={commit}{}",
            if dirty { "-modified" } else { "" }
        );
    }
}
