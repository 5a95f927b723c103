//! What is opened, what is refused, and what is opened for its bytes.

use super::*;

#[test]
fn a_wrong_name_is_noted_and_harmless() {
    let dir = dir();
    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let expected = show(&open(&path)).raw;
    for name in [
        "clip.wav",
        "a:b.mp4",
        "-x.mp4",
        "concat:a|b.mp4",
        "img%03d.mp4",
        "é ü.mp4",
        "http:",
        "pipe:0",
    ] {
        let odd = dir.path().join(name);
        std::fs::copy(&path, &odd).unwrap();
        let exhibit = open(&odd);
        assert_eq!(exhibit.name, name);
        assert_eq!(show(&exhibit).raw, expected, "{name}");
        assert_eq!(
            exhibit.notes.iter().any(|note| note.en.contains("by its content")),
            name == "clip.wav",
            "{name}"
        );
    }
}

#[test]
fn a_pattern_in_a_name_opens_only_that_file() {
    let dir = dir();
    for (name, colour) in [("img001.png", "red"), ("img002.png", "green"), ("literal.png", "blue")]
    {
        make(
            &dir,
            name,
            &[
                "-f",
                "lavfi",
                "-i",
                &format!("color={colour}:s=16x16"),
                "-frames:v",
                "1",
                "-pix_fmt",
                "rgb24",
            ],
        );
    }
    let path = dir.path().join("img%03d.png");
    std::fs::rename(dir.path().join("literal.png"), &path).unwrap();
    let shown = show(&open(&path));
    assert_eq!(shown.times.len(), 1);
    assert!(
        shown.raw.chunks(3).all(|pixel| pixel[2] > 200 && pixel[0] < 50),
        "another file was read"
    );
}

fn refusal(path: &Path) -> String {
    match Exhibit::open(path, &Limits::default()) {
        Ok(exhibit) => panic!("{} was opened as {}", path.display(), exhibit.container),
        Err(error) => error.to_string(),
    }
}

#[test]
fn playlists_are_refused() {
    let dir = dir();
    let secret = make(&dir, "secret.ts", &clip(&["-c:v", "mpeg2video"]));
    let secret = text(&secret);
    let lists = [
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"),
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
            .to_owned(),
        format!("ffconcat version 1.0\nfile '{secret}'\n"),
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n"
            .to_owned(),
        format!(
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><BaseURL>{secret}</BaseURL></Period></MPD>"
        ),
    ];
    for list in lists {
        let path = dir.path().join("holiday.mp4");
        std::fs::write(&path, &list).unwrap();
        let said = refusal(&path);
        assert!(
            said.contains("playlist") || said.contains("SDP") || said.contains("XML"),
            "{list}: {said}"
        );
    }
}

/// The list of formats holds: NUT, which ffmpeg reads, is not on it.
#[test]
fn formats_not_on_the_list_are_refused() {
    let dir = dir();
    for name in ["clip.nut", "clip.mp4"] {
        let path = make(&dir, name, &clip(&["-c:v", "mpeg4", "-f", "nut"]));
        assert!(refusal(&path).contains("no known"), "{name}");
    }
}

#[test]
fn what_is_no_medium_is_refused_with_a_reason() {
    let dir = dir();
    let at = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    assert!(refusal(dir.path()).contains("folder"));
    assert!(refusal(&at("empty.mp4", b"")).contains("empty"));
    assert!(
        refusal(&at("notes.mp4", b"a text of some length, with nothing in it\n")).contains("text")
    );
    assert!(refusal(&at("paper.jpg", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")).contains("PDF"));
    assert!(matches!(
        Exhibit::open(&dir.path().join("absent.mp4"), &Limits::default()),
        Err(Error::Io { .. })
    ));

    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let few = Limits { bytes: 1000, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &few), Err(Error::Limit { .. })));
    let none = Limits { streams: 0, ..Limits::default() };
    let refused = Exhibit::open(&path, &none);
    assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
    let small = Limits { pixels: 128 * 96 - 1, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &small), Err(Error::Limit { .. })));
    let slow = Limits { moving_pixels: 128 * 96 - 1, ..Limits::default() };
    assert!(matches!(Exhibit::open(&path, &slow), Err(Error::Limit { .. })));
    for name in ["big.png", "big.jpg", "big.webp", "big.tiff", "big.gif"] {
        let picture = make(&dir, name, &clip(&["-frames:v", "1"]));
        assert!(Exhibit::open(&picture, &Limits { pixels: 128 * 96, ..slow }).is_ok());
        let refused = Exhibit::open(&picture, &small);
        assert!(matches!(refused, Err(Error::Limit { .. })), "{name}: {refused:?}");
        assert!(refused.unwrap_err().to_string().contains("128 × 96"), "{name}");
    }
}

#[test]
fn what_cannot_be_decoded_is_opened_for_its_bytes() {
    let dir = dir();
    let at = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let path = make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]));
    let whole = std::fs::read(&path).unwrap();
    let moov = whole.windows(4).position(|window| window == b"moov").unwrap();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08free";
    for (path, kind, format) in [
        (at("photo.heic", heic), Kind::Image, "HEIC"),
        (make(&dir, "moving.webp", &clip(&["-c:v", "libwebp_anim"])), Kind::Image, "animated WebP"),
        (at("broken.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"), Kind::Image, "JPEG"),
        (at("cut.mp4", &whole[..moov - 4]), Kind::Video, "MP4/MOV"),
    ] {
        let exhibit = open(&path);
        assert_eq!(exhibit.kind, kind, "{format}");
        assert!(exhibit.video.is_none() && exhibit.audio.is_none(), "{format}");
        let why = exhibit.undecodable().unwrap();
        assert!(why.en.contains(format) && why.nl.contains(format), "{why:?}");
        assert!(exhibit.notes.iter().any(|note| note.en.contains("Present but not decoded")));
        assert_eq!(exhibit.sha256.len(), 64);
    }
    assert!(open(&path).undecodable().is_none());
}

#[cfg(unix)]
#[test]
fn a_fifo_never_blocks() {
    let dir = dir();
    let path = dir.path().join("pipe.mp4");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(refusal(&path).contains("not an ordinary file"));
    assert!(refusal(Path::new("/dev/null")).contains("not an ordinary file"));
}
