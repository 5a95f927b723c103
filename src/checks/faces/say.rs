//! The finding: numbers, sentences, figures.

use super::gallery::Gallery;
use super::record::{MOST_TRACKS, Record, Row, quantile};
use crate::checks::{Figure, Finding, Measurement, Status, finding::Axis, finding::Series};
use crate::faces::MOST_FACES;
use crate::text::Text;

/// Tracks with values and curves of their own: the longest.
const SHOWN: usize = 8;
/// Rows of the table of tracks.
const ROWS: usize = 100;
/// Points of a curve.
const POINTS: usize = 1_000;
/// Median width in display pixels under which the mesh has little to go by:
/// the network's input is 192 pixels for one and a half faces, so this is a
/// half of its resolution.
const SMALL: f64 = 64.0;

/// Puts the finding together.
pub fn conclude(record: Record, gallery: Gallery, still: bool) -> Finding {
    if record.frames == 0 {
        return Finding::abstain(
            Status::NotApplicable,
            Text::new("There is no picture.", "Er is geen beeld."),
        );
    }
    if record.with_face == 0 {
        let text = if still {
            Text::new("No face was found in the picture.", "In het beeld is geen gezicht gevonden.")
        } else {
            Text::new(
                format!("No face was found in {} frames.", record.frames),
                format!("In {} beelden is geen gezicht gevonden.", record.frames),
            )
        };
        let mut finding = Finding::abstain(Status::NotApplicable, text);
        finding.value("frames_seen", "1", record.frames as f64);
        finding.value("frames_with_face", "1", 0.0);
        finding.value("coverage", "1", 0.0);
        return finding;
    }
    let mut finding = Finding::new(Status::Derived, summary(&record, still));
    values(&mut finding, &record);
    warnings(&mut finding, &record);
    finding.measurements = record.rows.iter().flat_map(|row| measurements(row, still)).collect();
    figures(&mut finding, &record, gallery, still);
    finding
}

fn coverage(record: &Record) -> f64 {
    record.with_face as f64 / record.frames.max(1) as f64
}

fn summary(record: &Record, still: bool) -> Text {
    let width = quantile(record.rows.iter().map(|r| r.width), 0.5).unwrap_or(f64::NAN);
    if still {
        let (en, nl) = if record.most == 1 { ("face", "gezicht") } else { ("faces", "gezichten") };
        return Text::new(
            format!("The picture shows {} {en}; median width {width:.0} pixels.", record.most),
            format!("Het beeld toont {} {nl}; mediane breedte {width:.0} pixels.", record.most),
        );
    }
    let (en, nl) =
        if record.track_count == 1 { ("track", "gezicht") } else { ("tracks", "gezichten") };
    let percent = 100.0 * coverage(record);
    let Record { frames, with_face, track_count, .. } = record;
    Text::new(
        format!(
            "Faces in {with_face} of {frames} frames ({percent:.0} %), in {track_count} {en}; median width {width:.0} pixels."
        ),
        format!(
            "Gezichten in {with_face} van {frames} beelden ({percent:.0} %), {track_count} {nl} gevolgd; mediane breedte {width:.0} pixels."
        ),
    )
}

fn values(finding: &mut Finding, record: &Record) {
    finding.value("tracks", "1", record.track_count as f64);
    finding.value("frames_seen", "1", record.frames as f64);
    finding.value("frames_with_face", "1", record.with_face as f64);
    finding.value("coverage", "1", coverage(record));
    finding.value("max_faces", "1", record.most as f64);
    if let Some((low, high)) = record.widths {
        finding.value("face_width_px_min", "px", low.into());
        finding.value("face_width_px_max", "px", high.into());
    }
    let mut middle = |name: &str, unit, value: &dyn Fn(&Row) -> f32, q: f64| {
        if let Some(v) = quantile(record.rows.iter().map(value), q) {
            finding.value(name, unit, v);
        }
    };
    middle("face_width_px_median", "px", &|r| r.width, 0.5);
    middle("eye_aspect_ratio_median", "1", &|r| r.eyes, 0.5);
    middle("blur_px_median", "px", &|r| r.blur, 0.5);
    middle("parts_covered_median", "1", &|r| r.covered, 0.5);
    middle("bridge_line_median", "1", &|r| r.bridge, 0.5);
    for (i, axis) in ["yaw_deg", "pitch_deg", "roll_deg"].into_iter().enumerate() {
        for (suffix, q) in [("p05", 0.05), ("median", 0.5), ("p95", 0.95)] {
            middle(&format!("{axis}_{suffix}"), "deg", &|r| r.pose[i], q);
        }
    }
    for track in longest(record) {
        if let Some(kept) = record.tracks.get(&track) {
            finding.value(format!("track_{track}_frames"), "1", kept.frames as f64);
            finding.value(
                format!("track_{track}_coverage"),
                "1",
                kept.frames as f64 / record.frames as f64,
            );
        }
    }
}

/// The longest tracks, in order of number.
fn longest(record: &Record) -> Vec<u32> {
    let mut tracks: Vec<_> =
        record.tracks.iter().map(|(n, t)| (std::cmp::Reverse(t.frames), *n)).collect();
    tracks.sort();
    tracks.truncate(SHOWN);
    let mut numbers: Vec<u32> = tracks.into_iter().map(|(_, n)| n).collect();
    numbers.sort_unstable();
    numbers
}

fn warnings(finding: &mut Finding, record: &Record) {
    finding.warnings.push(Text::new(
        "Nobody was recognised: a track number says that one face was followed without a break, not whose it is.",
        "Er is niemand herkend: een nummer zegt dat één gezicht zonder onderbreking gevolgd is, niet van wie het is.",
    ));
    if record.most >= MOST_FACES {
        finding.warnings.push(Text::new(
            format!(
                "{MOST_FACES} faces are the most that are followed at once; there may be more."
            ),
            format!(
                "Er worden hooguit {MOST_FACES} gezichten tegelijk gevolgd; er kunnen er meer zijn."
            ),
        ));
    }
    if quantile(record.rows.iter().map(|r| r.width), 0.5).is_some_and(|w| w < SMALL) {
        finding.warnings.push(Text::new(
            format!("Half of the faces are narrower than {SMALL} pixels: eye opening and pose are coarse."),
            format!("De helft van de gezichten is smaller dan {SMALL} pixels: oogopening en hoofdstand zijn grof."),
        ));
    }
    if record.stride > 1 {
        let n = record.stride;
        finding.warnings.push(Text::new(
            format!("The table holds every {n}th frame only, to bound its size; medians and quantiles are of those."),
            format!("De tabel bevat alleen elk {n}e beeld, om de omvang te begrenzen; medianen en kwantielen gaan daarover."),
        ));
    }
    if record.tracks.len() >= MOST_TRACKS {
        finding.warnings.push(Text::new(
            format!("Only the first {MOST_TRACKS} tracks are listed."),
            format!("Alleen de eerste {MOST_TRACKS} gezichten staan in de lijst."),
        ));
    }
}

fn measurements(row: &Row, still: bool) -> impl Iterator<Item = Measurement> {
    let [yaw, pitch, roll] = row.pose;
    let row = *row;
    [
        ("face_width_px", "px", row.width),
        ("eye_aspect_ratio", "1", row.eyes),
        ("yaw_deg", "deg", yaw),
        ("pitch_deg", "deg", pitch),
        ("roll_deg", "deg", roll),
        ("presence", "1", row.presence),
        ("blur_px", "px", row.blur),
        ("parts_covered", "1", row.covered),
        ("bridge_line", "1", row.bridge),
    ]
    .into_iter()
    .filter(|(.., value)| value.is_finite())
    .map(move |(quantity, unit, value)| Measurement {
        quantity,
        unit,
        time_s: (!still).then_some(row.time_s),
        frame: Some(row.frame),
        track: Some(row.track),
        value: value.into(),
    })
}

fn figures(finding: &mut Finding, record: &Record, gallery: Gallery, still: bool) {
    for picture in gallery.pictures() {
        let (en, nl) =
            if picture.count == 1 { ("face", "gezicht") } else { ("faces", "gezichten") };
        let (n, frame) = (picture.count, picture.frame);
        let title = if still {
            Text::new(format!("{n} {en} found"), format!("{n} {nl} gevonden"))
        } else {
            Text::new(
                format!("Clearest frame of track {}: {n} {en}, frame {frame}", picture.track),
                format!(
                    "Duidelijkste beeld van gezicht nummer {}: {n} {nl}, beeld {frame}",
                    picture.track
                ),
            )
        };
        finding.figures.push(Figure::Picture {
            title,
            image: picture.image,
            faces: picture.faces,
            time_s: (!still).then_some(picture.time_s),
        });
    }
    if !still {
        finding.figures.push(curves(record));
        finding.figures.push(table(record));
    }
}

/// Width over time of the longest tracks, interrupted where there is no face.
fn curves(record: &Record) -> Figure {
    let series = longest(record).into_iter().map(|track| {
        let rows: Vec<&Row> = record.rows.iter().filter(|r| r.track == track).collect();
        let step = rows.len().div_ceil(POINTS).max(1);
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut last = None;
        for row in rows {
            if last.is_some_and(|l| row.seen - l > record.stride) {
                points.push((row.time_s, f64::NAN));
            } else if last.is_some() && !(row.seen / record.stride).is_multiple_of(step as u64) {
                last = Some(row.seen);
                continue;
            }
            points.push((row.time_s, row.width.into()));
            last = Some(row.seen);
        }
        Series {
            name: Text::new(format!("track {track}"), format!("gezicht nummer {track}")),
            points,
        }
    });
    Figure::Lines {
        title: Text::new(
            "When each face is seen, and how wide it is",
            "Wanneer elk gezicht te zien is, en hoe breed",
        ),
        x: Axis { label: Text::new("time (s)", "tijd (s)"), ..Axis::default() },
        y: Axis {
            label: Text::new("width of the face (px)", "breedte van het gezicht (px)"),
            ..Axis::default()
        },
        series: series.collect(),
    }
}

fn table(record: &Record) -> Figure {
    let rows = record.tracks.iter().take(ROWS).map(|(number, t)| {
        vec![
            number.to_string(),
            format!("{:.2}", t.span_s.0),
            format!("{:.2}", t.span_s.1),
            t.frames.to_string(),
            format!("{:.0}", t.width_sum / t.frames.max(1) as f64),
            format!("{:.2}", t.presence_min),
        ]
    });
    Figure::Table {
        title: Text::new("Tracks", "Gevolgde gezichten"),
        columns: vec![
            Text::new("Track", "Gezicht nummer"),
            Text::new("From (s)", "Van (s)"),
            Text::new("To (s)", "Tot (s)"),
            Text::new("Frames", "Beelden"),
            Text::new("Mean width (px)", "Gemiddelde breedte (px)"),
            Text::new("Least presence", "Laagste presence"),
        ],
        rows: rows.collect(),
    }
    .numbers()
}
