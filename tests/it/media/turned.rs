//! Rotation and mirroring.

use super::*;

/// Puts a display matrix into the first `tkhd` box (version 0) of a file.
fn set_matrix(path: &Path, matrix: [i32; 9]) {
    let mut data = std::fs::read(path).unwrap();
    let at = data.windows(4).position(|window| window == b"tkhd").unwrap() + 44;
    for (index, value) in matrix.iter().enumerate() {
        data[at + 4 * index..at + 4 * index + 4].copy_from_slice(&value.to_be_bytes());
    }
    std::fs::write(path, data).unwrap();
}

#[test]
fn rotation_and_mirroring_come_from_the_display_matrix() {
    let dir = dir();
    let one = 0x10000;
    let end = 0x4000_0000;
    for (matrix, rotation, mirrored, size) in [
        ([one, 0, 0, 0, one, 0, 0, 0, end], 0, false, (128, 96)),
        ([0, one, 0, -one, 0, 0, 96 * one, 0, end], 90, false, (96, 128)),
        ([-one, 0, 0, 0, -one, 0, 0, 0, end], 180, false, (128, 96)),
        ([0, -one, 0, one, 0, 0, 0, 128 * one, end], 270, false, (96, 128)),
        ([-one, 0, 0, 0, one, 0, 128 * one, 0, end], 0, true, (128, 96)),
    ] {
        let path = make(&dir, "turned.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
        set_matrix(&path, matrix);
        let video = open(&path).video.unwrap();
        assert_eq!((video.rotation_deg, video.mirrored), (rotation, mirrored));
        assert_eq!((video.width, video.height), (128, 96));
        assert_eq!((video.display_width, video.display_height), size);
    }
}

/// A picture with a red corner, turned by its matrix: the corner is found
/// through `display_to_coded` where the ffmpeg program, which turns the
/// pixels themselves, shows it.
#[test]
fn display_coordinates_agree_with_the_program_turning_the_picture() {
    let dir = dir();
    let path = make(
        &dir,
        "corner.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "color=black:s=128x96:r=5:d=0.4,drawbox=x=96:y=0:w=32:h=24:color=white:t=fill",
            "-c:v",
            "libx264",
            "-qp",
            "0",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let one = 0x10000;
    for matrix in [
        [0, one, 0, -one, 0, 0, 96 * one, 0, 0x4000_0000],
        [0, -one, 0, one, 0, 0, 0, 128 * one, 0x4000_0000],
        [-one, 0, 0, 0, -one, 0, 0, 0, 0x4000_0000],
    ] {
        set_matrix(&path, matrix);
        let exhibit = open(&path);
        let video = exhibit.video.clone().unwrap();
        let (w, h) = (video.display_width as usize, video.display_height as usize);
        let turned = run(
            "ffmpeg",
            &[
                "-v",
                "error",
                "-i",
                text(&path),
                "-frames:v",
                "1",
                "-pix_fmt",
                "gray",
                "-f",
                "rawvideo",
                "-",
            ],
        );
        assert_eq!(turned.len(), w * h);
        exhibit
            .play(&Play { frames: true, ..Play::default() }, |sample| {
                let Sample::Frame(frame) = sample else { return Ok(ALL) };
                let Pixels::Yuv { y, .. } = frame.pixels else { panic!("not YUV") };
                let Samples::Eight(luma) = y.samples else { panic!("not 8 bits") };
                let [a, b, c, d, e, f] = frame.display_to_coded.m;
                for (row, column) in
                    [(2usize, 2usize), (2, w - 3), (h - 3, 2), (h - 3, w - 3), (h / 2, w / 2)]
                {
                    let (x, ydisplay) = (column as f32 + 0.5, row as f32 + 0.5);
                    let (cx, cy) = (a * x + b * ydisplay + c, d * x + e * ydisplay + f);
                    let ours = luma[cy as usize * y.stride + cx as usize] > 128;
                    assert_eq!(
                        ours,
                        turned[row * w + column] > 128,
                        "{matrix:?} at {column}, {row}"
                    );
                }
                Ok(ControlFlow::Break(()))
            })
            .unwrap();
    }
}

/// An EXIF segment with nothing but an orientation, put after SOI.
fn with_orientation(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    segment.extend(orientation.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0, 0]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend((segment.len() as u16 + 2).to_be_bytes());
    out.extend(segment);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn exif_orientation_of_a_photo_is_read() {
    let dir = dir();
    let plain = std::fs::read(make(&dir, "plain.jpg", &clip(&["-frames:v", "1"]))).unwrap();
    let path = dir.path().join("turned.jpg");
    for (tag, rotation, mirrored) in [
        (1, 0, false),
        (2, 0, true),
        (3, 180, false),
        (4, 180, true),
        (5, 270, true),
        (6, 90, false),
        (7, 90, true),
        (8, 270, false),
    ] {
        std::fs::write(&path, with_orientation(&plain, tag)).unwrap();
        let video = open(&path).video.unwrap();
        assert_eq!((video.rotation_deg, video.mirrored), (rotation, mirrored), "tag {tag}");
        let upright = if tag >= 5 { (96, 128) } else { (128, 96) };
        assert_eq!((video.display_width, video.display_height), upright, "tag {tag}");
    }
}

/// Puts an `irot` property into the property container of an AVIF picture as
/// ffmpeg writes it, and moves what lies behind.
fn turn_avif(path: &Path, quarters: u8) {
    let mut data = std::fs::read(path).unwrap();
    let find =
        |data: &[u8], name: &[u8]| data.windows(4).position(|window| window == name).unwrap();
    let add = |data: &mut [u8], at: usize| {
        let value = u32::from_be_bytes(data[at..at + 4].try_into().unwrap()) + 9;
        data[at..at + 4].copy_from_slice(&value.to_be_bytes());
    };
    for name in [b"meta", b"iprp", b"ipco"] {
        let at = find(&data, name) - 4;
        add(&mut data, at);
    }
    let offset = find(&data, b"iloc") + 18;
    add(&mut data, offset);
    let at = find(&data, b"ipco") + 4;
    let property = [0, 0, 0, 9, b'i', b'r', b'o', b't', quarters];
    data.splice(at..at, property);
    std::fs::write(path, data).unwrap();
}

#[test]
fn an_avif_picture_is_read_and_turned() {
    let dir = dir();
    let path = make(&dir, "photo.avif", &clip(&["-frames:v", "1", "-pix_fmt", "yuv420p"]));
    let plain = open(&path);
    let shown = show(&plain).raw;
    assert_eq!(plain.kind, Kind::Image);
    assert_eq!(shown, reference(&path, "yuv420p"));
    for (quarters, rotation) in [(1, 270), (2, 180), (3, 90)] {
        let path = make(&dir, "turned.avif", &clip(&["-frames:v", "1", "-pix_fmt", "yuv420p"]));
        turn_avif(&path, quarters);
        let exhibit = open(&path);
        assert_eq!(exhibit.video.clone().unwrap().rotation_deg, rotation);
        assert_eq!(show(&exhibit).raw, shown, "the pixels themselves stay");
    }
}
