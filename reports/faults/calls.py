"""System calls: what an examination opens, and what a crafted playlist brings about."""

import collections
import re
import socket
import struct
import subprocess

from bombs import box
from common import ffmpeg
from disk import QUICK, photo

CALLS = "trace=network,open,openat,openat2,creat,execve,execveat"
OPENED = re.compile(r'(?:open|openat|openat2|creat)\((?:AT_FDCWD, |\d+, )?"((?:[^"\\]|\\.)*)"(.*)\) = (-?\d+)(?: (\w+))?')
NETWORK = re.compile(r"^\d+ +(socket|socketpair|connect|bind|listen|accept4?|sendto|sendmsg|recvfrom|recvmsg)\(")


def traced(lab, *words, **how):
    log = lab.work / "strace.log"
    ran = lab.waarmerk(*words, before=("strace", "-f", "-qq", "-s", "4096", "-e", CALLS, "-o", str(log)), **how)
    ran.command = ran.command.replace(f"strace -f -qq -s 4096 -e {CALLS} -o strace.log", "strace -f")
    text = log.read_text(errors="replace")
    # A call that another thread cut in two is put together again.
    halves, lines = {}, []
    for line in text.splitlines():
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            halves[pid] = line.removesuffix("<unfinished ...>")
        elif "resumed>" in line and pid in halves:
            lines.append(halves.pop(pid) + line.split("resumed>", 1)[1])
        else:
            lines.append(line)
    return ran, lines + list(halves.values())


def opened(lines):
    """Path, flags, and the error if there was one."""
    found = [OPENED.search(line) for line in lines]
    return [(match[1], match[2], match[4]) for match in found if match]


def kind(path, flags, lab, known):
    # Landlock is told of a path by a handle with which nothing can be read.
    if "O_PATH" in flags:
        return "named as allowed, not read (O_PATH)"
    for name, folder in known.items():
        if path.startswith(str(folder)):
            return name
    if path.startswith("/sys/devices/system"):
        return "/sys/devices/system (processors and memory)"
    if path.startswith(("/usr/lib", "/lib", "/usr/local/lib")) or path == "/etc/ld.so.cache":
        return "system libraries"
    return path if path.startswith(("/proc", "/sys", "/dev", "/etc")) else f"elsewhere: {path.replace(str(lab.work), '.')}"


def examination(lab):
    folder = lab.folder("in")
    clip = folder / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264",
           "-c:a", "aac", clip)
    models = lab.waarmerk("models", "list").told.rsplit("models folder: ", 1)[-1].strip()
    listing = []
    for source in (photo(folder), clip):
        out = lab.folder("out")
        ran, lines = traced(lab, "examine", source, "--out", out, "--device", "cpu")
        known = {"the program": lab.program, "the input": source, "the result folder": out, "the models": models,
                 "what the user enrolled": models.removesuffix("models")}
        counts = collections.Counter(
            (kind(path, flags, lab, known), error or "opened") for path, flags, error in opened(lines))
        calls = [line for line in lines if NETWORK.search(line)]
        started = [line for line in lines if "execve(" in line and line.endswith("= 0")]
        strange = [name for (name, error) in counts if name.startswith("elsewhere")]
        sockets = [line for line in calls if "socketpair(" not in line]
        lab.row(f"system calls of examining {source.name}", ran, (ran.code == 0, "exit code 0"),
                (not sockets, f"no network: {sockets[:3]}"), (not strange, f"no other file: {strange}"),
                (len(started) == 2, f"no program but itself: {started}"))
        listing += [f"\n{source.name}: {len(calls)} calls of the network, {len(started)} programs started "
                    "(this one, and itself as the worker)\n", "| opened | times | |", "|---|---|---|"]
        listing += [f"| {name} | {count} | {error} |" for (name, error), count in sorted(counts.items())]
    lab.listing = "\n".join(listing) + "\n"


def reference(movie, entry):
    """`entry` in place of the data reference of a movie whose moov lies last."""
    find = lambda start, name: movie.index(name, start) - 4
    at = find(0, b"moov")
    around = [at]
    for name in (b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        at = find(at, name)
        around.append(at)
    size = struct.unpack_from(">I", movie, at)[0]
    made = bytearray(movie[:at + 16] + struct.pack(">I", len(entry) + 8) + entry + movie[at + size:])
    for place in around:
        grown = struct.unpack_from(">I", made, place)[0] + len(made) - len(movie)
        struct.pack_into(">I", made, place, grown)
    return bytes(made)


def alias(target):
    """An alias record with an absolute path, as ffmpeg's demuxer reads it."""
    path = target.encode()
    return (b"alis" + b"\0" * 14 + b"\1v" + b"\0" * 38 + b"\1f" + b"\0" * 98
            + struct.pack(">HH", 2, len(path)) + path + b"\0" * (len(path) % 2) + b"\xff\xff\0\0")


def subtitled(playlist):
    """An AVI whose subtitle stream holds a playlist (GAB2)."""
    piece = lambda name, body: name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    head = piece(b"avih", struct.pack("<14I", 40_000, 0, 0, 16, 1, 0, 1, 0, 64, 64, 0, 0, 0, 0))
    stream = piece(b"strh", b"txts" + b"\0" * 16 + struct.pack("<IIIIIiII", 1, 25, 0, 1, 0, -1, 0, 0)) + piece(b"strf", b"")
    text = b"GAB2\0\2\0" + struct.pack("<I", 0) + b"\4\0" + struct.pack("<I", len(playlist)) + playlist
    lists = piece(b"LIST", b"hdrl" + head + piece(b"LIST", b"strl" + stream))
    return piece(b"RIFF", b"AVI " + lists + piece(b"LIST", b"movi" + piece(b"00tx", text)))


def crafted(folder, port):
    """Names, contents and the options with which ffprobe would follow them."""
    web = f"http://127.0.0.1:{port}/x.ts"
    movie = folder / "movie.mov"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=1", "-c:v", "mpeg4", movie)
    plain = movie.read_bytes()
    movie.unlink()
    open_all = ("-protocol_whitelist", "file,http,tcp,data,crypto,concat,rtp,udp,subfile")
    hls = lambda target: f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode()
    dash = lambda target: (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{target}</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>').encode()
    all_names = ("-allowed_extensions", "ALL", "-allowed_segment_extensions", "ALL", "-extension_picky", "0")
    for target, what in (("/etc/passwd", "file"), (web, "network")):
        for name in ("list.m3u8", "list.mp4", "list.ts"):
            yield f"HLS to a {what}", name, hls(target), (*open_all, *all_names)
        yield f"HLS within HLS to a {what}", "outer.mp4", hls(f"concat:{target}|{target}"), None
        yield f"HLS as data to a {what}", "data.mp4", (b"#EXTM3U\n#EXTINF:1,\ndata:application/vnd.apple.mpegurl,"
                                                      + hls(target).replace(b"\n", b"%0A") + b"\n"), None
        yield f"DASH to a {what}", "list.mpd", dash(target), None
        yield f"concat to a {what}", "list.mp4", f"ffconcat version 1.0\nfile '{target}'\n".encode(), (
            *open_all, "-safe", "0", "-f", "concat")
        yield f"MOV data reference to a {what}", "reference.mov", reference(plain, alias(target)), (
            *open_all, "-enable_drefs", "1", "-use_absolute_path", "1")
        yield f"MOV of reference movies to a {what}", "movies.mov", box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(
            b"rmra", box(b"rmda", box(b"rdrf", b"\0\0\0\0url " + struct.pack(">I", len(target) + 1) + target.encode() + b"\0")))), None
        yield f"subtitles in an AVI, HLS to a {what}", "subtitles.avi", subtitled(hls(target)), None
        yield f"SVG with a picture of a {what}", "drawing.svg", (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"><image x:href="{target}"/></svg>').encode(), None
    yield "SDP", "call.sdp", f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n".encode(), open_all


def playlists(lab):
    folder = lab.folder("in")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        for situation, name, data, follow in crafted(folder, listener.getsockname()[1]):
            if not re.search(lab.word, situation):
                continue
            path = folder / name
            path.write_bytes(data)
            followed = ""
            if follow:
                # That the file works, in a program that is told to follow it.
                log = lab.work / "probe.log"
                subprocess.run(["timeout", "30", "strace", "-f", "-qq", "-e", CALLS, "-o", log, "ffprobe", "-v", "quiet",
                                *follow, path], capture_output=True, check=False)
                text = log.read_text(errors="replace")
                worked = "/etc/passwd" in text if situation.endswith(" file") else "AF_INET" in text
                followed = "; ffprobe follows it" if worked else "; ffprobe does not follow it"
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    pass
            for extra in ((), ("--in-process",)):
                ran, lines = traced(lab, "examine", path, "--out", lab.folder("out"), *QUICK, *extra)
                called = [line for line in lines if NETWORK.search(line) and "socketpair(" not in line]
                read = [place for place, _, _ in opened(lines) if "passwd" in place]
                try:
                    listener.accept()
                    called.append("somebody called")
                except BlockingIOError:
                    pass
                lab.row(situation + followed, ran, (ran.code in (0, 3), "exit code 0 or 3"), (not read, f"not read: {read}"),
                        (not called, f"nothing called: {called[:2]}"), (ran.said != "", "says so"))
            path.unlink()


def patterns(lab):
    """Names that ffmpeg would take for a sequence or a protocol."""
    folder = lab.folder("in")
    data = photo(folder, "160x120").read_bytes()
    for number in (1, 2):
        (folder / f"photo{number:03}.jpg").write_bytes(data)
    names = ("photo%03d.jpg", "photo*.jpg", "concat:photo001.jpg|photo002.jpg", "http:", "data:image,x.jpg", "subfile,,start,0,end,9,,:photo.jpg",
             "pipe:0", "file:photo001.jpg", "-")
    for name in names:
        (folder / name).write_bytes(data)
        for extra in ((), ("--in-process",)):
            ran, lines = traced(lab, "examine", f"./{name}" if name == "-" else name, "--out", lab.folder("out"), *QUICK, *extra,
                                cwd=folder)
            others = [path for path, _, _ in opened(lines) if path.split("/")[-1] in ("photo001.jpg", "photo002.jpg", "photo.jpg")]
            called = [line for line in lines if NETWORK.search(line) and "socketpair(" not in line]
            lab.row("name that means something to ffmpeg", ran, (ran.code == 0, "exit code 0"),
                    (not others, f"no other opened: {others}"), (not called, "nothing called"))


SITUATIONS = [examination, playlists, patterns]
