//! The fuzz targets, without a fuzzer: every seed, every input that once broke
//! a parser, and some thousands of mutations of them, the same at each run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use waarmerk::fuzz::{TARGETS, Target};

/// Mutations of each target.
const MUTATIONS: usize = 3000;
/// A target stops after this: slow parsers, and slow machines, do fewer of them.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest mutated input.
const LONGEST: usize = 1 << 16;

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind)
}

/// The inputs of a kind for a target, in the order of their names.
fn inputs(kind: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder(kind).join(target)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// One change of the kinds that break parsers: a flipped bit, a number at the
/// edge of its type, bytes cut out, doubled or taken from another input.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], draw: &mut Draw) {
    const EDGES: [u64; 10] =
        [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];
    let at = draw.below(bytes.len());
    let span = at..(at + 1 + draw.below(64)).min(bytes.len());
    match draw.below(6) {
        _ if bytes.is_empty() => bytes.push(draw.next() as u8),
        0 => bytes[at] ^= 1 << draw.below(8),
        1 => bytes[at] = draw.next() as u8,
        2 => {
            let edge = EDGES[draw.below(EDGES.len())];
            let width = [1, 2, 4, 8][draw.below(4)];
            let big = draw.below(2) == 0;
            let number = if big { edge << (64 - 8 * width) } else { edge };
            let number = if big { number.to_be_bytes() } else { number.to_le_bytes() };
            for (slot, byte) in bytes[at..].iter_mut().zip(&number[..width]) {
                *slot = *byte;
            }
        }
        3 => drop(bytes.drain(span)),
        4 => {
            let copy = bytes[span].to_vec();
            let to = draw.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        _ => {
            let from = draw.below(other.len());
            let part = &other[from..(from + 1 + draw.below(256)).min(other.len())];
            bytes.splice(at..at, part.iter().copied());
        }
    }
    bytes.truncate(LONGEST);
}

fn run((name, parse): Target) -> usize {
    let inputs = [inputs("seeds", name), inputs("regressions", name)].concat();
    for (path, bytes) in &inputs {
        println!("{name}: {}", path.display());
        parse(bytes);
    }
    let (start, mut draw) = (Instant::now(), Draw(1));
    for done in 0..MUTATIONS {
        if start.elapsed() > PATIENCE {
            return done;
        }
        let pick = |draw: &mut Draw| inputs[draw.below(inputs.len())].1.clone();
        let (mut bytes, other) = (pick(&mut draw), pick(&mut draw));
        for _ in 0..=draw.below(8) {
            mutate(&mut bytes, &other, &mut draw);
        }
        println!("{name}: mutation {done}");
        parse(&bytes);
    }
    MUTATIONS
}

#[test]
fn no_seed_no_regression_and_no_mutation_breaks_a_parser() {
    for target in TARGETS {
        let done = run(target);
        println!("{}: {done} mutations", target.0);
        assert!(done > 0, "{}: no mutation was run", target.0);
    }
}

#[test]
fn every_parser_has_a_program_and_seeds_and_nothing_else_has() {
    let parsers: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = std::fs::read_to_string(folder("Cargo.toml")).unwrap();
    let programs = manifest.split("[[bin]]\nname = \"").skip(1);
    let programs = programs.map(|rest| rest.split('"').next().unwrap().to_owned());
    assert_eq!(programs.collect::<BTreeSet<_>>(), parsers);
    let names = |kind: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder(kind)).into_iter().flatten();
        let name = |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name();
        entries.map(|e| name(e).to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("seeds"), parsers);
    assert!(names("regressions").is_subset(&parsers), "{:?}", names("regressions"));
    for name in &parsers {
        assert!(!inputs("seeds", name).is_empty(), "{name}: no seed");
    }
}
