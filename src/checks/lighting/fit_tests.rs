//! Lights put on a rounded face, and found again.
#![allow(clippy::unwrap_used)] // a test may stop

use super::*;

/// Normals spread over the part of a sphere that faces the viewer.
fn dome() -> Vec<Vector> {
    let golden = std::f64::consts::PI * (3.0 - 5.0f64.sqrt());
    (0..200)
        .map(|i| {
            let z = 0.26 + 0.73 * (i as f64 + 0.5) / 200.0;
            let (s, c) = (golden * i as f64).sin_cos();
            let r = (1.0 - z * z).sqrt();
            [r * c, r * s, z]
        })
        .collect()
}

fn towards(azimuth: f64, elevation: f64) -> Vector {
    let ((sa, ca), (se, ce)) = (azimuth.to_radians().sin_cos(), elevation.to_radians().sin_cos());
    [sa * ce, se, ca * ce]
}

fn lit(by: impl Fn(Vector) -> f64) -> Vec<Point> {
    dome().into_iter().map(|normal| Point { normal, light: by(normal) }).collect()
}

/// A lamp far away and the sky all around, as a matte surface reflects them.
fn lamp(to: Vector, ambient: f64) -> impl Fn(Vector) -> f64 {
    move |n| ambient + (n[0] * to[0] + n[1] * to[1] + n[2] * to[2]).max(0.0)
}

#[test]
fn light_of_the_model_itself_is_recovered() {
    for c in [[0.5, 0.2, -0.1, 0.3], [0.8, -0.4, 0.3, -0.05], [0.3, 0.0, 0.5, 0.01]] {
        let found = fit(&lit(|n| shade(&c, n))).unwrap();
        for (a, b) in found.coefficients.iter().zip(c) {
            assert!((a - b).abs() < 1e-6, "{found:?} {c:?}");
        }
        assert!((found.r2 - 1.0).abs() < 1e-9);
        assert!(angle(found.direction, unit([c[1], c[2], c[3]]).unwrap()) < 1e-4);
    }
}

#[test]
fn lamp_and_sky_are_found_as_well_as_the_recipe_says() {
    let mut off = Vec::new();
    for azimuth in (-80..=80).step_by(10) {
        for elevation in (-60..=60).step_by(10) {
            for ambient in [0.1, 0.3, 0.6] {
                let to = towards(azimuth.into(), elevation.into());
                off.push(angle(fit(&lit(lamp(to, ambient))).unwrap().direction, to));
            }
        }
    }
    let (mid, high) = (median(&mut off).unwrap(), quantile(&mut off, 0.95).unwrap());
    println!("lamp and sky: median error {mid:.1}°, 95 % {high:.1}°");
    // Measured for the recipe: median 9 to 15°, 95 % about 41°.
    assert!(mid < 15.0 && high < 41.0, "{mid} {high}");
}

#[test]
fn nine_coefficients_come_nearer_to_a_lamp() {
    let (mut four, mut nine) = (Vec::new(), Vec::new());
    for azimuth in (-80..=80).step_by(20) {
        for elevation in (-60..=60).step_by(20) {
            let to = towards(azimuth.into(), elevation.into());
            let points = lit(lamp(to, 0.3));
            four.push(angle(fit(&points).unwrap().direction, to));
            let (direction, r2) = fit_nine(&points).unwrap();
            assert!(r2 > 0.95, "{r2}");
            nine.push(angle(direction, to));
        }
    }
    let (a, b) = (median(&mut four).unwrap(), median(&mut nine).unwrap());
    println!("four {a:.1}°, nine {b:.1}°");
    assert!(b < 10.0 && b < a);
    // The harmonics are at right angles to each other over the sphere, with
    // squared lengths r²: (π)², (2π/3)², (π/4)² over 4π for normal Y.
    let golden = std::f64::consts::PI * (3.0 - 5.0f64.sqrt());
    let mut m = [[0.0; 9]; 9];
    for i in 0..4000 {
        let z = 1.0 - (2.0 * f64::from(i) + 1.0) / 4000.0;
        let ((s, c), r) = ((golden * f64::from(i)).sin_cos(), (1.0 - z * z).sqrt());
        let row = second([r * c, r * s, z]);
        for (a, into) in row.iter().zip(&mut m) {
            for (b, sum) in row.iter().zip(into) {
                *sum += a * b * 4.0 * std::f64::consts::PI / 4000.0;
            }
        }
    }
    let pi = std::f64::consts::PI;
    for (i, row) in m.iter().enumerate() {
        for (j, found) in row.iter().enumerate() {
            let factor = [pi, 2.0 * pi / 3.0, pi / 4.0][usize::from(i > 0) + usize::from(i > 3)];
            let truth = if i == j { factor * factor } else { 0.0 };
            assert!((found - truth).abs() < 0.01, "{i} {j}: {found} {truth}");
        }
    }
}

#[test]
fn a_mirror_flips_the_azimuth_and_brightness_changes_nothing() {
    let points = lit(lamp(towards(50.0, 20.0), 0.3));
    let found = fit(&points).unwrap();
    let mirrored: Vec<Point> = points
        .iter()
        .map(|p| Point { normal: [-p.normal[0], p.normal[1], p.normal[2]], ..*p })
        .collect();
    let (azimuth, elevation) = degrees(found.direction);
    let (other, same) = degrees(fit(&mirrored).unwrap().direction);
    assert!((azimuth + other).abs() < 1e-6 && (elevation - same).abs() < 1e-6);
    assert!(azimuth > 20.0 && elevation > 5.0);
    let dim: Vec<Point> = points.iter().map(|p| Point { light: 0.07 * p.light, ..*p }).collect();
    assert!(angle(fit(&dim).unwrap().direction, found.direction) < 1e-4);
}

#[test]
fn a_spot_of_paint_is_outweighed_and_the_interval_holds_the_truth() {
    let c = [0.6, 0.25, 0.1, 0.2];
    let truth = unit([c[1], c[2], c[3]]).unwrap();
    let mut random = Random(3);
    let mut points = lit(|n| shade(&c, n));
    for (i, p) in points.iter_mut().enumerate() {
        p.light *= 1.0 + 0.06 * (random.uniform() - 0.5);
        if i % 20 == 0 {
            p.light *= 3.0;
        }
    }
    let found = fit(&points).unwrap();
    assert!(angle(found.direction, truth) < 6.0, "{}", angle(found.direction, truth));
    let half = interval(&points, &found).unwrap();
    assert!(angle(found.direction, truth) < half && (3.0..25.0).contains(&half), "{half}");
    assert_eq!(interval(&points, &found), interval(&points, &found));
    // Noise alone is not explained, and its direction is anyone's guess.
    for p in &mut points {
        p.light = random.uniform();
    }
    let noise = fit(&points).unwrap();
    assert!(noise.r2 < 0.2 && interval(&points, &noise).unwrap() > 40.0);
}

#[test]
fn what_cannot_be_fitted_is_not() {
    assert!(fit(&[]).is_none() && fit(&lit(|_| 0.5)[..49]).is_none());
    assert!(fit(&lit(|_| f64::NAN)).is_none());
    let flat: Vec<Point> =
        (0..100).map(|i| Point { normal: [0.0, 0.0, 1.0], light: i as f64 }).collect();
    assert!(fit(&flat).is_none(), "one normal tells no direction");
}

#[test]
fn triangles_of_the_mesh() {
    // A closed surface with four holes (outline, two eyes, mouth): V − E + F = −2.
    let mut edges = std::collections::BTreeMap::new();
    for [a, b, c] in TRIANGLES {
        for (p, q) in [(a, b), (b, c), (c, a)] {
            *edges.entry((p.min(q), p.max(q))).or_insert(0) += if p < q { 1i32 } else { -1 };
        }
    }
    assert_eq!(468 - edges.len() as i32 + TRIANGLES.len() as i32, -2);
    // Neighbours run through their common edge in opposite directions.
    assert_eq!(edges.values().filter(|sum| **sum != 0).count(), 88);
    // A sheet bent towards the viewer: flat in the middle, and every normal
    // points out of it. Only the outline matters here: points on a paraboloid.
    assert!(normals(&[]).is_empty() && normals(&[[0.0; 3]; 468]).is_empty());
}
