//! Contour: does the rim of the face break?
//!
//! # What it measures
//!
//! A face put into a picture is blended in along a line near its rim, and often
//! comes from a network of lower resolution. The rim is the outline of the
//! mesh. In coded pixels, never scaled, are measured: `sharpness_cheek_far`
//! (median size of the Laplacian on eight patches of cheek and forehead over
//! that in a band just outside the face), `sharpness_ring_inner` (mean on the
//! rim, 6 % of the face's width to either side, over the mean inside),
//! `noise_inside_outside` (noise by Immerkær's operator inside over outside, at
//! equal brightness), `delta_e_ring` (colour difference between two bands
//! inside the face, 0–5 % and 6–12 % from the rim along cheeks and jaw) and,
//! where both carry a JPEG grid, whether the grid inside has another phase than
//! outside (`grid_phase_differs`). One frame a second is measured; the values
//! are medians of the face seen longest. The picture shows the ring unrolled
//! along the outline, outside on top: a blended face breaks along one height.
//!
//! Left out are faces of which two parts or more beside the eyes are covered, and those as blurred
//! as what surrounds them (3 pixels, or 0.9 % of the width: enlarged pictures).
//! Nothing is scored: the numbers belong beside the picture.
//!
//! # When it misleads
//!
//! - Hair, beards, hats and the background behind the rim change sharpness and
//!   noise in genuine pictures; a shallow depth of field blurs what is outside.
//! - Messenger compression and beauty filters smooth skin.
//! - Side light makes `delta_e_ring` large on a genuine face.
//! - Faces under 128 pixels, and pictures generated as a whole, show nothing.
//! - A picture that was enlarged with sharp edges is not blurred enough to be left out,
//!   and has other numbers: sharpness cheek/outside fell from 12.5 to 2.7 in a portrait
//!   brought to 256 pixels and back to 1024. `resampling` looks for enlarging.
//! - On 42 genuine portraits 90 % of the numbers lay between 0.37 and 2.5, 0.62
//!   and 1.7, 0.31 and 1.5, 3.1 and 20 (in the order above); 44 retouched and
//!   19 generated ones lay in the same ranges. Swaps were only tried on a
//!   rendered head. Until it is calibrated it measures and concludes nothing.
//!
//! # References
//!
//! - Li et al. (2020), Face X-ray for more general face forgery detection, CVPR.
//! - Immerkær (1996), Fast noise variance estimation, CVIU 64:300–302.
//!
//! # Titel
//!
//! Contour: breekt de rand van het gezicht?
//!
//! # Wat het meet
//!
//! Een gezicht dat in een beeld is gezet, is langs een lijn bij de rand
//! ingemengd en komt vaak uit een netwerk met een lagere resolutie. De rand is
//! de omtrek van het raster. In gecodeerde pixels, nooit geschaald, worden
//! gemeten: `sharpness_cheek_far` (mediaan van de Laplaciaan op acht stukken
//! wang en voorhoofd, gedeeld door die in een band net buiten het gezicht),
//! `sharpness_ring_inner` (gemiddelde op de rand, 6 % van de gezichtsbreedte
//! aan weerszijden, gedeeld door dat binnenin), `noise_inside_outside` (ruis
//! volgens Immerkær binnen gedeeld door buiten, bij gelijke helderheid),
//! `delta_e_ring` (kleurverschil tussen twee banden binnen het gezicht, 0–5 %
//! en 6–12 % van de rand, langs wangen en kaak) en, waar beide een JPEG-raster
//! dragen, of dat binnen een andere fase heeft dan buiten
//! (`grid_phase_differs`). Eén beeld per seconde wordt gemeten; de waarden
//! zijn medianen van het gezicht dat het langst te zien is. De afbeelding toont
//! de ring uitgerold langs de omtrek, buiten boven: een ingemengd gezicht
//! breekt langs één hoogte.
//!
//! Weggelaten worden gezichten waarvan buiten de ogen twee of meer delen bedekt zijn, en gezichten
//! die even onscherp zijn als wat eromheen ligt (3 pixels, of 0,9 % van de breedte:
//! vergrote beelden). Er wordt geen score
//! gegeven: de getallen horen bij de afbeelding.
//!
//! # Wanneer het misleidt
//!
//! - Haar, baarden, hoeden en de achtergrond achter de rand veranderen scherpte
//!   en ruis ook in authentieke beelden; een kleine scherptediepte maakt vaag
//!   wat buiten ligt.
//! - Compressie door berichtendiensten en schoonheidsfilters maken huid glad.
//! - Licht van opzij maakt `delta_e_ring` groot op een authentiek gezicht.
//! - Gezichten onder 128 pixels en geheel gegenereerde beelden tonen niets.
//! - Een beeld dat met scherpe randen vergroot is, is niet onscherp genoeg om te worden
//!   weggelaten, en geeft andere getallen: de scherpte wang/buiten daalde van 12,5 naar
//!   2,7 in een portret dat naar 256 pixels en terug naar 1024 ging. `resampling` zoekt
//!   naar vergroting.
//! - Bij 42 authentieke portretten lag 90 % van de getallen tussen 0,37 en 2,5,
//!   0,62 en 1,7, 0,31 en 1,5, 3,1 en 20 (in bovenstaande volgorde); 44
//!   geretoucheerde en 19 gegenereerde lagen in dezelfde bereiken. Verwisselde
//!   gezichten zijn alleen op een getekend hoofd beproefd. Tot het is geijkt,
//!   meet het en concludeert het niets.

mod bands;
mod strip;

#[cfg(test)]
mod tests;

use super::shown::Shown;
use super::tracks::{self, Column, Track, Tracks};
use super::{Check, Entry, Finding, Group, Options, Scene, Standing, Status};
use crate::Result;
use crate::faces::Face;
use crate::faces::clarity::{blur_within, coloured};
use crate::media::{Exhibit, FaceDetail, Frame, Kind, Needs, Rate, Rect};
use crate::text::Text;

/// This check's line in the table.
pub const ENTRY: Entry = Entry {
    name: "contour",
    group: Group::Face,
    standing: Standing::Historical,
    source: include_str!("contour.rs"),
    make: |_: &Options| Box::new(Contour::default()),
};

/// Frames a second.
const RATE: f64 = 1.0;
/// Narrowest face, in display pixels (recipe).
const LEAST_WIDTH: f32 = 128.0;
/// Largest turn in degrees: beyond it one side of the rim is the nose.
const MOST_YAW: f32 = 30.0;
/// Blur in display pixels beyond which the Laplacian sees noise alone: of a
/// frequency of a quarter cycle a pixel a Gaussian of three pixels leaves e^-11.
const MOST_BLUR: f32 = 3.0;
/// The same in widths of the face: 1.2 pixels in the narrowest one, twice the blur
/// of genuine portraits, so that pixels made by enlarging do not count.
const ENLARGED: f32 = 1.2 / LEAST_WIDTH;
/// Codecs whose pictures can carry a grid of 8×8 pixels: JPEG's own, and those
/// that lose nothing of an earlier one.
const GRIDS: [&str; 8] = ["mjpeg", "png", "tiff", "bmp", "ppm", "pgm", "ffv1", "rawvideo"];
/// Columns of the record.
pub(super) const COLUMNS: [Column; 6] = [
    Column {
        quantity: "sharpness_cheek_far",
        unit: "1",
        label: ("sharpness, cheek / outside", "scherpte, wang / buiten"),
    },
    Column {
        quantity: "sharpness_ring_inner",
        unit: "1",
        label: ("sharpness, rim / inside", "scherpte, rand / binnen"),
    },
    Column {
        quantity: "noise_inside_outside",
        unit: "1",
        label: ("noise, inside / outside", "ruis, binnen / buiten"),
    },
    Column { quantity: "delta_e_ring", unit: "1", label: ("ΔE at the rim", "ΔE bij de rand") },
    Column {
        quantity: "grid_phase_differs",
        unit: "1",
        label: ("grid phase differs", "rasterfase verschilt"),
    },
    Column { quantity: "contour_width_px", unit: "px", label: ("width (px)", "breedte (px)") },
];

/// Where noise, the step of colour and the phase of the grid stand among the columns.
const NOISE: usize = 2;
const COLOUR: usize = 3;
const GRID: usize = 4;

/// What was seen of rims so far.
#[derive(Default)]
struct Contour {
    tracks: Tracks,
    strips: Shown,
    /// Whether the file is coded in other blocks than JPEG's: its grid is then not
    /// of 8×8 pixels, or smoothed away.
    no_grid: bool,
}

impl Check for Contour {
    fn needs(&self) -> Needs {
        tracks::needs(Rate::PerSecond(RATE), FaceDetail::Mesh)
    }

    fn begin(&mut self, exhibit: &Exhibit) -> Result<()> {
        self.tracks.still = exhibit.kind == Kind::Image;
        let codec = exhibit.video.as_ref().map_or("", |video| video.codec.as_str());
        self.no_grid = !GRIDS.contains(&codec);
        Ok(())
    }

    fn see(&mut self, scene: &Scene<'_>) -> Result<()> {
        self.tracks.shown(scene);
        for face in scene.faces {
            match tracks::fit(face, LEAST_WIDTH, MOST_YAW) {
                Err(gate) => self.tracks.refuse(gate),
                Ok(_) if face.clarity.skin_covered() >= 2 => self.tracks.refuse(3),
                Ok(width) if soft(scene.frame, face, width) => self.tracks.refuse(4),
                Ok(width) => {
                    // Without any noise it is a drawing: there is no texture to compare.
                    let row = bands::measure(scene.frame, &face.mesh, width);
                    let Some(mut row) = row.filter(|row| row[NOISE] != 0.0) else {
                        self.tracks.refuse(2);
                        continue;
                    };
                    if self.no_grid {
                        row[GRID] = f64::NAN;
                    }
                    if !coloured(scene.frame, &face.mesh, width) {
                        row[COLOUR] = f64::NAN;
                    }
                    let (index, time_s) = (scene.frame.index, scene.frame.time_s);
                    self.tracks.push(face.track, index, time_s, &row);
                    let unrolled = || strip::unrolled(scene.frame, &face.mesh, width);
                    self.strips.keep(face, width, time_s, unrolled);
                }
            }
        }
        Ok(())
    }

    fn conclude(self: Box<Self>) -> Result<Finding> {
        let Self { tracks, strips, .. } = *self;
        let [small, turned] = tracks::gates(LEAST_WIDTH, MOST_YAW);
        let gates = [
            small,
            turned,
            Text::new(
                "The rim of the face lies outside the picture, or there is nothing but flat colour.",
                "De rand van het gezicht valt buiten beeld, of er is niets dan egale kleur.",
            ),
            tracks::bare_gate(),
            Text::new(
                "Face and surroundings are blurred: nothing is left of the detail that is to be compared.",
                "Gezicht en omgeving zijn onscherp: van het detail dat vergeleken moet worden, is niets over.",
            ),
        ];
        if let Some(finding) = tracks.nothing(&gates) {
            return Ok(finding);
        }
        Ok(said(&tracks, strips))
    }
}

/// Whether neither the face nor what surrounds it has detail of single pixels.
/// A blurred face in a sharp picture is what is looked for.
fn soft(frame: &Frame<'_>, face: &Face, width: f32) -> bool {
    let most = MOST_BLUR.min(ENLARGED * width);
    face.clarity.blur_px.is_some_and(|blur| blur > most) && {
        let b = face.bounds;
        let (x, y) = (b.x - 0.25 * b.width, b.y - 0.25 * b.height);
        let around = Rect { x, y, width: 1.5 * b.width, height: 1.5 * b.height };
        blur_within(frame, &[around], width).is_none_or(|blur| blur > most)
    }
}

fn said(tracks: &Tracks, strips: Shown) -> Finding {
    let mut finding = tracks.each(&COLUMNS, of);
    finding.says_too(&Text::new(
        "These are measurements; the picture shows whether the rim breaks.",
        "Dit zijn metingen; de afbeelding toont of de rand breekt.",
    ));
    finding.warnings.push(Text::new(
        "Hair, background, depth of field, side light, make-up, beauty filters and compression change these numbers in genuine pictures.",
        "Haar, achtergrond, scherptediepte, zijlicht, make-up, schoonheidsfilters en compressie veranderen deze getallen ook in authentieke beelden.",
    ));
    finding.figures.extend(strips.figures(tracks.still, strip::title));
    let title = Text::new("The rim over time", "De rand in de tijd");
    let label = Text::new("ratio", "verhouding");
    finding.figures.extend(tracks.curves(&title, &label, &[0, 1, 2], &COLUMNS));
    let title = Text::new("The rim of each face (medians)", "De rand van elk gezicht (medianen)");
    finding.figures.push(tracks.table(title, &COLUMNS));
    finding
}

/// The rim of one face.
fn of(track: &Track) -> Finding {
    let number = |k: usize| track.median(k).map_or("–".to_owned(), |v| format!("{v:.2}"));
    let (cheek, ring, noise, colour) = (number(0), number(1), number(2), number(3));
    let (frames, beelden) = crate::text::frames(track.at.len());
    let mut finding = Finding::new(
        Status::Derived,
        Text::measured(
            format!(
                "Rim of face {}: sharpness cheek/outside {cheek}, rim/inside {ring}; noise inside/outside {noise}; ΔE at the rim {colour} ({frames}; – where there is none).",
                track.number
            ),
            format!(
                "Rand van gezicht {}: scherpte wang/buiten {cheek}, rand/binnen {ring}; ruis binnen/buiten {noise}; ΔE bij de rand {colour} ({beelden}; – waar er geen is).",
                track.number
            ),
        ),
    );
    track.tell(&COLUMNS[..GRID], &mut finding);
    let phases = track.column(GRID).iter().copied().filter(|v| v.is_finite());
    let phases: Vec<f64> = phases.collect();
    // The share of the frames in which the grids differ; none where there is no grid.
    finding.value("grid_phase_differs", "1", phases.iter().sum::<f64>() / phases.len() as f64);
    finding
}
