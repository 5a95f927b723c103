//! Error tables of the face checks on rendered heads, as Markdown:
//! `cargo run --release --example face_errors > reports/face-checks-synthetic.md`.
//!
//! The checks are shown the true mesh: the tables tell the error of the
//! measuring, not that of the networks.

use waarmerk::Result;
use waarmerk::checks::{
    Entry, Finding, Options, People, Scene, blink, contour, contour_light, expression,
    eye_highlights, gaze, hair, head_pose, lighting, proportion, pulse, pupil, skin_colour,
    symmetry,
};
use waarmerk::faces::clarity;
use waarmerk::faces::outline::OVAL;
use waarmerk::faces::synth::{Blend, Head, Rendered, face_of};
use waarmerk::media::Frame;
use waarmerk::signal::filter::gaussian;
use waarmerk::signal::stats::quantile;

/// What a check says of heads shown at `fps`.
fn seen(entry: &Entry, fps: f64, heads: impl Iterator<Item = Head>) -> Result<Finding> {
    let mut check = (entry.make)(&Options::default());
    for (k, head) in heads.enumerate() {
        let drawn = head.render();
        let frame = drawn.frame(k as u64, k as f64 / fps);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) })?;
    }
    check.conclude()
}

/// What a check says of a head that stands still for three frames, the fewest that
/// a face of a clip is asked for.
fn once(entry: &Entry, head: Head) -> Result<Finding> {
    seen(entry, 25.0, std::iter::repeat_n(head, 3))
}

fn value(finding: &Finding, quantity: &str) -> f64 {
    finding.values.iter().find(|v| v.quantity == quantity).map_or(f64::NAN, |v| v.value)
}

fn close() -> Head {
    Head { side: 700, width: 600.0, centre: (350.0, 400.0), ..Head::default() }
}

fn large() -> Head {
    let light = [0.1, 0.3, 1.0];
    Head { side: 520, width: 280.0, centre: (260.0, 250.0), light, ..Head::default() }
}

fn towards(azimuth: f64, elevation: f64) -> [f32; 3] {
    let (a, e) = (azimuth.to_radians(), elevation.to_radians());
    [a.sin() * e.cos(), e.sin(), a.cos() * e.cos()].map(|v| v as f32)
}

fn degrees_apart(a: [f32; 3], azimuth: f64, elevation: f64) -> f64 {
    let b = towards(azimuth, elevation);
    let dot: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    f64::from(dot.clamp(-1.0, 1.0)).acos().to_degrees()
}

fn main() -> Result<()> {
    println!("# Face checks on rendered heads\n");
    println!(
        "Made by `cargo run --release --example face_errors`; see `faces::synth`. The checks see the true mesh: these are errors of the measuring, not of the networks.\n"
    );
    lights()?;
    pairs()?;
    rim_lights()?;
    mirrors()?;
    blinks()?;
    poses()?;
    jumps()?;
    folds()?;
    beats()?;
    rims()?;
    eyes()?;
    teeth()?;
    skins()?;
    blurs()?;
    strands()?;
    shoulders()
}

fn lights() -> Result<()> {
    println!("## lighting: direction of one lamp and ambient light\n");
    println!(
        "| ambient / lamp | heads | median error, 95 % (°) | with nine coefficients (°) | neck against face (°) | neck lit from the mirrored side (°) |\n|---|---|---|---|---|---|"
    );
    for (ambient, lamp) in [(0.1, 0.9), (0.3, 0.7), (0.5, 0.4)] {
        let (mut errors, mut nine) = (Vec::new(), Vec::new());
        let (mut necks, mut others) = (Vec::new(), Vec::new());
        for azimuth in [-70.0, -40.0, -15.0, 0.0, 15.0, 40.0, 70.0] {
            for elevation in [-20.0, 0.0, 20.0, 45.0] {
                let light = towards(azimuth, elevation);
                let head = Head { light, lamp, ambient, ..Head::default() };
                let mut drawn = head.render();
                let said = |drawn: &waarmerk::faces::synth::Rendered| {
                    let mut check = (lighting::ENTRY.make)(&Options::default());
                    let faces = std::slice::from_ref(&drawn.face);
                    for k in 0..3 {
                        check.see(&Scene { frame: &drawn.frame(k, k as f64 / 5.0), faces })?;
                    }
                    check.conclude()
                };
                let finding = said(&drawn)?;
                for (prefix, into) in [("direction", &mut errors), ("direction9", &mut nine)] {
                    let a = value(&finding, &format!("{prefix}_deg_azimuth"));
                    let e = value(&finding, &format!("{prefix}_deg_elevation"));
                    into.push(degrees_apart(light, a, e));
                }
                necks.push(value(&finding, "neck_difference_deg"));
                if azimuth.abs() >= 40.0 {
                    // From the chin down the picture of a head lit from over there.
                    let other = Head { light: [-light[0], light[1], light[2]], ..head }.render();
                    let from = 3 * drawn.side * (drawn.face.mesh[152][1] as usize + 2);
                    drawn.rgb[from..].copy_from_slice(&other.rgb[from..]);
                    others.push(value(&said(&drawn)?, "neck_difference_deg"));
                }
            }
        }
        let n = errors.len();
        let q = |v: &[f64]| {
            let seen: Vec<f64> = v.iter().copied().filter(|v| v.is_finite()).collect();
            let q =
                |q| quantile(&mut seen.clone(), q).map_or("–".to_owned(), |v| format!("{v:.1}"));
            format!("{}, {} ({})", q(0.5), q(0.95), seen.len())
        };
        println!(
            "| {ambient} / {lamp} | {n} | {} | {} | {} | {} |",
            q(&errors),
            q(&nine),
            q(&necks),
            q(&others)
        );
    }
    Ok(())
}

/// Two heads in one picture, side by side.
fn together(left: &Head, right: &Head) -> Result<Finding> {
    let (a, b) = (left.render(), right.render());
    let (side, wide) = (a.side, 2 * a.side);
    let mut rgb = vec![0; 3 * wide * side];
    for y in 0..side {
        for (from, at) in [(&a.rgb, 0), (&b.rgb, side)] {
            rgb[3 * (y * wide + at)..][..3 * side]
                .copy_from_slice(&from[3 * y * side..][..3 * side]);
        }
    }
    let mut moved = b.face.clone();
    moved.track = 1;
    moved.bounds.x += side as f32;
    moved.mesh.iter_mut().for_each(|p| p[0] += side as f32);
    let faces = [a.face.clone(), moved];
    let mut check = (lighting::ENTRY.make)(&Options::default());
    for k in 0..3 {
        let mut frame = waarmerk::media::Frame::from_rgb(&rgb, wide, side);
        (frame.index, frame.time_s) = (k, k as f64 / 5.0);
        check.see(&Scene { frame: &frame, faces: &faces })?;
    }
    check.conclude()
}

fn pairs() -> Result<()> {
    println!("\n## lighting: two heads in one picture\n");
    println!(
        "Heads turned by −20, 0 and 20° beside each other, of skin of two kinds, with 0.3 of light from everywhere; one lamp for both from 20 directions, or lamps of which the second is turned on.\n"
    );
    println!(
        "| lamps apart (°) | pairs | both usable | pair_difference_deg, median, 95 % | above 40° by four | by four and by nine |\n|---|---|---|---|---|---|"
    );
    for apart in [0.0, 30.0, 60.0, 90.0, 120.0] {
        let (mut all, mut found) = (0, Vec::new());
        for azimuth in [-60.0, -30.0, 0.0, 30.0, 60.0] {
            for elevation in [-10.0, 10.0, 30.0, 50.0] {
                for (i, yaw) in [-20.0, 0.0, 20.0].into_iter().enumerate() {
                    let lit = |azimuth: f64, yaw: f32, skin: [f32; 3]| Head {
                        light: towards(azimuth, elevation),
                        turn: [yaw, 0.0, 0.0],
                        lamp: 0.7,
                        noise: 1.0,
                        texture: 0.03,
                        seed: all as u64 + 1,
                        skin,
                        ..Head::default()
                    };
                    let other = [20.0, -20.0, 0.0][i];
                    // The second lamp lies on the other side, before the heads.
                    let second = if azimuth > 0.0 { azimuth - apart } else { azimuth + apart };
                    let finding = together(
                        &lit(azimuth, yaw, [0.62, 0.38, 0.27]),
                        &lit(second, other, [0.25, 0.13, 0.08]),
                    )?;
                    all += 1;
                    let four = value(&finding, "pair_difference_deg");
                    if four.is_finite() {
                        found.push((four, value(&finding, "pair_difference9_deg")));
                    }
                }
            }
        }
        let q =
            |q| quantile(&mut found.iter().map(|f| f.0).collect::<Vec<_>>(), q).unwrap_or(f64::NAN);
        println!(
            "| {apart} | {all} | {} | {:.0}, {:.0} | {} | {} |",
            found.len(),
            q(0.5),
            q(0.95),
            found.iter().filter(|f| f.0 > 40.0).count(),
            found.iter().filter(|f| f.0 > 40.0 && f.1 > 40.0).count()
        );
    }
    Ok(())
}

fn rim_lights() -> Result<()> {
    println!("\n## contour-light: direction in the picture from the rim\n");
    println!(
        "| elevation of the lamp's azimuths | heads | told | error, median, largest (°) | interval, median (°) |\n|---|---|---|---|---|"
    );
    for elevation in [-30.0, 0.0, 30.0, 60.0] {
        let (mut errors, mut intervals, mut all) = (Vec::new(), Vec::new(), 0);
        for azimuth in [-80.0, -60.0, -40.0, -20.0, 20.0, 40.0, 60.0, 80.0] {
            for yaw in [-15.0, 0.0, 15.0] {
                let light = towards(azimuth, elevation);
                let head = Head { light, turn: [yaw, 0.0, 0.0], noise: 1.0, ..large() };
                let finding = once(&contour_light::ENTRY, head)?;
                all += 1;
                let found = value(&finding, "contour_light_deg");
                if found.is_finite() {
                    let truth = f64::from(light[1]).atan2(f64::from(light[0])).to_degrees();
                    errors.push(((found - truth + 540.0).rem_euclid(360.0) - 180.0).abs());
                    intervals.push(value(&finding, "contour_light_interval_deg"));
                }
            }
        }
        let most = errors.iter().copied().fold(f64::NAN, f64::max);
        let middle = quantile(&mut errors.clone(), 0.5).unwrap_or(f64::NAN);
        let interval = quantile(&mut intervals, 0.5).unwrap_or(f64::NAN);
        println!(
            "| {elevation} | {all} | {} | {middle:.0}, {most:.0} | {interval:.0} |",
            errors.len()
        );
    }
    Ok(())
}

fn skins() -> Result<()> {
    println!("\n## skin-colour: a neck of another reflectance\n");
    println!("| neck | delta_e_neck | delta_ab_neck |\n|---|---|---|");
    let skin = [0.62f32, 0.38, 0.27];
    for (what, factor) in [
        ("as the face", [1.0, 1.0, 1.0]),
        ("a tenth darker", [0.9, 0.9, 0.9]),
        ("a third darker", [0.67, 0.67, 0.67]),
        ("redder: green and blue a tenth less", [1.0, 0.9, 0.9]),
        ("yellower: blue a third less", [1.0, 1.0, 0.67]),
    ] {
        let neck = Some([0, 1, 2].map(|c| skin[c] * factor[c]));
        let finding = once(&skin_colour::ENTRY, Head { neck, skin, ..large() })?;
        let (e, ab) = (value(&finding, "delta_e_neck"), value(&finding, "delta_ab_neck"));
        println!("| {what} | {e:.1} | {ab:.1} |");
    }
    Ok(())
}

/// What a check that looks at no pixels says of faces shown 25 a second.
fn faces(entry: &Entry, faces: impl Iterator<Item = waarmerk::faces::Face>) -> Result<Finding> {
    let mut check = (entry.make)(&Options::default());
    for (k, face) in faces.enumerate() {
        let mut frame = waarmerk::media::Frame::from_gray(&[], 400, 400);
        (frame.index, frame.time_s) = (k as u64, k as f64 / 25.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&face) })?;
    }
    check.conclude()
}

fn poses() -> Result<()> {
    println!("\n## head-pose: the inside of the rim turned further than the rim\n");
    println!(
        "| head yaw, pitch, roll (°) | found (°) | inside turned by (°) | pose_difference_deg | pose_shift |\n|---|---|---|---|---|"
    );
    for turn in [[0.0, 0.0, 0.0], [20.0, -10.0, 5.0], [-35.0, 15.0, -20.0]] {
        for by in [0.0, 2.0, 5.0, 10.0, 20.0] {
            let mut face = face_of(&Head { turn, ..Head::default() });
            let inner =
                face_of(&Head { turn: [turn[0] + by, turn[1], turn[2]], ..Head::default() });
            for (i, point) in face.mesh.iter_mut().enumerate() {
                if !OVAL.contains(&i) {
                    *point = inner.mesh[i];
                }
            }
            let finding = faces(&head_pose::ENTRY, std::iter::repeat_n(face, 3))?;
            let of = |q: &str| {
                finding.measurements.iter().find(|m| m.quantity == q).map_or(f64::NAN, |m| m.value)
            };
            println!(
                "| {:?} | {:.1}, {:.1}, {:.1} | {by} | {:.1} | {:.3} |",
                turn,
                of("head_yaw_deg"),
                of("head_pitch_deg"),
                of("head_roll_deg"),
                value(&finding, "pose_difference_deg"),
                value(&finding, "pose_shift")
            );
        }
    }
    Ok(())
}

fn jumps() -> Result<()> {
    println!("\n## gaze: ten seconds, the head turning 20° to either side\n");
    println!(
        "| turns a second | eyes | glances aside of 10° put in | jumps a minute |\n|---|---|---|---|"
    );
    for rate in [0.2, 0.6, 1.2] {
        for (eyes, follow) in [("fixed in the head", 0.0), ("fixed on the viewer", 1.0)] {
            for glances in [0usize, 5] {
                let heads = (0..250usize).map(|k| {
                    let yaw = 20.0 * (k as f64 / 25.0 * rate * std::f64::consts::TAU).sin();
                    let aside = if glances > 0 && k % 50 >= 25 { 10.0 } else { 0.0 };
                    let gaze = 12.0 / 5.85 * (aside - follow * yaw).to_radians().sin();
                    let gaze = [[gaze as f32, 0.0]; 2];
                    face_of(&Head { turn: [yaw as f32, 0.0, 0.0], gaze, ..Head::default() })
                });
                let finding = faces(&gaze::ENTRY, heads)?;
                // There and back, but for the last that does not come back.
                let put = if glances > 0 { 2 * glances - 1 } else { 0 };
                let found = value(&finding, "gaze_jumps_per_min");
                println!("| {rate} | {eyes} | {:.0} | {found:.0} |", put as f64 * 60.0 / 9.96);
            }
        }
    }
    Ok(())
}

fn folds() -> Result<()> {
    println!("\n## expression: folds with the expression and without, a face of 120 pixels\n");
    println!(
        "| acted | folds | fold_r_cheeks | fold_r_eyes | fold_r_forehead | fold_r_glabella |\n|---|---|---|---|---|---|"
    );
    for (acted, which) in [("smile", 0), ("raised brows", 1), ("frown", 2)] {
        for (what, with) in [("follow", true), ("stay", false)] {
            let heads = (0..100u64).map(|k| {
                let t = k as f64 / 10.0;
                let much = (0.5 - 0.5 * (t * std::f64::consts::TAU / 2.5).cos()) as f32;
                let deep = if with { 0.35 * much } else { 0.15 };
                let part = |kind: usize| if which == kind { much } else { 0.0 };
                let fold = |kind: usize| if which == kind { deep } else { 0.0 };
                Head {
                    side: 220,
                    width: 120.0,
                    centre: (110.0, 104.0),
                    smile: part(0),
                    brow: part(1),
                    frown: part(2),
                    folds: [fold(0), fold(1), fold(0), fold(2)],
                    texture: 0.02,
                    seed: k + 1,
                    ..Head::default()
                }
            });
            let finding = seen(&expression::ENTRY, 10.0, heads)?;
            let r = |q: &str| {
                let v = value(&finding, q);
                if v.is_finite() { format!("{v:.2}") } else { "–".to_owned() }
            };
            println!(
                "| {acted} | {what} | {} | {} | {} | {} |",
                r("fold_r_cheeks"),
                r("fold_r_eyes"),
                r("fold_r_forehead"),
                r("fold_r_glabella")
            );
        }
    }
    Ok(())
}

fn mirrors() -> Result<()> {
    println!("\n## eye-highlights: direction of the mirrored lamp, irises of 48 pixels\n");
    println!("| azimuth, elevation (°) | error (°) | corneal_iou |\n|---|---|---|");
    for (azimuth, elevation) in
        [(0.0, 0.0), (20.0, 10.0), (40.0, 10.0), (-30.0, 20.0), (-50.0, 0.0)]
    {
        let to = towards(azimuth, elevation);
        let finding = once(&eye_highlights::ENTRY, Head { mirrored: [Some(to); 2], ..close() })?;
        let (a, e) =
            (value(&finding, "highlight_deg_azimuth"), value(&finding, "highlight_deg_elevation"));
        let iou = value(&finding, "corneal_iou");
        println!("| {azimuth}, {elevation} | {:.1} | {iou:.2} |", degrees_apart(to, a, e));
    }
    Ok(())
}

fn blinks() -> Result<()> {
    println!("\n## blink: 12 blinks of 160–400 ms in 48 s\n");
    println!(
        "| frames a second | found | false | onset, median (ms) | onset, worst (ms) |\n|---|---|---|---|---|"
    );
    let onset = |k: usize| 1.3 + 3.9 * k as f64 + 0.37 * (k as f64).sin();
    let length = |k: usize| 0.16 + 0.02 * k as f64;
    for fps in [24.0, 30.0, 60.0] {
        let heads = (0..(48.0 * fps) as usize).map(|frame| {
            let t = frame as f64 / fps;
            let blink = (0..12)
                .map(|k| (t - onset(k)) / length(k))
                .filter(|u| (0.0..1.0).contains(u))
                .map(|u| (u * std::f64::consts::PI).sin())
                .sum::<f64>();
            Head { blink: blink as f32, ..Head::default() }
        });
        // The lids alone are looked at, so no picture is drawn.
        let mut check = (blink::ENTRY.make)(&Options::default());
        for (k, head) in heads.enumerate() {
            let mut frame = Frame::from_gray(&[0; 64], 8, 8);
            (frame.index, frame.time_s) = (k as u64, k as f64 / fps);
            check.see(&Scene { frame: &frame, faces: &[face_of(&head)] })?;
        }
        let finding = check.conclude()?;
        // A blink counts from where it has passed three tenths of its depth.
        let begins: Vec<f64> =
            (0..12).map(|k| onset(k) + length(k) * 0.3f64.asin() / std::f64::consts::PI).collect();
        let found: Vec<f64> = finding
            .measurements
            .iter()
            .filter(|m| m.quantity == "blink_duration_s")
            .filter_map(|m| m.time_s)
            .collect();
        let off = |t: &f64| begins.iter().map(|b| (b - t).abs()).fold(f64::INFINITY, f64::min);
        let mut errors: Vec<f64> = found.iter().map(off).filter(|e| *e <= 0.1).collect();
        let (right, wrong) = (errors.len(), found.len() - errors.len());
        let worst = errors.iter().copied().fold(0.0, f64::max);
        let middle = quantile(&mut errors, 0.5).unwrap_or(f64::NAN);
        println!("| {fps} | {right} of 12 | {wrong} | {:.0} | {:.0} |", 1e3 * middle, 1e3 * worst);
    }
    Ok(())
}

fn beats() -> Result<()> {
    println!("\n## pulse: 12 s at 20 frames a second, a face of 90 pixels, noise of 1.5 levels\n");
    println!(
        "| amplitude | beats a minute | measurable | error (1/min) | lowest SNR (dB) |\n|---|---|---|---|---|"
    );
    for amplitude in [0.0, 0.005, 0.01, 0.02] {
        for bpm in [54.0, 72.0, 110.0] {
            let heads = (0..240).map(|k| {
                let t = k as f64 / 20.0;
                let pulse = amplitude * (std::f64::consts::TAU * bpm / 60.0 * t).sin();
                let sway = 2.0 * (0.9 * t).sin() as f32;
                let (side, width, centre) = (150, 90.0, (75.0 + sway, 74.0));
                Head { side, width, centre, pulse: pulse as f32, seed: k + 1, ..Head::default() }
            });
            let finding = seen(&pulse::ENTRY, 20.0, heads)?;
            let (found, snr) = (value(&finding, "bpm"), value(&finding, "snr_db"));
            let (said, error) = if found.is_finite() {
                ("yes", format!("{:.1}", (found - bpm).abs()))
            } else {
                ("no", "–".to_owned())
            };
            println!("| {amplitude} | {bpm} | {said} | {error} | {snr:.1} |");
        }
    }
    Ok(())
}

fn rims() -> Result<()> {
    println!("\n## contour: the inside softened or tinted\n");
    println!(
        "| blur (px) | tint (levels) | sharpness_cheek_far | sharpness_ring_inner | noise_inside_outside | delta_e_ring |\n|---|---|---|---|---|---|"
    );
    let sweep = [
        (0.0, 0.0),
        (0.5, 0.0),
        (1.0, 0.0),
        (2.0, 0.0),
        (4.0, 0.0),
        (0.0, 4.0),
        (0.0, 8.0),
        (0.0, 16.0),
        (0.0, 32.0),
    ];
    for (blur, tint) in sweep {
        let blend = Some(Blend { blur, shift: [tint, 0.0, -tint], feather: 4.0 });
        let finding = once(&contour::ENTRY, Head { blend, ..large() })?;
        let numbers: Vec<String> =
            ["sharpness_cheek_far", "sharpness_ring_inner", "noise_inside_outside", "delta_e_ring"]
                .iter()
                .map(|q| format!("{:.2}", value(&finding, q)))
                .collect();
        println!("| {blur} | {tint} | {} |", numbers.join(" | "));
    }
    Ok(())
}

fn eyes() -> Result<()> {
    println!("\n## gaze, pupil, symmetry\n");
    println!("| made | measured |\n|---|---|");
    let straight = value(&once(&gaze::ENTRY, Head::default())?, "vergence_deg");
    for apart in [-10.0f64, -5.0, 5.0, 10.0, 20.0] {
        let off = (12.0 / 5.85 * (apart / 2.0).to_radians().sin()) as f32;
        let gaze = [[off, 0.0], [-off, 0.0]];
        let found = value(&once(&gaze::ENTRY, Head { gaze, ..Head::default() })?, "vergence_deg");
        println!("| vergence {apart}° | {:.1}° |", found - straight);
    }
    for pupil in [[0.38, 0.38], [0.45, 0.33], [0.34, 0.42]] {
        let irises = [[0.16, 0.25, 0.38]; 2];
        let finding = once(&pupil::ENTRY, Head { pupil, irises, ..close() })?;
        let (iou, px) = (value(&finding, "pupil_iou_min"), value(&finding, "pupil_px"));
        let truth = 48.4 * (pupil[0] * pupil[1]).sqrt();
        println!("| elliptical pupil of {truth:.1} px | {px:.1} px, pupil_iou_min {iou:.2} |");
    }
    for red in [0.10, 0.13, 0.16, 0.20] {
        let irises = [[0.10, 0.16, 0.24], [red, 0.16, 0.24]];
        let finding = once(&symmetry::ENTRY, Head { irises, mirrored: [None; 2], ..large() })?;
        println!(
            "| left iris with red {red} instead of 0.10 | iris_delta_e {:.1} |",
            value(&finding, "iris_delta_e")
        );
    }
    Ok(())
}

fn teeth() -> Result<()> {
    println!("\n## symmetry: teeth\n");
    println!("| gaps | blur (px) | teeth_detail |\n|---|---|---|");
    for (gaps, blur) in [(0.0, 0.0), (0.1, 0.0), (0.2, 0.0), (0.4, 0.0), (0.4, 1.0), (0.4, 2.0)] {
        let blend = Some(Blend { blur, shift: [0.0; 3], feather: 4.0 });
        let head = Head { teeth: gaps, mouth: 0.1, smile: 0.6, blend, ..large() };
        let detail = value(&once(&symmetry::ENTRY, head)?, "teeth_detail");
        let said = if detail.is_finite() { format!("{detail:.3}") } else { "–".to_owned() };
        println!("| {gaps} | {blur} | {said} |");
    }
    Ok(())
}

fn blurs() -> Result<()> {
    println!("\n## faces: how blurred a face is\n");
    println!("| width (px) | blurred by (px) | blur_px |\n|---|---|---|");
    for width in [120.0, 200.0, 400.0] {
        for blur in [0.0, 1.0, 2.0, 4.0] {
            let side = (1.6 * width) as usize;
            let centre = (side as f32 / 2.0, side as f32 / 2.0);
            let blend = Some(Blend { blur, shift: [0.0; 3], feather: 4.0 });
            let face = Head { side, width, centre, blend, ..Head::default() }.render().face;
            let found = face.clarity.blur_px.unwrap_or(f32::NAN);
            println!("| {width} | {blur} | {found:.2} |");
        }
    }
    Ok(())
}

/// As [`once`], with the segmentation network for who stands around the face.
fn once_among_people(entry: &Entry, head: &Head) -> Result<Finding> {
    let mut check = (entry.make)(&Options::default());
    let drawn = head.render();
    for k in 0..3u32 {
        let frame = drawn.frame(k.into(), f64::from(k) * 2.0);
        check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) })?;
    }
    check.people(&mut People::new(Options::default().device))?;
    check.conclude()
}

fn told(finding: &Finding, quantity: &str) -> String {
    let v = value(finding, quantity);
    if v.is_finite() {
        return format!("{v:.2}");
    }
    finding.reason.as_ref().map_or("–".to_owned(), |why| format!("no: {}", why.en))
}

fn strands() -> Result<()> {
    println!("\n## hair: strands that turn to noise, and pictures made larger or softer\n");
    println!("With the segmentation network.\n");
    println!(
        "| face (px) | noise instead of strands | blurred by (px) | hair_coherence | strand_continuity |\n|---|---|---|---|---|"
    );
    let cases = [
        (200.0, 0.0, 0.0),
        (200.0, 0.25, 0.0),
        (200.0, 0.5, 0.0),
        (200.0, 0.75, 0.0),
        (200.0, 1.0, 0.0),
        (300.0, 0.0, 0.0),
        (300.0, 1.0, 0.0),
        (200.0, 0.0, 1.0),
        (200.0, 0.0, 2.0),
        (200.0, 0.0, 4.0),
        (110.0, 0.0, 0.0),
    ];
    for (width, frayed, blur) in cases {
        let side = (2.4 * width) as usize;
        let centre = (1.2 * width, 1.1 * width);
        let head = Head { side, width, centre, frayed, shoulders: 2.2, ..Head::default() };
        let drawn = blurred(head.render(), blur);
        let mut check = (hair::ENTRY.make)(&Options::default());
        for k in 0..3u32 {
            let frame = drawn.frame(k.into(), f64::from(k) * 2.0);
            check.see(&Scene { frame: &frame, faces: std::slice::from_ref(&drawn.face) })?;
        }
        check.people(&mut People::new(Options::default().device))?;
        let finding = check.conclude()?;
        let (coherence, along) =
            (told(&finding, "hair_coherence"), told(&finding, "strand_continuity"));
        println!("| {width} | {frayed} | {blur} | {coherence} | {along} |");
    }
    Ok(())
}

/// The whole picture softened.
fn blurred(mut drawn: Rendered, blur: f32) -> Rendered {
    if blur <= 0.0 {
        return drawn;
    }
    for k in 0..3 {
        let channel: Vec<f32> =
            drawn.rgb.iter().skip(k).step_by(3).map(|v| f32::from(*v)).collect();
        let soft = gaussian(&channel, drawn.side, blur);
        for (pixel, v) in drawn.rgb.chunks_exact_mut(3).zip(soft) {
            pixel[k] = (v + 0.5) as u8;
        }
    }
    drawn.face.clarity =
        clarity::of(&Frame::from_rgb(&drawn.rgb, drawn.side, drawn.side), &drawn.face.mesh);
    drawn
}

fn shoulders() -> Result<()> {
    println!("\n## proportion: drawn shoulders\n");
    println!("Faces of 110 pixels, the outline as the segmentation network sees it.\n");
    println!("| shoulders over face | shoulder_face_ratio | head turned by 15° |\n|---|---|---|");
    for shoulders in [2.5f32, 3.0, 3.5, 4.0, 4.5] {
        let head =
            Head { side: 720, width: 110.0, centre: (360.0, 250.0), shoulders, ..Head::default() };
        let frontal = once_among_people(&proportion::ENTRY, &head)?;
        let turned = Head { turn: [15.0, 0.0, 0.0], ..head };
        let turned = once_among_people(&proportion::ENTRY, &turned)?;
        let [a, b] = [frontal, turned].map(|finding| told(&finding, "shoulder_face_ratio"));
        println!("| {shoulders} | {a} | {b} |");
    }
    Ok(())
}
