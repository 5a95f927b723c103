//! Faces against the reference arrays of WAARMERK_SHARED, and against
//! themselves: mirrored, turned, shifted, lost and found.
//!
//! The reference was made with the TFLite runtime and MediaPipe's own FaceMesh
//! on scikit-image's `astronaut`, 512 × 512.

use std::path::PathBuf;

use candle_core::Device;
use waarmerk::faces::detect::{anchors, decode, suppress};
use waarmerk::faces::finder::{Effort, Finder};
use waarmerk::faces::roi::Roi;
use waarmerk::faces::{Face, Follower, geometry};
use waarmerk::media::{Affine, Colour, FaceDetail, Frame, Pixels, Plane, Samples, Subsampling};
use waarmerk::models::Range;

/// A reference array as f32, whatever its type, or `None` with a message.
fn golden(test: &str, name: &str) -> Option<Vec<f32>> {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return None;
    };
    let path = PathBuf::from(shared).join("golden").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (head, data) = (String::from_utf8_lossy(&bytes[10..start]), &bytes[start..]);
    Some(if head.contains("'|u1'") {
        data.iter().map(|&v| f32::from(v)).collect()
    } else if head.contains("'<f8'") {
        data.chunks_exact(8).map(|c| f64::from_le_bytes(c.try_into().unwrap()) as f32).collect()
    } else {
        assert!(head.contains("'<f4'"), "{head}");
        data.chunks_exact(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect()
    })
}

fn astronaut(test: &str) -> Option<Vec<u8>> {
    Some(golden(test, "astronaut_rgb_u8.npy")?.iter().map(|&v| v as u8).collect())
}

/// A follower with the installed models, or `None` with a message.
fn follower(test: &str) -> Option<Follower> {
    match Follower::load(&Device::Cpu, 15) {
        Ok(follower) => Some(follower),
        Err(error) => {
            crate::skip::tell(test, error);
            None
        }
    }
}

fn only(faces: Vec<Face>) -> Face {
    assert_eq!(faces.len(), 1, "one face");
    faces.into_iter().next().unwrap()
}

/// Mean and largest distance between points in the picture.
fn apart(a: &[[f32; 3]], b: impl IntoIterator<Item = (f32, f32)>) -> (f32, f32) {
    let d: Vec<f32> = a.iter().zip(b).map(|(p, (x, y))| (p[0] - x).hypot(p[1] - y)).collect();
    assert_eq!(d.len(), a.len());
    (d.iter().sum::<f32>() / d.len() as f32, d.iter().copied().fold(0.0, f32::max))
}

#[test]
fn decoding_agrees_with_the_reference() {
    let cases = [
        (
            Range::Short,
            "det_short_out_regressors",
            "det_short_out_classificators",
            "det_short_decoded",
        ),
        (
            Range::Full,
            "det_full_out_reshaped_regressor_face_4",
            "det_full_out_reshaped_classifier_face_4",
            "det_full_decoded",
        ),
    ];
    for (range, boxes, logits, decoded) in cases {
        let test = "decoding_agrees_with_the_reference";
        let read = |name: &str| golden(test, &format!("{name}.npy"));
        let (Some(boxes), Some(logits), Some(decoded)) = (read(boxes), read(logits), read(decoded))
        else {
            return;
        };
        let found = suppress(decode(&boxes, &logits, &anchors(range)));
        assert_eq!(found.len(), 1, "{range:?}");
        let side = range.input_size() as f32;
        let (x, y) = found[0].bounds.center();
        let mut ours = vec![x, y, found[0].bounds.width, found[0].bounds.height];
        ours.extend(found[0].keypoints.iter().flat_map(|&(x, y)| [x, y]));
        for (ours, theirs) in ours.iter().map(|v| v / side).chain([found[0].score]).zip(&decoded) {
            assert!((ours - theirs).abs() < 1e-5, "{range:?}: {ours} is not {theirs}");
        }
        if range == Range::Short {
            let path = PathBuf::from(std::env::var_os("WAARMERK_SHARED").unwrap())
                .join("golden/lm_roi.json");
            let roi: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let ours = Roi::of_detection(&found[0].mapped(&Affine::scaling(4.0, 4.0, 0.0, 0.0)));
            for (value, key) in
                [(ours.x, "cx"), (ours.y, "cy"), (ours.size, "size"), (ours.angle, "angle")]
            {
                assert!(
                    (f64::from(value) - roi[key].as_f64().unwrap()).abs() < 1e-3,
                    "{key}: {value}"
                );
            }
        }
    }
}

/// What MediaPipe's own iris graph says of `astronaut`, the subject's right eye
/// first; made with tests/reference/iris_mediapipe.py.
const MEDIAPIPE_IRISES: [[(f32, f32); 5]; 2] = [
    [
        (203.386, 100.890),
        (207.392, 101.048),
        (203.493, 96.962),
        (199.218, 100.701),
        (203.251, 104.804),
    ],
    [
        (246.768, 103.260),
        (242.902, 102.918),
        (247.142, 99.552),
        (250.753, 103.605),
        (246.422, 106.940),
    ],
];

#[test]
fn the_whole_chain_agrees_with_mediapipe() {
    let test = "the_whole_chain_agrees_with_mediapipe";
    let (Some(rgb), Some(mut follower)) = (astronaut(test), follower(test)) else { return };
    let face = only(follower.follow(&Frame::from_rgb(&rgb, 512, 512), FaceDetail::Iris).unwrap());
    let pairs = |name: &str, step: usize| -> Vec<(f32, f32)> {
        golden(test, name).unwrap().chunks_exact(step).map(|p| (p[0], p[1])).collect()
    };
    let (mean, max) = apart(&face.mesh, pairs("facemesh_landmarks_px.npy", 3));
    println!("mesh against the TFLite chain: mean {mean:.3} px, max {max:.3} px");
    assert!(mean < 1.0 && max < 2.0);
    let (mean, max) = apart(&face.mesh, pairs("mp_facemesh_468_px.npy", 3));
    println!("mesh against MediaPipe: mean {mean:.3} px, max {max:.3} px");
    assert!(mean < 1.0 && max < 2.5);
    let theirs = golden(test, "mp_facemesh_468_px.npy").unwrap();
    let depth = face
        .mesh
        .iter()
        .zip(theirs.chunks_exact(3))
        .map(|(a, b)| (a[2] - b[2]).abs())
        .fold(0.0, f32::max);
    println!("depth: max {depth:.3} px");
    assert!(depth < 4.0);
    let irises = face.irises.as_ref().unwrap();
    for (iris, theirs) in irises.iter().zip(MEDIAPIPE_IRISES) {
        let ours = iris.points.map(|[x, y]| [x, y, 0.0]);
        let (centre, _) = apart(&ours[..1], theirs[..1].iter().copied());
        let (mean, max) = apart(&ours, theirs);
        println!("iris: centre {centre:.3} px, mean {mean:.3} px, max {max:.3} px");
        assert!(centre < 0.3 && mean < 0.4 && max < 0.6);
    }
    // The arrays of the reference mirrored the other eye: the centre is the
    // same, the edge is not (tests/reference/iris_mediapipe.py).
    for (iris, name) in irises.iter().zip(["iris_right_px.npy", "iris_left_px.npy"]) {
        let (centre, _) = apart(
            &[[iris.points[0][0], iris.points[0][1], 0.0]],
            pairs(name, 2).into_iter().take(1),
        );
        assert!(centre < 0.3, "{name}: {centre}");
    }
    let [right, left] = geometry::eye_aspect_ratio(&face.mesh).unwrap();
    println!("score {:.4}, presence {:.4}, eyes {right:.3} {left:.3}", face.score, face.presence);
    assert!((right - 0.30).abs() < 0.02 && (left - 0.29).abs() < 0.02);
    assert!((face.score - 0.921).abs() < 0.03 && face.presence > 0.99);
}

#[test]
fn both_detectors_find_the_portrait() {
    let test = "both_detectors_find_the_portrait";
    let Some(rgb) = astronaut(test) else { return };
    let Ok(mut finder) = Finder::load(&Device::Cpu) else {
        crate::skip::tell(test, "models are not installed");
        return;
    };
    let found = finder.find(&Frame::from_rgb(&rgb, 512, 512), Effort::Tiles).unwrap();
    assert_eq!(found.len(), 1);
    // The same face far away: 62 pixels of 1600. The whole view alone has 7.4
    // input pixels for it.
    let (w, h) = (1600usize, 1200usize);
    let mut far = vec![90u8; w * h * 3];
    let mut small = Vec::new();
    Frame::from_rgb(&rgb, 512, 512).area(
        &Affine::scaling(1.5, 1.5, 0.0, 0.0),
        341,
        341,
        &mut small,
    );
    for y in 0..341 {
        let to = ((y + 800) * w + 1200) * 3;
        for (t, v) in far[to..to + 341 * 3].iter_mut().zip(&small[y * 341 * 3..]) {
            *t = (v * 255.0) as u8;
        }
    }
    let frame = Frame::from_rgb(&far, w, h);
    assert!(finder.find(&frame, Effort::Whole).unwrap().is_empty(), "too far for the whole view");
    let found = finder.find(&frame, Effort::Tiles).unwrap();
    assert_eq!(found.len(), 1);
    let (x, y) = found[0].bounds.center();
    // Within a sixth of the face of where the portrait has it.
    let off = (x - 1350.2).hypot(y - 883.0);
    assert!(off < 10.0, "{x}, {y}");
}

#[test]
fn a_mirrored_picture_gives_the_mirrored_mesh() {
    let test = "a_mirrored_picture_gives_the_mirrored_mesh";
    let (Some(rgb), Some(mut follower)) = (astronaut(test), follower(test)) else { return };
    let face = only(follower.follow(&Frame::from_rgb(&rgb, 512, 512), FaceDetail::Mesh).unwrap());
    let flipped: Vec<u8> = rgb
        .chunks_exact(512 * 3)
        .flat_map(|row| row.chunks_exact(3).rev().flatten().copied())
        .collect();
    let mut follower = self::follower(test).unwrap();
    let mirrored =
        only(follower.follow(&Frame::from_rgb(&flipped, 512, 512), FaceDetail::Mesh).unwrap());
    // Points on the middle line, and pairs that change sides.
    for (here, there) in
        [(10, 10), (1, 1), (152, 152), (33, 263), (133, 362), (61, 291), (234, 454)]
    {
        let (a, b) = (face.mesh[here], mirrored.mesh[there]);
        let off = (a[0] - (512.0 - b[0])).hypot(a[1] - b[1]);
        assert!(off < 2.5, "{here}: {off} px");
    }
    let (here, there) =
        (geometry::pose(&face.mesh).unwrap(), geometry::pose(&mirrored.mesh).unwrap());
    assert!(
        (here.yaw + there.yaw).abs() < 2.0 && (here.roll + there.roll).abs() < 2.5,
        "{here:?} {there:?}"
    );
}

#[test]
fn turned_pixels_with_a_display_matrix_give_the_same_face() {
    let test = "turned_pixels_with_a_display_matrix_give_the_same_face";
    let (Some(rgb), Some(mut follower)) = (astronaut(test), follower(test)) else { return };
    let face = only(follower.follow(&Frame::from_rgb(&rgb, 512, 512), FaceDetail::Iris).unwrap());
    // Stored a quarter turn to the left, as a telephone held upright does.
    let mut turned = vec![0u8; rgb.len()];
    for y in 0..512 {
        for x in 0..512 {
            let to = ((511 - x) * 512 + y) * 3;
            turned[to..to + 3].copy_from_slice(&rgb[(y * 512 + x) * 3..][..3]);
        }
    }
    let back = Affine { m: [0.0, 1.0, 0.0, -1.0, 0.0, 512.0] };
    let frame = Frame::from_rgb(&turned, 512, 512).shown(512, 512, back);
    let again = only(self::follower(test).unwrap().follow(&frame, FaceDetail::Iris).unwrap());
    let (_, max) = apart(&face.mesh, again.mesh.iter().map(|p| (p[0], p[1])));
    assert!(max < 0.05, "{max} px");
    assert!(
        (face.irises.unwrap()[0].points[0][0] - again.irises.unwrap()[0].points[0][0]).abs() < 0.05
    );
}

/// The portrait on grey, moved by (`dx`, `dy`) pixels.
fn moved(rgb: &[u8], dx: i32, dy: i32) -> Vec<u8> {
    let mut out = vec![100u8; 512 * 512 * 3];
    for y in 0..512i32 {
        for x in 0..512i32 {
            let (fx, fy) = (x - dx, y - dy);
            if (0..512).contains(&fx) && (0..512).contains(&fy) {
                let (to, from) = (((y * 512 + x) * 3) as usize, ((fy * 512 + fx) * 3) as usize);
                out[to..to + 3].copy_from_slice(&rgb[from..from + 3]);
            }
        }
    }
    out
}

fn shown(follower: &mut Follower, rgb: &[u8], index: u64) -> Vec<Face> {
    let mut frame = Frame::from_rgb(rgb, 512, 512);
    (frame.index, frame.time_s) = (index, index as f64 / 25.0);
    follower.follow(&frame, FaceDetail::Mesh).unwrap()
}

#[test]
fn a_moving_face_is_followed_and_the_mesh_moves_with_it() {
    let test = "a_moving_face_is_followed_and_the_mesh_moves_with_it";
    let Some(rgb) = astronaut(test) else { return };
    // Frames a second, pixels a frame, frames: walking, jerked, a few a second.
    for (rate, step, count) in [(25.0, (5, 3), 30), (25.0, (20, 12), 8), (5.0, (26, 16), 6)] {
        let Some(mut follower) = follower(test) else { return };
        let mut first: Option<Vec<[f32; 3]>> = None;
        let mut worst = (0.0f32, 0.0f32);
        for i in 0..count {
            let (dx, dy) = (i * step.0, i * step.1);
            let pixels = moved(&rgb, dx, dy);
            let mut frame = Frame::from_rgb(&pixels, 512, 512);
            (frame.index, frame.time_s) = (i as u64, f64::from(i) / rate);
            let face = only(follower.follow(&frame, FaceDetail::Mesh).unwrap());
            assert_eq!(face.track, 0);
            // From the second frame on the crop comes from the mesh.
            if i >= 1 {
                let back: Vec<_> =
                    face.mesh.iter().map(|p| [p[0] - dx as f32, p[1] - dy as f32, p[2]]).collect();
                let first = first.get_or_insert_with(|| back.clone());
                let (mean, max) = apart(&back, first.iter().map(|p| (p[0], p[1])));
                worst = (worst.0.max(mean), worst.1.max(max));
            }
        }
        println!("moving at {rate} frames a second: mean {:.3} px, max {:.3} px", worst.0, worst.1);
        assert!(worst.0 < 0.6 && worst.1 < 2.5);
    }
}

#[test]
fn lost_for_a_moment_found_again_and_after_a_cut_another() {
    let test = "lost_for_a_moment_found_again_and_after_a_cut_another";
    let (Some(rgb), Some(mut follower)) = (astronaut(test), follower(test)) else { return };
    // A hand before the face: covered, while the picture stays the same shot.
    let mut covered = rgb.clone();
    for y in 60..190 {
        covered[(y * 512 + 160) * 3..(y * 512 + 290) * 3].fill(120);
    }
    let mut clip: Vec<(&[u8], usize)> = vec![(&rgb, 1), (&rgb, 1)];
    clip.extend([(&covered[..], 0); 5]);
    clip.extend([(&rgb[..], 1); 3]);
    for (i, (pixels, faces)) in clip.iter().enumerate() {
        let found = shown(&mut follower, pixels, i as u64);
        assert_eq!(found.len(), *faces, "frame {i}");
        assert!(found.iter().all(|f| f.track == 0), "frame {i}");
    }
    // Gone for longer than half a second: nobody can tell that it is the same.
    for i in 10..26 {
        assert!(shown(&mut follower, &covered, i).is_empty());
    }
    assert_eq!(only(shown(&mut follower, &rgb, 26)).track, 1);
    // Two cuts: to another picture with a face in the same place, and back.
    let negative: Vec<u8> = moved(&rgb, 0, 0).iter().map(|v| v / 4).collect();
    assert!(shown(&mut follower, &negative, 27).iter().all(|f| f.track > 1));
    assert!(only(shown(&mut follower, &rgb, 28)).track > 1);
}

#[test]
fn nothing_is_found_in_nothing_and_the_answer_repeats() {
    let test = "nothing_is_found_in_nothing_and_the_answer_repeats";
    let Some(mut first) = follower(test) else { return };
    let noise: Vec<u8> =
        (0u32..640 * 360).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(
        first.follow(&Frame::from_gray(&noise, 640, 360), FaceDetail::Iris).unwrap().is_empty()
    );
    assert!(first.follow(&Frame::from_gray(&[], 0, 0), FaceDetail::Mesh).unwrap().is_empty());
    assert!(first.follow(&Frame::from_gray(&[7], 1, 1), FaceDetail::Mesh).unwrap().is_empty());
    let Some(rgb) = astronaut(test) else { return };
    let mut second = follower(test).unwrap();
    let frame = Frame::from_rgb(&rgb, 512, 512);
    let a = only(follower(test).unwrap().follow(&frame, FaceDetail::Iris).unwrap());
    let b = only(second.follow(&frame, FaceDetail::Iris).unwrap());
    assert_eq!((a.mesh, a.irises, a.presence), (b.mesh, b.irises, b.presence));
    assert!(second.follow(&frame, FaceDetail::None).unwrap().is_empty());
}

/// Frames of a development clip as 4:2:0, decoded by the ffmpeg program.
fn frames_of(path: &std::path::Path, width: usize, height: usize) -> Vec<Vec<u8>> {
    let out = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(path)
        // Even timestamps: otherwise ffmpeg repeats frames where they are not.
        .args(["-map", "0:v:0", "-vf", "setpts=N/FRAME_RATE/TB", "-pix_fmt", "yuv420p"])
        .args(["-f", "rawvideo", "-"])
        .output()
        .expect("the tests need the ffmpeg program (Debian package ffmpeg)");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout.chunks_exact(width * height * 3 / 2).map(<[u8]>::to_vec).collect()
}

#[test]
fn no_track_outlives_a_cut() {
    let test = "no_track_outlives_a_cut";
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(test, "WAARMERK_SHARED is not set");
        return;
    };
    let Some(mut follower) = follower(test) else { return };
    // Four shots: a singer far away, a pianist in profile, the singer nearer,
    // the audience. Cuts before frames 20, 82 and 211, seen by eye.
    let path = PathBuf::from(shared).join("data/video/several_people.mp4");
    let (w, h) = (640, 360);
    let mut shots: std::collections::BTreeMap<u32, Vec<usize>> = Default::default();
    let mut most = 0;
    let mut with_face = 0;
    for (i, data) in frames_of(&path, w, h).iter().enumerate() {
        let plane = |at: usize, width: usize, height: usize| Plane {
            samples: Samples::Eight(&data[at..at + width * height]),
            stride: width,
            width,
            height,
            bits: 8,
        };
        let pixels = Pixels::Yuv {
            y: plane(0, w, h),
            u: plane(w * h, w / 2, h / 2),
            v: plane(w * h * 5 / 4, w / 2, h / 2),
            subsampling: Subsampling { horizontal: 1, vertical: 1 },
        };
        let mut frame = Frame::from_pixels(pixels, Colour::BT601);
        (frame.index, frame.time_s) = (i as u64, i as f64 / 29.97);
        let faces = follower.follow(&frame, FaceDetail::Mesh).unwrap();
        most = most.max(faces.len());
        with_face += usize::from(!faces.is_empty());
        for face in faces {
            let shot = [20, 82, 211].iter().filter(|&&cut| i >= cut).count();
            let shots = shots.entry(face.track).or_default();
            if shots.last() != Some(&shot) {
                shots.push(shot);
            }
        }
    }
    println!("tracks and their shots: {shots:?}; {with_face} frames with a face, at most {most}");
    assert!(shots.values().all(|s| s.len() == 1), "{shots:?}");
    for shot in [0, 2, 3] {
        assert!(shots.values().any(|s| s == &[shot]), "nobody in shot {shot}");
    }
    assert!(with_face >= 210 && most >= 2);
}

/// A face on its head is taken for one, whichever way the detector has it, and an
/// upright one is left alone.
#[test]
fn a_portrait_turned_by_quarters_is_meshed_as_it_stands() {
    let test = "a_portrait_turned_by_quarters_is_meshed_as_it_stands";
    let (Some(rgb), Some(follower)) = (astronaut(test), follower(test)) else { return };
    // The picture turned clockwise by a quarter.
    let quarter = |rgb: &[u8]| -> Vec<u8> {
        let at = |x: usize, y: usize| &rgb[3 * (y * 512 + x)..][..3];
        (0..512 * 512).flat_map(|i| at(i / 512, 511 - i % 512).to_vec()).collect()
    };
    let mut turned = rgb.clone();
    for expected in [0.0f32, 90.0, 180.0, -90.0] {
        let mut follower = follower.clone();
        let faces = follower.follow(&Frame::from_rgb(&turned, 512, 512), FaceDetail::Mesh).unwrap();
        let largest = faces.iter().max_by(|a, b| a.bounds.area().total_cmp(&b.bounds.area()));
        let roll = largest.map(|face| waarmerk::faces::geometry::pose(&face.mesh).unwrap().roll);
        println!("turned by {expected}: roll {roll:?}");
        // The detectors find it upright and on its head; by a quarter they may not.
        match roll {
            Some(roll) => {
                let off = (roll - expected + 540.0).rem_euclid(360.0) - 180.0;
                // Of a quarter turn the mesh gets most, from a crop that is a guess.
                let most = if expected.abs() == 90.0 { 45.0 } else { 15.0 };
                assert!(off.abs() < most, "{expected}: {roll}");
            }
            None => assert!(expected.abs() == 90.0, "{expected}: no face"),
        }
        turned = quarter(&turned);
    }
}
