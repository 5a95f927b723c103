//! Lighting: where the light on a face comes from
//!
//! # What it measures
//!
//! The normals of the face mesh say how each point of skin is turned; how bright
//! the points are then says where the light comes from. Luminance is sampled at
//! up to 250 points of plain skin (not lips, eyes and brows), made linear with
//! gamma 2.2, and described by ambient light and one direction (spherical
//! harmonics of order 0 and 1, four numbers), by least squares with Huber
//! weights. Points turned away by more than 75 degrees, black and clipped points
//! are left out, and faces of which two parts or more are covered or that the edge of the
//! picture cuts off.
//!
//! For the face seen longest: `direction_deg_azimuth` (positive: light from the
//! right of the picture), `direction_deg_elevation` (positive: from above),
//! `interval_deg` (half-angle that holds 95 % of 200 fits to resampled points,
//! each turned by up to 5 degrees because the pose is not exact), and `r2`, the
//! part of the brightness differences that this light explains. In a clip five
//! frames a second are used; the direction is the mean one, `r2` the median, and
//! `spread_median_deg` and `spread_p95_deg` say how far single frames point
//! away from it. `light_jumps` counts where the direction jumps within one track:
//! the mean of the second before and of the second after differ by at least 20
//! degrees and four times the unrest on either side (`light_jump_max_deg`, and
//! `light_jump_deg` at each time); `state` is `jump` or `no-jump`. The errors of
//! the method are much the same before and after, so a jump means more than a
//! direction does. Of faces seen together `pair_difference_deg` is the largest
//! angle between their directions; with four numbers the published correlation
//! without the constant term is the cosine of this angle. A difference is
//! called one only above 40 degrees, when the intervals do not overlap, and when
//! nine coefficients (`pair_difference9_deg`) put it above 40 degrees too.
//!
//! Nothing is concluded (`insufficient`) where `r2` is below 0.2, where the light
//! would come from behind the face (azimuth beyond 90 degrees), and where four and
//! nine coefficients point more than 40 degrees apart.
//!
//! Beside it stand the same for nine coefficients (order 2 as well, held back by
//! a ridge): `direction9_deg_azimuth`, `direction9_deg_elevation` and `r2_9`, of
//! the frame best explained. A lamp is no single order; on rendered lamps nine
//! come nearer to it (95 %: 25 to 30 against 30 to 34 degrees) while the points are clean; on
//! real faces the two often differ by tens of degrees, and then neither is known.
//! `neck_difference_deg` is the median difference in azimuth between the light on
//! the face and that on the neck, taken for an upright cylinder, where skin is
//! seen under the chin and a lamp explains how its brightness changes across;
//! head turned and leaning by less than 20 degrees. Reported, never judged.
//!
//! # When it misleads
//!
//! - With a lamp and sky light of known direction the fit is off by 6 to 8 degrees
//!   (median), by up to 34 in one case of twenty: small differences are no evidence.
//! - Make-up, beards, freckles, flash, cast shadows, spectacles and several lamps
//!   are no single direction; `r2` then falls, but not always. The interval
//!   knows the noise of the points, not these errors.
//! - The mesh is an average face: its depth, and so its normals, are a guess.
//! - In a clip a moving head, a turning lamp and automatic exposure spread the
//!   directions as well. On a few face-swapped clips the median spread was 5.5
//!   to 9.2 degrees against 1.8 in their originals; but five genuine development
//!   clips gave 1.2 to 10, two generated ones 1.8 and 3.9: a large spread points
//!   to nothing by itself.
//! - A jump is also made by a lamp switched on, a flash, a passing shadow and a
//!   cut between shots that was not noticed. None of nine development clips
//!   jumped: eight changed by at most 8 degrees, one swung by 25 without being
//!   steady before and after. More are needed to give a rate of false alarms.
//! - Two people under one lamp near by are lit from different sides.
//! - Hair, a collar, sinews and the chin's shadow are no light on a cylinder: the
//!   neck's azimuth is off by tens of degrees in genuine pictures.
//!
//! # References
//!
//! - Kee and Farid (2010), Exposing digital forgeries from 3-D lighting
//!   environments, IEEE WIFS.
//! - Johnson and Farid (2007), Exposing digital forgeries in complex lighting
//!   environments, IEEE TIFS 2:450–461.
//! - Ramamoorthi and Hanrahan (2001), An efficient representation for irradiance
//!   environment maps, SIGGRAPH.
//! - Kartynnik et al. (2019), Real-time facial surface geometry from monocular
//!   video on mobile GPUs, arXiv:1907.06724.
//!
//! # Titel
//!
//! Belichting: waar het licht op een gezicht vandaan komt
//!
//! # Wat het meet
//!
//! De normalen van het gezichtsraster zeggen hoe elk punt van de huid gericht
//! is; hoe licht de punten zijn, zegt dan waar het licht vandaan komt. De
//! luminantie wordt genomen in hooguit 250 punten van gewone huid (niet lippen,
//! ogen en wenkbrauwen), lineair gemaakt met gamma 2,2, en beschreven met
//! omgevingslicht en één richting (sferische harmonischen van orde 0 en 1, vier
//! getallen), met kleinste kwadraten en Huber-gewichten. Punten die meer dan 75
//! graden weggedraaid zijn, zwarte en overbelichte punten blijven
//! erbuiten, en gezichten waarvan twee of meer delen bedekt zijn of die door de rand van het
//! beeld zijn afgesneden.
//!
//! Voor het gezicht dat het langst te zien is: `direction_deg_azimuth`
//! (positief: licht van rechts in beeld), `direction_deg_elevation` (positief:
//! van boven), `interval_deg` (halve hoek waarbinnen 95 % ligt van 200
//! aanpassingen aan opnieuw getrokken punten, elk tot 5 graden gedraaid omdat
//! de hoofdstand niet precies bekend is), en `r2`, het deel van de
//! helderheidsverschillen dat dit licht verklaart. In een clip worden vijf
//! beelden per seconde gebruikt; de richting is dan de gemiddelde, `r2` de
//! mediaan, en `spread_median_deg` en `spread_p95_deg` zeggen hoe ver
//! afzonderlijke beelden daarvan afwijken. `light_jumps` telt waar de richting
//! binnen één spoor verspringt: het gemiddelde van de seconde ervoor en dat van
//! de seconde erna verschillen ten minste 20 graden en vier keer de onrust aan
//! beide zijden (`light_jump_max_deg`, en `light_jump_deg` op elk tijdstip);
//! `state` is `jump` of `no-jump`. De fouten van de methode zijn ervoor en erna
//! vrijwel gelijk, dus een sprong zegt meer dan een richting. Van gezichten die samen te zien zijn
//! is `pair_difference_deg` de grootste hoek tussen hun richtingen; met vier
//! getallen is de gepubliceerde correlatie zonder de constante term de cosinus
//! van die hoek. Van een verschil is pas sprake boven 40 graden, als de
//! intervallen elkaar niet overlappen en als ook negen coëfficiënten
//! (`pair_difference9_deg`) het boven 40 graden stellen.
//!
//! Er wordt niets besloten (`insufficient`) waar `r2` onder 0,2 ligt, waar het licht
//! van achter het gezicht zou komen (azimut boven 90 graden) en waar vier en negen
//! coëfficiënten meer dan 40 graden uiteen wijzen.
//!
//! Daarnaast staat hetzelfde met negen coëfficiënten (ook orde 2, ingehouden met
//! een ridge): `direction9_deg_azimuth`, `direction9_deg_elevation` en `r2_9`, van
//! het best verklaarde beeld. Een lamp is niet één orde; bij nagebootste lampen
//! komen negen er dichter bij (95 %: 25 tot 30 tegen 30 tot 34 graden), zolang de punten
//! schoon zijn; bij echte gezichten verschillen beide vaak tientallen graden, en
//! dan is geen van beide bekend. `neck_difference_deg` is het mediane verschil in azimut tussen het
//! licht op het gezicht en dat op de hals, opgevat als rechtopstaande cilinder,
//! waar onder de kin huid te zien is en een lamp verklaart hoe de helderheid
//! overdwars verandert; hoofd minder dan 20 graden gedraaid en hellend. Gemeld,
//! nooit beoordeeld.
//!
//! # Wanneer het misleidt
//!
//! - Bij een lamp en hemellicht van bekende richting zit de aanpassing er 6 tot 8
//!   graden naast (mediaan), in een op de twintig gevallen tot 34: kleine
//!   verschillen bewijzen niets.
//! - Make-up, baarden, sproeten, flits, slagschaduw, brillen en meer lampen zijn
//!   niet één richting; `r2` daalt dan, maar niet altijd. Het interval kent de
//!   ruis van de punten, niet deze fouten.
//! - Het raster is een gemiddeld gezicht: de diepte, en dus de normalen, zijn
//!   een schatting.
//! - In een clip spreiden ook een bewegend hoofd, een draaiende lamp en
//!   automatische belichting de richtingen. Bij enkele clips met een verwisseld
//!   gezicht was de mediane spreiding 5,5 tot 9,2 graden tegen 1,8 in de
//!   originelen; maar vijf authentieke ontwikkelclips gaven 1,2 tot 10, twee
//!   gegenereerde 1,8 en 3,9: een grote spreiding wijst op zichzelf nergens op.
//! - Een sprong ontstaat ook door een lamp die aangaat, een flits, een schaduw en
//!   een niet opgemerkte overgang tussen opnamen. Geen van negen ontwikkelclips
//!   versprong: acht veranderden hooguit 8 graden, één zwenkte 25 graden zonder
//!   ervoor en erna stabiel te zijn. Voor een kans op vals alarm zijn er meer
//!   nodig.
//! - Twee mensen onder één nabije lamp worden van verschillende kanten belicht.
//! - Haar, een kraag, pezen en de schaduw van de kin zijn geen licht op een
//!   cilinder: de azimut van de hals wijkt in authentieke beelden tientallen
//!   graden af.

mod ball;
mod fit;
mod neck;
mod say;
mod step;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::fit::{Light, Point};
use super::shown::Shown;
use super::{Check, Entry, Finding, Group, Scene, Standing};
use crate::Result;
use crate::faces::{Face, geometry};
use crate::media::{Exhibit, FaceDetail, Frame, Kind, Needs, Rate};

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "lighting",
    group: Group::Face,
    standing: Standing::Indicator,
    source: include_str!("lighting.rs"),
    make: |_| Box::new(Lighting::default()),
};

/// Frames a second.
const RATE: f64 = 5.0;
/// Narrowest face that is measured, in display pixels: a half of the mesh
/// network's resolution, as in `faces`.
const LEAST_WIDTH: f32 = 64.0;
/// Levels (0–1, before linearising) outside which a point tells nothing: black
/// clips or drowns in noise, white clips.
const LEVELS: (f64, f64) = (0.06, 0.97);
/// Gamma of the screen (recipe); the camera's own curve is not known.
const GAMMA: f64 = 2.2;
/// Radius of the patch that is averaged at a point, in parts of the width of
/// the face: a patch is about as large as the distance between points.
const PATCH: f32 = 0.01;
/// Frames kept of each track and tracks kept: two hours of one face.
const MOST_ROWS: usize = 36_000;

/// The light on one face in one frame.
#[derive(Clone, Copy, Debug)]
struct Row {
    frame: u64,
    time_s: f64,
    light: Light,
    /// Azimuth of the lamp on the neck, where one is seen.
    neck: Option<f64>,
}

/// One face over time.
#[derive(Default)]
struct Track {
    rows: Vec<Row>,
    best: Option<Best>,
}

/// The frame in which a face was best explained.
struct Best {
    points: Vec<Point>,
    light: Light,
}

/// What was seen of light so far.
#[derive(Default)]
struct Lighting {
    still: bool,
    frames: u64,
    faces: u64,
    /// Faces cut off by the edge of the picture, too small, too dark or too bright.
    cut_off: u64,
    small: u64,
    clipped: u64,
    /// Faces of which two parts or more are covered.
    covered: u64,
    kept: usize,
    tracks: BTreeMap<u32, Track>,
    /// Frames in which each face was seen, measured or not.
    seen: BTreeMap<u32, u64>,
    /// Of the faces in the last frame, and of those whose light jumped.
    views: BTreeMap<u32, view::Views>,
    shown: Shown,
}

impl Check for Lighting {
    fn needs(&self) -> Needs {
        Needs {
            frames: Rate::PerSecond(RATE),
            faces: FaceDetail::Mesh,
            faces_essential: true,
            ..Needs::default()
        }
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.still = exhibit.kind == Kind::Image;
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.frames += 1;
        for face in scene.faces {
            self.faces += 1;
            *self.seen.entry(face.track).or_default() += 1;
            let width = geometry::face_width(&face.mesh).unwrap_or(0.0);
            // Half a face is lit from its own side.
            if face.clarity.cut_off {
                self.cut_off += 1;
                continue;
            }
            if width < LEAST_WIDTH {
                self.small += 1;
                continue;
            }
            if face.clarity.parts_covered() >= 2 {
                self.covered += 1;
                continue;
            }
            let points = points(scene.frame, face, width);
            let Some(light) = fit::fit(&points) else {
                self.clipped += 1;
                continue;
            };
            if self.kept < MOST_ROWS {
                self.kept += 1;
                let (frame, time_s) = (scene.frame.index, scene.frame.time_s);
                let track = self.tracks.entry(face.track).or_default();
                let neck = neck::azimuth(scene.frame, &face.mesh, width, &light);
                track.rows.push(Row { frame, time_s, light, neck });
                if !self.still {
                    let views = self.views.entry(face.track).or_default();
                    views.see(scene.frame, face, width, &track.rows);
                }
                if track.best.as_ref().is_none_or(|best| light.r2 > best.light.r2) {
                    track.best = Some(Best { points, light });
                }
            }
            self.shown.keep(face, width, scene.frame.time_s, || ball::face(scene.frame, face));
        }
        // Thousands of people may pass in a long recording.
        self.views.retain(|track, views| {
            let here = scene.faces.iter().any(|face| face.track == *track);
            if !here {
                views.leave();
            }
            here || views.any()
        });
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        Ok(say::conclude(*self))
    }
}

/// Skin points that face the viewer, with the mean linear luminance around
/// each; black, clipped and outside points are left out.
fn points(frame: &Frame<'_>, face: &Face, width: f32) -> Vec<Point> {
    let value = levels(frame);
    let radius = (PATCH * width).clamp(1.0, 4.0);
    let offsets = [-radius, 0.0, radius];
    fit::normals(&face.mesh)
        .into_iter()
        .filter_map(|(index, normal)| {
            let [x, y, _] = *face.mesh.get(index)?;
            let mut sum = 0.0;
            for (dx, dy) in offsets.iter().flat_map(|dy| offsets.map(|dx| (dx, *dy))) {
                let level = value(x + dx, y + dy)?;
                if !(LEVELS.0..=LEVELS.1).contains(&level) {
                    return None;
                }
                sum += level.powf(GAMMA);
            }
            Some(Point { normal, light: sum / 9.0 })
        })
        .collect()
}

/// Reads luma, 0 black to 1 white, at places in display pixels; `None` outside.
fn levels<'a>(frame: &'a Frame<'a>) -> impl Fn(f32, f32) -> Option<f64> + 'a {
    let luma = frame.luma();
    let top = ((1u32 << luma.bits.clamp(8, 16)) - 1) as f64;
    let (black, range) = if frame.colour.full_range {
        (0.0, top)
    } else {
        (16.0 / 255.0 * top, 219.0 / 255.0 * top)
    };
    move |x, y| {
        let (cx, cy) = frame.display_to_coded.apply(x, y);
        let inside = cx >= 0.0 && cy >= 0.0 && cx < luma.width as f32 && cy < luma.height as f32;
        inside.then(|| (f64::from(luma.get(cx as usize, cy as usize)) - black) / range)
    }
}
