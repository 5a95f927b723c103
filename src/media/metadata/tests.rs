//! Hand-made payloads, and what must come out of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::{Cursor, Write};

use super::*;
use crate::media::container::tests::{jpeg, png, tiff};

fn read(bytes: &[u8]) -> Metadata {
    let mut file = Cursor::new(bytes);
    let structure = Structure::parse(&mut file, bytes.len() as u64);
    let mut out = Metadata::default();
    let mut extended = xmp::Extended::default();
    for payload in &structure.payloads {
        out.payload(&mut file, Path::new("test"), &structure, payload, &mut extended).unwrap();
    }
    extended.finish(&mut out);
    out
}

fn segment(code: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[0xff, code][..], &(body.len() as u16 + 2).to_be_bytes(), &body].concat()
}

const XMP_HEAD: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const MORE_HEAD: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";

fn packet(properties: &str) -> String {
    format!(
        "<?xpacket begin='\u{feff}' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>\
         <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>{properties}</rdf:RDF>\
         </x:xmpmeta><?xpacket end='w'?>"
    )
}

const DESCRIBED: &str = "<rdf:Description rdf:about='' \
    xmlns:a='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
    xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' \
    xmlns:stEvt='http://ns.adobe.com/xap/1.0/sType/ResourceEvent#' a:CreatorTool='Tool 1'>\
    <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Titel</rdf:li></rdf:Alt></dc:title>\
    <dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator>\
    <xmpMM:History><rdf:Seq><rdf:li rdf:parseType='Resource'>\
    <stEvt:action>saved</stEvt:action></rdf:li><rdf:li stEvt:action='derived'/></rdf:Seq></xmpMM:History>\
    </rdf:Description>";

#[test]
fn exif_is_read_from_jpeg_png_and_tiff() {
    let app1 = segment(0xe1, &[b"Exif\0\0", &tiff()]);
    for bytes in [jpeg(&app1), png(&[(b"eXIf", &tiff())]), tiff()] {
        let metadata = read(&bytes);
        assert_eq!(metadata.get(Source::Exif, "Software"), Some("GIMP3"));
        assert_eq!(metadata.get(Source::Exif, "DateTimeOriginal"), Some("now"));
        assert!(metadata.warnings.is_empty(), "{:?}", metadata.warnings);
    }
}

#[test]
fn damaged_exif_gives_what_can_be_read_and_a_warning() {
    let mut damaged = tiff();
    damaged[40..44].copy_from_slice(&9_999u32.to_le_bytes()); // ExifIFD nowhere
    let metadata = read(&jpeg(&segment(0xe1, &[b"Exif\0\0", &damaged])));
    assert_eq!(metadata.get(Source::Exif, "Software"), Some("GIMP3"));
    assert_eq!(metadata.get(Source::Exif, "DateTimeOriginal"), None);
    assert!(!metadata.warnings.is_empty());
}

#[test]
fn exif_that_shares_its_bytes_a_thousandfold_is_refused() {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    let entries = 900u16;
    bytes.extend(entries.to_le_bytes());
    for i in 0..entries {
        bytes.extend((50_000 + i).to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(1_000_000u32.to_le_bytes());
        bytes.extend(8u32.to_le_bytes());
    }
    bytes.resize(1_100_000, 0);
    let metadata = read(&bytes);
    assert_eq!(metadata.count(Source::Exif), 0);
    assert!(metadata.warnings[0].en.contains("more memory"));
}

#[test]
fn xmp_becomes_paths_under_the_usual_prefixes() {
    let app1 = segment(0xe1, &[XMP_HEAD, packet(DESCRIBED).as_bytes()]);
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", packet(DESCRIBED).as_bytes()].concat();
    for bytes in [jpeg(&app1), png(&[(b"iTXt", &itxt)])] {
        let metadata = read(&bytes);
        for (tag, value) in [
            ("xmp:CreatorTool", "Tool 1"),
            ("dc:title[x-default]", "Titel"),
            ("dc:creator[2]", "B"),
            ("xmpMM:History[1]/stEvt:action", "saved"),
            ("xmpMM:History[2]/stEvt:action", "derived"),
        ] {
            assert_eq!(metadata.get(Source::Xmp, tag), Some(value), "{tag}");
        }
        assert_eq!(metadata.count(Source::Xmp), 6);
        assert!(metadata.warnings.is_empty(), "{:?}", metadata.warnings);
    }
}

#[test]
fn extended_xmp_is_put_together_in_order() {
    let guid = b"0123456789ABCDEF0123456789ABCDEF";
    let note = "<rdf:Description xmlns:xmpNote='http://ns.adobe.com/xmp/note/' \
                xmpNote:HasExtendedXMP='0123456789ABCDEF0123456789ABCDEF'/>";
    let whole = packet(DESCRIBED).into_bytes();
    let part = |from: usize, to: usize| {
        let total = (whole.len() as u32).to_be_bytes();
        segment(0xe1, &[MORE_HEAD, guid, &total, &(from as u32).to_be_bytes(), &whole[from..to]])
    };
    let main = segment(0xe1, &[XMP_HEAD, packet(note).as_bytes()]);
    let both = [main.clone(), part(300, whole.len()), part(0, 300)].concat();
    let metadata = read(&jpeg(&both));
    assert_eq!(metadata.get(Source::Xmp, "xmp:CreatorTool"), Some("Tool 1"));
    assert!(metadata.warnings.is_empty(), "{:?}", metadata.warnings);
    let half = read(&jpeg(&[main, part(300, whole.len())].concat()));
    assert!(half.warnings.iter().any(|w| w.en.contains("incomplete")));
}

#[test]
fn xmp_with_entities_or_endless_nesting_is_refused_in_words() {
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>";
    let metadata = read(&jpeg(&segment(0xe1, &[XMP_HEAD, bomb.as_bytes()])));
    assert_eq!(metadata.rows, []);
    assert!(metadata.warnings[0].en.contains("could not be read"));
    let nested = packet(&format!(
        "<rdf:Description>{}{}</rdf:Description>",
        "<a>".repeat(9_000),
        "</a>".repeat(9_000)
    ));
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", nested.as_bytes()].concat();
    let metadata = read(&png(&[(b"iTXt", &itxt)]));
    assert!(metadata.warnings.iter().any(|w| w.en.contains("nested too deeply")));
}

#[test]
fn iptc_records_are_read_with_their_names() {
    let records = b"\x1c\x01\x5a\0\x03\x1b%G\x1c\x02\x50\0\x05Ann\xc3\xab\x1c\x02\x41\0\x04GIMP\
                    \x1c\x02\x19\0\x03cat\x1c\x02\x19\0\x03dog";
    let resource = [
        b"8BIM\x04\x04\0\0".as_slice(),
        &(records.len() as u32).to_be_bytes(),
        records,
        if records.len() % 2 == 1 { b"\0" } else { b"" },
        b"8BIM\x04\x25\0\0\0\0\0\x10",
        &[7; 16],
    ]
    .concat();
    let metadata = read(&jpeg(&segment(0xed, &[b"Photoshop 3.0\0", &resource])));
    assert_eq!(metadata.get(Source::Iptc, "By-line"), Some("Annë"));
    assert_eq!(metadata.get(Source::Iptc, "OriginatingProgram"), Some("GIMP"));
    assert_eq!(metadata.rows.iter().filter(|r| r.tag == "Keywords").count(), 2);
    assert_eq!(metadata.get(Source::Photoshop, "IPTCDigest"), Some("(16 bytes)"));
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

#[test]
fn png_text_is_read_plain_compressed_and_international() {
    let packed = [b"prompt\0\0".as_slice(), &zlib(b"{\"3\": {}}")].concat();
    let foreign = [b"workflow\0\x01\0nl\0\0".as_slice(), &zlib("h\u{e9}".as_bytes())].concat();
    let metadata = read(&png(&[
        (b"tEXt", b"parameters\0a cat, Steps: 20"),
        (b"zTXt", &packed),
        (b"iTXt", &foreign),
    ]));
    assert_eq!(metadata.get(Source::PngText, "parameters"), Some("a cat, Steps: 20"));
    assert_eq!(metadata.get(Source::PngText, "prompt"), Some("{\"3\": {}}"));
    assert_eq!(metadata.get(Source::PngText, "workflow"), Some("hé"));
}

#[test]
fn compressed_text_cannot_grow_without_bound() {
    let grown = png_text::inflate(&zlib(&vec![0; 64 << 20])).unwrap();
    assert_eq!(grown.len() as u64, png_text::MAX_TEXT);
    let packed = [b"bomb\0\0".as_slice(), &zlib(&vec![b'a'; 64 << 20])].concat();
    let chunks: Vec<(&[u8; 4], &[u8])> = vec![(b"zTXt", &packed); 4];
    let metadata = read(&png(&chunks));
    assert_eq!(metadata.rows.len(), 4);
    assert!(metadata.rows.iter().all(|r| r.value.len() <= MAX_VALUE));
}

#[test]
fn profiles_in_hexadecimal_are_read_as_what_they_are() {
    let hex: String =
        [b"Exif\0\0".as_slice(), &tiff()].concat().iter().map(|b| format!("{b:02x}")).collect();
    let value = format!("\nexif\n  {}\n{hex}\n", hex.len() / 2);
    let packed = [b"Raw profile type exif\0\0".as_slice(), &zlib(value.as_bytes())].concat();
    let metadata = read(&png(&[(b"zTXt", &packed)]));
    assert_eq!(metadata.get(Source::Exif, "Software"), Some("GIMP3"));
}

#[test]
fn no_truncation_or_change_of_metadata_makes_a_reader_panic() {
    let xmp = packet(DESCRIBED);
    let iptc = b"8BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x50\0\x05hallo";
    let packed = [b"k\0\0".as_slice(), &zlib(b"some text that is packed")].concat();
    let payloads: [(PayloadKind, &[u8]); 6] = [
        (PayloadKind::Exif, &tiff()),
        (PayloadKind::Xmp, xmp.as_bytes()),
        (PayloadKind::XmpExtended, xmp.as_bytes()),
        (PayloadKind::Photoshop, iptc),
        (PayloadKind::PngCompressedText, &packed),
        (PayloadKind::PngInternationalText, b"k\0\x01\0nl\0k\0text"),
    ];
    for (kind, bytes) in payloads {
        let run = |data: Vec<u8>| {
            let mut out = Metadata::default();
            let mut extended = xmp::Extended::default();
            out.interpret(kind, "test", data, &mut extended);
            extended.finish(&mut out);
            out.rows.len()
        };
        for length in 0..bytes.len() {
            run(bytes[..length].to_vec());
        }
        for at in 0..bytes.len() {
            for value in [0, 0xff, bytes[at] ^ 0x20] {
                let mut changed = bytes.to_vec();
                changed[at] = value;
                assert!(run(changed) <= MAX_ROWS);
            }
        }
    }
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), &body].concat()
}

#[test]
fn exif_and_xmp_items_of_heif_are_found() {
    let exif = [&[0, 0, 0, 6], b"Exif\0\0".as_slice(), &tiff()].concat();
    let xmp = packet(DESCRIBED).into_bytes();
    let build = |at: u32| {
        let infe = |id: u8, kind: &[u8; 4], rest: &[u8]| {
            atom(b"infe", &[&[2, 0, 0, 0, 0, id, 0, 0], kind, rest])
        };
        let iinf = atom(
            b"iinf",
            &[
                &[0, 0, 0, 0, 0, 2],
                &infe(1, b"Exif", b"\0"),
                &infe(2, b"mime", b"\0application/rdf+xml\0"),
            ],
        );
        let place = |id: u8, offset: u32, length: usize| {
            [&[0, id, 0, 0, 0, 1][..], &offset.to_be_bytes(), &(length as u32).to_be_bytes()]
                .concat()
        };
        let iloc = atom(
            b"iloc",
            &[
                &[0, 0, 0, 0, 0x44, 0, 0, 2],
                &place(1, at, exif.len()),
                &place(2, at + exif.len() as u32, xmp.len()),
            ],
        );
        let hdlr = atom(b"hdlr", &[&[0; 8], b"pict", &[0; 13]]);
        let meta = atom(b"meta", &[&[0; 4], &hdlr, &iinf, &iloc]);
        [atom(b"ftyp", &[b"heic\0\0\0\0mif1heic"]), meta, atom(b"mdat", &[&exif, &xmp])].concat()
    };
    let mdat_body = build(0).len() - exif.len() - xmp.len();
    let bytes = build(mdat_body as u32);
    let structure = Structure::parse(&mut Cursor::new(&bytes), bytes.len() as u64);
    assert_eq!(structure.format, "HEIF");
    let metadata = read(&bytes);
    assert_eq!(metadata.get(Source::Exif, "Software"), Some("GIMP3"));
    assert_eq!(metadata.get(Source::Xmp, "dc:creator[1]"), Some("A"));
    assert!(metadata.warnings.is_empty(), "{:?}", metadata.warnings);
}

#[test]
fn the_same_bytes_are_not_read_again_and_again() {
    // A TIFF whose thousand XMP entries point to one megabyte of blanks.
    let mut bytes = b"II*\0\x08\0\0\0\xe8\x03".to_vec();
    for _ in 0..1000 {
        bytes.extend(700u16.to_le_bytes());
        bytes.extend(1u16.to_le_bytes());
        bytes.extend(1_000_000u32.to_le_bytes());
        bytes.extend(13_000u32.to_le_bytes());
    }
    bytes.resize(1_020_000, b' ');
    bytes[12_010..12_014].copy_from_slice(&[0; 4]);
    let metadata = read(&bytes);
    assert!((MAX_READ - 1_000_000..=MAX_READ).contains(&metadata.read), "{}", metadata.read);
}

#[test]
fn positions_of_phones_are_read() {
    assert_eq!(iso6709("+52.3702+004.8952/"), Some((52.3702, 4.8952)));
    assert_eq!(iso6709("-33.8-070.5+012.000/"), Some((-33.8, -70.5)));
    for wrong in ["", "52+4", "+52.3", "+95+4/", "+a+b", "+5é+4é"] {
        assert_eq!(iso6709(wrong), None, "{wrong}");
    }
}

#[test]
fn text_with_a_comment_inside_is_read_to_its_end() {
    let described = "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'>\
        <dc:source>first<!-- between -->second</dc:source></rdf:Description>";
    let metadata = read(&jpeg(&segment(0xe1, &[XMP_HEAD, packet(described).as_bytes()])));
    assert_eq!(metadata.get(Source::Xmp, "dc:source"), Some("firstsecond"));
}

#[test]
fn a_comment_of_several_blocks_is_one_statement() {
    let mut bytes = b"GIF89a\x02\0\x02\0\0\0\0".to_vec();
    bytes.extend([0x21, 0xfe, 3, b'o', b'n', b'e', 4, b' ', b't', b'w', b'o', 0, b';']);
    let metadata = read(&bytes);
    assert_eq!(metadata.get(Source::Comment, "GIF comment"), Some("one two"));
}

#[test]
fn orientation_of_exif_that_asks_for_too_much_is_not_read() {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut out = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
        out
    };
    let build = |greedy: u16| {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend((greedy + 1).to_le_bytes());
        bytes.extend(entry(274, 3, 1, 6));
        for i in 0..greedy {
            bytes.extend(entry(50_000 + i, 1, 1_000_000, 8));
        }
        bytes.resize(1_100_000, 0);
        bytes
    };
    assert_eq!(orientation(build(1)), Some(6));
    assert_eq!(orientation(build(900)), None);
}
