//! The check gop on clips encoded once and twice on the spot.

use std::path::Path;

use waarmerk::checks::{Entry, Status, gop};

use super::fixtures::ffmpeg;
use super::jpeg_grid::{examine, value};

static ENTRY: Entry = gop::ENTRY;

/// Contents without a period of their own (testsrc2 jumps every second).
const CONTENTS: [&str; 3] = [
    "mandelbrot=size=192x144:rate=25:maxiter=300,trim=duration=12",
    "life=size=192x144:rate=25:mold=10:ratio=0.1:seed=7,trim=duration=12",
    "mandelbrot=size=384x288:rate=25,crop=192:144:'96+90*sin(n/37)':'72+60*sin(n/23)',noise=alls=6:allf=t:all_seed=9,trim=duration=12",
];

fn once(content: &str, coding: &[&str], path: &Path) {
    let args = ["-f", "lavfi", "-i", content, "-pix_fmt", "yuv420p", "-threads", "1"];
    ffmpeg(&[&args[..], coding].concat(), path);
}

const SHORT: [&str; 10] =
    ["-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "0", "-sc_threshold", "0"];

#[test]
fn single_encodes_stay_clean() {
    let folder = tempfile::tempdir().unwrap();
    let codings: [&[&str]; 4] = [
        &SHORT,
        &["-c:v", "libx264", "-preset", "veryfast"],
        &["-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-bf", "0"],
        &["-c:v", "mpeg4", "-g", "12", "-q:v", "5"],
    ];
    for content in CONTENTS {
        for coding in codings {
            let path = folder.path().join("once.mp4");
            once(content, coding, &path);
            let finding = examine(&path, &ENTRY);
            let nfa = value(&finding, "log10_nfa").unwrap();
            println!("{nfa:.2} {content} {coding:?}");
            assert!(nfa > -1.0, "{nfa}: {content} {coding:?}");
        }
    }
}

#[test]
fn double_encodes_are_found_with_their_period() {
    let folder = tempfile::tempdir().unwrap();
    for content in CONTENTS {
        let first = folder.path().join("first.mp4");
        once(content, &SHORT, &first);
        for group in ["250", "33"] {
            let second = folder.path().join("second.mp4");
            let coding =
                ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "0"];
            let input = ["-i", first.to_str().unwrap(), "-threads", "1", "-g", group];
            ffmpeg(&[&input[..], &coding].concat(), &second);
            let finding = examine(&second, &ENTRY);
            let nfa = value(&finding, "log10_nfa").unwrap();
            println!("{nfa:.2} {group} {content}");
            assert!(nfa < -3.0, "{nfa}: {group} {content}");
            assert_eq!(value(&finding, "period_frames"), Some(12.0), "{group} {content}");
        }
    }
}

#[test]
fn what_has_no_groups_abstains() {
    let folder = tempfile::tempdir().unwrap();
    let source = CONTENTS[0];
    let intra = folder.path().join("intra.avi");
    once(source, &["-c:v", "mjpeg", "-t", "2"], &intra);
    assert_eq!(examine(&intra, &ENTRY).status, Status::NotApplicable);
    let still = folder.path().join("still.png");
    super::fixtures::still(&still);
    assert_eq!(examine(&still, &ENTRY).status, Status::NotApplicable);
    let tone = folder.path().join("tone.wav");
    super::fixtures::tone(&tone, 1.0);
    assert_eq!(examine(&tone, &ENTRY).status, Status::NotApplicable);
    let short = folder.path().join("short.mp4");
    once(source, &["-c:v", "libx264", "-t", "1"], &short);
    assert_eq!(examine(&short, &ENTRY).status, Status::Insufficient);
}
