//! JPEG segments (ITU-T T.81; JFIF, ITU-T T.871), and what stands behind the
//! end of the picture: further pictures (CIPA DC-007, multi-picture format),
//! films of moving photos, makers' trailers, or something that was hidden.

use super::scan::{Scan, be_at, part, text};
use super::{Node, PayloadKind, jpeg_app};

/// Most bytes of coded picture data that are searched for markers. JPEG has
/// no lengths there, so the data must be read; the largest pictures of
/// cameras take some 60 MB.
const SEARCHED: u64 = 512 << 20;
/// Bytes read at once while searching.
const BLOCK: usize = 64 << 10;
/// Most pictures behind one another.
const PICTURES: u32 = 64;

pub(super) fn parse(scan: &mut Scan<'_>) {
    scan.out.format = "JPEG".into();
    let mut at = 0;
    let mut budget = SEARCHED;
    loop {
        let (node, end) = picture(scan, at, &mut budget);
        let ended = node.children.last().is_some_and(|n| n.kind == "EOI");
        scan.out.nodes.push(node);
        at = end;
        if !ended {
            scan.warn(
                format!("The picture has no end marker (EOI); reading stopped at byte {at}."),
                format!(
                    "De afbeelding heeft geen eindmarkering (EOI); het lezen stopte bij byte {at}."
                ),
            );
            break;
        }
        scan.out.pictures += 1;
        // Pictures behind one another may be aligned with zeros.
        let gap = scan.get(at, 4096).iter().take_while(|&&b| b == 0).count() as u64;
        if scan.out.pictures >= PICTURES || scan.get(at + gap, 3) != b"\xff\xd8\xff" {
            break;
        }
        at += gap;
    }
    let whole = scan.out.nodes.iter().all(|n| n.children.last().is_some_and(|c| c.kind == "EOI"));
    if at < scan.len && whole {
        let rest = scan.trailing(at);
        scan.out.nodes.extend(rest);
    }
    let pictures = scan.out.pictures;
    if pictures > 1 {
        scan.fact(
            format!("The file holds {pictures} complete JPEG pictures behind one another."),
            format!("Het bestand bevat {pictures} volledige JPEG-afbeeldingen achter elkaar."),
        );
    }
}

/// One picture from SOI to EOI, and where it ends.
fn picture(scan: &mut Scan<'_>, start: u64, budget: &mut u64) -> (Node, u64) {
    let mut node = Node::new("JPEG", start, 0);
    let mut at = start;
    let mut restarts = 0;
    scan.admit();
    while let Some([0xff, code]) = scan.array::<2>(at) {
        if code == 0xff {
            at += 1; // fill byte
            continue;
        }
        if !scan.admit() {
            break;
        }
        let mut child = Node::new(marker(code), at, 2);
        if matches!(code, 0xd8 | 0xd9 | 0x01 | 0xd0..=0xd7) {
            at += 2;
            node.children.push(child);
            if code == 0xd9 {
                break;
            }
            continue;
        }
        let Some(says) = scan.array::<2>(at + 2).map(u16::from_be_bytes) else { break };
        if says < 2 {
            scan.warn(
                format!("{} at byte {at} says it is shorter than its own length.", child.kind),
                format!("{} op byte {at} zegt korter te zijn dan zijn eigen lengte.", child.kind),
            );
            break;
        }
        let there = scan.len - at - 2;
        if u64::from(says) > there {
            scan.warn_clipped(&child.kind, at, u64::from(says), there);
        }
        let end = at + 2 + u64::from(says).min(there);
        child.size = end - at;
        describe(scan, code, at + 4, end, &mut child, start == 0);
        at = end;
        if code == 0xda {
            let (stop, found) = entropy(scan, end, budget);
            child.note("coded bytes", stop - end);
            restarts += found;
            if found > 0 {
                child.note("restart markers", found);
            }
            child.size = stop - child.offset;
            at = stop;
        }
        if code & 0xf0 == 0xc0 && !matches!(code, 0xc4 | 0xc8 | 0xcc) && start == 0 {
            let mode = mode(code);
            if !scan.out.brands.iter().any(|b| b == mode) {
                scan.out.brands.push(mode.into());
            }
        }
        node.children.push(child);
    }
    if restarts > 0 {
        node.note("restart markers", restarts);
    }
    node.size = at.min(scan.len) - start;
    (node, at)
}

/// Steps over coded data from `at` to the next marker that ends it; also
/// counts restart markers.
fn entropy(scan: &mut Scan<'_>, mut at: u64, budget: &mut u64) -> (u64, u64) {
    let mut restarts = 0;
    let mut invalid = 0;
    let end = 'search: loop {
        let block = scan.get(at, BLOCK);
        if block.len() < 2 {
            break scan.len.min(at + block.len() as u64);
        }
        *budget = budget.saturating_sub(block.len() as u64);
        if *budget == 0 {
            scan.warn(
                "The coded picture data is too long to be searched to its end.",
                "De gecodeerde beelddata zijn te lang om tot het einde te doorzoeken.",
            );
            break at;
        }
        let mut i = 0;
        while let Some(ff) =
            block.get(i..block.len() - 1).and_then(|b| b.iter().position(|&b| b == 0xff))
        {
            i += ff;
            match block[i + 1] {
                0 => i += 2,
                0xff => i += 1,
                0xd0..=0xd7 => {
                    restarts += 1;
                    i += 2;
                }
                // Tables, a further scan, a picture, segments, the end.
                0xc4 | 0xcc | 0xd8..=0xdd | 0xe0..=0xef | 0xfe => break 'search at + i as u64,
                // No marker of a sequential or progressive picture can stand
                // here: the coded data are damaged.
                _ => {
                    invalid += 1;
                    i += 2;
                }
            }
        }
        // The last byte may be the first half of a marker: read it again.
        at += i.max(block.len() - 1) as u64;
    };
    if invalid > 0 {
        scan.warn(
            format!("The coded picture data hold {invalid} impossible markers: they are damaged."),
            format!(
                "De gecodeerde beelddata bevatten {invalid} onmogelijke markeringen: ze zijn \
                 beschadigd."
            ),
        );
    }
    (end, restarts)
}

/// How the comments begin that programs write about themselves: ffmpeg, gd,
/// IJG tools, LEADTOOLS, Adobe, Intel, GIMP, JPEGmini, jpeg-archive. Any other
/// comment is what somebody wrote.
const SIGNATURES: [&str; 11] = [
    "CREATOR: ",
    "Software: ",
    "LEAD Technologies",
    "Adobe",
    "File written by Adobe",
    "Intel(R) JPEG Library",
    "Created with GIMP",
    "Created with The GIMP",
    "Optimized by JPEGmini",
    "Compressed by jpeg-recompress",
    "JPEG Encoder Copyright",
];

fn is_signature(comment: &str) -> bool {
    SIGNATURES.iter().any(|start| comment.starts_with(start))
        || ["Lavc", "Lavf"].iter().any(|name| {
            let version = comment.strip_prefix(name);
            version.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
}

fn marker(code: u8) -> String {
    match code {
        0xc4 => "DHT".into(),
        0xc8 => "JPG".into(),
        0xcc => "DAC".into(),
        0xc0..=0xcf => format!("SOF{}", code & 15),
        0xd0..=0xd7 => format!("RST{}", code & 7),
        0xd8 => "SOI".into(),
        0xd9 => "EOI".into(),
        0xda => "SOS".into(),
        0xdb => "DQT".into(),
        0xdc => "DNL".into(),
        0xdd => "DRI".into(),
        0xe0..=0xef => format!("APP{}", code & 15),
        0xfe => "COM".into(),
        0x01 => "TEM".into(),
        _ => format!("FF{code:02X}"),
    }
}

fn mode(code: u8) -> &'static str {
    match code {
        0xc0 => "baseline",
        0xc1 => "extended sequential",
        0xc2 => "progressive",
        0xc3 => "lossless",
        0xc9 => "arithmetic sequential",
        0xca => "arithmetic progressive",
        _ => "other process",
    }
}

fn describe(scan: &mut Scan<'_>, code: u8, at: u64, end: u64, node: &mut Node, first: bool) {
    let body = scan.span(at, end, 1024);
    match code {
        0xe0..=0xef => jpeg_app::application(scan, code & 15, at, end, &body, node, first),
        0xfe => {
            let comment = text(&body);
            node.note("text", &comment);
            if is_signature(&comment) {
                scan.encoder("COM", "comment", comment);
            }
            scan.payload(PayloadKind::Comment, "COM", at, end);
        }
        0xc4 => node.note(
            "tables",
            tables(&body, |b| {
                let counts: usize = part(b, 1, 16)?.iter().map(|&n| usize::from(n)).sum();
                let class = if b[0] >> 4 == 0 { "DC" } else { "AC" };
                Some((format!("{class}{}", b[0] & 15), 17 + counts))
            }),
        ),
        0xdb => node.note(
            "tables",
            tables(&body, |b| {
                let len = if b[0] >> 4 == 0 { 64 } else { 128 };
                let table = part(b, 1, len)?;
                let step = len / 64;
                let sum: u64 = table.chunks_exact(step).map(super::scan::be).sum();
                Some((
                    format!("{} ({} bit, mean {:.1})", b[0] & 15, 8 * step, sum as f64 / 64.0),
                    1 + len,
                ))
            }),
        ),
        0xc0..=0xcf => {
            frame(&body, node);
            node.note("process", mode(code));
        }
        0xdd => {
            if let Some(interval) = be_at(&body, 0, 2) {
                node.note("restart interval", interval);
            }
        }
        0xda => {
            let n = body.first().copied().unwrap_or(0);
            node.note("components", n);
            if let Some([from, to, approx]) = part(&body, 1 + 2 * usize::from(n), 3)
                && ((*from, *to) != (0, 63) || *approx != 0)
            {
                node.note("spectral selection", format!("{from}–{to}, {approx:02x}"));
            }
        }
        _ => {}
    }
}

/// Names of the tables of one segment; `read` gives the name and the length
/// of the table at the start of its bytes.
fn tables(mut body: &[u8], read: impl Fn(&[u8]) -> Option<(String, usize)>) -> String {
    let mut names = Vec::new();
    while let Some((name, len)) = body.first().and_then(|_| read(body)) {
        names.push(name);
        body = body.get(len..).unwrap_or(&[]);
    }
    names.join(", ")
}

/// Size, precision and sampling factors of a frame header.
fn frame(body: &[u8], node: &mut Node) -> Option<()> {
    node.note("size", format!("{}×{}", be_at(body, 3, 2)?, be_at(body, 1, 2)?));
    node.note("bits", body.first()?);
    let components = usize::from(*body.get(5)?);
    node.note("components", components);
    let factors: Vec<(u8, u8)> = (0..components.min(4))
        .filter_map(|i| body.get(7 + 3 * i).map(|f| (f >> 4, f & 15)))
        .collect();
    let shown: Vec<_> = factors.iter().map(|(h, v)| format!("{h}×{v}")).collect();
    node.note("sampling", shown.join(" "));
    if let [(h, v), (1, 1), (1, 1)] = factors[..] {
        let name = match (h, v) {
            (1, 1) => "4:4:4",
            (2, 1) => "4:2:2",
            (2, 2) => "4:2:0",
            (1, 2) => "4:4:0",
            (4, 1) => "4:1:1",
            _ => "other",
        };
        node.note("subsampling", name);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::is_signature;

    #[test]
    fn a_caption_is_no_software() {
        for caption in ["Sunset at Lavf59 Beach", "Lavfield", "Room 101", "my Software: 3"] {
            assert!(!is_signature(caption), "{caption}");
        }
        for name in ["Lavc60.31.102", "CREATOR: gd-jpeg v1.0 (using IJG JPEG v62)", "Software: x"] {
            assert!(is_signature(name), "{name}");
        }
    }
}
