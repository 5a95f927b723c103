//! A QuickTime file that says that its pictures lie in another file.

use std::net::TcpListener;

use super::*;

/// Puts `dref` in place of the data reference in `movie`, whose `moov` lies
/// last, and mends the sizes of the boxes around it.
fn refer(movie: &[u8], entry: &[u8]) -> Vec<u8> {
    let find = |from: usize, name: &[u8; 4]| {
        from + movie[from..].windows(4).position(|four| four == name).unwrap() - 4
    };
    let size = |at: usize| u32::from_be_bytes(movie[at..at + 4].try_into().unwrap()) as usize;
    let mut at = find(0, b"moov");
    let mut around = vec![at];
    for name in [b"trak", b"mdia", b"minf", b"dinf", b"dref"] {
        at = find(at, name);
        around.push(at);
    }
    let dref = size(at);
    let mut made = movie[..at + 16].to_vec();
    made.extend((entry.len() as u32 + 8).to_be_bytes());
    made.extend(entry);
    made.extend(&movie[at + dref..]);
    let more = (made.len() - movie.len()) as u32;
    for place in around {
        let grown = size(place) as u32 + more;
        made[place..place + 4].copy_from_slice(&grown.to_be_bytes());
    }
    made
}

/// An alias record with the absolute path `target`, as ffmpeg's demuxer reads
/// it when told to (`-enable_drefs 1 -use_absolute_path 1`).
fn alias(target: &str) -> Vec<u8> {
    let mut entry = b"alis".to_vec();
    entry.extend([0; 4]);
    // Up to the volume's name, and that of the file.
    entry.extend([0; 10]);
    entry.push(1);
    entry.push(b'v');
    entry.extend([0; 26 + 12]);
    entry.push(1);
    entry.push(b'f');
    entry.extend([0; 62 + 16 + 4 + 16]);
    // Its path, and the end.
    entry.extend(2u16.to_be_bytes());
    entry.extend((target.len() as u16).to_be_bytes());
    entry.extend(target.as_bytes());
    entry.extend([0; 2][..target.len() % 2].iter());
    entry.extend([0xff, 0xff, 0, 0]);
    entry
}

#[test]
fn a_reference_to_another_file_leads_nowhere() {
    let dir = dir();
    let secret = make(&dir, "secret.mov", &clip(&["-c:v", "mpeg4"]));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let page = format!("http://{}/secret.mov", listener.local_addr().unwrap());
    let movie = std::fs::read(&secret).unwrap();
    let inside = movie.windows(4).position(|four| four == b"mdat").unwrap() + 4;
    let moov = movie.windows(4).position(|four| four == b"moov").unwrap() - 4;
    for target in [text(&secret), &page] {
        let mut made = refer(&movie, &alias(target));
        made[inside..moov].fill(0);
        let path = dir.path().join("reference.mov");
        std::fs::write(&path, &made).unwrap();
        if target == text(&secret) {
            // The reference works, in a program that follows it.
            let follow =
                ["-v", "error", "-enable_drefs", "1", "-use_absolute_path", "1", "-count_frames"];
            let asked = ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", text(&path)];
            let frames = run("ffprobe", &[&follow[..], &asked[..]].concat());
            assert_eq!(String::from_utf8_lossy(&frames).trim().trim_end_matches(','), "15");
        }
        let exhibit = open(&path);
        assert!(exhibit.video.is_none(), "{:?}", exhibit.video);
        assert!(exhibit.undecodable().is_some());
        assert!(listener.accept().is_err(), "somebody called");
    }
}
