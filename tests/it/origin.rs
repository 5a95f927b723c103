//! Where a file comes from: declarations, digests and quantisation tables of
//! real files.

use std::path::Path;

use waarmerk::checks::pass::{self, FaceSource};
use waarmerk::checks::{
    Entry, Figure, Finding, Options, Status, declared_ai, hashes, jpeg_quantisation,
};
use waarmerk::media::{Exhibit, Limits};
use waarmerk::text::Text;

use crate::fixtures;

/// Runs one check over a file as an examination does.
fn examine(entry: &'static Entry, path: &Path) -> Finding {
    let exhibit = Exhibit::open(path, &Limits::default()).unwrap();
    let mut faces = FaceSource::Missing(Text::same("no networks here"));
    let outcome = pass::run(&exhibit, &[entry], &Options::default(), &mut faces, &mut |_| {});
    outcome.examined.into_iter().next().unwrap().finding
}

fn value(finding: &Finding, quantity: &str) -> Option<f64> {
    finding.values.iter().find(|v| v.quantity == quantity).map(|v| v.value)
}

/// The digest of what begins with `of`, by `method`.
fn digest(finding: &Finding, of: &str, method: &str) -> String {
    let rows = finding.figures.iter().filter_map(|f| match f {
        Figure::Words { title, rows, .. } if title.en == "Digests" => Some(rows),
        _ => None,
    });
    let row = rows.flatten().find(|r| r[0].en.starts_with(of) && r[1].en == method).unwrap();
    row[2].en.clone()
}

/// The pictures of a folder of the shared development media, by name.
fn shared(test: &str, folder: &str) -> Vec<std::path::PathBuf> {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return Vec::new();
    };
    let folder = Path::new(&shared).join("data").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn another_container_keeps_the_digests_of_the_streams() {
    let folder = tempfile::tempdir().unwrap();
    let mp4 = folder.path().join("clip.mp4");
    let mkv = folder.path().join("clip.mkv");
    let again = folder.path().join("again.mp4");
    // Sound without priming samples, which containers trim differently.
    let picture = "testsrc2=size=160x120:rate=25:duration=2.2";
    let sound = "sine=frequency=440:sample_rate=16000:duration=2.2";
    let sources = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound];
    let coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "flac", "-strict", "-2"];
    fixtures::ffmpeg(&[&sources[..], &coding[..]].concat(), &mp4);
    fixtures::ffmpeg(&["-i", mp4.to_str().unwrap(), "-c", "copy"], &mkv);
    fixtures::ffmpeg(
        &[
            "-i",
            mp4.to_str().unwrap(),
            "-c:v",
            "libx264",
            "-crf",
            "30",
            "-c:a",
            "copy",
            "-strict",
            "-2",
        ],
        &again,
    );
    let [first, second, third] = [&mp4, &mkv, &again].map(|p| examine(&hashes::ENTRY, p));
    assert_ne!(digest(&first, "file", "SHA-256"), digest(&second, "file", "SHA-256"));
    assert_eq!(digest(&first, "frames (55)", "SHA-256"), digest(&second, "frames", "SHA-256"));
    assert_eq!(digest(&first, "sound (35200)", "SHA-256"), digest(&second, "sound", "SHA-256"));
    assert_ne!(digest(&first, "frames", "SHA-256"), digest(&third, "frames", "SHA-256"));
    assert_eq!(digest(&first, "sound", "SHA-256"), digest(&third, "sound", "SHA-256"));
    assert_eq!(value(&first, "pdq_hashes"), Some(3.0));
}

#[test]
fn one_altered_pixel_changes_the_digest_and_not_the_perceptual_hash() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, again] = ["one.png", "two.png", "again.png"].map(|n| folder.path().join(n));
    fixtures::still(&one);
    let mut image = image::open(&one).unwrap().to_rgb8();
    image.save_with_format(&again, image::ImageFormat::Png).unwrap();
    image.get_pixel_mut(639, 479).0[2] ^= 1;
    image.save_with_format(&two, image::ImageFormat::Png).unwrap();
    let [one, two, again] = [&one, &two, &again].map(|p| examine(&hashes::ENTRY, p));
    assert_eq!(one.status, Status::Observed);
    assert_ne!(digest(&one, "file", "SHA-512"), digest(&again, "file", "SHA-512"));
    assert_eq!(digest(&one, "frames (1)", "SHA-256"), digest(&again, "frames (1)", "SHA-256"));
    assert_ne!(digest(&one, "frames", "SHA-256"), digest(&two, "frames", "SHA-256"));
    assert_eq!(digest(&one, "picture", "PDQ"), digest(&two, "picture", "PDQ"));
}

#[test]
fn photos_of_cameras_declare_no_generation() {
    for path in shared("photos_of_cameras_declare_no_generation", "camera") {
        let finding = examine(&declared_ai::ENTRY, &path);
        assert_eq!(finding.state.as_deref(), Some("none"), "{path:?}: {}", finding.summary.en);
        assert_eq!(value(&finding, "mentions"), Some(0.0), "{path:?}");
        assert!(value(&finding, "statements_searched") > Some(3.0), "{path:?}");
    }
}

#[test]
fn manifests_are_told_and_files_without_a_word_declare_nothing() {
    for path in shared("manifests_are_told_and_files_without_a_word_declare_nothing", "provenance")
    {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let finding = examine(&declared_ai::ENTRY, &path);
        // The pictures of ComfyUI there are inputs without any text in them.
        assert_eq!(finding.state.as_deref(), Some("none"), "{name}: {}", finding.summary.en);
        let bytes = std::fs::read(&path).unwrap();
        // A box of JUMBF, not the word in a reference to one that is gone.
        let manifest = bytes.windows(4).any(|w| w == b"jumd");
        assert_eq!(value(&finding, "c2pa_present"), Some(f64::from(u8::from(manifest))), "{name}");
    }
}

#[test]
fn tables_and_thumbnails_of_camera_photos_are_read() {
    for path in shared("tables_and_thumbnails_of_camera_photos_are_read", "camera") {
        let finding = examine(&jpeg_quantisation::ENTRY, &path);
        // One of them is damaged on purpose, which the pass tells.
        let expected = if path.ends_with("corrupted.jpg") {
            [Status::Observed, Status::Insufficient]
        } else {
            [Status::Observed; 2]
        };
        assert!(expected.contains(&finding.status), "{path:?}: {}", finding.summary.en);
        assert!(value(&finding, "quality_luma") > Some(50.0), "{path:?}");
        // Every thumbnail of a whole photo shows it.
        let correlation = value(&finding, "thumbnail_correlation");
        let whole = !path.ends_with("corrupted.jpg");
        assert!(correlation.is_none_or(|c| (c > 0.97) == whole), "{path:?}: {correlation:?}");
    }
}

#[test]
fn tables_of_another_program_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (format, code) in [("yuvj420p", 420.0), ("yuvj422p", 422.0), ("yuvj444p", 444.0)] {
        let path = folder.path().join(format!("{format}.jpg"));
        // ffmpeg scales the default matrices of MPEG, not those of T.81.
        let source = ["-f", "lavfi", "-i", "testsrc2=size=160x120", "-frames:v", "1"];
        fixtures::ffmpeg(&[&source[..], &["-pix_fmt", format, "-q:v", "5"]].concat(), &path);
        let finding = examine(&jpeg_quantisation::ENTRY, &path);
        assert_eq!(finding.state.as_deref(), Some("own"), "{format}: {}", finding.summary.en);
        assert_eq!(value(&finding, "subsampling"), Some(code));
    }
}
