"""Names that are no text, too long or links, and very many files."""

import os
import subprocess

from common import ffmpeg, hidden, whole
from disk import NEW, QUICK, photo

LIGHT = ("--device", "cpu", "--checks", "hashes,metadata")


def odd_names(lab):
    data = photo(lab.folder("in"), "160x120").read_bytes()
    folder = os.fsencode(lab.folder("odd"))
    names = {
        "name that is no UTF-8": b"\xff\xfe\x80.jpg",
        "name of 255 bytes": b"n" * 251 + b".jpg",
        "name of 255 bytes in characters of four": "\U0001f600".encode() * 62 + b"abc.jpg",
        "name with a line break and an escape": b"a\n\x1b[31mred\r.jpg",
        "name that turns the direction of writing": "a\u202egpj.exe".encode(),
        "name that begins with a dash": b"-rf.jpg",
        "name that is a pattern": b"%03d*?.jpg",
        "name of one dot and a space": b". .jpg",
    }
    for situation, name in names.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        out = lab.folder("out")
        ran = lab.waarmerk("examine", path, "--out", out, *QUICK)
        made = [place for place in out.iterdir() if whole(place)]
        control = any(ord(c) < 32 and c != "\n" or c == "\u202e" for c in ran.said)
        lab.row(situation, ran, (ran.code == 0, "exit code 0"), (len(made) == 1, "one result folder"),
                (not control, "no control characters on the terminal"))
        place = lab.folder("case")
        lab.waarmerk("case", "new", place / "c", *NEW)
        ran = lab.waarmerk("case", "add", place / "c", path)
        examined = lab.waarmerk("case", "examine", place / "c", *QUICK)
        verified = lab.waarmerk("case", "verify", place / "c")
        exported = lab.waarmerk("case", "export", place / "c", place / "c.zip")
        again = lab.waarmerk("case", "verify", place / "c.zip")
        lab.row(situation, ran, (ran.code == 0, "added"), (examined.code == 0, f"examined: {examined.said}"),
                (verified.code == 0 and exported.code == 0 and again.code == 0,
                 f"verifies: {verified.told} {exported.said} {again.told}"))
        os.remove(path)


def long_path(lab):
    """A path of 4,095 bytes, the longest that the system takes."""
    data = photo(lab.folder("in"), "160x120").read_bytes()
    deep = os.fspath(lab.folder("deep"))
    while len(deep) + 241 < 4000:
        deep += "/" + "d" * 240
        os.mkdir(deep)
    name = "p" * (4095 - len(deep) - 1 - 4) + ".jpg"
    path = f"{deep}/{name}"
    with open(path, "wb") as file:
        file.write(data)
    ran = lab.waarmerk("examine", path, "--out", lab.folder("out"), *QUICK)
    lab.row(f"path of {len(path)} bytes", ran, (ran.code == 0, "exit code 0"))
    ran = lab.waarmerk("examine", path + "x", "--out", lab.folder("out"), *QUICK)
    lab.row("path of 4,096 bytes", ran, (ran.code == 3, "exit code 3"),
            ("name too long" in ran.said.lower(), "says why"))
    rest = 4060 - len(deep)
    deep += "/" + "e" * (rest - 1)
    os.mkdir(deep)
    source = lab.work / "in/photo.jpg"
    ran = lab.waarmerk("examine", source, "--out", deep, *QUICK)
    lab.row("results where no path has room", ran, (ran.code == 1, "exit code 1"),
            ("name too long" in ran.said.lower(), "says why"), (not hidden(lab.work / "out"), "nothing left"))
    subprocess.run(["rm", "-rf", lab.work / "deep"], check=False)


def odd_output(lab):
    source = photo(lab.folder("in"), "160x120")
    folder = os.fsencode(lab.folder("out"))
    for name in (b"\xff\xfe", b"n" * 255):
        out = os.path.join(folder, name)
        ran = lab.waarmerk("examine", source, "--out", out, *QUICK)
        lab.row("result folder of such a name", ran, (ran.code == 0, "exit code 0"),
                (os.path.isfile(os.path.join(out, b"photo", b"run.json")), "written there"))
        ran = lab.waarmerk("case", "new", os.path.join(folder, b"case-" + name), *NEW)
        lab.row("case of such a name", ran, (ran.code in (1, 2), "refused"), (ran.said != "", "says why"))


def links(lab):
    folder = lab.folder("in")
    source = photo(folder, "160x120")
    outside = lab.folder("outside")
    (outside / "real.jpg").write_bytes(source.read_bytes())
    (outside / "diary").write_text("mine")
    (folder / "loop-a.jpg").symlink_to("loop-b.jpg")
    (folder / "loop-b.jpg").symlink_to("loop-a.jpg")
    os.mkfifo(folder / "pipe")
    targets = {"file.jpg": ("photo.jpg", 0), "out-of-folder.jpg": (outside / "real.jpg", 0),
               "dangling.jpg": ("nothing", 3), "loop-a.jpg": (None, 3), "zero.jpg": ("/dev/zero", 3),
               "to-pipe.jpg": ("pipe", 3), "to-folder.jpg": (outside, 3), "passwd.jpg": ("/etc/passwd", 3)}
    for name, (target, code) in targets.items():
        if target:
            (folder / name).symlink_to(target)
        ran = lab.waarmerk("examine", folder / name, "--out", lab.folder("out"), *QUICK, limit=60)
        lab.row(f"link to {target or 'itself by way of another'}".replace(f"{lab.work}/", ""), ran,
                (ran.code == code, f"exit code {code}"), (code == 0 or ran.said != "", "says why"))
    # A result folder of that name that leads elsewhere.
    out = lab.folder("out")
    (out / "photo").symlink_to(outside)
    ran = lab.waarmerk("examine", source, "--out", out, *QUICK)
    lab.row("results where a link stands", ran, (ran.code == 0, "exit code 0"),
            (sorted(p.name for p in outside.iterdir()) == ["diary", "real.jpg"], "nothing written through it"))
    place = lab.folder("case")
    lab.waarmerk("case", "new", place / "c", *NEW)
    ran = lab.waarmerk("case", "add", place / "c", folder / "out-of-folder.jpg")
    added = next((place / "c/exhibits/E1").iterdir(), None)
    lab.row("link added to a case", ran, (ran.code == 0, "added"),
            (added is not None and not added.is_symlink(), "as a copy, not as a link"))
    for what, target in (("an exhibit", "exhibits/E1/out-of-folder.jpg"), ("a folder", "exhibits/E1")):
        path = place / "c" / target
        aside = lab.work / "aside"
        path.rename(aside)
        path.symlink_to(aside)
        ran = lab.waarmerk("case", "verify", place / "c")
        lab.row(f"case of which {what} became a link", ran, (ran.code == 1, "does not verify"),
                ("E1" in ran.told, f"says which: {ran.told}"))
        path.unlink()
        aside.rename(path)


def thousand(lab):
    """A thousand tiny files in one command, against a hundred of them."""
    folder = lab.folder("in")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=16x16:r=25", "-frames:v", "1000", folder / "%04d.jpg")
    files = sorted(folder.iterdir())
    few = lab.waarmerk("examine", *files[:100], "--out", lab.folder("few"), *LIGHT, limit=7200)
    out = lab.folder("out")
    many = lab.waarmerk("examine", *files, "--out", out, *LIGHT, limit=7200)
    for ran, count in ((few, 100), (many, 1000)):
        lab.row(f"{count} files of 16 × 16 pixels, {ran.cpu_s / count:.2f} s each", ran, (ran.code == 0, "exit code 0"),
                (many.peak_mb < 1.2 * few.peak_mb, "no more memory for more files"),
                (sum(whole(place) for place in out.iterdir()) == 1000, "a result for each"),
                what=f"waarmerk examine {count} files ... {' '.join(LIGHT)}", memory=True)
    again = lab.waarmerk("examine", *files, "--out", out, *LIGHT, "--resume", limit=7200)
    lab.row("the same again, --resume", again, (again.said.count("already examined") == 1000, "all passed over"),
            what=f"waarmerk examine 1000 files ... {' '.join(LIGHT)} --resume", memory=True)


SITUATIONS = [odd_names, long_path, odd_output, links, thousand]
