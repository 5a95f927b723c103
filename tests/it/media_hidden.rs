//! What is in a file but not in what a player shows.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use waarmerk::media::{Exhibit, Kind, Limits, Play, Played};

use crate::fixtures::{clip, ffmpeg};

fn open(path: &Path) -> Exhibit {
    Exhibit::open(path, &Limits::default()).unwrap()
}

fn play(path: &Path) -> Played {
    let want = Play { frames: true, ..Play::default() };
    open(path).play(&want, |_| Ok(ControlFlow::Continue(()))).unwrap()
}

/// Coded pictures as ffprobe counts them when told to ignore the edit list.
fn coded(path: &Path) -> u64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-ignore_editlist", "1", "-select_streams", "v:0", "-count_packets"])
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().trim_end_matches(',').parse().unwrap()
}

#[test]
fn pictures_that_cannot_be_decoded_are_not_taken_for_absent() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.mp4");
    clip(&whole, 1.0);
    let path = dir.path().join("noise.webm");
    let coding = ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"];
    let webm = dir.path().join("whole.webm");
    ffmpeg(&[&["-i", whole.to_str().unwrap()], &coding[..]].concat(), &webm);
    let noise = ["-c", "copy", "-bsf:v", "noise=amount=1"];
    ffmpeg(&[&["-i", webm.to_str().unwrap()], &noise[..]].concat(), &path);

    let exhibit = open(&path);
    assert_eq!((exhibit.kind, exhibit.video.is_some()), (Kind::Audio, false));
    let why = exhibit.picture_error.as_ref().unwrap().en.as_str();
    assert!(why.starts_with("vp8: ") && why.len() > 8, "{why}");
    assert!(exhibit.notes.iter().any(|note| note.en.contains(why) && note.nl.contains(why)));

    assert_eq!(open(&webm).picture_error, None);
    let sound = dir.path().join("sound.webm");
    ffmpeg(&["-i", webm.to_str().unwrap(), "-vn", "-c", "copy"], &sound);
    assert_eq!(open(&sound).picture_error, None);
}

#[test]
fn pictures_outside_the_edit_list_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("whole.mp4");
    clip(&path, 2.6);
    let whole = play(&path);
    assert_eq!((whole.frames, whole.hidden_frames), (65, 0));

    // Cut without re-coding: decoding starts at the key picture before.
    let cut = dir.path().join("cut.mp4");
    ffmpeg(&["-ss", "1.1", "-i", path.to_str().unwrap(), "-c", "copy"], &cut);
    let played = play(&cut);
    let all = coded(&cut);
    assert!(played.frames < all, "{played:?} of {all}");
    assert_eq!(played.frames + played.hidden_frames, all, "{played:?}");
    let said = |played: &Played| played.warnings.iter().any(|said| said.en.contains("edit list"));
    assert!(said(&played) && !said(&whole));

    // Much of the file lies before the first picture that is shown.
    let large = dir.path().join("large.mp4");
    let noise = "testsrc2=size=640x480:rate=25:duration=2.6,noise=alls=40:allf=t";
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-g", "250"];
    ffmpeg(&[&["-f", "lavfi", "-i", noise], &coding[..]].concat(), &large);
    ffmpeg(&["-ss", "1.9", "-i", large.to_str().unwrap(), "-c", "copy"], &cut);
    let played = play(&cut);
    assert!(played.hidden_frames > 40 && played.frames >= 15, "{played:?}");
    assert_eq!(played.frames + played.hidden_frames, coded(&cut), "{played:?}");

    // An edit list put in afterwards, so that ffmpeg does not even read the
    // groups of pictures before: begins at 2 s, whatever the file.
    let path = dir.path().join("groups.mp4");
    let short = ["-c:v", "libx264", "-g", "5", "-bf", "0", "-video_track_timescale", "25"];
    let input = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:duration=3"];
    ffmpeg(&[&input[..], &short[..]].concat(), &path);
    let mut data = std::fs::read(&path).unwrap();
    let at = data.windows(4).position(|window| window == b"elst").unwrap() + 12;
    data[at + 4..at + 8].copy_from_slice(&50u32.to_be_bytes());
    std::fs::write(&path, data).unwrap();
    let played = play(&path);
    assert_eq!((played.frames, played.hidden_frames, coded(&path)), (25, 50, 75));
}

/// Two pages, of which the second is a copy of the first's directory.
#[test]
fn further_pages_of_a_tiff_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.tiff");
    let input = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=1:duration=1", "-frames:v", "1"];
    ffmpeg(&input, &path);
    let said = |path: &Path| open(path).notes.iter().any(|note| note.en.contains("2 TIFF pages"));
    assert!(!said(&path));

    let mut data = std::fs::read(&path).unwrap();
    assert!(data.starts_with(b"II*\0"));
    let first = u32::from_le_bytes(data[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(data[first..first + 2].try_into().unwrap()));
    let link = first + 2 + 12 * entries;
    let directory = data[first..link + 4].to_vec();
    let second = data.len() as u32;
    data[link..link + 4].copy_from_slice(&second.to_le_bytes());
    data.extend(directory);
    std::fs::write(&path, data).unwrap();
    assert!(said(&path), "{:?}", open(&path).notes);
}

/// ffmpeg gives a TIFF with JPEG inside as black, without a word: two of them
/// would have equal digests.
#[test]
fn a_tiff_with_jpeg_inside_is_not_taken_for_black() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("inside.tiff");
    let jpeg = dir.path().join("strip.jpg");
    let input = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=1:duration=1", "-frames:v", "1"];
    ffmpeg(&[&input[..], &["-pix_fmt", "yuvj444p"]].concat(), &jpeg);
    let strip = std::fs::read(&jpeg).unwrap();
    // Tag, type (3 short, 4 long), count, value: baseline TIFF with compression 7.
    let entries: [(u16, u16, u32, u32); 9] = [
        (256, 3, 1, 64),
        (257, 3, 1, 64),
        (258, 3, 3, 8 + 2 + 9 * 12 + 4),
        (259, 3, 1, 7),
        (262, 3, 1, 6),
        (273, 4, 1, 8 + 2 + 9 * 12 + 4 + 6),
        (277, 3, 1, 3),
        (278, 3, 1, 64),
        (279, 4, 1, strip.len() as u32),
    ];
    let mut data = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, kind, count, value) in entries {
        data.extend(tag.to_le_bytes().into_iter().chain(kind.to_le_bytes()));
        data.extend(count.to_le_bytes().into_iter().chain(value.to_le_bytes()));
    }
    data.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    data.extend(strip);
    std::fs::write(&path, data).unwrap();
    let exhibit = open(&path);
    let why = exhibit.undecodable().unwrap();
    assert!(why.en.contains("TIFF") && why.en.contains("black"), "{why:?}");
    assert!(exhibit.video.is_none() && exhibit.sha256.len() == 64);
}

/// Peak and present memory of this process in KiB.
#[cfg(target_os = "linux")]
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    (value("VmHWM"), value("VmRSS"))
}

/// Half a gigabyte of text in a picture of half a megabyte.
#[cfg(target_os = "linux")]
#[test]
fn compressed_text_in_a_png_is_not_inflated() {
    use std::io::Write;

    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain.png");
    crate::fixtures::still(&plain);
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        deflate.write_all(&zeros).unwrap();
    }
    let text = deflate.finish().unwrap();
    drop(zeros);
    let plain = std::fs::read(&plain).unwrap();
    let mut bomb = plain[..33].to_vec();
    for index in 0..8 {
        let chunk: [&[u8]; 3] = match index {
            0 => [b"iCCP", b"p\0\0", &text],
            1 => [b"iTXt", b"Comment\0\x01\0\0\0", &text],
            _ => [b"zTXt", b"Comment\0\0", &text],
        };
        let body = chunk.concat();
        bomb.extend((body.len() as u32 - 4).to_be_bytes());
        bomb.extend(&body);
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        bomb.extend(crc.sum().to_be_bytes());
    }
    bomb.extend(&plain[33..]);
    let path = dir.path().join("bomb.png");
    std::fs::write(&path, &bomb).unwrap();

    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (_, before) = memory();
    let played = play(&path);
    let (peak, _) = memory();
    assert_eq!((played.frames, played.decode_errors), (1, 0));
    // Other tests run beside this one in the same process.
    assert!(peak < before + (300 << 10), "{before} KiB before, {peak} KiB at most");
}

#[test]
fn sound_of_more_channels_than_can_be_passed_on_leaves_the_bytes() {
    // The header of a WAV file whose number of channels was damaged.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.wav");
    let (channels, rate) = (65u16, 22_050u32);
    let data = vec![0u8; 2 * usize::from(channels) * 500];
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + data.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    wav.extend(channels.to_le_bytes());
    wav.extend(rate.to_le_bytes());
    wav.extend((rate * 2 * u32::from(channels)).to_le_bytes());
    wav.extend((2 * channels).to_le_bytes());
    wav.extend(16u16.to_le_bytes());
    wav.extend(b"data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(&data);
    std::fs::write(&path, wav).unwrap();
    let exhibit = open(&path);
    assert_eq!((exhibit.kind, exhibit.audio.is_some()), (Kind::Audio, false));
    let why = exhibit.undecodable().unwrap();
    assert!(why.en.contains("65 channels at 22050 Hz"), "{}", why.en);
}
