//! Hand-made files: what they hold is known to the byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::Cursor;

use super::*;

pub(crate) fn parse(bytes: &[u8]) -> Structure {
    Structure::parse(&mut Cursor::new(bytes), bytes.len() as u64)
}

fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = (body.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(body);
    out
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A film without pictures: header, tags with an encoder, edit list.
fn mp4() -> Vec<u8> {
    let mut mvhd = vec![0u8; 100];
    mvhd[4..8].copy_from_slice(&2_082_844_801u32.to_be_bytes());
    mvhd[12..16].copy_from_slice(&600u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&900u32.to_be_bytes());
    let mut mdhd = vec![0u8; 24];
    mdhd[12..16].copy_from_slice(&1000u32.to_be_bytes());
    mdhd[20..22].copy_from_slice(&0x55c4u16.to_be_bytes());
    let hdlr = join(&[&[0; 8], b"vide", &[0; 12], b"VideoHandler\0"]);
    let elst = join(&[
        &[0, 0, 0, 0, 0, 0, 0, 1],
        &900u32.to_be_bytes(),
        &2000u32.to_be_bytes(),
        &[0, 1, 0, 0],
    ]);
    let trak = atom(
        b"trak",
        &join(&[
            &atom(b"edts", &atom(b"elst", &elst)),
            &atom(b"mdia", &join(&[&atom(b"mdhd", &mdhd), &atom(b"hdlr", &hdlr)])),
        ]),
    );
    let data = atom(b"data", &join(&[&[0, 0, 0, 1, 0, 0, 0, 0], b"Lavf60.1.2"]));
    let ilst = atom(b"ilst", &atom(b"\xa9too", &data));
    let mhdlr = atom(b"hdlr", &join(&[&[0; 8], b"mdir", &[0; 13]]));
    let udta = atom(b"udta", &atom(b"meta", &join(&[&[0; 4], &mhdlr, &ilst])));
    join(&[
        &atom(b"ftyp", b"isom\0\0\x02\0isommp41"),
        &atom(b"free", b""),
        &atom(b"mdat", b"....................."),
        &atom(b"moov", &join(&[&atom(b"mvhd", &mvhd), &trak, &udta])),
    ])
}

fn webm() -> Vec<u8> {
    let element = |id: &[u8], body: &[u8]| {
        let mut out = id.to_vec();
        out.push(0x80 | body.len() as u8);
        out.extend(body);
        out
    };
    let info = join(&[
        &element(&[0x4d, 0x80], b"Lavf60"),
        &element(&[0x57, 0x41], b"Chrome"),
        &element(&[0x44, 0x61], &1_000_000_000i64.to_be_bytes()),
    ]);
    let cluster = element(&[0x1f, 0x43, 0xb6, 0x75], &element(&[0xe7], &[7]));
    let mut segment = vec![0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255];
    segment.extend(element(&[0x15, 0x49, 0xa9, 0x66], &info));
    segment.extend(&cluster);
    segment.extend(&cluster);
    segment.extend([0x1f, 0x43, 0xb6, 0x75, 0xff]); // unknown size
    segment.extend(element(&[0xe7], &[9]));
    segment.extend(element(&[0x1c, 0x53, 0xbb, 0x6b], &[])); // Cues end it
    let head = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
    join(&[&head, &segment])
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    if body.len() % 2 == 1 {
        out.push(0);
    }
    out
}

fn wav() -> Vec<u8> {
    let fmt = [1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
    let list = chunk(b"LIST", &join(&[b"INFO", &chunk(b"ISFT", b"Lavf60.1\0")]));
    chunk(b"RIFF", &join(&[b"WAVE", &chunk(b"fmt ", &fmt), &list, &chunk(b"data", &[0; 8])]))
}

fn segment(code: u8, body: &[u8]) -> Vec<u8> {
    join(&[&[0xff, code], &(body.len() as u16 + 2).to_be_bytes(), body])
}

/// A picture whose coded data hold a stuffed FF, a restart and fill bytes.
pub(crate) fn jpeg(extra: &[u8]) -> Vec<u8> {
    join(&[
        &[0xff, 0xd8],
        &segment(0xe0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\0\0"),
        extra,
        &segment(0xdb, &join(&[&[0], &[16; 64]])),
        &segment(0xc2, &[8, 0, 16, 0, 32, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]),
        &segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 0, 1]),
        &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xff, 0xd9],
    ])
}

pub(crate) fn png(extra: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(body);
        join(&[&(body.len() as u32).to_be_bytes(), kind, body, &crc.sum().to_be_bytes()])
    };
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    out.extend(chunk(b"IHDR", &[0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]));
    for (kind, body) in extra {
        out.extend(chunk(kind, body));
    }
    out.extend(chunk(b"IDAT", b"abc"));
    out.extend(chunk(b"IDAT", b"de"));
    out.extend(chunk(b"IEND", b""));
    out
}

fn gif() -> Vec<u8> {
    join(&[
        b"GIF89a\x02\0\x02\0\x80\0\0",
        &[0; 6],
        &[0x21, 0xfe, 3, b'h', b'i', b'!', 0],
        &[0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x4c, 1, 0],
        b";",
    ])
}

fn flac() -> Vec<u8> {
    let comments = join(&[&[4, 0, 0, 0], b"test", &[1, 0, 0, 0], &[9, 0, 0, 0], b"ENCODER=x"]);
    let mut info = vec![0u8; 34];
    info[10..18].copy_from_slice(&(44_100u64 << 44 | 1 << 41 | 15 << 36 | 1000).to_be_bytes());
    join(&[
        b"fLaC",
        &[0, 0, 0, 34],
        &info,
        &[0x84, 0, 0, comments.len() as u8],
        &comments,
        b"\xff\xf8",
    ])
}

fn ogg() -> Vec<u8> {
    let page = |flags: u8, packet: &[u8]| {
        let mut out = b"OggS\0".to_vec();
        out.push(flags);
        out.extend([1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        out.push(packet.len() as u8);
        out.extend(packet);
        out
    };
    let head = b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0";
    let tags = join(&[b"OpusTags", &[7, 0, 0, 0], b"libopus", &[0, 0, 0, 0]]);
    join(&[&page(2, head), &page(0, &tags), &page(4, b"..")])
}

fn mp3() -> Vec<u8> {
    let frame = join(&[b"TSSE", &[0, 0, 0, 8, 0, 0], b"\x03Lavf60\0"]);
    let mut sound = vec![0xff, 0xfb, 0x90, 0x64];
    sound.extend([0; 32]);
    sound.extend(b"Info\0\0\0\x01\0\0\0\x05LAME3.100");
    sound.resize(417, 0);
    let old = join(&[b"TAG", &[b'x'; 30], &[0; 95]]);
    join(&[b"ID3\x03\0\0\0\0\0\x12", &frame, &sound, &old])
}

pub(crate) fn tiff() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut out = tag.to_le_bytes().to_vec();
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
        out
    };
    join(&[
        b"II*\0\x08\0\0\0\x03\0",
        &entry(256, 3, 1, 640),
        &entry(305, 2, 6, 50),
        &entry(34665, 4, 1, 56),
        &[0; 4],
        b"GIMP3\0",
        &[1, 0],
        &entry(36867, 2, 4, u32::from_le_bytes(*b"now\0")),
        &[0; 4],
    ])
}

fn program_stream() -> Vec<u8> {
    join(&[
        b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\0\0\xf8",
        b"\0\0\x01\xe0\0\x10\x80\0\0",
        b"\0\0\x01\xb3\x16\x01\x20\x13",
        b"\0\0\x01\xb2Lavc60.1\0",
        b"\0\0\x01\x00\0\0",
    ])
}

fn transport_stream() -> Vec<u8> {
    let mut out = Vec::new();
    for pid in [0u8, 0x11, 0x20, 0x20, 0x20] {
        let mut packet = vec![0x47, 0, pid, 0x10];
        packet.resize(188, 0xff);
        out.extend(packet);
    }
    out
}

fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("MP4", mp4()),
        ("WebM", webm()),
        ("WAV", wav()),
        ("JPEG", jpeg(&[])),
        ("PNG", png(&[(b"tEXt", b"Software\0GIMP")])),
        ("GIF", gif()),
        ("FLAC", flac()),
        ("Ogg", ogg()),
        ("MP3", mp3()),
        ("TIFF", tiff()),
        ("MPEG-PS", program_stream()),
        ("MPEG-TS", transport_stream()),
    ]
}

/// The tree as text: kind, offset, size, details.
fn drawn(structure: &Structure) -> String {
    fn walk(nodes: &[Node], level: usize, out: &mut String) {
        for node in nodes {
            let detail: Vec<_> = node.detail.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let line = format!(
                "{}{} @{} +{} {}",
                "  ".repeat(level),
                node.kind,
                node.offset,
                node.size,
                detail.join("; ")
            );
            out.push_str(line.trim_end());
            out.push('\n');
            walk(&node.children, level + 1, out);
        }
    }
    let mut out = String::new();
    walk(&structure.nodes, 0, &mut out);
    out
}

fn encoders(structure: &Structure) -> Vec<&str> {
    structure.encoder_tags.iter().map(|t| t.value.as_str()).collect()
}

#[test]
fn every_format_is_recognised_without_warnings() {
    for (format, bytes) in all() {
        let structure = parse(&bytes);
        assert_eq!(structure.format, format);
        assert!(structure.count() > 0, "{format}");
        assert!(structure.warnings.is_empty(), "{format}: {:?}", structure.warnings);
        assert_eq!(structure.trailing_bytes, 0, "{format}");
    }
}

#[test]
fn trees_of_hand_made_files() {
    insta::assert_snapshot!("mp4", drawn(&parse(&mp4())));
    insta::assert_snapshot!("webm", drawn(&parse(&webm())));
    insta::assert_snapshot!("jpeg", drawn(&parse(&jpeg(&[]))));
}

#[test]
fn encoder_names_are_found_in_every_format_that_has_them() {
    let expected = [
        ("MP4", vec!["VideoHandler", "Lavf60.1.2"]),
        ("WebM", vec!["Lavf60", "Chrome"]),
        ("WAV", vec!["Lavf60.1"]),
        ("PNG", vec!["GIMP"]),
        ("FLAC", vec!["test", "x"]),
        ("Ogg", vec!["libopus"]),
        ("MP3", vec!["Lavf60", "LAME3.100", "LAME3.100"]),
        ("TIFF", vec!["GIMP3"]),
        ("MPEG-PS", vec!["Lavc60.1"]),
    ];
    for (format, bytes) in all() {
        if let Some((_, names)) = expected.iter().find(|e| e.0 == format) {
            assert_eq!(&encoders(&parse(&bytes)), names, "{format}");
        }
    }
}

#[test]
fn the_size_of_every_part_is_within_its_parent_and_in_order() {
    fn check(nodes: &[Node], from: u64, to: u64) {
        let mut at = from;
        for node in nodes {
            assert!(node.offset >= at && node.offset + node.size <= to, "{node:?} in {from}..{to}");
            at = node.offset + node.size;
            check(&node.children, node.offset, at);
        }
    }
    for (format, bytes) in all() {
        if !matches!(format, "Ogg" | "TIFF" | "MPEG-PS" | "MPEG-TS") {
            check(&parse(&bytes).nodes, 0, bytes.len() as u64);
        }
    }
}

#[test]
fn no_truncation_makes_a_parser_panic_or_read_past_the_end() {
    for (format, bytes) in all() {
        for length in 0..bytes.len() {
            let structure = parse(&bytes[..length]);
            let last = structure.nodes.iter().map(|n| n.offset + n.size).max().unwrap_or(0);
            if !format.starts_with("MPEG") {
                assert!(last <= length as u64, "{format} cut to {length}: {structure:?}");
            }
        }
    }
}

#[test]
fn no_change_of_a_byte_makes_a_parser_panic() {
    for (_, bytes) in all() {
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let structure = parse(&changed);
                assert!(structure.count() <= MAX_NODES && structure.depth() <= MAX_DEPTH);
            }
        }
    }
}

#[test]
fn data_behind_the_end_is_told_with_what_it_looks_like() {
    for (format, at_end) in [("JPEG", jpeg(&[])), ("PNG", png(&[])), ("GIF", gif()), ("WAV", wav())]
    {
        let mut bytes = at_end.clone();
        bytes.extend(b"PK\x03\x04hidden");
        let structure = parse(&bytes);
        assert_eq!(structure.trailing_bytes, 10, "{format}");
        let last = structure.nodes.last().unwrap();
        assert_eq!(last.offset, at_end.len() as u64);
        assert_eq!(last.get("begins with"), Some("ZIP"));
    }
}

#[test]
fn several_pictures_in_one_jpeg_are_counted() {
    let mut bytes = jpeg(&[]);
    bytes.extend([0; 7]);
    bytes.extend(jpeg(&[]));
    let structure = parse(&bytes);
    assert_eq!(structure.pictures, 2);
    assert_eq!(structure.trailing_bytes, 0);
    assert!(structure.facts.iter().any(|f| f.en.contains("2 complete JPEG pictures")));
}

#[test]
fn impossible_markers_in_coded_data_do_not_end_the_picture() {
    let mut bytes = jpeg(&[]);
    let at = bytes.len() - 9;
    bytes[at + 1] = 0x5f; // was the zero behind a stuffed FF
    let structure = parse(&bytes);
    assert_eq!(structure.pictures, 1);
    assert!(structure.warnings.iter().any(|w| w.en.contains("1 impossible marker")));
}

#[test]
fn a_wrong_checksum_is_told() {
    let mut bytes = png(&[]);
    bytes[20] ^= 1; // in IHDR
    let structure = parse(&bytes);
    assert_eq!(structure.nodes[0].get("checksum"), Some("wrong"));
    assert_eq!(structure.warnings.len(), 1);
}

#[test]
fn an_edit_list_that_hides_seconds_is_told_and_a_short_delay_is_not() {
    let bytes = mp4();
    let structure = parse(&bytes);
    assert!(structure.facts.iter().any(|f| f.en.contains("first 2.00 s")), "{:?}", structure.facts);
    let at = bytes.windows(4).position(|w| w == b"elst").unwrap() + 16;
    let mut short = bytes;
    short[at..at + 4].copy_from_slice(&100u32.to_be_bytes());
    assert!(!parse(&short).facts.iter().any(|f| f.en.contains("edit list")));
}

#[test]
fn a_box_of_sixty_four_bit_size_is_stepped_over_without_being_read() {
    /// A file of 10 GiB that exists only where it is read.
    struct Sparse {
        head: Vec<u8>,
        tail: Vec<u8>,
        at: u64,
        len: u64,
        read: u64,
    }
    impl std::io::Read for Sparse {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let tail_at = self.len - self.tail.len() as u64;
            let n = (buffer.len() as u64).min(self.len - self.at) as usize;
            for (i, b) in buffer[..n].iter_mut().enumerate() {
                let at = self.at + i as u64;
                *b = if at < self.head.len() as u64 {
                    self.head[at as usize]
                } else if at >= tail_at {
                    self.tail[(at - tail_at) as usize]
                } else {
                    0
                };
            }
            self.at += n as u64;
            self.read += n as u64;
            Ok(n)
        }
    }
    impl std::io::Seek for Sparse {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            if let std::io::SeekFrom::Start(at) = to {
                self.at = at;
            }
            Ok(self.at)
        }
    }
    let ten = 10u64 << 30;
    let head = join(&[&atom(b"ftyp", b"mp42\0\0\0\0"), &[0, 0, 0, 1], b"mdat", &ten.to_be_bytes()]);
    let tail = atom(b"moov", &atom(b"free", b""));
    let len = 16 + ten + tail.len() as u64;
    let mut file = Sparse { head, tail, at: 0, len, read: 0 };
    let structure = Structure::parse(&mut file, len);
    let kinds: Vec<_> = structure.nodes.iter().map(|n| (n.kind.as_str(), n.size)).collect();
    assert_eq!(kinds, [("ftyp", 16), ("mdat", ten), ("moov", 16)]);
    assert!(file.read < 5 << 20, "{} bytes read", file.read);
}

#[test]
fn nesting_and_number_are_bounded() {
    let mut deep = atom(b"free", b"");
    for _ in 0..200 {
        deep = atom(b"moov", &deep);
    }
    assert_eq!(parse(&deep).depth(), MAX_DEPTH);
    let many = atom(b"free", b"").repeat(MAX_NODES + 500);
    let structure = parse(&many);
    assert_eq!(structure.count(), MAX_NODES);
    assert!(structure.warnings.iter().any(|w| w.en.contains("more than 20000 nodes")));
}

#[test]
fn a_size_beyond_the_parent_is_clipped_and_told() {
    let mut bytes = mp4();
    let at = bytes.windows(4).position(|w| w == b"mvhd").unwrap() - 4;
    bytes[at..at + 4].copy_from_slice(&0x7fff_ffffu32.to_be_bytes());
    let structure = parse(&bytes);
    let moov = structure.nodes.iter().find(|n| n.kind == "moov").unwrap();
    assert_eq!(moov.children[0].size, moov.size - 8);
    assert!(structure.warnings[0].en.starts_with("mvhd at byte"));
}

#[test]
fn the_digest_ignores_length_and_values_but_not_order() {
    let one = mp4();
    let mut longer = one.clone();
    let free = one.windows(4).position(|w| w == b"free").unwrap() - 4;
    longer.splice(free..free + 8, atom(b"free", &[0; 40]));
    assert_eq!(parse(&one).digest(), parse(&longer).digest());
    let mut repeated = one.clone();
    repeated.splice(free..free, atom(b"free", b""));
    assert_eq!(parse(&one).digest(), parse(&repeated).digest());
    let mut moved = one.clone();
    let eight: Vec<u8> = moved.drain(free..free + 8).collect();
    moved.extend(eight);
    assert_ne!(parse(&one).digest(), parse(&moved).digest());
}

#[test]
fn item_tables_that_announce_billions_of_empty_extents_cost_little() {
    // 43 000 items of 65 535 extents each, whose fields have no length.
    let items = 43_000u16;
    let mut body = vec![0, 0, 0, 0, 0, 0];
    body.extend(items.to_be_bytes());
    for id in 0..items {
        body.extend(id.to_be_bytes());
        body.extend([0, 0, 0xff, 0xff]);
    }
    let table = atom(b"iloc", &body);
    for kind in [b"heic", b"isom"] {
        let file = join(&[&atom(b"ftyp", &join(&[kind, &[0; 4]])), &table.repeat(8)]);
        let start = std::time::Instant::now();
        let structure = parse(&file);
        assert!(start.elapsed().as_secs_f64() < 0.5, "{:?}", start.elapsed());
        let told = structure.warnings.iter().filter(|w| w.en.contains("more than 10000 entries"));
        assert_eq!(told.count(), 1);
        assert_eq!(structure.count(), 9);
    }
}

#[test]
fn long_and_broken_up_texts_are_kept_whole() {
    let value = "line one\r\nline two ".repeat(2_000);
    let data = atom(b"data", &join(&[&[0, 0, 0, 1, 0, 0, 0, 0], value.as_bytes()]));
    let ilst = atom(b"ilst", &atom(b"\xa9cmt", &data));
    let file = join(&[&atom(b"ftyp", b"isom\0\0\0\0"), &atom(b"moov", &atom(b"udta", &ilst))]);
    let structure = parse(&file);
    assert_eq!(structure.tags[0].value, value);

    let mut bext = vec![0; 602];
    let history = "A=PCM,F=48000,W=24,M=mono,T=recorder\r\n".repeat(30);
    bext.extend(history.as_bytes());
    let wave = chunk(b"RIFF", &join(&[b"WAVE", &chunk(b"bext", &bext)]));
    assert_eq!(encoders(&parse(&wave)), [history.as_str()]);

    let file = join(&[
        b"GIF89a\x02\0\x02\0\0\0\0",
        &[0x21, 0xfe, 3, b'o', b'n', b'e', 4, b' ', b't', b'w', b'o', 0],
        b";",
    ]);
    assert_eq!(parse(&file).nodes[1].get("text"), Some("one two"));
}

#[test]
fn what_is_cut_says_so() {
    let value = "x".repeat(MAX_TEXT + 8);
    let data = atom(b"data", &join(&[&[0, 0, 0, 1, 0, 0, 0, 0], value.as_bytes()]));
    let ilst = atom(b"ilst", &atom(b"\xa9cmt", &data));
    let file = join(&[&atom(b"ftyp", b"isom\0\0\0\0"), &atom(b"moov", &atom(b"udta", &ilst))]);
    let structure = parse(&file);
    assert!(structure.warnings.iter().any(|w| w.en.contains("is cut")), "{:?}", structure.warnings);
    assert!(super::scan::text(value.as_bytes()).ends_with("x [… +8]"));
    let bytes: Vec<u8> = vec![7; 1030];
    assert!(super::scan::hex_start(&bytes).ends_with("07 [… +6]"));
}
