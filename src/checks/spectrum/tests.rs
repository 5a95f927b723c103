#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed unwrap is the failed test

use super::measure::{Lens, Sums};
use super::*;
use crate::checks::Status;
use crate::faces::Face;
use crate::media::exhibit::VideoInfo;
use crate::signal::synth::{Doubling, SplitMix, dead_leaves, double, power_law, turn};

fn slopes(tile: &[f32], n: usize) -> (f64, f64) {
    let mut lens = Lens::new(n).unwrap();
    let mut sums = Sums::new(n);
    lens.add(tile, &mut sums).unwrap();
    let slopes = lens.slopes(&sums).unwrap();
    (slopes.whole, slopes.top)
}

fn eight_bit(pixels: &[f32]) -> Vec<u8> {
    pixels.iter().map(|p| p.round().clamp(0.0, 255.0) as u8).collect()
}

fn float(pixels: &[u8]) -> Vec<f32> {
    pixels.iter().map(|&p| f32::from(p)).collect()
}

fn jpeg(pixels: &[u8], width: usize, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let height = pixels.len() / width;
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality)
        .encode(pixels, width as u32, height as u32, image::ExtendedColorType::L8)
        .unwrap();
    image::load_from_memory(&file).unwrap().to_luma8().into_raw()
}

fn exhibit(codec: &str, kind: Kind) -> Exhibit {
    Exhibit {
        path: "made-by-test".into(),
        name: "made-by-test".into(),
        bytes: 0,
        sha256: String::new(),
        sha512: String::new(),
        kind,
        container: String::new(),
        duration_s: None,
        video: Some(VideoInfo {
            codec: codec.into(),
            profile: None,
            pixel_format: "gray".into(),
            width: 0,
            height: 0,
            display_width: 0,
            display_height: 0,
            rotation_deg: 0,
            mirrored: false,
            sample_aspect: (1, 1),
            fps: None,
            matrix: "bt601".into(),
            matrix_declared: false,
            full_range: true,
            start_s: None,
            bit_rate: None,
            tags: Vec::new(),
        }),
        picture_error: None,
        audio: None,
        tags: Vec::new(),
        notes: Vec::new(),
    }
}

fn examine(pixels: &[u8], width: usize, codec: &str, faces: &[Face]) -> Finding {
    let mut check = (ENTRY.make)(&crate::checks::Options::default());
    check.begin(&exhibit(codec, Kind::Image)).unwrap();
    let frame = Frame::from_gray(pixels, width, pixels.len() / width);
    check.see(&Scene { frame: &frame, faces }).unwrap();
    check.conclude().unwrap()
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    let found = finding.values.iter().find(|value| value.quantity == quantity);
    found.unwrap_or_else(|| panic!("no {quantity} in {:?}", finding.values)).value
}

/// A synthetic photograph enlarged to 1024×1024, with sensor noise.
fn photograph(seed: u64) -> Vec<f32> {
    let mut random = SplitMix::new(seed ^ 0x5eed);
    let mut pixels = double(&dead_leaves(512, seed), 512, Doubling::Bicubic);
    for pixel in &mut pixels {
        *pixel += 0.5 * random.normal() as f32;
    }
    pixels
}

/// Adds a random pattern with a standard deviation of half a grey level that
/// repeats every eight pixels in both directions.
fn with_pattern(pixels: &[f32], width: usize) -> Vec<f32> {
    let mut random = SplitMix::new(8);
    let pattern: Vec<f64> = (0..64).map(|_| random.normal()).collect();
    let (mean, sd) = crate::signal::stats::mean_sd(&pattern).unwrap();
    let at = |i: usize| (pattern[(i / width % 8) * 8 + i % width % 8] - mean) / sd;
    pixels.iter().enumerate().map(|(i, p)| p + 0.5 * at(i) as f32).collect()
}

#[test]
fn power_law_noise_has_its_slope() {
    // Convention: α is the exponent of the *power*, P ~ 1/f^α.
    for (alpha, expected) in [(0.0, 0.015), (1.0, -0.991), (2.0, -1.979), (3.0, -2.981)] {
        let (slope, _) = slopes(&power_law(512, alpha, 30.0, 1), 512);
        assert!((slope - expected).abs() < 0.05, "α {alpha}: {slope}");
    }
}

#[test]
fn doubling_shapes_the_top_band() {
    // 1/f² noise of 256² doubled to 512². Zero insertion and repetition come
    // near figures found elsewhere (+4.5, −2.6); those for interpolation
    // depend on where the new pixels lie, here halfway between old ones, and
    // on rounding (experiments/001-spectrum-thresholds.md, table 4).
    let base = power_law(256, 2.0, 30.0, 5);
    let top = |how| slopes(&double(&base, 256, how), 512).1;
    let found =
        [Doubling::Zeros, Doubling::Nearest, Doubling::Bilinear, Doubling::Bicubic].map(top);
    for (found, expected) in found.iter().zip([4.5, -2.6, -9.7, -17.3]) {
        assert!((found - expected).abs() < 0.6, "{found} for {expected}");
    }
}

#[test]
fn a_faint_pattern_is_found_and_a_clean_picture_has_none() {
    let clean = photograph(21);
    let finding = examine(&eight_bit(&clean), 1024, "png", &[]);
    assert_eq!(finding.state.as_deref(), Some("no-peaks"));
    assert!(value(&finding, "peak_z_8") < 3.0);

    let patterned = eight_bit(&with_pattern(&clean, 1024));
    let finding = examine(&patterned, 1024, "png", &[]);
    assert_eq!(finding.state.as_deref(), Some("peaks"));
    assert!(value(&finding, "peak_z_8") > 8.0);
    assert!(value(&finding, "peak_z_16") < 6.0);

    // As a JPEG of quality 85, and those pixels saved without loss again.
    let coded = jpeg(&patterned, 1024, 85);
    for (codec, sentence) in [("mjpeg", "this file"), ("png", "earlier 8×8 block coding")] {
        let finding = examine(&coded, 1024, codec, &[]);
        assert_eq!(finding.state.as_deref(), Some("peaks-explained-by-grid"), "{codec}");
        assert!(finding.summary.en.contains(sentence), "{}", finding.summary.en);
        assert!(value(&finding, "grid_8_strength") > 0.5);
        assert_eq!(value(&finding, "grid_8_origin_x"), 0.0);
    }
}

#[test]
fn slopes_do_not_depend_on_how_the_picture_is_turned_or_lit() {
    let n = 512;
    let tile: Vec<f32> = dead_leaves(n, 31);
    let (whole, top) = slopes(&tile, n);
    let mirrored: Vec<f32> = tile.chunks(n).flat_map(|row| row.iter().rev().copied()).collect();
    let darker: Vec<f32> = tile.iter().map(|p| 10.0 + 0.5 * p).collect();
    let turned = turn(&tile, n, n);
    // Mirroring moves the window by one pixel; the others change nothing.
    for (name, other, most) in
        [("mirrored", mirrored, 0.02), ("darker", darker, 1e-4), ("turned", turned, 1e-4)]
    {
        let found = slopes(&other, n);
        assert!((found.0 - whole).abs() < most, "{name}: {} for {whole}", found.0);
        assert!((found.1 - top).abs() < 5.0 * most, "{name}: {} for {top}", found.1);
    }
}

#[test]
fn peaks_do_not_depend_on_where_the_pattern_starts() {
    let width = 1024;
    let patterned = eight_bit(&with_pattern(&photograph(22), width));
    // Three columns and five rows further (picture and pattern both repeat
    // after 1024 pixels), then mirrored.
    let mut moved = patterned.clone();
    moved.rotate_left(5 * width);
    for row in moved.chunks_mut(width) {
        row.rotate_left(3);
        row.reverse();
    }
    let whole = examine(&patterned, width, "png", &[]);
    let part = examine(&moved, width, "png", &[]);
    for period in [2, 4, 8] {
        let (a, b) =
            (value(&whole, &format!("peak_z_{period}")), value(&part, &format!("peak_z_{period}")));
        assert!(a > 6.0 && (a - b).abs() < 0.35 * a, "1/{period}: {a} and {b}");
    }
    assert_eq!(part.state.as_deref(), Some("peaks"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    let small = examine(&vec![9; 300 * 200], 300, "png", &[]);
    assert_eq!(small.status, Status::Insufficient);
    assert!(small.reason.as_ref().unwrap().en.contains("300×200"));
    assert!(small.reason.as_ref().unwrap().nl.contains("300×200"));

    let flat = examine(&vec![200; 600 * 600], 600, "png", &[]);
    assert_eq!(flat.status, Status::Insufficient);
    assert!(flat.values.is_empty() && flat.reason.unwrap().en.contains("flat"));

    // No frame at all.
    let check = (ENTRY.make)(&crate::checks::Options::default());
    assert_eq!(check.conclude().unwrap().status, Status::NotApplicable);
}

#[test]
fn every_number_is_finite_and_every_figure_whole() {
    // Half of the picture black: some tiles flat, some not.
    let mut pixels = eight_bit(&power_law(1024, 2.0, 30.0, 41));
    pixels[..1024 * 512].fill(0);
    let finding = examine(&pixels, 1024, "png", &[]);
    assert_eq!(finding.status, Status::Derived);
    assert_eq!((value(&finding, "tiles"), value(&finding, "flat_tiles")), (2.0, 2.0));
    assert!(finding.score.is_none());
    for figure in &finding.figures {
        if let crate::checks::Figure::Heat { width, height, values, .. } = figure {
            assert_eq!(values.len(), width * height);
            assert!(values.iter().all(|value| value.is_finite()));
        }
    }
    assert_eq!(finding.figures.len(), 4);
    assert!(finding.measurements.iter().any(|m| m.quantity == "peak_z_8" && m.frame == Some(0)));
}

fn face(track: u32, x: f32, y: f32, side: f32) -> Face {
    Face {
        track,
        score: 1.0,
        bounds: Rect { x, y, width: side, height: side },
        mesh: Vec::new(),
        presence: 1.0,
        irises: None,
        clarity: Default::default(),
    }
}

#[test]
fn a_smoothed_face_differs_from_its_picture_and_a_small_one_is_left_out() {
    // 1/f noise with a square of 1/f³ noise where the face is.
    let mut pixels = power_law(1024, 1.0, 30.0, 51);
    let smooth = power_law(512, 3.0, 30.0, 52);
    for y in 0..512 {
        pixels[(y + 256) * 1024 + 256..][..512].copy_from_slice(&smooth[y * 512..][..512]);
    }
    let pixels = eight_bit(&pixels);
    let faces =
        [face(0, 256.0, 256.0, 512.0), face(3, 0.0, 0.0, 200.0), face(7, 800.0, 0.0, 260.0)];
    let finding = examine(&pixels, 1024, "png", &faces);
    let slope = value(&finding, "face_0_power_slope");
    // Rounding to whole levels lifts the faintest frequencies of 1/f³.
    assert!((slope + 3.0).abs() < 0.3, "{slope}");
    assert!(value(&finding, "face_0_power_slope_minus_image") < -1.0);
    assert_eq!(value(&finding, "faces_too_small"), 2.0, "the third lies partly outside");
    assert!(finding.measurements.iter().any(|m| m.track == Some(0)));
    assert!(finding.warnings.iter().any(|w| w.en.contains("256×256") && w.nl.contains("256×256")));
}

#[test]
fn the_block_grid_is_found_where_it_lies() {
    let clean = eight_bit(&photograph(61));
    let coded = jpeg(&clean, 1024, 90);
    // Cut off five columns and two rows: the grid then starts at 3, 6.
    let cut: Vec<u8> =
        coded.chunks(1024).skip(2).flat_map(|row| row[5..].iter().copied()).collect();
    let vote = |pixels: &[u8], width: usize| {
        let mut grid = Grid::default();
        let pixels = float(&pixels[..width * 256]);
        grid.add(&pixels, width, 0, 0);
        grid.winner().unwrap()
    };
    let found = vote(&cut, 1019);
    assert!(found.is_grid());
    assert_eq!((found.x, found.y), (3, 6));

    for (name, pixels) in [
        ("photograph", clean),
        ("noise", eight_bit(&power_law(1024, 1.0, 30.0, 62))),
        ("smooth noise", eight_bit(&power_law(1024, 3.0, 30.0, 63))),
        ("repetition", eight_bit(&double(&power_law(512, 2.0, 30.0, 64), 512, Doubling::Nearest))),
    ] {
        let found = vote(&pixels, 1024);
        assert!(!found.is_grid(), "{name}: {found:?}");
    }
}

#[test]
fn a_colour_filter_array_leaves_its_diagonal_and_enlarging_does_not() {
    // Green sampled on one diagonal, the other filled with the mean of its
    // four neighbours, as the simplest cameras do.
    let n = 512;
    let mut random = SplitMix::new(71);
    let scene: Vec<f32> =
        power_law(n, 2.0, 30.0, 72).iter().map(|p| p + 2.0 * random.normal() as f32).collect();
    let mut camera = scene.clone();
    for y in 1..n - 1 {
        for x in 1..n - 1 {
            if (x + y) % 2 == 1 {
                let i = y * n + x;
                camera[i] = (scene[i - 1] + scene[i + 1] + scene[i - n] + scene[i + n]) / 4.0;
            }
        }
    }
    let doubled = double(&power_law(n / 2, 2.0, 30.0, 73), n / 2, Doubling::Bilinear);
    for (name, pixels, expected) in
        [("camera", camera, true), ("scene", scene, false), ("doubled", doubled, false)]
    {
        let pixels = float(&eight_bit(&pixels));
        let mut parity = Parity::default();
        parity.add(&pixels, n, 0, 0);
        let contrasts = parity.contrasts().unwrap();
        assert_eq!(traces::is_cfa(&contrasts), expected, "{name}: {contrasts:?}");
        if name == "doubled" {
            assert!(contrasts[1].db.abs() > 3.0 && contrasts[2].db.abs() > 3.0);
        }
        // Starting one pixel later turns the sign, nothing else.
        let mut later = Parity::default();
        later.add(&pixels, n, 1, 0);
        let later = later.contrasts().unwrap();
        assert!((later[0].db + contrasts[0].db).abs() < 1e-9);
    }
}

/// Two levels by the 4×4 threshold matrix of Bayer (1973).
fn dithered(pixels: &[f32], width: usize) -> Vec<u8> {
    const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    let level = |i: usize| 32.0 * (f32::from(BAYER[i / width % 4][i % width % 4]) + 0.5) / 16.0;
    let steps = pixels.iter().enumerate().map(|(i, p)| ((p + level(i)) / 32.0).floor() * 32.0);
    steps.map(|p| p.clamp(0.0, 255.0) as u8).collect()
}

#[test]
fn the_dither_of_a_palette_does_not_count() {
    let pixels = dithered(&photograph(81), 1024);
    let as_palette = |codec: &str, format: &str| {
        let mut check = (ENTRY.make)(&crate::checks::Options::default());
        let mut exhibit = exhibit(codec, Kind::Image);
        exhibit.video.as_mut().unwrap().pixel_format = format.into();
        check.begin(&exhibit).unwrap();
        let frame = Frame::from_gray(&pixels, 1024, 1024);
        check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
        check.conclude().unwrap()
    };
    for (codec, format) in [("gif", "bgra"), ("png", "pal8")] {
        let finding = as_palette(codec, format);
        assert!(value(&finding, "peak_z_4") > 8.0);
        assert_eq!(finding.state.as_deref(), Some("peaks-explained-by-palette"), "{codec}");
        assert!(finding.summary.nl.contains("palet"), "{}", finding.summary.nl);
    }
    // Saved in full colour the dither cannot be told from other enlargement.
    assert_eq!(as_palette("png", "rgb24").state.as_deref(), Some("peaks"));
    // What a TIFF holds is not known: its strips may be JPEG.
    assert_eq!(as_palette("tiff", "rgb24").state.as_deref(), Some("peaks-explained-by-grid"));
}

#[test]
fn everything_judged_has_its_numbers() {
    let pixels = eight_bit(&power_law(1024, 1.0, 30.0, 91));
    let faces: Vec<Face> =
        (0..9).map(|i| face(i, (i % 3 * 256) as f32, (i / 3 * 256) as f32, 256.0)).collect();
    let finding = examine(&pixels, 1024, "png", &faces);
    for track in 0..9 {
        assert!(value(&finding, &format!("face_{track}_peak_z_8")).is_finite());
    }
}

#[test]
fn the_documentation_has_its_headings() {
    for heading in [
        "What it measures",
        "When it misleads",
        "References",
        "Wat het meet",
        "Wanneer het misleidt",
    ] {
        assert!(ENTRY.source.contains(&format!("\n//! # {heading}\n")), "{heading}");
    }
}

#[test]
fn the_cosine_map_shows_a_faint_pattern_where_it_lies() {
    let clean = photograph(21);
    let at = |finding: &Finding| {
        (
            value(finding, "dct_peak_z"),
            [value(finding, "dct_peak_frequency_x"), value(finding, "dct_peak_frequency_y")],
        )
    };
    let (without, _) = at(&examine(&eight_bit(&clean), 1024, "png", &[]));
    let (with, place) = at(&examine(&eight_bit(&with_pattern(&clean, 1024)), 1024, "png", &[]));
    assert!(with > 8.0 && with > 1.5 * without, "{with} and {without}");
    // Two neighbours are at most 1/256 cycle from the line between them.
    for frequency in place {
        let eighths = 8.0 * frequency;
        assert!((eighths - eighths.round()).abs() < 0.05, "{place:?}");
    }
    // Noise of any slope has no line.
    for alpha in [0.0, 1.0, 2.0] {
        let noise = eight_bit(&power_law(1024, alpha, 30.0, 95));
        let (z, _) = at(&examine(&noise, 1024, "png", &[]));
        assert!(z < 7.0, "1/f^{alpha}: {z}");
    }
}

#[test]
fn the_scaling_is_read_and_a_block_grid_is_none() {
    let n = 512;
    let base: Vec<f32> = {
        let mut random = SplitMix::new(97);
        dead_leaves(n, 97).iter().map(|p| p + 2.0 * random.normal() as f32).collect()
    };
    for factor in [1.25, 1.5, 1.7] {
        let size = (n as f64 * factor) as usize;
        let place = |i: usize| {
            let at = ((i as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, n as f32 - 1.001);
            (at as usize, at.fract())
        };
        let scaled: Vec<f32> = (0..size * size)
            .map(|i| {
                let ((x, fx), (y, fy)) = (place(i % size), place(i / size));
                let line = |y: usize| base[y * n + x] * (1.0 - fx) + base[y * n + x + 1] * fx;
                line(y) * (1.0 - fy) + line(y + 1) * fy
            })
            .collect();
        let finding = examine(&eight_bit(&scaled), size, "png", &[]);
        let found = value(&finding, "resampling_factor");
        assert!((found - factor).abs() < 0.03, "{found} for {factor}");
        assert!(finding.warnings.iter().any(|w| w.en.contains("scaling by about")));
    }
    for pixels in [eight_bit(&base), jpeg(&eight_bit(&base), n, 70)] {
        let finding = examine(&pixels, n, "png", &[]);
        assert!(value(&finding, "resampling_log10_nfa") > -5.0);
        assert!(!finding.values.iter().any(|value| value.quantity == "resampling_factor"));
    }
}
