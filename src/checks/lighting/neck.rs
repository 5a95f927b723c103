//! The light on the neck, where one is seen: is it from where the face's is?
//!
//! A neck is nearly an upright cylinder; along a row across it brightness
//! follows the lamp's azimuth. Chin shadow and another reflectance change the
//! whole row by a factor, which is free.

use super::fit::{self, Light, Vector};
use super::{GAMMA, LEVELS};
use crate::checks::skin_colour;
use crate::faces::geometry::{self, FOREHEAD_CHIN};
use crate::media::Frame;
use crate::signal::linear::solve;

/// Radius of a neck in widths of the face: ANSUR II gives men a neck
/// circumference of 39.8 cm, that is 6.3 cm, for a face of 14.1 cm.
const RADIUS: f32 = 0.42;
/// How far from its middle it is looked at, in radii: hair and collar lie beyond.
const REACH: f32 = 0.7;
/// Samples across, and rows between these distances under the chin in widths
/// of the face.
const ACROSS: usize = 21;
const ROWS: [f32; 5] = [0.14, 0.18, 0.22, 0.26, 0.30];
/// Largest yaw and lean in degrees: beyond it the neck is no upright cylinder
/// under the chin.
const MOST_TURN: f32 = 20.0;
/// Least part of the profile's variance that a lamp explains.
const LEAST_R2: f64 = 0.6;

/// Azimuth in degrees of the lamp on the neck, as in [`fit::degrees`]; `None`
/// where no neck is seen as skin, or no lamp explains its brightness.
pub fn azimuth(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32, face: &Light) -> Option<f64> {
    let pose = geometry::pose(mesh)?;
    if pose.yaw.abs() > MOST_TURN || pose.roll.abs() > MOST_TURN {
        return None;
    }
    skin_colour::neck(frame, mesh, width)?;
    let chin = mesh.get(FOREHEAD_CHIN.1)?;
    let value = super::levels(frame);
    let mut profile = [0.0; ACROSS];
    for (k, sum) in profile.iter_mut().enumerate() {
        let u = REACH * (2.0 * k as f32 / (ACROSS - 1) as f32 - 1.0);
        for down in ROWS {
            let at = (chin[0] + u * RADIUS * width, chin[1] + down * width);
            let level = value(at.0, at.1).filter(|l| (LEVELS.0..=LEVELS.1).contains(l));
            *sum += level?.powf(GAMMA) / ROWS.len() as f64;
        }
    }
    // The lamp's share of the light, as on the face.
    let c = &face.coefficients;
    let lamp = (c[1] * c[1] + c[2] * c[2] + c[3] * c[3]).sqrt();
    let elevation = face.direction[1].clamp(-1.0, 1.0).asin();
    let (mut best, mut least) = (None, f64::MAX);
    let mean = profile.iter().sum::<f64>() / ACROSS as f64;
    let total: f64 = profile.iter().map(|v| (v - mean).powi(2)).sum();
    for degrees in (-90..=90).step_by(2) {
        let a = f64::from(degrees).to_radians();
        let to: Vector = [a.sin() * elevation.cos(), elevation.sin(), a.cos() * elevation.cos()];
        let light = [c[0], lamp * to[0], lamp * to[1], lamp * to[2]];
        let shaded: Vec<f64> = (0..ACROSS)
            .map(|k| {
                let u = f64::from(REACH) * (2.0 * k as f64 / (ACROSS - 1) as f64 - 1.0);
                fit::shade(&light, [u, 0.0, (1.0 - u * u).sqrt()]).max(0.0)
            })
            .collect();
        let (ss, sp): (f64, f64) =
            shaded.iter().zip(&profile).fold((0.0, 0.0), |t, (s, p)| (t.0 + s * s, t.1 + s * p));
        let Some([gain]) = solve::<1, 2>([[ss, sp]]).filter(|g| g[0] > 0.0) else { continue };
        let left: f64 = shaded.iter().zip(&profile).map(|(s, p)| (p - gain * s).powi(2)).sum();
        if left < least {
            (best, least) = (Some(f64::from(degrees)), left);
        }
    }
    (total > 0.0 && 1.0 - least / total >= LEAST_R2).then_some(best).flatten()
}
