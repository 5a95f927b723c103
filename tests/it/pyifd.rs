//! Maps of classical methods held against those of another program, pyIFD, on its
//! own example picture.

use std::io::Read;
use std::path::Path;

use waarmerk::checks::pass::{self, FaceSource};
use waarmerk::checks::{Entry, Figure, Finding, Options, cfa, ela, jpeg_double};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::text::Text;

fn examine(entry: &'static Entry, path: &Path) -> Finding {
    let exhibit = Exhibit::open(path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Missing(Text::same("no networks here"));
    let outcome = pass::run(&exhibit, &[entry], &Options::default(), &mut faces, &mut |_| {});
    outcome.examined.into_iter().next().unwrap().finding
}

/// A map as numbers, row by row.
struct Map {
    width: usize,
    height: usize,
    values: Vec<f64>,
}

/// The first matrix of a MATLAB 5 file whose elements are bytes or doubles, as
/// these are (MAT-File Format, MathWorks, chapter 1).
fn matlab(path: &Path) -> Map {
    let bytes = std::fs::read(path).unwrap();
    let word = |b: &[u8], at: usize| u32::from_le_bytes(b[at..at + 4].try_into().unwrap());
    let (kind, size) = (word(&bytes, 128), word(&bytes, 132) as usize);
    let matrix = if kind == 15 {
        let mut out = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[136..136 + size]).read_to_end(&mut out).unwrap();
        out.split_off(8)
    } else {
        bytes[136..136 + size].to_vec()
    };
    // Flags, sizes, name, numbers: each a tag with its data, padded to eight bytes;
    // up to four bytes of data stand within the tag.
    let mut at = 0;
    let mut next = || {
        let tag = word(&matrix, at);
        let (kind, size, data) = match tag >> 16 {
            0 => (tag, word(&matrix, at + 4) as usize, at + 8),
            size => (tag & 0xffff, size as usize, at + 4),
        };
        at = if data == at + 4 { at + 8 } else { data + size.next_multiple_of(8) };
        (kind, &matrix[data..data + size])
    };
    next();
    let sizes = next().1;
    next();
    let (height, width) = (word(sizes, 0) as usize, word(sizes, 4) as usize);
    let (kind, data) = next();
    let number = |i: usize| match kind {
        2 => f64::from(data[i]),
        9 => f64::from_le_bytes(data[8 * i..8 * i + 8].try_into().unwrap()),
        other => panic!("elements of type {other}"),
    };
    // Stored column by column.
    let values = (0..width * height).map(|i| number(i % width * height + i / width)).collect();
    Map { width, height, values }
}

/// The mean of `map` in each of `across` × `down` equal cells.
fn averaged(map: &Map, across: usize, down: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); across * down];
    for (i, value) in map.values.iter().enumerate() {
        let (x, y) = (i % map.width * across / map.width, i / map.width * down / map.height);
        let sum = &mut sums[y * across + x];
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    sums.iter().map(|(sum, n)| sum / n).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - ma, y - mb)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

/// Error levels agree; where the picture has lost the trace, ours say so instead of
/// drawing a map. The table is in `reports/classical-maps.md`.
#[test]
fn maps_of_the_same_method_agree_or_are_refused() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(
            "maps_of_the_same_method_agree_or_are_refused",
            "WAARMERK_SHARED is not set",
        );
        return;
    };
    let folder = Path::new(&shared).join("data/manipulated");
    let picture = folder.join("pyifd_168_image.jpg");
    let found = examine(&ela::ENTRY, &picture);
    let heat = found.figures.iter().find_map(|figure| match figure {
        Figure::Heat { width, height, values, .. } => Some((*width, *height, values)),
        _ => None,
    });
    let (width, height, values) = heat.unwrap();
    let ours: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
    let theirs = averaged(&matlab(&folder.join("pyifd_168_ELA.mat")), width, height);
    let like = correlation(&ours, &theirs);
    println!("ela against pyIFD's ELA: {like:.4} in {width}×{height} cells");
    // Theirs halves the colours when compressing, ours does not: 0.93 with another
    // encoder without halving.
    assert!(like > 0.9, "{like}");

    // This picture was coded by a coarse table once more or for the first time:
    // without a trace of two codings or of a colour filter there is no map.
    assert_eq!(examine(&jpeg_double::ENTRY, &picture).state.as_deref(), Some("no-trace"));
    assert_eq!(examine(&cfa::ENTRY, &picture).state, None);
}
