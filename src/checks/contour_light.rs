//! Contour light: the direction of light from the rim of the face
//!
//! # What it measures
//!
//! Where a rounded surface ends in the picture, its normal lies in the plane of
//! the picture and is known without any model of depth. Along cheeks and jaw
//! (22 of the 36 sides of the outline; hair hides the others) brightness just
//! inside the rim, made linear with gamma 2.2, is described by I = n_x·v_x +
//! n_y·v_y + a, by least squares with a small ridge. `contour_light_deg` is the
//! direction of v in the picture (0 = from the right, 90 = from above, 180 =
//! from the left), `contour_light_interval_deg` half the width that holds 95 %
//! of 200 fits to resampled sides, `contour_light_r2` the part of the brightness
//! differences explained. One frame a second; medians of the face seen longest.
//!
//! The left–right part can be held against `lighting`: under one lamp both
//! point to the same side. Given only where r² is 0.3 or more and the interval
//! at most 40 degrees.
//!
//! # When it misleads
//!
//! - The rim of the mesh is not exactly where the face turns away; beards, hair,
//!   ears, collars and light that comes back from clothes lie on it.
//! - The top of the rim is missing, so that up and down rest on the jaw, which
//!   the chin's own shadow darkens.
//! - Light from the camera leaves nothing to measure.
//!
//! # References
//!
//! - Johnson and Farid (2005), Exposing digital forgeries by detecting
//!   inconsistencies in lighting, ACM Multimedia and Security Workshop.
//!
//! # Titel
//!
//! Contourlicht: de richting van het licht volgens de rand van het gezicht
//!
//! # Wat het meet
//!
//! Waar een rond oppervlak in het beeld ophoudt, ligt de normaal in het vlak van
//! het beeld, zonder enig model van diepte. Langs wangen en kaak (22 van de 36
//! zijden van de omtrek; haar verbergt de andere) wordt de helderheid net binnen
//! de rand, lineair gemaakt met gamma 2,2, beschreven met
//! I = n_x·v_x + n_y·v_y + a, met kleinste kwadraten en een kleine demping. `contour_light_deg` is de
//! richting van v in het beeld (0 = van rechts, 90 = van boven, 180 = van links),
//! `contour_light_interval_deg` de halve breedte waarbinnen 95 % ligt van 200
//! aanpassingen aan opnieuw getrokken zijden, `contour_light_r2` het verklaarde
//! deel van de helderheidsverschillen. Eén beeld per seconde; medianen van het
//! gezicht dat het langst te zien is.
//!
//! Het links-rechtsdeel kan naast `lighting` worden gelegd: onder één lamp wijzen
//! beide naar dezelfde kant. Alleen gegeven waar r² ten minste 0,3 is en het
//! interval hooguit 40 graden.
//!
//! # Wanneer het misleidt
//!
//! - De rand van het raster ligt niet precies waar het gezicht wegdraait;
//!   baarden, haar, oren, kragen en licht dat van kleding terugkomt liggen erop.
//! - De bovenkant van de rand ontbreekt, zodat boven en onder op de kaak rusten,
//!   die door de schaduw van de kin zelf donkerder is.
//! - Licht vanaf de camera laat niets te meten over.

#[cfg(test)]
mod tests;

use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Part;
use crate::faces::outline::OVAL;
use crate::media::{Affine, Exhibit, FaceDetail, Frame, Kind, Needs, Rate};
use crate::signal::stats::quantile;
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "contour-light",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("contour_light.rs"),
    make: |_: &Options| Box::new(ContourLight::default()),
};

const LEAST_WIDTH: f32 = 96.0;
const MOST_YAW: f32 = 15.0;
/// Sides of the outline that are used: from the left temple over the chin to
/// the right temple, 7 + 22 of 36.
const FROM: usize = 7;
const SIDES: usize = 22;
/// How far inside the rim brightness is taken, and half the patch, in widths of
/// the face.
const INSIDE: f32 = 0.03;
const PATCH: f32 = 0.015;
/// Gamma of the screen (recipe).
const GAMMA: f64 = 2.2;
/// Ridge, in parts of the number of sides: keeps a fit without differences at
/// rest (Johnson & Farid use a similar term).
const RIDGE: f64 = 0.01;
/// Resamples.
const RESAMPLES: usize = 200;
/// What a direction must reach to be given.
const LEAST_R2: f64 = 0.3;
const MOST_INTERVAL: f64 = 40.0;
const COLUMNS: [Column; 4] = [
    Column { quantity: "contour_light_x", unit: "1", label: ("to the right", "naar rechts") },
    Column { quantity: "contour_light_y", unit: "1", label: ("up", "omhoog") },
    Column { quantity: "contour_light_r2", unit: "1", label: ("r²", "r²") },
    Column {
        quantity: "contour_light_interval_deg",
        unit: "deg",
        label: ("interval (±°)", "interval (±°)"),
    },
];

/// What was seen of rims so far.
#[derive(Default)]
struct ContourLight {
    tracks: Tracks,
}

impl Check for ContourLight {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(1.0), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.measure(scene, |face| {
            let width = tracks::fit(face, LEAST_WIDTH, MOST_YAW)?;
            if tracks::covered(face, &[Part::RightCheek, Part::LeftCheek, Part::Chin]) {
                return Err(3);
            }
            sides(scene.frame, &face.mesh, width).and_then(|sides| row(&sides)).ok_or(2)
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let tracks = self.tracks;
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [
            small,
            turned,
            Text::new(
                "The rim lies outside the picture, or is evenly bright.",
                "De rand valt buiten beeld, of is overal even helder.",
            ),
            tracks::bare_gate(),
        ];
        Ok(tracks.nothing(&gates).unwrap_or_else(|| said(&tracks)))
    }
}

/// Outward normal (x right, y up) and linear brightness of each side.
fn sides(frame: &Frame<'_>, mesh: &[[f32; 3]], width: f32) -> Option<Vec<[f64; 3]>> {
    let n = OVAL.len();
    let at = |k: usize| mesh.get(OVAL[k % n]).map(|p| (p[0], p[1]));
    let (w, h) = (frame.display_width as f32, frame.display_height as f32);
    let mut out = Vec::with_capacity(SIDES);
    let mut rgb = Vec::new();
    for k in FROM..FROM + SIDES {
        let (p, q) = (at(k)?, at(k + 1)?);
        let (dx, dy) = (q.0 - p.0, q.1 - p.1);
        let length = dx.hypot(dy);
        if length.is_nan() || length < 1e-3 {
            continue;
        }
        // Clockwise on the screen: the outside lies to the left of the walk.
        let (nx, ny) = (dy / length, -dx / length);
        let (x, y) =
            ((p.0 + q.0) / 2.0 - nx * INSIDE * width, (p.1 + q.1) / 2.0 - ny * INSIDE * width);
        let half = PATCH * width;
        if x < half || y < half || x + half > w || y + half > h {
            return None;
        }
        let step = 2.0 * half / 4.0;
        frame.area(&Affine::scaling(step, step, x - half, y - half), 4, 4, &mut rgb);
        let luma = rgb
            .chunks_exact(3)
            .map(|p| f64::from(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]).powf(GAMMA));
        out.push([f64::from(nx), f64::from(-ny), luma.sum::<f64>() / 16.0]);
    }
    Some(out)
}

/// v_x, v_y, r² and interval.
fn row(sides: &[[f64; 3]]) -> Option<[f64; 4]> {
    let (vx, vy, r2) = fit(sides)?;
    let angle = vy.atan2(vx);
    // SplitMix64's step as a walk through the sides; seeded, so it repeats.
    let mut state = 0x5eed_u64;
    let mut off = Vec::with_capacity(RESAMPLES);
    let mut sample = Vec::with_capacity(sides.len());
    for _ in 0..RESAMPLES {
        sample.clear();
        for _ in 0..sides.len() {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            sample.extend(sides.get(((z >> 33) % sides.len() as u64) as usize));
        }
        if let Some((x, y, _)) = fit(&sample) {
            let turn = (y.atan2(x) - angle).to_degrees();
            off.push(((turn + 180.0).rem_euclid(360.0) - 180.0).abs());
        }
    }
    let length = vx.hypot(vy);
    Some([vx / length, vy / length, r2, quantile(&mut off, 0.95)?])
}

/// (MᵀM + λI)⁻¹Mᵀb for rows (n_x, n_y, 1), about the means: direction and r².
fn fit(sides: &[[f64; 3]]) -> Option<(f64, f64, f64)> {
    let n = sides.len() as f64;
    if sides.len() < 8 {
        return None;
    }
    let mean = |k: usize| sides.iter().map(|s| s[k]).sum::<f64>() / n;
    let (mx, my, mb) = (mean(0), mean(1), mean(2));
    let sum = |f: &dyn Fn(&[f64; 3]) -> f64| sides.iter().map(f).sum::<f64>();
    let xx = sum(&|s| (s[0] - mx).powi(2)) + RIDGE * n;
    let yy = sum(&|s| (s[1] - my).powi(2)) + RIDGE * n;
    let xy = sum(&|s| (s[0] - mx) * (s[1] - my));
    let xb = sum(&|s| (s[0] - mx) * (s[2] - mb));
    let yb = sum(&|s| (s[1] - my) * (s[2] - mb));
    let total = sum(&|s| (s[2] - mb).powi(2));
    let det = xx * yy - xy * xy;
    if det <= 1e-9 || total <= 1e-12 {
        return None;
    }
    let (vx, vy) = ((yy * xb - xy * yb) / det, (xx * yb - xy * xb) / det);
    let left = sum(&|s| (s[2] - mb - vx * (s[0] - mx) - vy * (s[1] - my)).powi(2));
    (vx.hypot(vy) > 1e-9).then_some((vx, vy, 1.0 - left / total))
}

fn said(tracks: &Tracks) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.warnings.push(Text::new(
        "Hair, beards, ears, collars and shadow under the chin lie on the rim; the interval knows their noise, not their error.",
        "Haar, baarden, oren, kragen en schaduw onder de kin liggen op de rand; het interval kent hun ruis, niet hun fout.",
    ));
    finding.warnings.push(Text::new(
        "The check lighting estimates the same light from the whole face. Where the two disagree, at least one of their assumptions fails (one distant lamp, matt skin, nothing on the rim): a disagreement is a reason to look, not a sign of manipulation.",
        "Het onderzoek lighting schat hetzelfde licht uit het hele gezicht. Waar de twee verschillen, klopt minstens een aanname niet (één verre lamp, matte huid, niets op de rand): een verschil is een reden om te kijken, geen teken van manipulatie.",
    ));
    let title = Text::new("Light on the rim", "Licht op de rand");
    let label = Text::new("part of the direction", "deel van de richting");
    finding.figures.extend(tracks.curves(&title, &label, &[0, 1], &COLUMNS));
    let title = Text::new(
        "Light on the rim of each face (medians)",
        "Licht op de rand van elk gezicht (medianen)",
    );
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The direction of one face.
fn of(main: &Track) -> Finding {
    let [x, y, r2, interval] = [0, 1, 2, 3].map(|k| main.median(k).unwrap_or(f64::NAN));
    let (degrees, n) = (y.atan2(x).to_degrees(), main.at.len());
    let (frames, beelden) = crate::text::frames(n);
    let mut finding = if r2 >= LEAST_R2 && interval <= MOST_INTERVAL {
        let mut finding = Finding::new(
            Status::Derived,
            Text::measured(
                format!(
                    "The rim of face {} is lit from {degrees:.0}° in the picture (0 right, 90 above, 180 left), with a scatter of ±{interval:.0}° from side to side, to which the method's own error comes: on rendered heads 10 to 15° in the median; on real faces up and down rest on the jaw and its shadow (nine in ten of 43 genuine portraits lay between −139° and 157°), so that only left and right compare; r² {r2:.2} ({frames}).",
                    main.number
                ),
                format!(
                    "De rand van gezicht {} wordt belicht uit {degrees:.0}° in het beeld (0 rechts, 90 boven, 180 links), met een spreiding van ±{interval:.0}° van zijde tot zijde, waar de eigen fout van de methode bij komt: op gerenderde hoofden 10 tot 15° in de mediaan; op echte gezichten berusten boven en onder op de kaak en haar schaduw (negen op de tien van 43 authentieke portretten lagen tussen −139° en 157°), zodat alleen links en rechts vergelijkbaar zijn; r² {r2:.2} ({beelden}).",
                    main.number
                ),
            ),
        );
        finding.value("contour_light_deg", "deg", degrees);
        finding
    } else {
        let (en, nl) = if r2 < LEAST_R2 {
            ("explains too little of", "verklaart te weinig van")
        } else {
            ("is not known well enough from", "is niet goed genoeg bekend uit")
        };
        Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!(
                    "One direction of light {en} the rim of face {} (r² {r2:.2}, {LEAST_R2} needed; scatter ±{interval:.0}°, {MOST_INTERVAL:.0}° at most).",
                    main.number
                ),
                format!(
                    "Eén lichtrichting {nl} de rand van gezicht {} (r² {r2:.2}, nodig {LEAST_R2}; spreiding ±{interval:.0}°, hoogstens {MOST_INTERVAL:.0}°).",
                    main.number
                ),
            ),
        )
    };
    finding.value("contour_light_interval_deg", "deg", interval);
    finding.value("contour_light_r2", "1", r2);
    finding
}
