//! Detection and false alarms of the JPEG checks on a folder of pictures, as a
//! table in Markdown on standard output.
//!
//! `cargo run --release --example jpeg_history -- MOST EDITED FOLDER…`: at most
//! MOST pictures of each folder as they are, and EDITED of the first folder's
//! edited in known ways.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use waarmerk::checks::pass::{FaceSource, run};
use waarmerk::checks::{Entry, Options, Status, jpeg_double, jpeg_ghost, jpeg_grid, select};
use waarmerk::media::degrade::{Step, degrade};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::text::Text;

type Failure = Box<dyn std::error::Error>;

/// Counts of one set and one question.
#[derive(Default)]
struct Count {
    asked: usize,
    abstained: usize,
    below_one: usize,
    strong: usize,
    least: f64,
}

type Table = BTreeMap<(String, &'static str), Count>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [most, edited, folders @ ..] = args.as_slice() else {
        return Err("usage: jpeg_history MOST EDITED FOLDER…".into());
    };
    let (most, edited): (usize, usize) = (most.parse()?, edited.parse()?);
    let names = [jpeg_double::ENTRY.name, jpeg_ghost::ENTRY.name, jpeg_grid::ENTRY.name];
    let checks = select(&names.map(str::to_owned))?;
    let mut table = Table::new();
    for folder in folders {
        let name = Path::new(folder).file_name().unwrap_or_default().to_string_lossy();
        for path in pictures(folder, most)? {
            examine(&path, &format!("as they are: {name}"), &checks, &mut table);
        }
    }
    let work = tempfile::tempdir()?;
    let first = folders.first().ok_or("no folder")?;
    for path in pictures(first, edited)? {
        if let Err(error) = edits(&path, work.path(), &checks, &mut table) {
            eprintln!("left out: {}: {error}", path.display());
        }
    }
    println!("| set | question | pictures | abstained | NFA < 1 | NFA ≤ 1e-5 | least log10 NFA |");
    println!("|---|---|---|---|---|---|---|");
    for ((set, question), c) in &table {
        println!(
            "| {set} | {question} | {} | {} | {} | {} | {:.1} |",
            c.asked, c.abstained, c.below_one, c.strong, c.least
        );
    }
    Ok(())
}

/// At most `most` JPEG pictures of a folder, evenly spread over its sorted names.
fn pictures(folder: &str, most: usize) -> Result<Vec<PathBuf>, Failure> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "jpg"));
    all.sort();
    let n = all.len();
    Ok((0..most.min(n)).map(|i| all[i * n / most.min(n)].clone()).collect())
}

/// Pictures of 512 × 512 and more, halved so that their own grid is gone, then
/// treated in known ways.
fn edits(
    path: &Path,
    work: &Path,
    checks: &[&'static Entry],
    table: &mut Table,
) -> Result<(), Failure> {
    let at = |name: &str| work.join(name);
    let make = |from: &Path, steps: &str, to: &Path| -> Result<(), Failure> {
        let steps = steps.split(',').map(str::parse).collect::<Result<Vec<Step>, _>>()?;
        degrade(from, &steps, to)?;
        Ok(())
    };
    let (base, host, donor) = (at("base.png"), at("host.png"), at("donor.png"));
    make(path, "resize:0.5", &base)?;
    make(&base, "jpeg:70", &host)?;
    make(&base, "jpeg:65", &donor)?;
    let shifted = at("shifted.png");
    make(&donor, "crop:3:5:290:290", &shifted)?;
    let out = at("out.jpg");
    let paste = |from: &Path| format!("splice:96:96:128:128:{}", from.display());
    for (name, from, steps) in [
        ("once at 75", &base, "jpeg:75".to_owned()),
        ("once at 90", &base, "jpeg:90".to_owned()),
        ("once at 95", &base, "jpeg:95".to_owned()),
        ("twice, 70 then 90", &base, "jpeg:70,jpeg:90".to_owned()),
        ("twice, 90 then 75", &base, "jpeg:90,jpeg:75".to_owned()),
        (
            "twice, 70 then 90, cropped between",
            &base,
            "jpeg:70,crop:3:5:290:290,jpeg:90".to_owned(),
        ),
        (
            "uncompressed 128×128 in a JPEG 70, saved at 90",
            &host,
            format!("{},jpeg:90", paste(&base)),
        ),
        ("128×128 of a JPEG 65, saved at 90", &base, format!("{},jpeg:90", paste(&donor))),
        (
            "128×128 of a shifted JPEG 65, saved at 90",
            &base,
            format!("{},jpeg:90", paste(&shifted)),
        ),
        (
            "128×128 of a shifted JPEG 65, saved at 75",
            &base,
            format!("{},jpeg:75", paste(&shifted)),
        ),
    ] {
        make(from, &steps, &out)?;
        examine(&out, name, checks, table);
    }
    // Without a last compression, as jpeg-grid wants it.
    let png = at("out.png");
    make(&base, &paste(&shifted), &png)?;
    examine(&png, "128×128 of a shifted JPEG 65, saved as PNG", checks, table);
    Ok(())
}

fn examine(path: &Path, set: &str, checks: &[&'static Entry], table: &mut Table) {
    let Ok(exhibit) = Exhibit::open(path, &Limits::default()) else { return };
    let mut faces = FaceSource::Missing(Text::same("not looked for"));
    let outcome = run(&exhibit, checks, &Options::default(), &mut faces, &mut |_| {});
    for examined in outcome.examined {
        let finding = examined.finding;
        let value = |name: &str| {
            let found = finding.values.iter().find(|v| v.quantity == name);
            found.map(|v| v.value)
        };
        let questions: &[(&'static str, Option<f64>)] = match examined.entry.name {
            "jpeg-double" => &[
                ("jpeg-double: trace", value("log10_nfa")),
                ("jpeg-double: region", value("foreign_regions").and(finding.log10_nfa)),
            ],
            "jpeg-ghost" => &[
                ("jpeg-ghost: region", finding.log10_nfa),
                ("jpeg-ghost: whole", value("whole_log10_nfa").or(finding.log10_nfa.map(|_| 9.0))),
            ],
            _ => &[("jpeg-grid: region", finding.log10_nfa)],
        };
        for &(question, nfa) in questions {
            let count = table.entry((set.to_owned(), question)).or_default();
            count.asked += 1;
            count.abstained += usize::from(nfa.is_none() || finding.status == Status::Insufficient);
            let nfa = nfa.unwrap_or(9.0);
            count.below_one += usize::from(nfa < 0.0);
            count.strong += usize::from(nfa <= -5.0);
            count.least = count.least.min(nfa);
        }
    }
}
