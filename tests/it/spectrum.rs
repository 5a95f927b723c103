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
    let mut check = (ENTRY.make)();
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
