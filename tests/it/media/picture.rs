//! Pictures: planes, facts, times and packets.

use super::*;

/// Every plane of every picture is what the ffmpeg program decodes, and
/// count and times are what ffprobe gives.
#[test]
fn planes_and_times_are_those_of_the_programs() {
    let dir = dir();
    let odd = ["-f", "lavfi", "-i", "testsrc2=s=127x95:r=25:d=0.4"];
    let cases: Vec<(&str, Vec<&str>, &str)> = vec![
        (
            "h264.mp4",
            clip(&["-c:v", "libx264", "-bf", "3", "-g", "12", "-pix_fmt", "yuv420p"]),
            "yuv420p",
        ),
        ("h264.mkv", clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"]), "yuv420p"),
        ("h264.mov", clip(&["-c:v", "libx264", "-pix_fmt", "yuv422p"]), "yuv422p"),
        ("h264_444.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv444p"]), "yuv444p"),
        ("h264_10.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p10le"]), "yuv420p10le"),
        ("h264_422_10.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuv422p10le"]), "yuv422p10le"),
        ("full.mp4", clip(&["-c:v", "libx264", "-pix_fmt", "yuvj420p"]), "yuvj420p"),
        ("gray.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gray"]), "gray"),
        ("gray16.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gray16le"]), "gray16le"),
        ("alpha.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "yuva420p"]), "yuv420p"),
        (
            "vp9.webm",
            clip(&["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
            "yuv420p",
        ),
        ("mpeg4.avi", clip(&["-c:v", "mpeg4", "-bf", "2"]), "yuv420p"),
        ("mjpeg.avi", clip(&["-c:v", "mjpeg", "-pix_fmt", "yuvj422p"]), "yuvj422p"),
        ("mpeg2.mpg", clip(&["-c:v", "mpeg2video", "-bf", "2"]), "yuv420p"),
        ("mpeg2.ts", clip(&["-c:v", "mpeg2video", "-bf", "2"]), "yuv420p"),
        (
            "dv411.avi",
            vec![
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=720x480:r=30000/1001:d=0.1",
                "-pix_fmt",
                "yuv411p",
                "-c:v",
                "dvvideo",
            ],
            "yuv411p",
        ),
        ("theora.ogv", clip(&["-c:v", "libtheora"]), "yuv420p"),
        ("odd.mp4", [&odd[..], &["-c:v", "libx264", "-pix_fmt", "yuv444p"]].concat(), "yuv444p"),
        ("odd.mkv", [&odd[..], &["-c:v", "ffv1", "-pix_fmt", "yuv420p"]].concat(), "yuv420p"),
        ("odd411.mkv", [&odd[..], &["-c:v", "ffv1", "-pix_fmt", "yuv411p"]].concat(), "yuv411p"),
        // Not planar: taken apart without loss.
        ("uyvy.mov", clip(&["-c:v", "rawvideo", "-pix_fmt", "uyvy422"]), "yuv422p"),
        ("nv12.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "nv12"]), "yuv420p"),
        ("rgb24.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "bgr24"]), "rgb24"),
        ("bgr0.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "bgr0"]), "rgb24"),
        ("gbrp.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gbrp"]), "rgb24"),
        ("gbrp10.mkv", clip(&["-c:v", "ffv1", "-pix_fmt", "gbrp16le"]), "rgb48le"),
        ("animated.gif", clip(&[]), "rgb24"),
        ("animated.png", clip(&["-f", "apng"]), "rgb24"),
        ("odd.jpg", [&odd[..], &["-frames:v", "1", "-pix_fmt", "yuvj420p"]].concat(), "yuvj420p"),
        ("j444.jpg", clip(&["-frames:v", "1", "-pix_fmt", "yuvj444p"]), "yuvj444p"),
        ("rgb.png", clip(&["-frames:v", "1", "-pix_fmt", "rgb24"]), "rgb24"),
        ("rgba.png", clip(&["-frames:v", "1", "-pix_fmt", "rgba"]), "rgb24"),
        ("rgb48.png", clip(&["-frames:v", "1", "-pix_fmt", "rgb48be"]), "rgb48le"),
        ("pal8.png", clip(&["-frames:v", "1", "-pix_fmt", "pal8"]), "rgb24"),
        ("mono.png", clip(&["-frames:v", "1", "-pix_fmt", "monob"]), "gray"),
        ("ya8.png", clip(&["-frames:v", "1", "-pix_fmt", "ya8"]), "gray"),
        ("rgb.tiff", clip(&["-frames:v", "1", "-pix_fmt", "rgb24"]), "rgb24"),
        (
            "still.webp",
            clip(&["-frames:v", "1", "-c:v", "libwebp", "-pix_fmt", "yuv420p"]),
            "yuv420p",
        ),
        (
            "lossless.webp",
            clip(&["-frames:v", "1", "-c:v", "libwebp", "-lossless", "1", "-pix_fmt", "bgra"]),
            "rgb24",
        ),
        ("still.bmp", clip(&["-frames:v", "1", "-pix_fmt", "bgr24"]), "rgb24"),
        ("rgb565.avi", clip(&["-c:v", "rawvideo", "-pix_fmt", "rgb555le"]), "rgb24"),
    ];
    for (name, args, format) in cases {
        let path = make(&dir, name, &args);
        let exhibit = open(&path);
        let shown = show(&exhibit);
        let expected = reference(&path, format);
        assert_eq!(shown.raw.len(), expected.len(), "{name}: {:?}", exhibit.video);
        let different = shown.raw.iter().zip(&expected).filter(|(a, b)| a != b).count();
        assert_eq!(different, 0, "{name}: bytes differ of {}", expected.len());
        let times = reference_times(&path);
        assert_eq!(shown.times.len(), times.len(), "{name}");
        for (ours, theirs) in shown.times.iter().zip(&times) {
            assert!(
                (ours - theirs.unwrap_or(*ours)).abs() < 2e-6,
                "{name}: {ours} instead of {theirs:?}"
            );
        }
        let untold = times.iter().filter(|time| time.is_none()).count() as u64;
        assert_eq!(shown.played.missing_times, untold, "{name}");
        assert_eq!(shown.played.decode_errors, 0, "{name}");
        assert!(!shown.played.variable_frame_rate, "{name}: {:?}", shown.times);
        let kind =
            if name.ends_with("jpg") || times.len() == 1 { Kind::Image } else { Kind::Video };
        assert_eq!(exhibit.kind, kind, "{name}");
    }
}

#[test]
fn a_grey_photo_stays_grey() {
    let dir = dir();
    let path = dir.path().join("grey.jpg");
    let grey = image::GrayImage::from_fn(61, 47, |x, y| image::Luma([(3 * x + y) as u8]));
    grey.save(&path).unwrap();
    let exhibit = open(&path);
    let video = exhibit.video.clone().unwrap();
    assert_eq!((video.pixel_format.as_str(), video.full_range), ("gray", true));
    assert_eq!(show(&exhibit).raw, reference(&path, "gray"));
}

#[test]
fn facts_of_the_picture_are_told() {
    let dir = dir();
    let video =
        |name: &str, args: &[&'static str]| open(&make(&dir, name, &clip(args))).video.unwrap();
    let plain = video("plain.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    assert_eq!(
        (plain.matrix.as_str(), plain.matrix_declared, plain.full_range),
        ("bt601", false, false)
    );
    assert_eq!(
        (plain.codec.as_str(), plain.pixel_format.as_str(), plain.sample_aspect),
        ("h264", "yuv420p", (1, 1))
    );
    assert!((plain.fps.unwrap() - 25.0).abs() < 1e-9);
    let told = video(
        "told.mp4",
        &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "pc"],
    );
    assert_eq!(
        (told.matrix.as_str(), told.matrix_declared, told.full_range),
        ("bt709", true, true)
    );
    let wide = video("wide.mp4", &["-vf", "setsar=4/3", "-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    assert_eq!((wide.sample_aspect, wide.display_width, wide.display_height), ((4, 3), 171, 96));
    let large = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=1280x720:r=5:d=0.2",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
    ];
    let large = open(&make(&dir, "large.mp4", &large)).video.unwrap();
    assert_eq!((large.matrix.as_str(), large.matrix_declared), ("bt709", false));
    let photo = video("photo.jpg", &["-frames:v", "1"]);
    assert_eq!((photo.matrix.as_str(), photo.full_range, photo.fps), ("bt601", true, None));
    let png = video("photo.png", &["-frames:v", "1", "-pix_fmt", "rgb24"]);
    assert_eq!((png.matrix.as_str(), png.full_range), ("rgb", true));
}

#[test]
fn irregular_times_are_kept_and_counted() {
    let dir = dir();
    let args = clip(&[
        "-vf",
        "select='not(eq(n,4))*not(eq(n,9))*not(eq(n,10))'",
        "-vsync",
        "vfr",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ]);
    let path = make(&dir, "vfr.mp4", &args);
    let shown = show(&open(&path));
    let times = reference_times(&path);
    assert_eq!(shown.times.len(), 12);
    for (ours, theirs) in shown.times.iter().zip(&times) {
        assert!((ours - theirs.unwrap()).abs() < 2e-6);
    }
    assert!(shown.played.variable_frame_rate);
    assert!(shown.played.gaps >= 1);
    assert!(
        shown
            .played
            .warnings
            .iter()
            .all(|warning| !warning.nl.is_empty() && warning.nl != warning.en)
    );
}

#[test]
fn packets_are_those_of_ffprobe() {
    let dir = dir();
    let path = make(&dir, "both.mp4", &clip_with_sound());
    let exhibit = open(&path);
    let mut ours = Vec::new();
    let played = exhibit
        .play(&Play { packets: true, ..Play::default() }, |sample| {
            let Sample::Packet(packet) = sample else { panic!("only packets were asked for") };
            assert_eq!(packet.video, packet.stream == 0);
            ours.push(format!(
                "{},{:.6},{:.6},{},{}",
                packet.stream,
                packet.pts_s.unwrap(),
                packet.dts_s.unwrap(),
                packet.bytes,
                if packet.key { "K" } else { "_" }
            ));
            Ok(ALL)
        })
        .unwrap();
    assert_eq!((played.frames, played.complete), (0, true));
    let out = run(
        "ffprobe",
        &[
            "-v",
            "error",
            "-show_entries",
            "packet=stream_index,pts_time,dts_time,size,flags",
            "-of",
            "csv=p=0",
            text(&path),
        ],
    );
    let theirs: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            line.trim_end_matches(',').trim_end_matches('_').trim_end_matches('D').to_owned()
        })
        .collect();
    let ours: Vec<String> = ours.iter().map(|line| line.trim_end_matches('_').to_owned()).collect();
    assert_eq!(ours, theirs);
    // Each picture knows the size of its packet.
    let mut sizes = Vec::new();
    exhibit
        .play(&Play { frames: true, ..Play::default() }, |sample| {
            if let Sample::Frame(frame) = sample {
                sizes.push(frame.packet_bytes.unwrap());
            }
            Ok(ALL)
        })
        .unwrap();
    let mut expected: Vec<u64> = theirs
        .iter()
        .filter(|line| line.starts_with("0,"))
        .map(|line| line.split(',').nth(3).unwrap().parse().unwrap())
        .collect();
    sizes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sizes, expected);
}

#[test]
fn cover_art_makes_no_video() {
    let dir = dir();
    let art = make(&dir, "art.jpg", &clip(&["-frames:v", "1"]));
    let args = [
        "-f",
        "lavfi",
        "-i",
        "sine=d=0.5",
        "-i",
        text(&art),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-disposition:v",
        "attached_pic",
    ];
    for name in ["song.mp3", "song.m4a", "song.flac"] {
        let exhibit = open(&make(&dir, name, &args));
        assert_eq!((exhibit.kind, exhibit.video.is_none()), (Kind::Audio, true), "{name}");
        assert!(exhibit.notes.iter().any(|note| note.en.contains("cover art")), "{name}");
    }
}

#[test]
fn another_size_in_the_middle_is_noticed() {
    let dir = dir();
    let mut joined = Vec::new();
    for size in ["testsrc2=s=128x96:r=25:d=0.4", "testsrc2=s=64x48:r=25:d=0.4"] {
        let path = make(
            &dir,
            "part.h264",
            &["-f", "lavfi", "-i", size, "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p"],
        );
        joined.extend(std::fs::read(path).unwrap());
    }
    let path = dir.path().join("joined.h264");
    std::fs::write(&path, joined).unwrap();
    let mut sizes = Vec::new();
    let played = open(&path)
        .play(&Play { frames: true, ..Play::default() }, |sample| {
            if let Sample::Frame(frame) = sample {
                sizes.push((frame.display_width, frame.display_height));
            }
            Ok(ALL)
        })
        .unwrap();
    assert_eq!(played.resized_frames, 10, "{sizes:?}");
    assert_eq!((sizes[0], sizes[sizes.len() - 1]), ((128, 96), (64, 48)));
}

#[test]
fn the_visitor_may_stop_and_may_fail() {
    let dir = dir();
    let exhibit = open(&make(&dir, "clip.mp4", &clip(&["-c:v", "libx264", "-pix_fmt", "yuv420p"])));
    let want = Play { frames: true, ..Play::default() };
    let mut seen = 0;
    let played = exhibit
        .play(&want, |_| {
            seen += 1;
            Ok(if seen == 3 { ControlFlow::Break(()) } else { ALL })
        })
        .unwrap();
    assert_eq!((seen, played.frames, played.complete), (3, 3, false));
    let failed = exhibit.play(&want, |_| Err(Error::Usage("no".to_owned())));
    assert!(matches!(failed, Err(Error::Usage(_))));
    let silly = Play { sounds: vec![SoundFormat { rate: Some(0), mono: true }], ..want.clone() };
    assert!(
        exhibit.play(&silly, |_| Ok(ALL)).is_ok(),
        "a clip without sound has nothing to resample"
    );

    std::fs::write(&exhibit.path, b"something else").unwrap();
    assert!(exhibit.play(&want, |_| Ok(ALL)).unwrap_err().to_string().contains("changed"));
}

#[test]
fn transparency_is_noted_only_where_it_is() {
    let dir = dir();
    for (name, format, alpha, noted) in [
        ("opaque.png", "rgba", "255", false),
        ("seen.png", "rgba", "if(eq(X\\,5)\\,254\\,255)", true),
        ("deep.png", "rgba64be", "", false),
        ("deep_seen.png", "rgba64be", "if(eq(X\\,5)\\,254\\,255)", true),
        ("grey.png", "ya8", "if(eq(X\\,5)\\,254\\,255)", true),
        ("none.png", "rgb24", "255", false),
    ] {
        // Without an expression the program makes the channel, all opaque.
        let filter = format!("format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a={alpha}");
        let filter = if alpha.is_empty() { "format=rgb24".to_owned() } else { filter };
        let args = [&CLIP[..], &["-vf", &filter, "-frames:v", "1", "-pix_fmt", format]].concat();
        let exhibit = open(&make(&dir, name, &args));
        assert_eq!(
            exhibit.notes.iter().any(|note| note.en.contains("transparent")),
            noted,
            "{name}"
        );
    }
}
