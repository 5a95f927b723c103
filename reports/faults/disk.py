"""Disks that are full or read-only, and folders that may not be written or read."""

import contextlib
import subprocess

from common import ffmpeg, hidden, whole

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
QUICK = ("--device", "cpu", "--checks", "metadata,container,hashes,spectrum")
NEW = ("--title", "t", "--examiner", "e")
SET = ("reference", "build", "set", "--h1", "altered", "--h1-nl", "bewerkt",
       "--h2", "untouched", "--h2-nl", "onbewerkt", "--scores")
EXPERIMENT = """question = "Does spectrum see that pictures were enlarged?"
seed = 7
metrics = ["auc", "mean"]
[[slice]]
name = "enlarged"
make = { kind = "enlarged", count = 6, size = 512 }
[[method]]
name = "top-band"
check = "spectrum"
value = "top_band_slope"
lower_is_fake = true
"""
SCORES = ("scores.parquet", "scores.csv", "metrics.csv")


@contextlib.contextmanager
def disk(lab, kib):
    """A disk of so many KiB."""
    place = lab.folder("disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=777", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def remount(place, how):
    subprocess.run(["mount", "-o", f"remount,{how}", place], check=True)


def photo(folder, size="640x480"):
    path = folder / "photo.jpg"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}", "-frames:v", "1", path)
    return path


def scores(folder):
    lines = ["source,label,check,score,width"]
    for i in range(60):
        lines += [f"a{i},manipulated,blend,{i / 15 + 1.5},640", f"b{i},genuine,blend,{i / 15},640"]
    path = folder / "scores.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def kib(folder):
    """What a folder takes on a disk of pages of 4 KiB."""
    paths = list(folder.rglob("*")) if folder.is_dir() else [folder]
    return sum(-(-path.stat().st_size // 4096) * 4 for path in paths if path.is_file())


def full_examine(lab):
    source = photo(lab.folder("in"))
    lab.waarmerk("examine", source, "--out", lab.work / "quiet", *QUICK)
    need = kib(lab.work / "quiet" / "photo")
    for part in (0, 30, 60, 90, 99):
        with disk(lab, max(4, need * part // 100)) as place:
            ran = lab.waarmerk("examine", source, "--out", place / "out", *QUICK)
            left = list((place / "out").iterdir()) if (place / "out").is_dir() else []
            remount(place, "size=100m")
            again = lab.waarmerk("examine", source, "--out", place / "out", *QUICK)
            lab.row(f"disk full at {part} % of the results", ran,
                    (ran.code == 1, "exit code 1"), ("No space left" in ran.said, "says why"),
                    (not left, f"nothing left: {left}"),
                    (again.code == 0 and whole(place / "out/photo"), "works once there is room"))


def full_case(lab):
    exhibit = lab.folder("in") / "exhibit.bin"
    exhibit.write_bytes(bytes(range(256)) * 8000)
    for size in (16, 64, 1900, 2008, 2016, 2024):
        with disk(lab, size) as place:
            made = lab.waarmerk("case", "new", place / "c", *NEW)
            if made.code != 0:
                remount(place, "size=50m")
                again = lab.waarmerk("case", "new", place / "c", *NEW)
                lab.row(f"case new on a disk of {size} KiB", made,
                        (made.code == 1 and "No space left" in made.said, "says why"),
                        (again.code == 0, f"works once there is room: {again.said}"))
                continue
            ran = lab.waarmerk("case", "add", place / "c", exhibit)
            before = lab.waarmerk("case", "verify", place / "c")
            remount(place, "size=50m")
            again = lab.waarmerk("case", "add", place / "c", exhibit)
            after = lab.waarmerk("case", "verify", place / "c")
            good = ran.code == 1 and "No space left" in ran.said
            lab.row(f"case add of 2,000 KiB on a disk of {size} KiB", ran,
                    (good or ran.code == 0 and size > 2008, "refused with the reason"),
                    ("DOES NOT VERIFY" not in before.told, f"verifies: {before.told}"),
                    (again.code == 0 and after.code == 0, f"works once there is room: {again.said}"))


def full_notes(lab):
    with disk(lab, 96) as place:
        lab.waarmerk("case", "new", place / "c", *NEW)
        done = 0
        while done < 200:
            ran = lab.waarmerk("case", "note", place / "c", f"note {done}: " + "x" * 1500)
            if ran.code != 0:
                break
            done += 1
        before = lab.waarmerk("case", "verify", place / "c")
        remount(place, "size=10m")
        after = lab.waarmerk("case", "note", place / "c", "there is room again")
        verified = lab.waarmerk("case", "verify", place / "c")
        log = (place / "c/log.jsonl").read_text()
        lab.row(f"disk full after {done} notes", ran, (ran.code == 1, "exit code 1"),
                ("No space left" in ran.said, "says why"),
                ("DOES NOT VERIFY" not in before.told, f"verifies: {before.told}"),
                (after.code == 0 and verified.code == 0, f"goes on: {after.said} {verified.told}"),
                (all(f"note {n}: " in log for n in range(done)), "no note lost"),
                what="waarmerk case note disk/c ..., again and again")


def full_case_results(lab):
    source = photo(lab.folder("in"))
    for part, room in (("examine", 100), ("export", 8), ("seal", 16)):
        with disk(lab, 50_000) as place:
            lab.waarmerk("case", "new", place / "c", *NEW)
            lab.waarmerk("case", "add", place / "c", source)
            if part != "examine":
                lab.waarmerk("case", "examine", place / "c", *QUICK)
            words = ("case", part, place / "c", *((place / "c.zip",) if part == "export" else ()),
                     *(QUICK if part == "examine" else ()))
            used = kib(place / "c")
            remount(place, f"size={used + room}k")
            ran = lab.waarmerk(*words)
            before = lab.waarmerk("case", "verify", place / "c")
            remount(place, "size=50m")
            again = lab.waarmerk(*words)
            after = lab.waarmerk("case", "verify", place / "c")
            lab.row(f"case {part} on a full disk", ran,
                    (ran.code == 1 and "No space left" in ran.said, f"refused with the reason: {ran.said}"),
                    ("DOES NOT VERIFY" not in before.told, f"verifies: {before.told}"),
                    (again.code == 0 and after.code == 0,
                     f"works once there is room: {again.said} {after.told}"))


def full_run(lab):
    folder = lab.folder("in")
    (folder / "e.toml").write_text(EXPERIMENT)
    lab.waarmerk("run", folder / "e.toml", "--out", folder / "quiet", "--device", "cpu")
    need = kib(folder / "quiet" / "e")
    for part in (10, 40, 70, 95):
        with disk(lab, need * part // 100) as place:
            ran = lab.waarmerk("run", folder / "e.toml", "--out", place / "runs", "--device", "cpu")
            remount(place, "size=50m")
            again = lab.waarmerk("run", folder / "e.toml", "--out", place / "runs", "--device", "cpu", "--resume")
            same = again.code == 0 and all(
                (place / "runs/e" / name).read_bytes() == (folder / "quiet/e" / name).read_bytes()
                for name in SCORES)
            lab.row(f"run, disk full at {part} %", ran, (ran.code == 1, "exit code 1"),
                    ("No space left" in ran.said, "says why"),
                    (same, f"resumed, the same bytes: {again.said[-200:]}"))


def full_set(lab):
    table = scores(lab.folder("in"))
    with disk(lab, 4) as place:
        made = place / "set.reference.json"
        ran = lab.waarmerk(*SET, table, "--out", made)
        left = sorted(path.name for path in place.iterdir())
        remount(place, "size=10m")
        again = lab.waarmerk(*SET, table, "--out", made)
        lab.row("reference build on a full disk", ran, (ran.code == 1, "exit code 1"),
                ("No space left" in ran.said, "says why"), (not left, f"nothing left: {left}"),
                (again.code == 0, f"works once there is room: {again.said}"))


def install(lab, folder, before=()):
    return lab.waarmerk("models", "install", "aasist", "--from", lab.weights, before=before,
                        env={"WAARMERK_MODELS": str(folder)})


def full_models(lab):
    if not lab.weights:
        return
    for size in (4, 600):
        with disk(lab, size) as place:
            ran = install(lab, place / "models")
            verified = lab.waarmerk("models", "verify", "aasist", env={"WAARMERK_MODELS": str(place / "models")})
            left = sorted(path.name for path in (place / "models").glob("*")
                          if path.suffix == ".safetensors") if (place / "models").is_dir() else []
            remount(place, "size=10m")
            again = install(lab, place / "models")
            stray = [path.name for path in (place / "models").iterdir()
                     if path.name not in ("aasist.safetensors", "aasist.toml")]
            lab.row(f"models install on a disk of {size} KiB", ran, (ran.code == 1, "exit code 1"),
                    ("No space left" in ran.said, "says why"), (verified.code == 1, "not taken for whole"),
                    (not left and not stray, f"nothing left: {left} {stray}"),
                    (again.code == 0, f"works once there is room: {again.said}"))


def read_only(lab):
    folder = lab.folder("in")
    source, table = photo(folder), scores(folder)
    (folder / "e.toml").write_text(EXPERIMENT)
    with disk(lab, 50_000) as place:
        lab.waarmerk("case", "new", place / "c", *NEW)
        lab.waarmerk("case", "add", place / "c", source)
        remount(place, "ro")
        refused(lab, "read-only disk", place, source, table, folder, "Read-only file system")
        verified = lab.waarmerk("case", "verify", place / "c")
        lab.row("read-only disk", verified, (verified.code == 0, "a case there verifies"))
        inside = place / "c/exhibits/E1/photo.jpg"
        ran = lab.waarmerk("examine", inside, "--out", lab.folder("out"), *QUICK)
        lab.row("read-only disk", ran, (ran.code == 0, "an exhibit there is examined"))


def refused(lab, situation, place, source, table, folder, why, before=()):
    """Every command that writes, in a place that cannot be written."""
    for words in (
            ("examine", source, "--out", place / "out", *QUICK),
            ("case", "new", place / "d", *NEW),
            ("case", "add", place / "c", source),
            ("case", "note", place / "c", "a note"),
            ("case", "examine", place / "c", *QUICK),
            ("case", "seal", place / "c"),
            ("case", "export", place / "c", place / "c.zip"),
            ("run", folder / "e.toml", "--out", place / "runs", "--device", "cpu"),
            (*SET, table, "--out", place / "set.reference.json")):
        ran = lab.waarmerk(*words, before=before)
        lab.row(situation, ran, (ran.code == 1, "exit code 1"), (why in ran.said, "says why"))
    if lab.weights:
        ran = install(lab, place / "models", before)
        lab.row(situation, ran, (ran.code == 1, "exit code 1"), (why in ran.said, "says why"))


def denied(lab):
    folder = lab.folder("in")
    source, table = photo(folder), scores(folder)
    (folder / "e.toml").write_text(EXPERIMENT)
    place = lab.folder("kept")
    lab.waarmerk("case", "new", place / "c", *NEW)
    lab.waarmerk("case", "add", place / "c", source)
    refused(lab, "permission denied (output)", place, source, table, folder, "Permission denied", NOBODY)
    secret = folder / "secret.jpg"
    secret.write_bytes(source.read_bytes())
    secret.chmod(0o600)
    mine = lab.folder("mine")
    mine.chmod(0o777)
    ran = lab.waarmerk("examine", secret, source, "--out", mine / "out", *QUICK, before=NOBODY)
    lab.row("permission denied (input)", ran, (ran.code == 3, "exit code 3"),
            ("secret.jpg: Permission denied" in ran.said, "says which and why"),
            (whole(mine / "out/photo"), "the other is examined"),
            (not hidden(mine / "out"), "nothing left"))
    lab.waarmerk("case", "new", mine / "own", *NEW, before=NOBODY)
    ran = lab.waarmerk("case", "add", mine / "own", secret, before=NOBODY)
    verified = lab.waarmerk("case", "verify", mine / "own", before=NOBODY)
    lab.row("permission denied (input)", ran, (ran.code == 1, "exit code 1"),
            ("Permission denied" in ran.said, "says why"), (verified.code == 0, "the case verifies"))
    shut = lab.folder("shut")
    shut.chmod(0o700)
    ran = lab.waarmerk("examine", source, "--out", mine / "out2", "--device", "cpu", before=NOBODY,
                       env={"WAARMERK_MODELS": str(shut), "HOME": str(shut)})
    lab.row("permission denied (models and home)", ran, (ran.code in (0, 3), "exit code 0 or 3"),
            (whole(mine / "out2/photo"), "examined all the same"))


SITUATIONS = [full_examine, full_case, full_notes, full_case_results, full_run, full_set, full_models,
              read_only, denied]
