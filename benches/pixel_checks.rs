//! Every check of the file and of still pixels alone, and all in one pass, on one
//! photograph of 12 megapixels: noise of several sizes seen through a colour filter
//! array and saved as JPEG of quality 92.
//!
//! `cargo bench -- "12 megapixels"`. The times of single checks are those that
//! `run.json` tells, without opening and decoding; `all` has both.

use std::path::Path;
use std::time::{Duration, Instant};

use criterion::Criterion;
use waarmerk::checks::pass::{self, FaceSource, Outcome};
use waarmerk::checks::{self, Entry, Options};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::signal::synth::{bayer, photo};
use waarmerk::text::Text;

/// 3464 × 3464 pixels.
const SIDE: usize = 3464;

/// The checks of a file and its pixels, without faces, sound or motion.
const NAMES: [&str; 17] = [
    "container",
    "encoder",
    "metadata",
    "c2pa",
    "declared-ai",
    "watermark",
    "hashes",
    "jpeg-quantisation",
    "jpeg-grid",
    "jpeg-double",
    "jpeg-ghost",
    "ela",
    "noise",
    "copy-move",
    "resampling",
    "cfa",
    "spectrum",
];

fn photograph(path: &Path) -> Option<()> {
    let layers = [1, 2, 3].map(|seed| photo(SIDE, seed));
    let mut scene = Vec::with_capacity(3 * SIDE * SIDE);
    for ((l, w), c) in layers[0].iter().zip(&layers[1]).zip(&layers[2]) {
        let [l, w, c] = [l, w, c].map(|v| f32::from(*v));
        scene.extend([l + 0.2 * (w - 128.0), l, l + 0.2 * (c - 128.0)]);
    }
    let rgb = bayer(&scene, SIDE, (0, 0));
    let file = std::fs::File::create(path).ok()?;
    image::codecs::jpeg::JpegEncoder::new_with_quality(std::io::BufWriter::new(file), 92)
        .encode(&rgb, SIDE as u32, SIDE as u32, image::ExtendedColorType::Rgb8)
        .ok()
}

fn run(exhibit: &Exhibit, entries: &[&'static Entry]) -> Outcome {
    let mut faces = FaceSource::Missing(Text::same("no faces in this bench"));
    pass::run(exhibit, entries, &Options::default(), &mut faces, &mut |_| {})
}

/// The benches of this file.
pub fn bench(c: &mut Criterion) {
    // Making the photograph takes seconds: only when it is asked for.
    let asked = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    if asked.is_some_and(|name| !"12 megapixels".contains(&*name) && !name.contains("12 mega")) {
        return;
    }
    let Some(dir) = tempfile::tempdir().ok() else {
        println!("skipped: 12 megapixels (no folder for the photograph)");
        return;
    };
    let path = dir.path().join("photograph.jpg");
    let Some(exhibit) =
        photograph(&path).and_then(|()| Exhibit::open(&path, &Limits::default()).ok())
    else {
        println!("skipped: 12 megapixels (the photograph could not be made)");
        return;
    };
    let mut group = c.benchmark_group("12 megapixels");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let named = |name: &str| checks::ALL.iter().find(|entry| entry.name == name);
    for entry in NAMES.into_iter().filter_map(named) {
        group.bench_function(entry.name, |b| {
            b.iter_custom(|rounds| {
                let seconds =
                    |_| run(&exhibit, &[entry]).examined.iter().map(|e| e.seconds).sum::<f64>();
                Duration::from_secs_f64((0..rounds).map(seconds).sum::<f64>())
            });
        });
    }
    let all: Vec<&'static Entry> = NAMES.into_iter().filter_map(named).collect();
    group.bench_function("all", |b| {
        b.iter_custom(|rounds| {
            let start = Instant::now();
            for _ in 0..rounds {
                if let Ok(exhibit) = Exhibit::open(&path, &Limits::default()) {
                    run(&exhibit, &all);
                }
            }
            start.elapsed()
        });
    });
    group.finish();
}
