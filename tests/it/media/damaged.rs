//! Damaged and cut files.

use super::*;

/// A small linear congruential generator (Knuth, MMIX), for repeatable damage.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize
    }
}

#[test]
fn a_cut_file_gives_what_is_left_and_says_so() {
    let dir = dir();
    let big = ["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2"];
    let path = make(
        &dir,
        "whole.mp4",
        &[
            &big[..],
            &["-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", "-movflags", "faststart"],
        ]
        .concat(),
    );
    let whole = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.mp4");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let shown = show(&open(&cut));
    assert!((10..50).contains(&shown.times.len()), "{}", shown.times.len());
    assert!(!shown.played.warnings.is_empty(), "{:?}", shown.played);

    let photo = std::fs::read(make(
        &dir,
        "whole.jpg",
        &[&big[..], &["-frames:v", "1", "-q:v", "2"]].concat(),
    ))
    .unwrap();
    let cut = dir.path().join("cut.jpg");
    std::fs::write(&cut, &photo[..photo.len() / 2]).unwrap();
    let shown = show(&open(&cut));
    assert_eq!(shown.times.len(), 1);
    assert!(!shown.played.warnings.is_empty(), "{:?}", shown.played);
}

/// Damage anywhere may give less, or an error, but never a panic.
#[test]
fn damage_never_panics() {
    let dir = dir();
    let both = clip_with_sound();
    let files = [
        ("a.mp4", both.clone()),
        ("a.jpg", clip(&["-frames:v", "1"])),
        ("a.png", clip(&["-frames:v", "1", "-pix_fmt", "pal8"])),
        ("a.webp", clip(&["-frames:v", "1"])),
        ("a.tiff", clip(&["-frames:v", "1"])),
        ("a.gif", clip(&[])),
        ("a.wav", vec!["-f", "lavfi", "-i", "sine=d=0.2"]),
        ("a.mkv", both),
    ];
    for (name, args) in files {
        let path = make(&dir, name, &args);
        let whole = std::fs::read(&path).unwrap();
        let (mut opened, mut refused) = (0, 0);
        for seed in 0..50 {
            let mut random = Random(seed);
            let mut data = whole.clone();
            for _ in 0..1 + seed % 20 {
                let at = random.next() % data.len();
                data[at] = random.next() as u8;
            }
            if seed % 7 == 0 {
                data.truncate(random.next() % data.len() + 1);
            }
            std::fs::write(&path, &data).unwrap();
            let want = Play {
                frames: true,
                sounds: vec![SoundFormat { rate: Some(16_000), mono: true }],
                packets: true,
            };
            let mut sum = 0u64;
            let done = Exhibit::open(&path, &Limits::default()).and_then(|exhibit| {
                exhibit.play(&want, |sample| {
                    if let Sample::Frame(frame) = sample {
                        let plane = match frame.pixels {
                            Pixels::Gray(plane)
                            | Pixels::Rgb(plane)
                            | Pixels::Yuv { y: plane, .. } => plane,
                        };
                        sum += bytes(&plane, 1).iter().map(|value| u64::from(*value)).sum::<u64>();
                    }
                    Ok(ALL)
                })
            });
            match done {
                Ok(_) => opened += 1,
                Err(_) => refused += 1,
            }
        }
        assert_eq!(opened + refused, 50);
        assert!(opened > 0, "{name}: every damaged copy was refused");
    }
}

/// The development media, when they are there: everything opens and plays.
#[test]
fn shared_media_play() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED").map(PathBuf::from) else {
        crate::skip::tell("shared_media_play", "WAARMERK_SHARED is not set");
        return;
    };
    let mut count = 0;
    for folder in ["video", "audio", "camera", "provenance"] {
        for entry in std::fs::read_dir(shared.join("data").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "csv" || extension == "txt") {
                continue;
            }
            let exhibit = open(&path);
            let want = Play {
                frames: true,
                sounds: vec![SoundFormat { rate: Some(16_000), mono: true }],
                packets: false,
            };
            let played = exhibit.play(&want, |_| Ok(ALL)).unwrap();
            assert!(played.frames > 0 || played.sound_s > 0.0, "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
