//! The check on faces and lights made up here.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;
use crate::checks::Status;
use crate::checks::testing::value;
use crate::faces::synth::Head;
use crate::media::Rect;

const SIDE: usize = 400;

/// A face with this mesh.
fn face(mesh: Vec<[f32; 3]>) -> Face {
    let bounds = Rect { x: 120.0, y: 100.0, width: 160.0, height: 200.0 };
    Face {
        track: 0,
        score: 0.9,
        bounds,
        mesh,
        presence: 1.0,
        irises: None,
        clarity: Default::default(),
    }
}

fn shown(check: &mut Lighting, gray: &[u8], time_s: f64, faces: &[Face]) {
    let mut frame = Frame::from_gray(gray, SIDE, SIDE);
    (frame.index, frame.time_s) = ((time_s * 5.0) as u64, time_s);
    check.see(&Scene { frame: &frame, faces }).unwrap();
}

#[test]
fn without_a_usable_face_it_says_why() {
    let gray = vec![128u8; SIDE * SIDE];
    let mut check = Lighting::default();
    shown(&mut check, &gray, 0.0, &[]);
    assert_eq!(Box::new(check).conclude().unwrap().status, Status::NotApplicable);
    assert_eq!(Box::new(Lighting::default()).conclude().unwrap().status, Status::NotApplicable);
    // A face of no width.
    let mut check = Lighting::default();
    shown(&mut check, &gray, 0.0, &[face(vec![[200.0; 3]; 468])]);
    let finding = Box::new(check).conclude().unwrap();
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.reason.unwrap().en.contains("64 pixels"));
    // Wide enough, but the mesh is broken: nothing to fit.
    let mut mesh = vec![[f32::NAN; 3]; 468];
    (mesh[234], mesh[454]) = ([100.0, 200.0, 0.0], [300.0, 200.0, 0.0]);
    let mut check = Lighting::default();
    shown(&mut check, &gray, 0.0, &[face(mesh)]);
    let finding = Box::new(check).conclude().unwrap();
    assert_eq!(finding.status, Status::Insufficient);
    assert!(finding.reason.unwrap().nl.starts_with("Te donker"));
}

/// The light of a track that always shines from `azimuth` degrees.
fn track(azimuths: &[f64]) -> Track {
    let golden = std::f64::consts::PI * (3.0 - 5.0f64.sqrt());
    let mut track = Track::default();
    for (i, azimuth) in azimuths.iter().enumerate() {
        let a = azimuth.to_radians();
        let points: Vec<Point> = (0..200)
            .map(|k| {
                let z = 0.26 + 0.73 * (f64::from(k) + 0.5) / 200.0;
                let (s, c) = (golden * f64::from(k)).sin_cos();
                let r = (1.0 - z * z).sqrt();
                let normal = [r * c, r * s, z];
                Point { normal, light: 0.3 + 0.2 * (normal[0] * a.sin() + normal[2] * a.cos()) }
            })
            .collect();
        let light = fit::fit(&points).unwrap();
        track.rows.push(Row { frame: i as u64, time_s: i as f64 / 5.0, light, neck: None });
        track.best = Some(Best { points, light });
    }
    track
}

fn said(tracks: Vec<Track>) -> Finding {
    let tracks: BTreeMap<u32, Track> = (0..).zip(tracks).collect();
    say::conclude(Lighting { frames: 10, faces: 10, tracks, ..Lighting::default() })
}

#[test]
fn spread_and_difference_are_those_put_in() {
    let finding = said(vec![track(&[20.0, 30.0, 40.0, 30.0, 30.0, 30.0])]);
    assert_eq!(finding.status, Status::Derived);
    assert!((value(&finding, "direction_deg_azimuth").unwrap() - 30.0).abs() < 0.1);
    assert!(value(&finding, "direction_deg_elevation").unwrap().abs() < 0.1);
    assert!(value(&finding, "spread_median_deg").unwrap() < 0.1);
    assert!((value(&finding, "spread_p95_deg").unwrap() - 10.0).abs() < 0.1);
    // The pose alone is uncertain here: the interval is that of the jitter.
    assert!((3.0..7.2).contains(&value(&finding, "interval_deg").unwrap()));
    assert!(value(&finding, "pair_difference_deg").is_none());
    // Two faces under lamps 70 degrees apart, and 30 degrees apart.
    let far = said(vec![track(&[30.0; 5]), track(&[-40.0; 5])]);
    assert!((value(&far, "pair_difference_deg").unwrap() - 70.0).abs() < 0.1);
    assert!(far.summary.en.contains("70° apart") && far.summary.nl.contains("70° verschillen"));
    let near = said(vec![track(&[30.0; 5]), track(&[0.0; 5])]);
    assert!((value(&near, "pair_difference_deg").unwrap() - 30.0).abs() < 0.1);
    assert!(near.summary.en.contains("No two faces seen together"));
}

#[test]
fn a_light_behind_the_face_and_orders_that_disagree_are_no_direction() {
    // Darkest in the middle: the fit turns its back on it.
    let behind = said(vec![track(&[150.0; 5])]);
    assert_eq!(behind.status, Status::Insufficient);
    assert!(behind.reason.as_ref().unwrap().en.contains("behind the face"));
    assert_eq!(value(&behind, "direction_deg_azimuth"), None);
    assert!(value(&behind, "r2").is_some());
    // Brightness that nine coefficients explain otherwise than four.
    let mut odd = track(&[10.0; 5]);
    for point in &mut odd.best.as_mut().unwrap().points {
        let [x, _, z] = point.normal;
        // Order 2 shifts what order 1 takes for a lamp far to the side.
        point.light = 0.3 + 0.05 * z + 0.5 * x * z;
    }
    let best = odd.best.as_mut().unwrap();
    best.light = fit::fit(&best.points).unwrap();
    let four = fit::degrees(best.light.direction).0;
    let nine = fit::degrees(fit::fit_nine(&best.points).unwrap().0).0;
    println!("four {four:.0}°, nine {nine:.0}°");
    let finding = said(vec![odd]);
    assert_eq!(finding.status, Status::Insufficient, "{}", finding.summary.en);
    assert!(finding.reason.unwrap().en.contains("Four coefficients and nine"));
}

#[test]
fn other_faces_have_their_own_values() {
    let finding = said(vec![track(&[30.0; 5]), track(&[0.0; 5])]);
    assert!((value(&finding, "direction_deg_azimuth").unwrap() - 30.0).abs() < 0.1);
    assert!(value(&finding, "direction_deg_azimuth_track_1").unwrap().abs() < 0.1);
    assert!(value(&finding, "pair_difference9_deg").unwrap() > 15.0);
}

#[test]
fn a_neck_lit_from_the_other_side_is_told() {
    let lit = |side: f32| Head {
        light: [0.8 * side, 0.2, 0.7],
        noise: 0.5,
        texture: 0.02,
        ..Head::default()
    };
    let own = lit(1.0).render();
    let other = lit(-1.0).render();
    // The picture from the chin down is that of the other head.
    let chin = own.face.mesh[152][1] as usize + 2;
    let mut mixed = own.clone();
    mixed.rgb[3 * 400 * chin..].copy_from_slice(&other.rgb[3 * 400 * chin..]);
    let difference = |drawn: &crate::faces::synth::Rendered| {
        let mut check = Lighting { still: true, ..Lighting::default() };
        let frame = drawn.frame(0, 0.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
        let finding = Box::new(check).conclude().unwrap();
        println!("{}", finding.summary.en);
        value(&finding, "neck_difference_deg").unwrap()
    };
    let (same, swapped) = (difference(&own), difference(&mixed));
    println!("own neck {same:.0}°, another's {swapped:.0}°");
    assert!(same < 40.0 && swapped > 60.0);
    // A collar of another colour is no neck.
    let scarf = Head { neck: Some([0.05, 0.1, 0.5]), ..lit(1.0) }.render();
    let mut check = Lighting { still: true, ..Lighting::default() };
    let frame = scarf.frame(0, 0.0);
    check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&scarf.face) }).unwrap();
    assert!(value(&Box::new(check).conclude().unwrap(), "neck_difference_deg").is_none());
}

#[test]
fn a_jump_of_the_light_is_told_where_it_is() {
    // From the left, for a second and a half from the right, and back.
    let mirrored: Vec<f64> =
        (0..30).map(|i| if (10..18).contains(&i) { 21.0 } else { -21.0 }).collect();
    let finding = said(vec![track(&mirrored)]);
    assert_eq!(finding.state.as_deref(), Some("jump"));
    assert_eq!(value(&finding, "light_jumps"), Some(2.0));
    assert!((value(&finding, "light_jump_max_deg").unwrap() - 42.0).abs() < 0.1);
    let at: Vec<f64> = finding
        .measurements
        .iter()
        .filter(|m| m.quantity == "light_jump_deg")
        .filter_map(|m| m.time_s)
        .collect();
    assert_eq!(at, [2.0, 3.6]);
    assert!(finding.summary.en.contains("2.0 s (42°) and 3.6 s (42°)"), "{}", finding.summary.en);
    assert!(finding.summary.nl.contains("2,0 s (42°) en 3,6 s (42°)"), "{}", finding.summary.nl);
}

#[test]
fn a_head_that_turns_and_a_restless_light_do_not_jump() {
    // 90 degrees within three seconds.
    let turning: Vec<f64> =
        (0..30).map(|i| (6.0 * f64::from(i) - 60.0).clamp(-45.0, 45.0)).collect();
    let restless: Vec<f64> = (0..30).map(|i| if i % 2 == 0 { 15.0 } else { -15.0 }).collect();
    for azimuths in [turning, restless, vec![10.0; 30]] {
        let finding = said(vec![track(&azimuths)]);
        assert_eq!(finding.state.as_deref(), Some("no-jump"), "{}", finding.summary.en);
        assert_eq!(value(&finding, "light_jumps"), Some(0.0));
    }
    // Too short to say.
    let short = said(vec![track(&[10.0; 5])]);
    assert_eq!((value(&short, "light_jumps"), short.state), (None, None));
}

#[test]
fn a_face_whose_light_changes_sides_is_shown_before_and_after() {
    let mut check = Lighting::default();
    for k in 0..16u64 {
        let side = if k < 8 { 0.7 } else { -0.7 };
        let head = Head { light: [side, 0.2, 0.7], noise: 0.5, seed: k + 1, ..Head::default() };
        let drawn = head.render();
        let frame = drawn.frame(k, k as f64 / 5.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
    }
    let finding = Box::new(check).conclude().unwrap();
    println!("{}", finding.summary.en);
    assert_eq!(finding.state.as_deref(), Some("jump"));
    let shown: Vec<_> = finding
        .figures
        .iter()
        .filter_map(|figure| match figure {
            crate::checks::Figure::Picture { title, image, time_s: Some(t), .. }
                if title.en.contains("1.40 s and 1.60 s") =>
            {
                Some((image.dimensions(), *t))
            }
            _ => None,
        })
        .collect();
    assert_eq!(shown, [((400, 200), 1.6)]);
    assert!(finding.summary.en.contains("mean of different stretches"));
}

#[test]
fn of_people_who_passed_no_pictures_are_held() {
    let mut check = Lighting::default();
    let drawn = Head { noise: 0.5, ..Head::default() }.render();
    for k in 0..40u64 {
        let face = Face { track: k as u32 / 4, ..drawn.face.clone() };
        let frame = drawn.frame(k, k as f64 / 5.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&face) }).unwrap();
    }
    assert_eq!((check.tracks.len(), check.views.len()), (10, 1));
}

#[test]
fn a_face_half_covered_tells_no_light() {
    use crate::checks::testing::dimmed;
    use crate::faces::Part;
    let one = dimmed(&ENTRY, &Head::default(), &[Part::Chin], 0.5, 0.1);
    assert_eq!(one.status, Status::Derived, "a beard is not half the face");
    let two = dimmed(&ENTRY, &Head::default(), &[Part::Chin, Part::Nose], 0.5, 0.1);
    assert_eq!(two.status, Status::Insufficient);
    assert!(two.reason.unwrap().en.contains("covered"));
}

#[test]
fn half_a_face_has_no_light_of_its_own() {
    let mut drawn = Head { noise: 0.5, ..Head::default() }.render();
    let mut said = |cut_off: bool| {
        drawn.face.clarity.cut_off = cut_off;
        let mut check = Lighting { still: true, ..Lighting::default() };
        let frame = drawn.frame(0, 0.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) }).unwrap();
        Box::new(check).conclude().unwrap()
    };
    assert!(value(&said(false), "r2").is_some());
    let cut = said(true);
    assert_eq!(cut.status, Status::Insufficient);
    assert!(cut.values.is_empty() && cut.reason.unwrap().en.contains("cut off"));
}
