"""Small files that would become large, and structures without end: held within 1 GB."""

import itertools
import os
import re
import struct
import zlib

from common import ffmpeg, hidden, whole

MOST_MB = 1024
LIMIT_S = 120


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros(count, byte=b"\0"):
    """So many equal bytes, deflated."""
    pack = zlib.compressobj(1)
    block = byte * (1 << 20)
    parts = [pack.compress(block) for _ in range(count >> 20)]
    parts.append(pack.compress(byte * (count & ((1 << 20) - 1))) + pack.flush())
    return b"".join(parts)


def png(width, height, colour, depth, extra=b""):
    samples = {0: 1, 2: 3, 6: 4}[colour]
    data = zeros(height * (1 + (width * samples * depth + 7) // 8))
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(width, height, samples, directory_again=False, pages=1):
    """Deflated, one strip."""
    data = zeros(min(width * height * samples, 2 << 30))
    bits = 8 + 2 + 9 * 12 + 4
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 8),
               (262, 3, 1, 1 if samples == 1 else 2), (273, 4, 1, bits), (277, 3, 1, samples),
               (278, 4, 1, height), (279, 4, 1, len(data))]
    made = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    made += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    made += struct.pack("<I", 8 if directory_again else 0) + data
    return made


def box(kind, body=b""):
    return struct.pack(">I", len(body) + 8) + kind + body


FTYP = box(b"ftyp", b"isom\0\0\0\0isom")


def deep(kinds, levels):
    """Boxes in boxes; the sizes are those of what is left."""
    names = [kinds[n % len(kinds)] for n in range(levels)]
    return b"".join(struct.pack(">I", 8 * (levels - n)) + name for n, name in enumerate(names))


def samples(count):
    """A track that says it has so many samples, in a file of a kilobyte."""
    full = b"\0\0\0\0"
    entry = box(b"sowt", b"\0" * 6 + b"\0\1" + b"\0" * 8 + struct.pack(">HHHHI", 1, 8, 0, 0, 8000 << 16))
    table = (box(b"stsd", full + struct.pack(">I", 1) + entry)
             + box(b"stts", full + struct.pack(">III", 1, count, 1))
             + box(b"stsc", full + struct.pack(">IIII", 1, 1, count, 1))
             + box(b"stsz", full + struct.pack(">II", 1, count))
             + box(b"stco", full + struct.pack(">II", 1, 40)))
    handler = box(b"hdlr", full + b"\0\0\0\0soun" + b"\0" * 13)
    inside = box(b"minf", box(b"smhd", full + b"\0" * 4) + box(b"stbl", table))
    media = box(b"mdia", box(b"mdhd", full + b"\0" * 8 + struct.pack(">II", 8000, 8000) + b"\0" * 4) + handler + inside)
    head = box(b"mvhd", full + b"\0" * 8 + struct.pack(">II", 8000, 8000) + b"\0" * 80)
    track = box(b"tkhd", b"\0\0\0\7" + b"\0" * 8 + struct.pack(">I", 1) + b"\0" * 68)
    return FTYP + box(b"mdat", b"\0" * 64) + box(b"moov", head + box(b"trak", track + media))


def riff(levels):
    return b"RIFF" + struct.pack("<I", 12 * levels + 4) + b"AVI " + b"".join(
        b"LIST" + struct.pack("<I", 12 * (levels - n) - 8) + b"hdrl" for n in range(levels))


LAUGHS = ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">'
          + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11)) + "]>")
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


def xmp(entity, head=LAUGHS):
    return (f'{head}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
            f'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="&{entity};">'
            f'<xmp:Label>&{entity};</xmp:Label></rdf:Description></rdf:RDF></x:xmpmeta>').encode()


def nested_xmp(levels):
    return (b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"<a>" * levels + b"</a>" * levels + b"</x:xmpmeta>")


def with_segment(jpeg, marker, body):
    return jpeg[:2] + b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def scans(jpeg, count):
    """The last scan of a progressive picture, again and again."""
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * count + jpeg[-2:]


def master(levels):
    """Matroska: tag in tag, each of known size."""
    body = b""
    for _ in range(levels):
        size = len(body)
        body = b"\x67\xc8" + struct.pack(">Q", size | 1 << 56) + body
    tags = b"\x12\x54\xc3\x67" + struct.pack(">Q", len(body) | 1 << 56) + body
    head = b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska"
    return head + b"\x18\x53\x80\x67" + struct.pack(">Q", len(tags) | 1 << 56) + tags


def gif(side, frames):
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\xf0\0\0" + b"\0" * 3 + b"\xff" * 3
    one = b"\x21\xf9\x04\0\1\0\0\0\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\2\2\x44\1\0"
    return head + one * frames + b";"


def made(folder):
    still = folder / "still.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480", "-frames:v", "1", still)
    jpeg = still.read_bytes()
    small = (64, 64, 2, 8)
    frame = jpeg.index(b"\xff\xc0") + 5
    yield "PNG of 40,000 × 40,000 (over the bound)", "over.png", lambda: png(40_000, 40_000, 0, 1)
    yield "PNG of 16,000 × 16,000, grey (at the bound)", "grey.png", lambda: png(16_000, 16_000, 0, 8)
    yield "PNG of 16,000 × 16,000, colour (at the bound)", "colour.png", lambda: png(16_000, 16_000, 2, 8)
    yield "PNG of 16,000 × 16,000, 16 bits and alpha (at the bound)", "alpha.png", lambda: png(16_000, 16_000, 6, 16)
    yield "TIFF of 60,000 × 60,000 (over the bound)", "over.tiff", lambda: tiff(60_000, 60_000, 1)
    yield "TIFF of 16,000 × 16,000, colour (at the bound)", "colour.tiff", lambda: tiff(16_000, 16_000, 3)
    yield "TIFF whose directory follows itself", "ring.tiff", lambda: tiff(64, 64, 1, True)
    yield "JPEG that says 65,500 × 65,500", "over.jpg", lambda: (
        jpeg[:frame] + struct.pack(">HH", 65_500, 65_500) + jpeg[frame + 4:])
    yield "JPEG that says 16,000 × 16,000", "large.jpg", lambda: (
        jpeg[:frame] + struct.pack(">HH", 16_000, 16_000) + jpeg[frame + 4:])
    yield "GIF of 30,000 pictures of 4,000 × 4,000 in 0.6 MB", "many.gif", lambda: gif(4_000, 30_000)
    yield "MP4, 200,000 boxes in each other", "deep.mp4", lambda: FTYP + deep([b"moov", b"udta"], 200_000)
    yield "MP4, 200,000 tracks in each other", "tracks.mp4", lambda: FTYP + deep([b"moov", b"trak", b"mdia"], 200_000)
    yield "MP4, two million boxes in a row", "row.mp4", lambda: FTYP + box(b"free") * 2_000_000
    yield "MP4, two million boxes in moov", "inside.mp4", lambda: FTYP + box(b"moov", box(b"udta") * 2_000_000)
    yield "MP4 that says it has 80 million samples, in 1 KB", "samples.mp4", lambda: samples(80_000_000)
    yield "MP4 that says it has 2,000 million samples, in 1 KB", "more.mp4", lambda: samples(2_000_000_000)
    yield "RIFF, 200,000 lists in each other", "deep.avi", lambda: riff(200_000)
    yield "WAV of which the data are said to have 4 GB", "long.wav", lambda: (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\xff\xff\xff\xff" + b"\x80" * 8000)
    yield "Matroska, 20,000 tags in each other", "deep.mkv", lambda: master(20_000)
    yield "ICC profile of 2 GB in a PNG", "icc.png", lambda: png(*small, chunk(b"iCCP", b"p\0\0" + zeros(2 << 30)))
    yield "XMP of 1 GB, deflated, in a PNG", "xmp.png", lambda: png(
        *small, chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zeros(1 << 30, b" ")))
    yield "text of 1 GB, deflated, in a PNG", "text.png", lambda: png(*small, chunk(b"zTXt", b"parameters\0\0" + zeros(1 << 30, b"a")))
    yield "XMP with entities that multiply, in a JPEG", "laughs.jpg", lambda: with_segment(
        jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp("a10"))
    yield "XMP with entities that multiply, in a PNG", "laughs.png", lambda: png(
        *small, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp("a10")))
    yield "XMP with entities that multiply, in an MP4", "laughs.mp4", lambda: FTYP + box(
        b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp("a10")) + box(b"moov")
    yield "XMP that names /etc/passwd as an entity", "outside.jpg", lambda: with_segment(
        jpeg, 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp("f", OUTSIDE))
    yield "XMP, a million elements in each other, in a PNG", "nested.png", lambda: png(
        *small, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + nested_xmp(1_000_000)))
    progressive = folder / "progressive.jpg"
    image = folder / "noise.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=3000x2000", "-frames:v", "1", image)
    try:
        from PIL import Image
    except ImportError:
        return
    Image.open(image).save(progressive, progressive=True)
    yield "JPEG of 3,000 × 2,000 with its last scan 2,000 times", "scans.jpg", lambda: scans(progressive.read_bytes(), 2_000)


def holes(data, size=3 << 29):
    """The same, made 1.6 GB long by a hole that takes no place on the disk."""
    return data, size


def large(folder):
    """Files that really are large, of the kinds that a library reads whole."""
    jpeg = (folder / "still.jpg").read_bytes()
    wav = b"WAVEfmt \x10\0\0\0\1\0\2\0\x80\xbb\0\0\0\xee\2\0\4\0\x10\0data"
    size = 3 << 29
    yield "JPEG with 1.6 GB behind it", "tail.jpg", lambda: holes(jpeg)
    yield "PNG with 1.6 GB behind it", "tail.png", lambda: holes(png(64, 64, 2, 8))
    yield "PNG with a chunk of 1 GB", "chunk.png", lambda: holes(
        png(64, 64, 2, 8)[:33] + struct.pack(">I", 1 << 30) + b"prVt", (1 << 30) + 4096)
    yield "TIFF with 1.6 GB behind it", "tail.tiff", lambda: holes(tiff(64, 64, 1))
    yield "GIF with 1.6 GB behind it", "tail.gif", lambda: holes(gif(64, 1))
    yield "MP4 with 1.6 GB of media data", "data.mp4", lambda: holes(
        FTYP + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", size - len(FTYP)))
    yield "WAV of silence, 1.6 GB", "silence.wav", lambda: holes(
        b"RIFF" + struct.pack("<I", size - 8) + wav + struct.pack("<I", size - 44))
    yield "WAV with a chunk of 1.6 GB that is no sound", "chunk.wav", lambda: holes(
        b"RIFF" + struct.pack("<I", size - 8) + wav + struct.pack("<I", 800) + b"\0" * 800
        + b"JUNK" + struct.pack("<I", size - 852))
    yield "MP3 with a tag of 256 MB", "tag.mp3", lambda: holes(b"ID3\4\0\0\x7f\x7f\x7f\x7f", (1 << 28) + 4096)


def bombs(lab):
    folder = lab.folder("in")
    for situation, name, make in itertools.chain(made(folder), large(folder)):
        if not re.search(lab.word, name):
            continue
        path = folder / name
        data = make()
        if isinstance(data, tuple):
            path.write_bytes(data[0])
            os.truncate(path, data[1])
        else:
            path.write_bytes(data)
        size = path.stat().st_size
        out = lab.folder("out")
        # A film may take as long as its pictures do; for that there is a bound.
        bound = ("--time-limit", "60") if path.suffix == ".gif" else ()
        ran = lab.waarmerk("examine", path, "--out", out, "--device", "cpu", *bound, limit=3600)
        findings = out / path.stem / "findings.json"
        leaked = "root:" in (findings.read_text() if findings.exists() else "")
        lab.row(f"{situation} ({size / 1e6:.3g} MB, {ran.cpu_s:.0f} s)", ran,
                (ran.code in (0, 3), "exit code 0 or 3"), (ran.peak_mb < MOST_MB, "within 1 GB"),
                (ran.cpu_s < LIMIT_S, f"within {LIMIT_S} s of processor time"), (not hidden(out), "nothing left"),
                (whole(out / path.stem) or name in ran.said, "a result or a reason"),
                (not leaked, "no other file read"), memory=True)
        path.unlink()


SITUATIONS = [bombs]
