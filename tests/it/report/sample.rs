//! Reports made up for the tests: no real person, no real examination.

use image::{Rgb, RgbImage};
use waarmerk::checks::finding::{Axis, Series};
use waarmerk::checks::{Figure, Finding, Group, Measurement, Standing, Status};
use waarmerk::media::exhibit::{AudioInfo, VideoInfo};
use waarmerk::media::{Exhibit, Kind, Rect};
use waarmerk::report::{Checked, Condition, Lab, Model, Redact, Report, Timing, Tool};
use waarmerk::text::{Lang, Text};

/// A file name that attacks HTML, terminals and readers at once.
pub const HOSTILE: &str = "<script>alert('1')</script>\"&\u{202e}4pm.\u{0}\u{1b}[31mclip.mp4";

const DOC: &str = "//! Frequency content of the picture.
//!
//! # What it measures
//!
//! The power of the luma plane over spatial frequency, in tiles of `512 × 512`
//! pixels under a Hann window, and the slope of its fall.
//!
//! - **Peaks** at simple fractions of the sampling rate, as up-sampling leaves them.
//! - The slope above a quarter of the sampling rate.
//!
//! # When it misleads
//!
//! Resizing, sharpening and the block grid of JPEG leave peaks of their own.
//!
//! # References
//!
//! - Durall, Keuper, Keuper 2020, \"Watch your Up-Convolution\", CVPR.
//!
//! # Titel
//!
//! Frequentie-inhoud van het beeld.
//!
//! # Wat het meet
//!
//! Het vermogen van de luminantie over de ruimtelijke frequentie, in tegels van
//! `512 × 512` pixels onder een Hann-venster, en de helling waarmee het afneemt.
//!
//! - **Pieken** bij eenvoudige breuken van de bemonsteringsfrequentie, zoals opschalen die achterlaat.
//! - De helling boven een kwart van de bemonsteringsfrequentie.
//!
//! # Wanneer het misleidt
//!
//! Schalen, verscherpen en het blokraster van JPEG laten eigen pieken achter.
";

fn axis(en: &str, nl: &str) -> Axis {
    Axis { label: Text::new(en, nl), ..Axis::default() }
}

fn checked(name: &str, group: Group, standing: Standing, finding: Finding) -> Checked {
    Checked { name: name.into(), group, standing, source: DOC, finding }
}

fn exhibit(name: &str) -> Exhibit {
    Exhibit {
        path: "evidence/clip.mp4".into(),
        name: name.into(),
        bytes: 18_734_551,
        sha256: "3f1c9b7a5d2e4f60819a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70".into(),
        sha512: "9d".repeat(64),
        kind: Kind::Video,
        container: "mov,mp4,m4a,3gp,3g2,mj2".into(),
        duration_s: Some(92.48),
        video: Some(VideoInfo {
            codec: "h264".into(),
            profile: Some("High".into()),
            pixel_format: "yuv420p".into(),
            width: 1920,
            height: 1080,
            display_width: 1080,
            display_height: 1920,
            rotation_deg: 90,
            mirrored: false,
            sample_aspect: (1, 1),
            fps: Some(29.97),
            matrix: "bt709".into(),
            matrix_declared: false,
            full_range: false,
            start_s: Some(0.0),
            bit_rate: Some(1_480_220),
            tags: vec![("handler_name".into(), "VideoHandler".into())],
        }),
        picture_error: None,
        audio: Some(AudioInfo {
            codec: "aac".into(),
            rate: 44_100,
            channels: 2,
            sample_format: "fltp".into(),
            start_s: Some(0.021),
            bit_rate: Some(128_000),
            tags: vec![],
        }),
        tags: vec![
            ("major_brand".into(), "isom".into()),
            ("encoder".into(), "Lavf58.76.100".into()),
        ],
        notes: vec![Text::new(
            "The sound starts 21 ms after the picture.",
            "Het geluid begint 21 ms na het beeld.",
        )],
    }
}

fn tool() -> Tool {
    Tool {
        version: "0.1.0".into(),
        commit: Some("8ca7ff7".into()),
        binary_sha256: None,
        ffmpeg: "libavcodec 59.37.100, libavformat 59.27.100".into(),
        device: "cpu".into(),
        models: vec![Model {
            name: "face_mesh".into(),
            sha256: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814".into(),
            origin: "mediapipe 0.10.21".into(),
            licence: "Apache-2.0".into(),
        }],
        options: vec![
            ("--device".into(), "auto".into()),
            ("--checks".into(), "container,spectrum".into()),
        ],
        command: ["waarmerk", "examine", "evidence/my clip.mp4", "--out", "out"]
            .map(String::from)
            .to_vec(),
        process: "own process".into(),
    }
}

/// Few findings, little data: what the snapshots hold.
pub fn small(lang: Lang) -> Report {
    let mut container = Finding::new(
        Status::Observed,
        Text::new(
            "The file was written by FFmpeg's muxer.",
            "Het bestand is door de muxer van FFmpeg geschreven.",
        ),
    );
    container.value("boxes", "1", 42.0);
    container.figures.push(Figure::Table {
        title: Text::new("Boxes, in file order", "Boxen, in bestandsvolgorde"),
        columns: vec![Text::new("Box", "Box"), Text::new("Contents", "Inhoud van de box")],
        rows: vec![
            vec!["ftyp".into(), "isom".into()],
            vec!["udta".into(), "<img src=x onerror=alert(1)>\nline 2".into()],
        ],
    });
    let mut spectrum = Finding::new(
        Status::Derived,
        Text::new("The power falls with slope −1.98.", "Het vermogen neemt af met helling −1,98."),
    );
    spectrum.score = Some(0.25);
    spectrum.log10_nfa = Some(-295.346);
    spectrum.state = Some("no-peaks".into());
    spectrum.value("power_slope", "1", -1.979);
    spectrum.value("duration_s", "s", 92.48);
    spectrum.warnings.push(Text::new("The file was resized.", "Het bestand is geschaald."));
    spectrum.measurements = (0..4)
        .map(|i| Measurement {
            quantity: "slope",
            unit: "1",
            time_s: Some(f64::from(i)),
            frame: Some(i as u64 * 30),
            track: Some(0),
            value: if i == 2 { f64::NAN } else { -2.0 + 0.1 * f64::from(i) },
        })
        .collect();
    spectrum.figures.push(Figure::Lines {
        title: Text::new("Radial profile <b>", "Radiaal profiel <b>"),
        x: Axis {
            range: Some((0.0, 0.5)),
            ..axis("frequency (cycles/pixel)", "frequentie (perioden/pixel)")
        },
        y: Axis { log: true, ..axis("power", "vermogen") },
        series: vec![
            Series {
                name: Text::new("whole picture", "hele beeld"),
                points: vec![(0.0, 1e6), (0.1, 1e4), (0.2, f64::NAN), (0.3, 50.0), (0.5, 1.0)],
            },
            Series { name: Text::new("face 0", "gezicht 0"), points: vec![(0.1, 1e3), (0.5, 0.5)] },
        ],
    });
    let pulse = Finding::abstain(
        Status::Insufficient,
        Text::new("The clip is shorter than 10 s.", "Het fragment is korter dan 10 s."),
    );
    Report {
        tool: tool(),
        exhibit: exhibit(HOSTILE),
        unchanged: true,
        condition: Condition {
            seconds: Some(92.48),
            frames: Some(2772),
            sound_s: Some(92.46),
            faces: Some(1),
            face_px: Some((96.0, 118.5, 131.25)),
        },
        checks: vec![
            checked("container", Group::Provenance, Standing::Evidential, container),
            checked("spectrum", Group::Spectral, Standing::Indicator, spectrum),
            checked("pulse", Group::Physiology, Standing::Historical, pulse),
        ],
        not_run: vec!["voice".into()],
        complete: true,
        timings: vec![
            Timing { stage: "open".into(), seconds: 0.012 },
            Timing { stage: "pass".into(), seconds: 14.5 },
        ],
        started: "2026-01-02T03:04:05+01:00".into(),
        finished: "2026-01-02T03:04:20+01:00".into(),
        lang,
        redact: Redact::Faces,
        lab: Lab::default(),
        weighed: vec![],
        notes: vec![],
    }
}

/// A picture of a made-up scene: stripes of "text" and a round "face".
pub fn scene() -> (RgbImage, Rect) {
    let image = RgbImage::from_fn(960, 540, |x, y| {
        let (dx, dy) = (x as f32 - 640.0, y as f32 - 220.0);
        let (eye, far) = ((dx.abs() - 40.0).hypot(dy + 30.0), dx.hypot(dy * 0.8));
        match () {
            () if eye < 14.0 => Rgb([40, 60, 90]),
            () if far < 110.0 && (dy - 50.0).abs() < 8.0 && dx.abs() < 45.0 => Rgb([160, 70, 70]),
            () if far < 110.0 => Rgb([224, 186, 160]),
            () if y > 380 && (x / 6 + y / 9) % 2 == 0 => Rgb([20, 20, 20]),
            () => Rgb([90 + (x / 12) as u8, 120 + (y / 8) as u8, 150]),
        }
    });
    (image, Rect { x: 540.0, y: 90.0, width: 200.0, height: 260.0 })
}

/// A report as an hour-long clip with several checks would give it.
pub fn full(lang: Lang, redact: Redact) -> Report {
    let mut report = small(lang);
    report.redact = redact;
    report.exhibit.name = "interview_2026-01-02.mp4".into();
    let wave =
        |i: u32, k: f64| (f64::from(i) * 0.0007 * k).sin() + 0.3 * (f64::from(i) * 0.11 * k).sin();
    let (image, face) = scene();
    if let Some(spectrum) = report.checks.get_mut(1) {
        let finding = &mut spectrum.finding;
        finding.measurements = (0..43_200u32)
            .flat_map(|i| {
                [("slope", 1.0), ("high_band_db", 1.7), ("peak_z", 2.3)].map(|(quantity, k)| {
                    Measurement {
                        quantity,
                        unit: if quantity == "high_band_db" { "dB" } else { "1" },
                        time_s: Some(f64::from(i) / 3.0),
                        frame: Some(u64::from(i) * 10),
                        track: (quantity == "peak_z").then_some(0),
                        value: if (9000..12_000).contains(&i) {
                            f64::NAN
                        } else {
                            3.0 * k + wave(i, k)
                        },
                    }
                })
            })
            .collect();
        let profile = |offset: f64| -> Vec<(f64, f64)> {
            (1..256)
                .map(|i| f64::from(i) / 512.0)
                .map(|f| (f, offset * f.powf(-1.98) * (1.0 + 0.2 * (f * 900.0).sin())))
                .collect()
        };
        finding.figures = vec![
            Figure::Lines {
                title: Text::new(
                    "Radially averaged power spectrum",
                    "Radiaal gemiddeld vermogensspectrum",
                ),
                x: Axis {
                    log: true,
                    ..axis(
                        "spatial frequency (cycles/pixel)",
                        "ruimtelijke frequentie (perioden/pixel)",
                    )
                },
                y: Axis { log: true, ..axis("power (grey levels²)", "vermogen (grijswaarden²)") },
                series: [
                    ("whole picture", "hele beeld", 1.0),
                    ("face 0", "gezicht 0", 0.2),
                    ("face 1", "gezicht 1", 5.0),
                ]
                .map(|(en, nl, k)| Series { name: Text::new(en, nl), points: profile(k) })
                .to_vec(),
            },
            Figure::Heat {
                title: Text::new(
                    "Mean log power of the residual, by frequency",
                    "Gemiddeld log-vermogen van het residu, per frequentie",
                ),
                width: 256,
                height: 256,
                values: (0..256 * 256)
                    .map(|i| {
                        let (x, y) = ((i % 256) as f32 - 128.0, (i / 256) as f32 - 128.0);
                        let peak = if x.abs() == 64.0 && y.abs() == 64.0 { 3.0 } else { 0.0 };
                        4.0 - (1.0 + x.hypot(y)).ln() + peak
                    })
                    .collect(),
                x: Axis {
                    range: Some((-0.5, 0.5)),
                    ..axis(
                        "horizontal frequency (cycles/pixel)",
                        "horizontale frequentie (perioden/pixel)",
                    )
                },
                y: Axis {
                    range: Some((0.5, -0.5)),
                    ..axis("vertical frequency", "verticale frequentie")
                },
                scale: Text::new("log₁₀ power", "log₁₀ vermogen"),
                scene: None,
            },
            Figure::Picture {
                title: Text::new("Frame with the steepest fall", "Beeld met de steilste afname"),
                image,
                faces: vec![face],
                time_s: Some(5120.0),
            },
        ];
    }
    if let Some(container) = report.checks.first_mut() {
        container.finding.figures = vec![Figure::Table {
            title: Text::new("Boxes, in file order", "Boxen, in bestandsvolgorde"),
            columns: vec![
                Text::new("Box", "Box"),
                Text::new("Offset", "Positie"),
                Text::new("Size", "Omvang"),
                Text::new("Contents", "Inhoud van de box"),
            ],
            rows: (0..60)
                .map(|i| {
                    vec![
                        format!("moov/trak[{i}]/tkhd"),
                        format!("{}", i * 3111),
                        "92".into(),
                        "enabled, in movie; layer 0".into(),
                    ]
                })
                .collect(),
        }];
    }
    report.exhibit.duration_s = Some(14_400.0);
    report
}
