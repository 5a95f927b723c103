//! Sound: length, level, channels, clock and holes.

use super::*;

/// All sound in one format: samples, channels, time of the first.
fn hear(exhibit: &Exhibit, format: SoundFormat) -> (Vec<f32>, usize, f64, Played) {
    let (mut samples, mut channels, mut start, mut next) = (Vec::new(), 0, None, 0.0);
    let played = exhibit
        .play(&Play { sounds: vec![format], ..Play::default() }, |sample| {
            let Sample::Sound(sound) = sample else { panic!("only sound was asked for") };
            assert_eq!(sound.format, format);
            if start.is_none() {
                next = sound.time_s;
            }
            start.get_or_insert(sound.time_s);
            assert!((sound.time_s - next).abs() < 1e-6, "blocks do not follow each other");
            next = sound.time_s
                + (sound.samples.len() / sound.channels) as f64 / f64::from(sound.rate);
            channels = sound.channels;
            samples.extend_from_slice(sound.samples);
            Ok(ALL)
        })
        .unwrap();
    (samples, channels, start.unwrap(), played)
}

/// Frequency by zero crossings and amplitude by the quadratic mean, over the
/// middle of the samples.
fn tone(samples: &[f32], rate: f64) -> (f64, f64) {
    let middle = &samples[samples.len() / 10..samples.len() * 9 / 10];
    let mut crossings = Vec::new();
    for (index, pair) in middle.windows(2).enumerate() {
        if pair[0] < 0.0 && pair[1] >= 0.0 {
            crossings.push(index as f64 + f64::from(-pair[0] / (pair[1] - pair[0])));
        }
    }
    let periods = (crossings.len() - 1) as f64;
    let frequency = periods * rate / (crossings[crossings.len() - 1] - crossings[0]);
    let power: f64 =
        middle.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / middle.len() as f64;
    (frequency, (2.0 * power).sqrt())
}

#[test]
fn sound_keeps_length_frequency_and_amplitude() {
    let dir = dir();
    // ffmpeg's sine has an amplitude of 1/8; 0.8 s at 44100 Hz.
    let source = ["-f", "lavfi", "-i", "sine=f=440:r=44100:d=0.8"];
    for (name, extra, exact) in [
        ("a.wav", &[][..], true),
        ("u8.wav", &["-c:a", "pcm_u8"][..], false),
        ("s24.wav", &["-c:a", "pcm_s24le"][..], true),
        ("f32.wav", &["-c:a", "pcm_f32le"][..], true),
        ("f64.wav", &["-c:a", "pcm_f64le"][..], true),
        ("stereo.wav", &["-af", "pan=stereo|c0=c0|c1=c0"][..], true),
        ("a.flac", &[][..], true),
        ("a.mp3", &["-b:a", "192k"][..], false),
        ("a.m4a", &["-b:a", "192k"][..], false),
        ("a.aac", &["-b:a", "192k"][..], false),
        ("a.ogg", &["-c:a", "libvorbis", "-q:a", "8"][..], false),
        ("a.opus", &["-b:a", "128k"][..], false),
        ("a.aiff", &[][..], true),
    ] {
        let path = make(&dir, name, &[&source[..], extra].concat());
        let exhibit = open(&path);
        assert_eq!(exhibit.kind, Kind::Audio, "{name}");
        let info = exhibit.audio.clone().unwrap();
        for format in
            [SoundFormat { rate: None, mono: true }, SoundFormat { rate: Some(16_000), mono: true }]
        {
            let rate = f64::from(format.rate.unwrap_or(info.rate));
            let (samples, channels, start, played) = hear(&exhibit, format);
            assert_eq!((channels, start), (1, 0.0), "{name}");
            let seconds = samples.len() as f64 / rate;
            // Lossy codecs come in whole blocks of up to 1152 + 1105 samples.
            let tolerance = if exact || name == "u8.wav" { 1.01 / rate } else { 0.055 };
            assert!((seconds - 0.8).abs() <= tolerance, "{name} at {rate}: {seconds} s");
            let (frequency, amplitude) = tone(&samples[..samples.len() * 9 / 10], rate);
            assert!((frequency - 440.0).abs() < 0.05, "{name} at {rate}: {frequency} Hz");
            let tolerance = if exact { 1e-3 } else { 4e-3 };
            assert!(
                (amplitude - 0.125).abs() < tolerance,
                "{name} at {rate}: amplitude {amplitude}"
            );
            assert_eq!(played.decode_errors, 0, "{name}");
        }
    }
}

#[test]
fn mono_is_the_mean_and_channels_stay_apart() {
    let dir = dir();
    let path = make(
        &dir,
        "two.wav",
        &["-f", "lavfi", "-i", "aevalsrc=0.5|-0.25|0.125:s=8000:d=0.25:c=2.1", "-c:a", "pcm_f32le"],
    );
    let exhibit = open(&path);
    let (mono, ..) = hear(&exhibit, SoundFormat { rate: None, mono: true });
    assert!(mono.iter().all(|value| (value - 0.125).abs() < 1e-6), "{:?}", &mono[..3]);
    let (all, channels, ..) = hear(&exhibit, SoundFormat { rate: None, mono: false });
    assert_eq!((channels, all.len()), (3, 6000));
    assert!(all.chunks(3).all(|frame| frame == [0.5, -0.25, 0.125]));
}

/// Sound that starts 0.4 s after, or before, the pictures.
#[test]
fn sound_and_picture_share_a_clock() {
    let dir = dir();
    for (late, sound_starts) in [(false, 0.4), (true, -0.4)] {
        let (video, audio) = ("testsrc2=s=128x96:r=25:d=1", "sine=f=440:r=48000:d=1");
        let mut args = Vec::new();
        for (input, delayed) in [(video, late), (audio, !late)] {
            if delayed {
                args.extend(["-itsoffset", "0.4"]);
            }
            args.extend(["-f", "lavfi", "-i", input]);
        }
        // Otherwise the program repeats the first picture from time 0 on.
        args.extend([
            "-vsync",
            "passthrough",
            "-c:v",
            "libx264",
            "-bf",
            "0",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "pcm_s16le",
        ]);
        for name in ["offset.mkv", "offset.mov"] {
            let exhibit = open(&make(&dir, name, &args));
            let (_, _, start, _) = hear(&exhibit, SoundFormat { rate: Some(16_000), mono: true });
            assert!(
                (start - sound_starts).abs() < 2e-3,
                "{name}: {start} instead of {sound_starts}"
            );
            assert_eq!(show(&exhibit).times[0], 0.0);
        }
    }
}

#[test]
fn holes_in_sound_are_filled_so_that_time_stays_true() {
    let dir = dir();
    let path = make(
        &dir,
        "hole.mkv",
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=f=440:r=48000:d=2",
            "-af",
            "aselect='not(between(t,0.5,0.9))'",
            "-c:a",
            "pcm_s16le",
        ],
    );
    let exhibit = open(&path);
    let (samples, _, start, played) = hear(&exhibit, SoundFormat { rate: None, mono: true });
    assert_eq!(start, 0.0);
    assert_eq!(played.sound_holes, 1, "{played:?}");
    assert!((samples.len() as f64 / 48_000.0 - 2.0).abs() < 2e-3, "{}", samples.len());
    let silent = samples
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == 0.0)
        .map(|(index, _)| index as f64 / 48_000.0);
    let middle: Vec<f64> = silent.filter(|time| (0.55..0.85).contains(time)).collect();
    assert!(middle.len() as f64 > 0.29 * 48_000.0, "{}", middle.len());
    let (frequency, amplitude) = tone(&samples[52_000..], 48_000.0);
    assert!((frequency - 440.0).abs() < 0.05 && (amplitude - 0.125).abs() < 1e-3);
}
