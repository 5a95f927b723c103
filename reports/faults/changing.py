"""Files that change while they are read, clocks that go back, and kills at random moments."""

import json
import os
import random
import subprocess
import time

from common import ffmpeg, hidden, run, whole
from disk import EXPERIMENT, NEW, QUICK, SCORES, install, photo

KILLS = 12


def clip(folder, seconds=40):
    path = folder / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s=640x480:r=25:d={seconds}", "-c:v", "libx264",
           "-preset", "ultrafast", path)
    return path


def once_at_work(out, act):
    """Calls `act` when results are being made in `out`, once."""
    done = []

    def during(child, seconds):
        if not done and out.is_dir() and hidden(out):
            time.sleep(0.3)
            act()
            done.append(seconds)
    during.done = done
    return during


def overwrite(path, at, data):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def changed_examine(lab):
    folder = lab.folder("in")
    made = clip(folder).read_bytes()
    middle, end = len(made) // 2, len(made)
    path = folder / "clip.mp4"
    other = folder / "other"

    def replace():
        other.write_bytes(made[:middle] + b"other" + made[middle:])
        other.rename(path)

    ways = {
        "one byte overwritten in the middle": lambda: overwrite(path, middle, bytes([made[middle] ^ 1])),
        "its last byte overwritten": lambda: overwrite(path, end - 1, bytes([made[-1] ^ 1])),
        "bytes written behind its end": lambda: overwrite(path, end, b"more"),
        "cut to half": lambda: os.truncate(path, middle),
        "cut to nothing": lambda: os.truncate(path, 0),
        "another file in its place": replace,
        "removed": path.unlink,
        "a folder in its place": lambda: (path.unlink(), path.mkdir()),
        "a pipe in its place": lambda: (path.unlink(), os.mkfifo(path)),
    }
    for extra in ((), ("--in-process",)):
        for way, act in ways.items():
            if path.is_dir():
                path.rmdir()
            path.unlink(missing_ok=True)
            path.write_bytes(made)
            out = lab.folder("out")
            during = once_at_work(out, act)
            ran = lab.waarmerk("examine", path, "--out", out, *QUICK, *extra, during=during, limit=120)
            notes = ""
            if (out / "clip/findings.json").exists():
                notes = str(json.loads((out / "clip/findings.json").read_text())["notes"])
            told = any(word in ran.said + notes for word in ("changed", "No such file", "folder", "ordinary"))
            lab.row(f"while examined: {way}", ran, (bool(during.done), "changed in time"),
                    (ran.code == 3, "exit code 3"), (told, f"told: {notes[:200]}"),
                    (not hidden(out), f"nothing left: {hidden(out)}"))


def changed_digest(lab):
    """While it is digested, before any decoder sees it."""
    path = lab.folder("in") / "large.wav"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=r=48000:d=3600:a=0.1", "-ac", "2", path)
    size = path.stat().st_size
    for way, act in (("grows", lambda: overwrite(path, path.stat().st_size, b"more")),
                     ("cut to half", lambda: os.truncate(path, size // 2))):
        done = []

        def during(child, seconds, act=act, done=done):
            below = [pid for pid in subprocess.run(
                ["pgrep", "-P", str(child.pid)], capture_output=True, text=True, check=False).stdout.split()]
            for pid in below or [str(child.pid)]:
                try:
                    reads = any(os.readlink(f"/proc/{pid}/fd/{fd}") == str(path)
                                for fd in os.listdir(f"/proc/{pid}/fd"))
                except OSError:
                    continue
                if reads and not done:
                    act()
                    done.append(seconds)
        out = lab.folder("out")
        ran = lab.waarmerk("examine", path, "--out", out, "--checks", "hashes", during=during)
        lab.row(f"while digested: {way} ({size >> 20} MiB)", ran, (bool(done), "changed in time"),
                (ran.code == 3, "exit code 3"), ("changed" in ran.said, "told"),
                (not hidden(out), f"nothing left: {hidden(out)}"))
        os.truncate(path, size)


def changed_added(lab):
    path = lab.folder("in") / "large.bin"
    place = lab.folder("case")
    size = 600 << 20
    for way, act in (("one byte of its beginning overwritten", lambda: overwrite(path, 0, b"x")),
                     ("grows", lambda: overwrite(path, path.stat().st_size, b"more")),
                     ("cut to half", lambda: os.truncate(path, size // 2))):
        with path.open("wb") as file:
            for _ in range(size >> 20):
                file.write(b"\1" * (1 << 20))
        done = []
        lab.waarmerk("case", "new", place / "c", *NEW)

        def during(child, seconds, act=act, done=done):
            copies = list((place / "c").glob("exhibits/.*/*"))
            if not done and copies and copies[0].stat().st_size > 16 << 20:
                act()
                done.append(seconds)
        ran = lab.waarmerk("case", "add", place / "c", path, during=during)
        verified = lab.waarmerk("case", "verify", place / "c")
        lab.row(f"while added to a case: {way}", ran, (bool(done), "changed in time"),
                (ran.code == 1 and "changed" in ran.said, "told"),
                ("DOES NOT VERIFY" not in verified.told, f"the case verifies: {verified.told}"))
        subprocess.run(["rm", "-rf", place / "c"], check=True)


def clock(lab):
    folder = lab.folder("in")
    source = photo(folder)
    place = lab.folder("case")
    back = ("faketime", "-f", "-3650d")
    lab.waarmerk("case", "new", place / "c", *NEW)
    lab.waarmerk("case", "add", place / "c", source)
    for words in (("note", "ten years ago"), ("examine", *QUICK), ("seal",)):
        ran = lab.waarmerk("case", words[0], place / "c", *words[1:], before=back)
        lab.row("clock ten years back", ran, (ran.code == 0, "done"))
    verified = lab.waarmerk("case", "verify", place / "c")
    said = verified.told + verified.said
    lab.row("clock ten years back, then right again", verified, (verified.code == 0, "verifies"),
            ("clock" in said or "earlier than" in said, f"the jump is told: {said[-300:]}"))
    out = lab.folder("out")
    ran = lab.waarmerk("examine", source, "--out", out, *QUICK)
    earlier = lab.waarmerk("examine", source, "--out", out, *QUICK, "--resume", before=back)
    lab.row("results of the future, --resume", earlier, (earlier.code == 0, "done"),
            ("already examined" in earlier.said, "passed over"))
    # libfaketime: every look at the clock puts it a second further back.
    ran = lab.waarmerk("examine", source, "--out", lab.folder("out"), *QUICK, before=("faketime", "-f", "+0 i-1.0"))
    lab.row("clock that runs backwards", ran, (ran.code == 0, "done"),
            (whole(lab.work / "out/photo"), "whole"))
    (folder / "e.toml").write_text(EXPERIMENT)
    ran = lab.waarmerk("run", folder / "e.toml", "--out", folder / "runs", "--device", "cpu",
                       before=("faketime", "-f", "+0 i-1.0"), limit=120)
    lab.row("clock that runs backwards", ran, (ran.code == 0, "done"))


def killed(lab, words, check, kills=KILLS, seconds=None, **how):
    """Kills the command at random moments; `check(n)` gives what is wrong after each."""
    draw = random.Random(9)
    wrong, ran, late = [], None, 0
    for n in range(kills):
        at = draw.uniform(0.02, seconds)

        def during(child, so_far, at=at):
            if so_far >= at:
                child.kill()
        ran = lab.waarmerk(*words, during=during, **how)
        late += ran.code != -9
        if ran.left:
            wrong.append(f"kill {n}: processes left")
        wrong += [f"kill {n} at {at:.2f} s: {fault}" for fault in check(n)]
    return ran, late, wrong


def killed_examine(lab):
    folder = lab.folder("in")
    path = clip(folder, 8)
    out = lab.folder("out")
    quiet = lab.waarmerk("examine", path, "--out", lab.folder("quiet"), *QUICK)

    def check(_):
        faults = []
        if (out / "clip").exists() and not whole(out / "clip"):
            faults.append("an unfinished result with a plain name")
        subprocess.run(["rm", "-rf", out / "clip"], check=True)
        return faults
    ran, late, wrong = killed(lab, ("examine", path, "--out", out, *QUICK), check, seconds=quiet.seconds)
    again = lab.waarmerk("examine", path, "--out", out, *QUICK, "--resume")
    same = (out / "clip/findings.json").read_bytes() == (lab.work / "quiet/clip/findings.json").read_bytes()
    lab.row(f"examine killed at {KILLS} moments ({late} after its end)", ran, (not wrong, "; ".join(wrong)),
            (again.code == 0 and same, "afterwards the same findings"))


def killed_case(lab):
    folder = lab.folder("in")
    path = clip(folder, 8)
    place = lab.folder("case")
    lab.waarmerk("case", "new", place / "c", *NEW)

    def check(n):
        verified = lab.waarmerk("case", "verify", place / "c")
        if "DOES NOT VERIFY" in verified.told or verified.code != 0 and "incomplete" not in verified.told:
            return [f"does not verify: {verified.told}"]
        noted = lab.waarmerk("case", "note", place / "c", f"after kill {n}")
        again = lab.waarmerk("case", "verify", place / "c")
        return [] if noted.code == 0 and again.code == 0 else [f"not mended: {noted.said} {again.told}"]
    large = folder / "large.bin"
    large.write_bytes(os.urandom(64 << 20))
    quiet = lab.waarmerk("case", "add", place / "c", large)
    ran, late, wrong = killed(lab, ("case", "add", place / "c", large), check, seconds=quiet.seconds)
    lab.row(f"case add killed at {KILLS} moments ({late} after its end)", ran, (not wrong, "; ".join(wrong)))
    subprocess.run(["rm", "-rf", place / "c"], check=True)
    lab.waarmerk("case", "new", place / "c", *NEW)
    lab.waarmerk("case", "add", place / "c", path)
    words = ("case", "examine", place / "c", *QUICK)
    quiet = lab.waarmerk(*words)
    ran, late, wrong = killed(lab, words, check, seconds=quiet.seconds)
    left = [path.name for path in (place / "c/results").iterdir() if path.name.startswith(".")]
    lab.row(f"case examine killed at {KILLS} moments ({late} after its end)", ran,
            (not wrong, "; ".join(wrong)), (not left, f"left: {left}"))


def same(one, other, names):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def killed_run(lab):
    folder = lab.folder("in")
    (folder / "e.toml").write_text(EXPERIMENT.replace("count = 6", "count = 40"))
    words = ("run", folder / "e.toml", "--device", "cpu", "--out")
    quiet = lab.waarmerk(*words, folder / "quiet")
    ran, late, wrong = killed(lab, (*words, folder / "runs", "--resume"), lambda _: [],
                              seconds=quiet.seconds * 0.5)
    again = lab.waarmerk(*words, folder / "runs", "--resume")
    lab.row(f"run --resume killed at {KILLS} moments ({late} after its end)", ran, (not wrong, "; ".join(wrong)),
            (again.code == 0 and same(folder / "quiet/e", folder / "runs/e", SCORES),
             f"ends with the same bytes: {again.said[-200:]}"))


PLAN = """question = "Does a killed run end as one that was not?"
task = "generated"
network = "compact-residual"
side = 52
seed = 7
[data]
pictures = ["pictures"]
validation = 0.4
test = 0.1
[learn]
steps = 24
pairs = 2
rate = 2e-3
warm_up = 4
decay = 0.02
clip = 1.0
average = 0.9
look = 4
looks = 1
"""


def killed_train(lab):
    folder = lab.folder("in")
    (folder / "pictures").mkdir()
    for n in range(12):
        ffmpeg("-f", "lavfi", "-i", f"gradients=s=200x180:seed={n + 1}:nb_colors=8,noise=c0_seed={n}:c0s=20",
               "-frames:v", "1", folder / f"pictures/{n:02}.png")
    (folder / "small.toml").write_text(PLAN)
    words = ("train", "small.toml", "--device", "cpu", "--out")
    quiet = lab.waarmerk(*words, "quiet", cwd=folder)
    ran, late, wrong = killed(lab, (*words, "runs", "--resume"), lambda _: [], cwd=folder,
                              seconds=quiet.seconds * 0.7)
    again = lab.waarmerk(*words, "runs", "--resume", cwd=folder)
    names = ("state.safetensors", "best.safetensors", "journal.jsonl", "result.json", "loss.svg")
    lab.row(f"train --resume killed at {KILLS} moments ({late} after its end)", ran, (not wrong, "; ".join(wrong)),
            (again.code == quiet.code and same(folder / "quiet/small", folder / "runs/small", names),
             f"ends with the same bytes: {quiet.said[-200:]} {again.said[-200:]}"))


def killed_models(lab):
    if not lab.weights:
        return
    models = lab.folder("models")
    quiet = install(lab, lab.folder("quiet"))
    at = {"WAARMERK_MODELS": str(models)}

    def check(_):
        verified = lab.waarmerk("models", "verify", "aasist", env=at)
        there = (models / "aasist.safetensors").exists()
        (models / "aasist.safetensors").unlink(missing_ok=True)
        return [f"a broken file with its plain name: {verified.told}"] if there and verified.code != 0 else []
    words = ("models", "install", "aasist", "--from", lab.weights)
    ran, late, wrong = killed(lab, words, check, env=at, seconds=quiet.seconds)
    again = install(lab, models)
    verified = lab.waarmerk("models", "verify", "aasist", env=at)
    stray = [path.name for path in models.iterdir() if path.name not in ("aasist.safetensors", "aasist.toml")]
    lab.row(f"models install killed at {KILLS} moments ({late} after its end)", ran, (not wrong, "; ".join(wrong)),
            (again.code == 0 and verified.code == 0, "installed afterwards"), (not stray, f"left: {stray}"))


SITUATIONS = [changed_examine, changed_digest, changed_added, clock, killed_examine, killed_case, killed_run,
              killed_train, killed_models]
