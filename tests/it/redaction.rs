//! No written file holds what a report may not show: a rendered head stands
//! before a wall of two colours that nothing else has, which begins where the ears
//! beside its face would end, and every picture in every file is searched for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{Rgb, RgbImage};
use waarmerk::faces::synth::{Head, face_of};

use crate::{fixtures, skip};

/// The scene: a chequered wall of magenta and green, the head before it. Of the head's
/// own ground a fifth of the face's width is left on every side.
fn scene(path: &Path) {
    let mut image = RgbImage::from_fn(1200, 896, |x, y| {
        if (x / 16 + y / 16) % 2 == 0 { Rgb([250, 10, 250]) } else { Rgb([10, 250, 10]) }
    });
    let head = Head::default();
    let face = face_of(&head).bounds;
    let around = 0.2 * face.width;
    let head = head.render();
    let side = head.side as u32;
    for (i, pixel) in head.rgb.chunks(3).enumerate() {
        let (x, y) = (i as u32 % side, i as u32 / side);
        let near = |v: u32, from: f32, length: f32| {
            (from - around..from + length + around).contains(&(v as f32))
        };
        if near(x, face.x, face.width) && near(y, face.y, face.height) {
            image.put_pixel(300 + x, 200 + y, Rgb([pixel[0], pixel[1], pixel[2]]));
        }
    }
    image.save(path).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

/// Every picture in a file, however it lies there.
fn pictures(path: &Path, aside: &Path) -> Vec<RgbImage> {
    let bytes = std::fs::read(path).unwrap();
    let mut found = Vec::new();
    // Written out in text, as pages hold them.
    let text = String::from_utf8_lossy(&bytes);
    for part in text.split("data:image/").skip(1) {
        let Some((_, rest)) = part.split_once(";base64,") else { continue };
        let code: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c)).collect();
        let inside = STANDARD.decode(code).unwrap();
        found.push(image::load_from_memory(&inside).unwrap().to_rgb8());
    }
    // As they are: in a PDF, or as a file of their own.
    for at in 0..bytes.len().saturating_sub(4) {
        if bytes[at..].starts_with(&[0xff, 0xd8, 0xff]) || bytes[at..].starts_with(b"\x89PNG") {
            found.extend(image::load_from_memory(&bytes[at..]).ok().map(|i| i.to_rgb8()));
        }
    }
    // Packed by the PDF itself.
    if path.extension().is_some_and(|e| e == "pdf") {
        std::fs::create_dir_all(aside).unwrap();
        let out = aside.join("picture");
        let done = Command::new("pdfimages").arg("-png").arg(path).arg(&out).output();
        if done.is_ok_and(|o| o.status.success()) {
            let made = files(aside).into_iter();
            found.extend(made.map(|p| image::open(p).unwrap().to_rgb8()));
        } else {
            skip::tell("packed pictures of the PDF", "pdfimages is not installed");
        }
        let _ = std::fs::remove_dir_all(aside);
    }
    found
}

/// How many JPEG pictures a file holds: as such a report keeps what it shows of
/// the scene, and nothing else.
fn photographs(path: &Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let count = |part: &[u8]| bytes.windows(part.len()).filter(|w| *w == part).count();
    count(b"data:image/jpeg") + count(&[0xff, 0xd8, 0xff])
}

/// Pixels of the wall: no colour map, no plot and no face has such.
fn wall(image: &RgbImage) -> usize {
    let magenta = |p: &Rgb<u8>| p[0] > 190 && p[2] > 190 && p[1] < 90;
    let green = |p: &Rgb<u8>| p[1] > 190 && p[0] < 90 && p[2] < 90;
    image.pixels().filter(|p| magenta(p) || green(p)).count()
}

#[test]
fn no_written_file_holds_what_is_not_to_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    scene(&at.join("scene.png"));
    // To look at.
    std::fs::copy(at.join("scene.png"), Path::new(env!("CARGO_TARGET_TMPDIR")).join("scene.png"))
        .unwrap();
    let still = at.join("scene.png");
    let clip = ["-loop", "1", "-i", still.to_str().unwrap(), "-t", "1.2", "-r", "25"];
    let coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-pix_fmt", "yuv420p"];
    fixtures::ffmpeg(&[&clip[..], &coding[..]].concat(), &at.join("clip.mp4"));
    for how in ["faces", "all", "none"] {
        let out = at.join(how);
        let output = Command::new(env!("CARGO_BIN_EXE_waarmerk"))
            .args(["examine", "scene.png", "clip.mp4", "--device", "cpu", "--redact", how, "--csv"])
            .arg("--out")
            .arg(&out)
            .current_dir(at)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (mut seen, mut shown, mut photos) = (0, 0, 0);
        for path in files(&out) {
            photos += photographs(&path);
            for image in pictures(&path, &at.join("aside")) {
                seen += 1;
                let pixels = wall(&image);
                shown += pixels;
                assert!(how == "none" || pixels == 0, "{how}: {pixels} in {}", path.display());
            }
        }
        println!(
            "--redact {how}: {seen} pictures, {photos} of the scene, {shown} pixels of the wall"
        );
        // Plots stay; of the scene itself `all` leaves no picture.
        assert_eq!(photos == 0, how == "all", "{how}: {photos} pictures of the scene");
        assert!(seen >= 4, "{how}: only {seen} pictures were found to search");
        // The search finds what is there to be found.
        assert!(how != "none" || shown > 10_000, "{shown}");
    }
}
