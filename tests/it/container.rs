//! Structures of files that ffmpeg writes, held against ffprobe and against
//! damage.

use std::path::{Path, PathBuf};
use std::process::Command;

use waarmerk::checks::{self, Entry, Figure, Finding, Status};
use waarmerk::media::container::{Node, Structure};
use waarmerk::media::{Exhibit, Kind};

/// Runs ffmpeg on test patterns; `false`, said aloud, where it is missing.
pub fn ffmpeg(arguments: &[&str], out: &Path) -> bool {
    let sources = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=96x64:rate=10:duration=2",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=440:duration=2",
    ];
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-y"])
        .args(sources)
        .args(arguments)
        .arg(out)
        .output();
    match run {
        Ok(done) if done.status.success() => true,
        Ok(done) => panic!("ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => {
            crate::skip::tell("a test of containers", format!("ffmpeg cannot be run: {error}"));
            false
        }
    }
}

/// An exhibit of which only the path matters.
pub fn exhibit(path: &Path) -> Exhibit {
    Exhibit {
        path: path.to_owned(),
        name: "exhibit".into(),
        bytes: std::fs::metadata(path).unwrap().len(),
        sha256: String::new(),
        sha512: String::new(),
        kind: Kind::Video,
        container: String::new(),
        duration_s: None,
        video: None,
        picture_error: None,
        audio: None,
        tags: Vec::new(),
        notes: Vec::new(),
    }
}

/// Runs one check that needs no pass over the media.
pub fn examine(entry: &Entry, path: &Path) -> Finding {
    let mut check = (entry.make)(&waarmerk::checks::Options::default());
    check.begin(&exhibit(path)).unwrap();
    check.conclude().unwrap()
}

fn names(structure: &Structure) -> Vec<&str> {
    structure.encoder_tags.iter().map(|t| t.value.as_str()).collect()
}

/// File name, ffmpeg's arguments, format, and what the encoder tags hold.
type Case = (&'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    ("a.mp4", &["-c:v", "libx264", "-c:a", "aac"], "MP4", &["x264 - core", "Lavc", "Lavf"]),
    (
        "b.mp4",
        &["-c:v", "libx265", "-c:a", "aac", "-movflags", "+faststart"],
        "MP4",
        &["x265 (build"],
    ),
    ("c.mp4", &["-c:v", "mpeg4", "-movflags", "frag_keyframe+empty_moov"], "MP4", &["Lavf"]),
    ("d.mov", &["-c:v", "mpeg4", "-c:a", "pcm_s16le"], "QuickTime", &["Lavc", "Lavf"]),
    ("e.mkv", &["-c:v", "libx264", "-c:a", "flac"], "Matroska", &["x264 - core", "Lavf"]),
    ("u.mkv", &["-c:v", "libx265", "-map", "0:v"], "Matroska", &["x265 (build"]),
    ("f.avi", &["-c:v", "mpeg4", "-c:a", "mp3"], "AVI", &["Lavf", "Lavc"]),
    ("g.wav", &["-map", "1:a"], "WAV", &["Lavf"]),
    ("h.flac", &["-map", "1:a"], "FLAC", &["Lavf"]),
    ("i.mp3", &["-map", "1:a"], "MP3", &["Lavf", "Lavc"]),
    ("j.opus", &["-map", "1:a", "-c:a", "libopus"], "Ogg", &["Lavf", "libopus"]),
    ("k.ts", &["-c:v", "mpeg2video", "-c:a", "mp2"], "MPEG-TS", &["FFmpeg / Service01"]),
    ("l.mpg", &["-c:v", "mpeg2video", "-c:a", "mp2"], "MPEG-PS", &[]),
    ("m.png", &["-frames:v", "1"], "PNG", &[]),
    ("n.jpg", &["-frames:v", "1"], "JPEG", &["Lavc"]),
    ("o.gif", &["-map", "0:v"], "GIF", &[]),
    ("p.tiff", &["-frames:v", "1"], "TIFF", &["Lavc"]),
    ("q.m4a", &["-map", "1:a", "-c:a", "aac"], "MP4", &["Lavf"]),
    ("r.aac", &["-map", "1:a", "-c:a", "aac"], "AAC (ADTS)", &["Lavc"]),
    ("s.webp", &["-frames:v", "1"], "WebP", &[]),
    ("t.webm", &["-c:v", "libvpx", "-c:a", "libopus"], "WebM", &["Lavf"]),
];

#[test]
fn formats_and_encoder_names_of_what_ffmpeg_writes() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments, format, expected) in CASES {
        let path = folder.path().join(name);
        if !ffmpeg(arguments, &path) {
            return;
        }
        let structure = Structure::read(&path).unwrap();
        assert_eq!(&structure.format, format, "{name}");
        assert!(structure.warnings.is_empty(), "{name}: {:?}", structure.warnings);
        assert_eq!(structure.trailing_bytes, 0, "{name}");
        for wanted in *expected {
            let found = names(&structure).iter().any(|n| n.contains(wanted));
            assert!(found, "{name}: {wanted} not in {:?}", structure.encoder_tags);
        }
        let finding = examine(&checks::container::ENTRY, &path);
        assert_eq!(finding.status, Status::Observed, "{name}");
        assert_eq!(finding.state.as_deref(), Some(*format));
        assert!(!finding.summary.en.contains("another format"), "{name}: {}", finding.summary.en);
        assert_ne!(finding.summary.en, finding.summary.nl);
        damage(&path, &folder.path().join("damaged"));
    }
}

/// Cuts and changes at places spread over the file, more at its ends, where
/// the headers are. No outcome is asked but an orderly one.
fn damage(path: &Path, scratch: &Path) {
    let whole = std::fs::read(path).unwrap();
    let places: Vec<usize> = (0..whole.len().min(200))
        .step_by(17)
        .chain((0..20).map(|i| i * whole.len() / 20))
        .chain((0..600).step_by(31).filter_map(|i| whole.len().checked_sub(i + 1)))
        .collect();
    for &at in &places {
        for value in [0u8, 0xff, whole[at] ^ 0x40] {
            let mut changed = whole.clone();
            changed[at] = value;
            let structure =
                Structure::parse(&mut std::io::Cursor::new(&changed), changed.len() as u64);
            assert!(structure.count() <= 20_000);
        }
        std::fs::write(scratch, &whole[..at]).unwrap();
        for entry in [&checks::container::ENTRY, &checks::metadata::ENTRY] {
            examine(entry, scratch);
        }
    }
}

#[test]
fn boxes_agree_with_ffprobe() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments, ..) in CASES.iter().filter(|c| ["MP4", "QuickTime"].contains(&c.2)) {
        let path = folder.path().join(name);
        if !ffmpeg(arguments, &path) {
            return;
        }
        let probe =
            Command::new("ffprobe").args(["-v", "trace"]).arg(&path).output().unwrap().stderr;
        // type:'moov' parent:'root' sz: 1234 8 5678
        let mut theirs = Vec::new();
        for line in String::from_utf8_lossy(&probe).lines() {
            let Some(rest) = line.split("type:'").nth(1) else { continue };
            let kind = rest.split('\'').next().unwrap();
            let parent = rest.split("parent:'").nth(1).and_then(|p| p.split('\'').next());
            let size: Option<u64> =
                rest.split("sz: ").nth(1).and_then(|s| s.split(' ').next()?.parse().ok());
            // Inside stsd, ffprobe tells the boxes behind a sample entry only.
            let told = size.zip(parent).filter(|(_, p)| !["stsd", "ilst", "dref"].contains(p));
            theirs.extend(told.map(|(size, _)| (kind.replace("[169]", "©"), size)));
        }
        let mut ours = Vec::new();
        fn walk(nodes: &[Node], out: &mut Vec<(String, u64)>) {
            for node in nodes {
                out.push((node.kind.clone(), node.size));
                walk(&node.children, out);
            }
        }
        walk(&Structure::read(&path).unwrap().nodes, &mut ours);
        assert!(theirs.len() > 15, "{name}: ffprobe told {theirs:?}");
        for told in &theirs {
            assert!(ours.contains(told), "{name}: {told:?} of ffprobe is not in {ours:?}");
        }
    }
}

#[test]
fn a_wrong_name_is_told_and_the_bytes_decide() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    if !ffmpeg(&["-c:v", "libx264"], &film) {
        return;
    }
    let disguised = folder.path().join("holiday.jpg");
    std::fs::copy(&film, &disguised).unwrap();
    let finding = examine(&checks::container::ENTRY, &disguised);
    assert_eq!(finding.state.as_deref(), Some("MP4"));
    assert!(finding.summary.en.contains(".jpg, which is another format"));
}

#[test]
fn handler_names_stand_apart_from_those_of_software() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    if !ffmpeg(&["-c:v", "libx264", "-c:a", "aac"], &film) {
        return;
    }
    let finding = examine(&checks::container::ENTRY, &film);
    assert!(finding.summary.en.contains("It names: x264"), "{}", finding.summary.en);
    let named = |title: &str, name: &str| {
        finding.figures.iter().any(|figure| match figure {
            Figure::Table { title: said, rows, .. } => {
                said.en.starts_with(title) && rows.iter().any(|row| row[2].starts_with(name))
            }
            _ => false,
        })
    };
    assert!(named("Names of software", "Lavf") && named("Names of track handlers", "VideoHandler"));
    assert!(!named("Names of software", "VideoHandler"));
}

#[test]
fn cutting_without_coding_again_keeps_the_encoder_and_shows_in_the_edit_list() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    if !ffmpeg(&["-c:v", "libx264", "-g", "100", "-c:a", "aac"], &film) {
        return;
    }
    let cut = folder.path().join("cut.mp4");
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-ss", "1", "-i"])
        .arg(&film)
        .args(["-c", "copy"])
        .arg(&cut)
        .status()
        .unwrap();
    assert!(done.success());
    let (before, after) = (Structure::read(&film).unwrap(), Structure::read(&cut).unwrap());
    let sei = |s: &Structure| s.encoder_tags.iter().find(|t| t.key == "x264 SEI").cloned();
    assert_eq!(sei(&before), sei(&after));
    assert!(!before.facts.iter().any(|f| f.en.contains("edit list")), "{:?}", before.facts);
    assert!(after.facts.iter().any(|f| f.en.contains("edit list hides")), "{:?}", after.facts);
}

#[test]
fn the_digest_is_that_of_the_program_not_of_the_clip() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, arguments: &[&str]| -> Option<Structure> {
        let path: PathBuf = folder.path().join(name);
        ffmpeg(arguments, &path).then(|| Structure::read(&path).unwrap())
    };
    let Some(long) = make("long.mp4", &["-c:v", "libx264", "-c:a", "aac"]) else { return };
    let short = make("short.mp4", &["-c:v", "libx264", "-c:a", "aac", "-t", "1"]).unwrap();
    let fast = make("fast.mp4", &["-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"]);
    assert_eq!(long.digest(), short.digest());
    assert_ne!(long.digest(), fast.unwrap().digest());
}

#[test]
fn every_file_of_the_development_media_has_a_structure() {
    let Some(shared) = std::env::var_os("WAARMERK_SHARED") else {
        crate::skip::tell(
            "every_file_of_the_development_media_has_a_structure",
            "WAARMERK_SHARED is not set",
        );
        return;
    };
    let mut seen = 0;
    for folder in ["video", "audio", "camera", "provenance", "manipulated"] {
        for file in std::fs::read_dir(Path::new(&shared).join("data").join(folder)).unwrap() {
            let path = file.unwrap().path();
            let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
            if matches!(ending, "csv" | "txt" | "mat" | "md") {
                continue;
            }
            let finding = examine(&checks::container::ENTRY, &path);
            assert_eq!(finding.status, Status::Observed, "{}", path.display());
            let tables = finding.figures.iter().filter(|f| matches!(f, Figure::Words { .. }));
            assert!(tables.count() >= 2);
            assert_eq!(examine(&checks::metadata::ENTRY, &path).status, Status::Observed);
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} files");
}

#[test]
fn the_whole_structure_goes_with_the_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    if !ffmpeg(&["-c:v", "mpeg4", "-c:a", "aac"], &path) {
        return;
    }
    let structure = Structure::read(&path).unwrap();
    let finding = examine(&checks::container::ENTRY, &path);
    let data = &finding.attachments[0].data;
    assert_eq!(data["structure_digest"].as_str(), Some(structure.digest().as_str()));
    fn count(parts: &serde_json::Value) -> usize {
        let parts = parts.as_array().unwrap();
        parts.iter().map(|p| 1 + count(&p["parts"])).sum()
    }
    assert_eq!(count(&data["parts"]), structure.count());
}

#[test]
fn sound_that_starts_before_the_picture_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (delay, told) in [("0.1", false), ("0.8", true)] {
        let path = folder.path().join("late.mkv");
        let late = ["-map", "1:a", "-map", "0:v", "-c:v", "mpeg4", "-c:a", "aac"];
        let shift = format!("setpts=PTS+{delay}/TB");
        let arguments = [&late[..], &["-vf", &shift, "-fps_mode", "passthrough"]].concat();
        if !ffmpeg(&arguments, &path) {
            return;
        }
        let open = Exhibit::open(&path, &waarmerk::media::Limits::default()).unwrap();
        let mut check = (checks::container::ENTRY.make)(&checks::Options::default());
        check.begin(&open).unwrap();
        let said = check.conclude().unwrap().summary;
        assert_eq!(said.en.contains("s before the picture."), told, "{}", said.en);
        assert_eq!(said.nl.contains("s voor het beeld."), told, "{}", said.nl);
    }
}
