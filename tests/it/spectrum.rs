//! The spectrum check through the library's public door.

use std::path::{Path, PathBuf};

use waarmerk::checks::spectrum::ENTRY;
use waarmerk::checks::{Finding, Scene, Status};
use waarmerk::media::exhibit::VideoInfo;
use waarmerk::media::{Exhibit, Frame, Kind};

fn exhibit(path: &Path, codec: &str) -> Exhibit {
    Exhibit {
        path: path.to_owned(),
        name: "test".into(),
        bytes: 0,
        sha256: String::new(),
        sha512: String::new(),
        kind: Kind::Image,
        container: String::new(),
        duration_s: None,
        video: Some(VideoInfo {
            codec: codec.into(),
            profile: None,
            pixel_format: "rgb24".into(),
            width: 0,
            height: 0,
            display_width: 0,
            display_height: 0,
            rotation_deg: 0,
            mirrored: false,
            sample_aspect: (1, 1),
            fps: None,
            matrix: "rgb".into(),
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

fn examine(path: &Path, codec: &str) -> Finding {
    let picture = image::ImageReader::open(path).unwrap().with_guessed_format().unwrap();
    let picture = picture.decode().unwrap().to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut check = (ENTRY.make)(&waarmerk::checks::Options::default());
    check.begin(&exhibit(path, codec)).unwrap();
    let frame = Frame::from_rgb(picture.as_raw(), width, height);
    check.see(&Scene { frame: &frame, faces: &[] }).unwrap();
    check.conclude().unwrap()
}

fn shared(folder: &str, test: &str) -> Vec<PathBuf> {
    let Some(root) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return Vec::new();
    };
    let folder = Path::new(&root).join("data").join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn genuine_camera_photographs_never_count_as_peaks() {
    let mut measured = 0;
    let files = shared("camera", "genuine_camera_photographs_never_count_as_peaks");
    for path in &files {
        if path.extension().is_none_or(|extension| extension != "jpg") {
            continue;
        }
        let finding = examine(path, "mjpeg");
        if finding.status == Status::Derived {
            measured += 1;
            assert_ne!(finding.state.as_deref(), Some("peaks"), "{}", path.display());
        } else {
            assert_eq!(finding.status, Status::Insufficient);
        }
        // Saved without loss, the same pixels must still not count: their
        // grid gives them away.
        let again = examine(path, "png");
        assert_ne!(again.state.as_deref(), Some("peaks"), "{} as PNG", path.display());
    }
    assert!(files.is_empty() || measured >= 8, "only {measured} measured");
}

#[test]
fn the_grid_of_a_resaved_photograph_is_found_and_of_an_untouched_one_not() {
    // Pictures of the ZERO paper: one never compressed, one saved as JPEG 99.
    for path in shared(
        "manipulated",
        "the_grid_of_a_resaved_photograph_is_found_and_of_an_untouched_one_not",
    ) {
        let expected = match path.file_name().and_then(|name| name.to_str()) {
            Some("zero_roma.png") => false,
            Some("zero_roma99.jpg") => true,
            _ => continue,
        };
        let finding = examine(&path, "png");
        let found = finding.values.iter().any(|value| value.quantity == "grid_8_origin_x");
        assert_eq!(found, expected, "{}", path.display());
    }
}

/// Discs over discs (the dead leaves model of photographs, Lee, Mumford &
/// Huang 2001) on 2048×2048 pixels, averaged to 1024×1024, with noise.
fn synthetic_photograph(seed: u64) -> image::GrayImage {
    const SIDE: usize = 2048;
    let mut state = seed;
    // SplitMix64 (Steele, Lea & Flood 2014), in 0..1.
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut pixels = vec![128.0f64; SIDE * SIDE];
    let (least, most) = (SIDE as f64 / 200.0, SIDE as f64 / 4.0);
    for _ in 0..3000 {
        let radius = (least.powi(-2) + random() * (most.powi(-2) - least.powi(-2))).powf(-0.5);
        let (x, y, grey) =
            (random() * SIDE as f64, random() * SIDE as f64, 30.0 + 195.0 * random());
        for j in (y - radius).max(0.0) as usize..((y + radius) as usize + 1).min(SIDE) {
            let half = (radius * radius - (j as f64 - y).powi(2)).max(0.0).sqrt();
            let (from, to) = ((x - half).max(0.0) as usize, ((x + half) as usize).min(SIDE));
            pixels[j * SIDE + from.min(to)..j * SIDE + to].fill(grey);
        }
    }
    image::GrayImage::from_fn(1024, 1024, |x, y| {
        let at = |dx: u32, dy: u32| pixels[(2 * y + dy) as usize * SIDE + (2 * x + dx) as usize];
        let noise: f64 = (0..4).map(|_| random() - 0.5).sum::<f64>() * 3.0;
        let mean = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) / 4.0;
        image::Luma([(mean + noise).round().clamp(0.0, 255.0) as u8])
    })
}

#[test]
fn stills_of_ordinary_codecs_saved_without_loss_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (mut explained, mut lines) = (0, Vec::new());
    for seed in [1, 2] {
        synthetic_photograph(seed).save(at("original.png")).unwrap();
        let original = at("original.png").to_str().unwrap().to_owned();
        let finding = examine(&at("original.png"), "png");
        assert_eq!(finding.state.as_deref(), Some("no-peaks"), "{:?}", finding.values);
        for (name, coding) in [
            ("a.mkv", &["-c:v", "libx264", "-crf", "18"][..]),
            ("b.mkv", &["-c:v", "libx264", "-crf", "26"]),
            ("c.mkv", &["-c:v", "libx265", "-crf", "26", "-x265-params", "log-level=none"]),
            ("d.mkv", &["-c:v", "mpeg2video", "-q:v", "4"]),
            ("e.mkv", &["-c:v", "libvpx-vp9", "-crf", "30", "-b:v", "0"]),
            ("f.webp", &["-quality", "75"]),
            ("g.webp", &["-quality", "92"]),
            ("h.jpg", &["-q:v", "3"]),
        ] {
            let coded = at(name).to_str().unwrap().to_owned();
            let input = ["-i", &original, "-pix_fmt", "yuv420p", "-frames:v", "1"];
            crate::fixtures::ffmpeg(&[&input[..], coding].concat(), &at(name));
            let still = at("still.png");
            let luma = ["-i", &coded, "-vf", "extractplanes=y", "-pix_fmt", "gray"];
            crate::fixtures::ffmpeg(&luma, &still);
            let mut files = vec![still];
            if name == "h.jpg" {
                let larger = "extractplanes=y,crop=iw:ih/2,scale=iw*2:ih*2:flags=neighbor";
                let luma = ["-i", &coded, "-vf", larger, "-pix_fmt", "gray"];
                crate::fixtures::ffmpeg(&luma, &at("repeated.png"));
                files.push(at("repeated.png"));
            }
            for file in files {
                let finding = examine(&file, "png");
                let state = finding.state.unwrap_or_default();
                assert_ne!(state, "peaks", "{seed} {name}: {}", finding.summary.en);
                explained += usize::from(state == "peaks-explained-by-grid");
                lines.push(format!("{seed} {name} {state}"));
            }
        }
    }
    // Half of them have lines, or this test would show nothing.
    assert!(explained >= 6, "{lines:?}");
}
