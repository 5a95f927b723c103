//! Bakes the commit into the binary, for reports; a build without git has none.

use std::process::Command;

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn main() {
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=Cargo.lock");
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={head}");
    }
    if let Some(commit) = git(&["rev-parse", "HEAD"]) {
        // A binary that no commit describes has to say so.
        let dirty =
            git(&["status", "--porcelain", "--", "src", "Cargo.toml", "Cargo.lock"]).is_some();
        println!(
            "cargo:rustc-env=WAARMERK_COMMIT={commit}{}",
            if dirty { "-modified" } else { "" }
        );
    }
}
