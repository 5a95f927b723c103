//! The finding: numbers, sentences, figures.

use super::fit::{self, LEAST_POINTS, Vector};
use super::step::{self, Step};
use super::{LEAST_WIDTH, Lighting, Row, Track, ball};
use crate::checks::finding::{Axis, Series};
use crate::checks::{Figure, Finding, Measurement, Status, tracks};
use crate::signal::stats::{median, quantile};
use crate::text::Text;

/// Median r² under which a direction means nothing: the fit leaves four fifths
/// of the differences unexplained. Noise alone is expected to reach 3/199 on 200 points.
const LEAST_R2: f64 = 0.2;
/// Degrees under which a difference between two faces is none (recipe: 95 % of
/// the errors with a lamp and sky light).
const DIFFERENT: f64 = 40.0;
/// Frames from which a spread is given.
const LEAST_FRAMES: usize = 5;
/// Jumps told in the sentence.
const TOLD: usize = 4;
/// Tracks compared and drawn, the longest.
const SHOWN: usize = 6;

/// One face, summed up.
pub(super) struct Summary {
    pub(super) number: u32,
    pub(super) direction: Vector,
    /// The direction by nine coefficients and its r², of the best frame.
    nine: Option<(Vector, f64)>,
    interval: f64,
    r2: f64,
    /// Of each frame from the mean direction, in degrees.
    off: Vec<f64>,
    /// Jumps of the direction, if it was followed long enough.
    steps: Option<Vec<Step>>,
    pub(super) track: Track,
}

fn summed(number: u32, track: Track) -> Option<Summary> {
    let direction = fit::mean(track.rows.iter().map(|r| r.light.direction))?;
    let r2 = median(&mut track.rows.iter().map(|r| r.light.r2).collect::<Vec<_>>())?;
    let best = track.best.as_ref()?;
    let interval = fit::interval(&best.points, &best.light)?;
    let nine = fit::fit_nine(&best.points);
    let off = track.rows.iter().map(|r| fit::angle(r.light.direction, direction)).collect();
    // Where the light explains too little its direction jumps by itself.
    let steps = (r2 >= LEAST_R2).then(|| step::steps(&track.rows)).flatten();
    Some(Summary { number, direction, nine, interval, r2, off, steps, track })
}

impl Summary {
    /// Why the direction means little, if so.
    fn doubt(&self) -> Option<Text> {
        let (azimuth, _) = fit::degrees(self.direction);
        let apart = self.orders_apart();
        if self.r2 < LEAST_R2 {
            Some(Text::measured(
                format!(
                    "One direction of light explains too little of the face (r² {:.2}).",
                    self.r2
                ),
                format!(
                    "Eén lichtrichting verklaart te weinig van het gezicht (r² {:.2}).",
                    self.r2
                ),
            ))
        } else if azimuth.abs() > 90.0 {
            Some(Text::new(
                "The fit puts the light behind the face, where no lamp lights what is seen of it: the face is darker in its middle than at its rim, as make-up, a beard or two lamps make it.",
                "De aanpassing legt het licht achter het gezicht, waar geen lamp belicht wat ervan te zien is: het gezicht is in het midden donkerder dan aan de rand, zoals door make-up, een baard of twee lampen.",
            ))
        } else if apart.is_some_and(|apart| apart > DIFFERENT) {
            let apart = apart.unwrap_or_default();
            Some(Text::measured(
                format!(
                    "Four coefficients and nine give directions {apart:.0}° apart: the light is not one lamp and sky."
                ),
                format!(
                    "Vier coëfficiënten en negen geven richtingen die {apart:.0}° verschillen: het licht is niet één lamp met hemellicht."
                ),
            ))
        } else {
            None
        }
    }

    pub(super) fn usable(&self) -> bool {
        self.doubt().is_none()
    }

    /// Degrees between the directions by four and by nine coefficients in the best frame.
    fn orders_apart(&self) -> Option<f64> {
        let best = self.track.best.as_ref()?;
        Some(fit::angle(best.light.direction, self.nine?.0))
    }

    /// The numbers; directions only where one is given.
    fn values(&self, finding: &mut Finding) {
        let mut value = |name: &str, unit, value| finding.value(name, unit, value);
        value("r2", "1", self.r2);
        value("r2_9", "1", self.nine.map_or(f64::NAN, |nine| nine.1));
        if self.usable() {
            let (azimuth, elevation) = fit::degrees(self.direction);
            value("direction_deg_azimuth", "deg", azimuth);
            value("direction_deg_elevation", "deg", elevation);
            value("interval_deg", "deg", self.interval);
            if let Some((direction, _)) = self.nine {
                let (azimuth, elevation) = fit::degrees(direction);
                value("direction9_deg_azimuth", "deg", azimuth);
                value("direction9_deg_elevation", "deg", elevation);
            }
            let mut neck: Vec<f64> = self.track.rows.iter().filter_map(against_neck).collect();
            value("neck_difference_deg", "deg", median(&mut neck).unwrap_or(f64::NAN));
        }
        if self.off.len() >= LEAST_FRAMES {
            for (name, q) in [("spread_median_deg", 0.5), ("spread_p95_deg", 0.95)] {
                value(name, "deg", quantile(&mut self.off.clone(), q).unwrap_or(f64::NAN));
            }
        }
    }

    fn together(&self, other: &Self) -> bool {
        self.track
            .rows
            .iter()
            .any(|a| other.track.rows.binary_search_by_key(&a.frame, |b| b.frame).is_ok())
    }
}

/// Degrees between the azimuths of the light on the neck and on the face.
fn against_neck(row: &Row) -> Option<f64> {
    let (azimuth, _) = fit::degrees(row.light.direction);
    row.neck.map(|neck| ((neck - azimuth + 180.0).rem_euclid(360.0) - 180.0).abs())
}

/// Puts the finding together.
pub fn conclude(check: Lighting) -> Finding {
    if let Some(finding) = nothing(&check) {
        return finding;
    }
    let (still, shown, mut views) = (check.still, check.shown, check.views);
    let mut tracks: Vec<(u32, Track)> = check.tracks.into_iter().collect();
    let seen = |number: &u32| check.seen.get(number).copied().unwrap_or(0);
    tracks.sort_by_key(|(number, _)| (std::cmp::Reverse(seen(number)), *number));
    let most = tracks.iter().max_by_key(|(_, track)| track.rows.len());
    let most = most.map(|(number, track)| (track.rows.len(), seen(number)));
    tracks.retain(|(number, t)| still || tracks::enough(t.rows.len(), seen(number)));
    if let (true, Some((n, of))) = (tracks.is_empty(), most) {
        return Finding::abstain(Status::Insufficient, tracks::too_few(n, of, None));
    }
    tracks.truncate(SHOWN);
    let faces: Vec<Summary> =
        tracks.into_iter().filter_map(|(number, track)| summed(number, track)).collect();
    let Some(main) = faces.first() else {
        return Finding::abstain(
            Status::Insufficient,
            Text::new(
                "No direction of light could be fitted.",
                "Er kon geen lichtrichting worden aangepast.",
            ),
        );
    };
    let mut finding = opened(main);
    for face in faces.iter().skip(1) {
        finding.beside(face.number, opened(face));
    }
    compare(&mut finding, &faces);
    finding.warnings.push(Text::new(
        "Differences under 40 degrees are within the method's error. Make-up, beards, flash, shadows and several lamps mislead it.",
        "Verschillen onder 40 graden vallen binnen de fout van de methode. Make-up, baarden, flits, schaduw en meer lampen misleiden haar.",
    ));
    finding.measurements = faces.iter().flat_map(|face| measurements(face, still)).collect();
    jumps(&mut finding, &faces);
    finding.figures.extend(ball::pictures(shown, &faces, still));
    if !still {
        finding.figures.push(curves(&faces));
    }
    finding.figures.push(table(&faces));
    for face in faces {
        let steps = face.steps.unwrap_or_default();
        let views = views.remove(&face.number).unwrap_or_default();
        finding.figures.extend(views.figures(face.number, steps));
    }
    finding
}

fn nothing(check: &Lighting) -> Option<Finding> {
    let abstain =
        |status, en: String, nl: String| Some(Finding::abstain(status, Text::new(en, nl)));
    if check.frames == 0 {
        abstain(Status::NotApplicable, "There is no picture.".into(), "Er is geen beeld.".into())
    } else if check.faces == 0 {
        abstain(
            Status::NotApplicable,
            "No face was found.".into(),
            "Er is geen gezicht gevonden.".into(),
        )
    } else if check.tracks.is_empty()
        && check.cut_off > check.small.max(check.clipped).max(check.covered)
    {
        abstain(
            Status::Insufficient,
            "Every face is cut off by the edge of the picture: half a face is lit from its own side."
                .into(),
            "Elk gezicht is afgesneden door de rand van het beeld: een half gezicht wordt van zijn eigen kant belicht."
                .into(),
        )
    } else if check.tracks.is_empty() && check.covered > check.small.max(check.clipped) {
        Some(Finding::abstain(Status::Insufficient, tracks::bare_gate()))
    } else if check.tracks.is_empty() && check.small >= check.clipped {
        abstain(
            Status::Insufficient,
            format!("No face is {LEAST_WIDTH} pixels wide."),
            format!("Geen gezicht is {LEAST_WIDTH} pixels breed."),
        )
    } else if check.tracks.is_empty() {
        abstain(
            Status::Insufficient,
            format!(
                "Too dark, too bright or turned away: fewer than {LEAST_POINTS} points of skin can be used."
            ),
            format!(
                "Te donker, te licht of weggedraaid: minder dan {LEAST_POINTS} punten van de huid zijn bruikbaar."
            ),
        )
    } else {
        None
    }
}

fn opened(main: &Summary) -> Finding {
    let (azimuth, elevation) = fit::degrees(main.direction);
    let (n, r2, half) = (main.track.rows.len(), main.r2, main.interval);
    let (frames, beelden) = crate::text::frames(n);
    let (side, zijde) = if azimuth > 0.0 { ("right", "rechts") } else { ("left", "links") };
    let (height, hoogte) = if elevation > 0.0 { ("above", "boven") } else { ("below", "onder") };
    let (a, e) = (azimuth.abs(), elevation.abs());
    let text = Text::measured(
        format!(
            "Light on face {} from {a:.0}° {side} in the picture and {e:.0}° {height}, with a scatter of ±{half:.0}° from point to point, to which the method's own error of up to 34° in nineteen cases of twenty comes; r² {r2:.2} ({frames}).",
            main.number
        ),
        format!(
            "Licht op gezicht {} van {a:.0}° {zijde} in beeld en {e:.0}° {hoogte}, met een spreiding van ±{half:.0}° van punt tot punt, waar de eigen fout van de methode bij komt, tot 34° in negentien van de twintig gevallen; r² {r2:.2} ({beelden}).",
            main.number
        ),
    );
    let mut finding = match main.doubt() {
        None => Finding::new(Status::Derived, text),
        Some(reason) => Finding::abstain(
            Status::Insufficient,
            Text::measured(
                format!("No direction of light is given for face {}. {}", main.number, reason.en),
                format!(
                    "Voor gezicht {} wordt geen lichtrichting gegeven. {}",
                    main.number, reason.nl
                ),
            ),
        ),
    };
    main.values(&mut finding);
    finding
}

/// Where the light on a face jumps.
fn jumps(finding: &mut Finding, faces: &[Summary]) {
    if faces.iter().all(|face| face.steps.is_none()) {
        return;
    }
    let all: Vec<(u32, Step)> = faces
        .iter()
        .flat_map(|face| face.steps.iter().flatten().map(|step| (face.number, *step)))
        .collect();
    // Where the direction of a face is in doubt or was not followed, that none jumped is no
    // result.
    let followed = faces.iter().all(|face| face.usable() && face.steps.is_some());
    if all.is_empty() && !followed {
        return;
    }
    finding.value("light_jumps", "1", all.len() as f64);
    finding.state = Some(if all.is_empty() { "no-jump" } else { "jump" }.to_owned());
    let largest = all.iter().map(|(_, step)| step.angle_deg).fold(0.0, f64::max);
    if all.is_empty() {
        return;
    }
    finding.value("light_jump_max_deg", "deg", largest);
    // A jump stands, even where the direction itself is in doubt.
    finding.status = Status::Derived;
    finding.warnings.extend(finding.reason.take());
    finding.measurements.extend(all.iter().map(|(track, step)| Measurement {
        quantity: "light_jump_deg",
        unit: "deg",
        time_s: Some(step.time_s),
        frame: Some(step.frame),
        track: Some(*track),
        value: step.angle_deg,
    }));
    let told = |and: &str, decimal: &str| {
        let one = |(_, s): &(u32, Step)| {
            format!("{:.1} s ({:.0}°)", s.time_s, s.angle_deg).replace('.', decimal)
        };
        let mut words: Vec<String> = all.iter().take(TOLD).map(one).collect();
        if all.len() > TOLD {
            words.push("…".to_owned());
        }
        let last = words.pop().unwrap_or_default();
        if words.is_empty() { last } else { format!("{} {and} {last}", words.join(", ")) }
    };
    let sides = stretches(faces);
    finding.summary.en.push_str(&format!(
        "{} The direction jumps from one frame to the next at {}, while it is steady before and after. A lamp switched, a flash or a pan of the camera does this, and so does a face that is replaced or mirrored: look at the frames there.",
        sides.en,
        told("and", ".")
    ));
    finding.summary.nl.push_str(&format!(
        "{} De richting verspringt van het ene op het andere beeld op {}, terwijl zij ervoor en erna stabiel is. Een geschakelde lamp, een flits of een zwenk van de camera doet dit, en ook een gezicht dat vervangen of gespiegeld is: bekijk de beelden daar.",
        sides.nl,
        told("en", ",")
    ));
}

/// From which sides the main face is lit between its jumps: its mean direction
/// is then none that it ever has.
fn stretches(faces: &[Summary]) -> Text {
    let Some((main, steps)) = faces.first().and_then(|f| Some((f, f.steps.as_ref()?))) else {
        return Text::default();
    };
    if steps.is_empty() {
        return Text::default();
    }
    let all = step::stretches(&main.track.rows, steps);
    let one = |v: &Vector| {
        let (azimuth, elevation) = fit::degrees(*v);
        format!("{azimuth:+.0}°/{elevation:+.0}°")
    };
    let told: Vec<String> = all.iter().take(TOLD + 1).map(one).collect();
    let told = told.join(", ").replace('-', "−");
    Text::new(
        format!(
            " That is a mean of different stretches, lit from {told} (azimuth, right +; elevation, up +)."
        ),
        format!(
            " Dat is een gemiddelde van verschillende stukken, belicht van {told} (azimut, rechts +; elevatie, omhoog +)."
        ),
    )
}

/// The largest difference between faces seen together.
fn compare(finding: &mut Finding, faces: &[Summary]) {
    let mut largest: Option<(f64, &Summary, &Summary)> = None;
    for (i, a) in faces.iter().enumerate() {
        for b in faces.iter().skip(i + 1) {
            let apart = fit::angle(a.direction, b.direction);
            if a.usable()
                && b.usable()
                && a.together(b)
                && largest.is_none_or(|(most, ..)| apart > most)
            {
                largest = Some((apart, a, b));
            }
        }
    }
    let Some((apart, a, b)) = largest else {
        let pairs = faces.iter().enumerate().flat_map(|(i, a)| {
            faces.iter().skip(i + 1).filter(move |b| a.together(b)).map(move |b| (a, b))
        });
        if pairs.count() > 0 {
            let doubtful: Vec<String> =
                faces.iter().filter(|f| !f.usable()).map(|f| f.number.to_string()).collect();
            let doubtful = doubtful.join(", ");
            finding.summary.en.push_str(&format!(
                " Faces seen together were not compared: no direction is given for {doubtful}."
            ));
            finding.summary.nl.push_str(&format!(
                " Gezichten die samen te zien zijn, zijn niet vergeleken: geen richting voor {doubtful}."
            ));
        }
        return;
    };
    finding.value("pair_difference_deg", "deg", apart);
    let nine = a.nine.zip(b.nine).map(|(a, b)| fit::angle(a.0, b.0));
    if let Some(nine) = nine {
        finding.value("pair_difference9_deg", "deg", nine);
    }
    let by_nine = |none: &str| nine.map_or(none.to_owned(), |nine| format!("{nine:.0}°"));
    let confirmed = nine.is_some_and(|nine| nine > DIFFERENT);
    let (en, nl) = if apart > DIFFERENT && apart > a.interval + b.interval && confirmed {
        (
            format!(
                " Faces {} and {} are lit from directions {apart:.0}° apart by four coefficients and {:.0}° by nine, both more than the 40° that are asked for; how often genuine pairs do so is not known, and a lamp near by does it too.",
                a.number,
                b.number,
                nine.unwrap_or_default()
            ),
            format!(
                " Gezichten {} en {} worden belicht uit richtingen die {apart:.0}° verschillen volgens vier coëfficiënten en {:.0}° volgens negen, beide meer dan de gevraagde 40°; hoe vaak authentieke paren dat doen, is niet bekend, en ook een nabije lamp doet het.",
                a.number,
                b.number,
                nine.unwrap_or_default()
            ),
        )
    } else {
        (
            format!(
                " No two faces seen together are lit from directions more than 40° apart both by four coefficients and by nine (faces {} and {}: {apart:.0}° and {}).",
                a.number,
                b.number,
                by_nine("none")
            ),
            format!(
                " Geen twee gezichten die samen te zien zijn, worden belicht uit richtingen die zowel volgens vier coëfficiënten als volgens negen meer dan 40° verschillen (gezichten {} en {}: {apart:.0}° en {}).",
                a.number,
                b.number,
                by_nine("geen")
            ),
        )
    };
    finding.summary.en.push_str(&en);
    finding.summary.nl.push_str(&nl);
}

fn measurements(face: &Summary, still: bool) -> Vec<Measurement> {
    let rows = face.track.rows.iter().zip(&face.off);
    rows.flat_map(|(row, off)| {
        let (azimuth, elevation) = fit::degrees(row.light.direction);
        let all = [
            ("light_azimuth_deg", "deg", azimuth),
            ("light_elevation_deg", "deg", elevation),
            ("light_deviation_deg", "deg", *off),
            ("light_r2", "1", row.light.r2),
            ("neck_difference_deg", "deg", against_neck(row).unwrap_or(f64::NAN)),
        ];
        all.into_iter().filter(|row| row.2.is_finite()).map(|(quantity, unit, value)| Measurement {
            quantity,
            unit,
            time_s: (!still).then_some(row.time_s),
            frame: Some(row.frame),
            track: Some(face.number),
            value,
        })
    })
    .collect()
}

fn curves(faces: &[Summary]) -> Figure {
    let series = faces.iter().map(|face| Series {
        name: Text::new(format!("track {}", face.number), format!("spoor {}", face.number)),
        points: face
            .track
            .rows
            .iter()
            .map(|row| (row.time_s, fit::degrees(row.light.direction).0))
            .collect(),
    });
    Figure::Lines {
        title: Text::new(
            "From which side each face is lit",
            "Van welke kant elk gezicht wordt belicht",
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("azimuth (°, right +)", "azimut (°, rechts +)"),
            ..Axis::default()
        },
        series: series.collect(),
    }
}

fn table(faces: &[Summary]) -> Figure {
    let rows = faces.iter().map(|face| {
        let (azimuth, elevation) = fit::degrees(face.direction);
        let given = |degrees: f64| {
            if face.usable() { format!("{degrees:.0}") } else { "–".to_owned() }
        };
        vec![
            face.number.to_string(),
            face.track.rows.len().to_string(),
            given(azimuth),
            given(elevation),
            given(face.interval),
            format!("{:.2}", face.r2),
            quantile(&mut face.off.clone(), 0.5).map_or(String::new(), |v| format!("{v:.1}")),
        ]
    });
    Figure::Table {
        title: Text::new("Light on each face", "Licht op elk gezicht"),
        columns: vec![
            Text::new("Track", "Spoor"),
            Text::new("Frames", "Beelden"),
            Text::new("Azimuth (°, right +)", "Azimut (°, rechts +)"),
            Text::new("Elevation (°, up +)", "Elevatie (°, omhoog +)"),
            Text::new("Interval (±°)", "Interval (±°)"),
            Text::new("r²", "r²"),
            Text::new("Median spread (°)", "Mediane spreiding (°)"),
        ],
        rows: rows.collect(),
    }
    .numbers()
}
