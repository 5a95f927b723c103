#!/usr/bin/env python3
"""Damaged copies of real files, examined; what became of them as a table.

    reports/corruption-sweep/sweep.py PROGRAM FOLDER [--files 2000] [--seed 1] [--work DIR] [--record FILE]

FOLDER holds real media (of it, files up to 2 MB are taken as they are; of
longer video the first second, copied without re-coding). Each is damaged in
five ways: bits flipped, bytes overwritten, a piece removed, a piece repeated,
and cut off, the last at every hundredth of its length. All is drawn from the
seed and the number of the copy. With --record each outcome is written as a line of
JSON, and a run that was ended goes on where it was. Needs the ffmpeg program.
"""

import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

MEDIA = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".mp4", ".mov", ".mkv",
         ".webm", ".avi", ".mpg", ".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".heic", ".avif"}
LARGEST = 2_000_000
BATCH = 40
WAYS = ("bits flipped", "bytes overwritten", "piece removed", "piece repeated", "cut off")


def originals(folder, work):
    """Real files, small enough to be examined often: at most six of a kind."""
    found = collections.defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in MEDIA and path.is_file():
            found[path.suffix.lower()].append(path)
    for suffix, paths in sorted(found.items()):
        paths = sorted(paths, key=lambda path: (path.stat().st_size > LARGEST, str(path)))
        for path in paths[:: max(1, len(paths) // 6)][:6]:
            if path.stat().st_size <= LARGEST:
                yield path.name, path.read_bytes()
                continue
            short = work / f"short-{path.name}"
            done = subprocess.run(
                ["ffmpeg", "-v", "error", "-y", "-i", path, "-t", "1", "-c", "copy", short],
                stdin=subprocess.DEVNULL, capture_output=True, check=False)
            if done.returncode == 0 and short.stat().st_size <= LARGEST:
                yield path.name, short.read_bytes()


def damaged(data, way, percent, draw):
    data = bytearray(data)
    size = len(data)
    if way == "cut off":
        return bytes(data[: max(1, size * percent // 100)])
    at = draw.randrange(size)
    length = min(size - at, draw.randrange(1, max(2, size // 20)))
    if way == "bits flipped":
        # Half of them in the first 4 KiB, where structure lies.
        for _ in range(draw.randrange(1, 30)):
            where = draw.randrange(min(size, 4096) if draw.random() < 0.5 else size)
            data[where] ^= 1 << draw.randrange(8)
    elif way == "bytes overwritten":
        data[at: at + length] = draw.randbytes(length)
    elif way == "piece removed":
        del data[at: at + length]
    else:
        data[at:at] = data[at: at + length]
    return bytes(data)


def examined(program, batch, out, limit):
    """The outcome, seconds and faults of each path of a batch."""
    done = subprocess.run(
        [program, "examine", "--out", out, "--time-limit", str(limit), "--device", "cpu", *batch],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    said = done.stderr
    shared = []
    if done.returncode not in (0, 3):
        shared.append(f"exit code {done.returncode}: {said[-500:]}")
    if "panicked" in said:
        shared.append(said[max(0, said.index("panicked") - 200):][:600])
    left = [path.name for path in out.glob(".*")]
    if left:
        shared.append(f"left behind: {left}")
    for path in batch:
        run = out / path.stem / "run.json"
        findings = out / path.stem / "findings.json"
        faults, seconds = shared, 0.0
        shared = []
        crash = next((line for line in said.splitlines()
                      if path.name in line and "its bytes are examined alone" in line), None)
        if crash and "--time-limit" in crash:
            outcome = "ended at the time limit"
        elif crash:
            outcome = "decoder crashed"
            faults = [*faults, crash]
        elif not run.exists():
            outcome = "refused with a reason" if path.name in said else "lost"
            if outcome == "lost":
                faults = [*faults, f"{path.name}: no result and no word"]
        else:
            told = json.loads(findings.read_text())
            record = json.loads(run.read_text())
            seconds = sum(timing["seconds"] for timing in record["timings"])
            faults = [*faults, *(f"{path.name}: {finding['check']}: {finding['reason']}"
                                 for finding in told["findings"] if finding["status"] == "error")]
            if any("undecodable" in note for note in told["notes"]):
                outcome = "bytes alone"
            elif told["notes"]:
                outcome = "examined, damage told"
            else:
                outcome = "examined, no damage noticed"
        yield path, outcome, seconds, faults


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("program")
    parse.add_argument("folder", type=pathlib.Path)
    parse.add_argument("--files", type=int, default=2000)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--work", type=pathlib.Path)
    parse.add_argument("--record", type=pathlib.Path)
    parse.add_argument("--time-limit", type=int, default=60)
    args = parse.parse_args()
    rows = []
    if args.record and args.record.exists():
        rows = [json.loads(line) for line in args.record.read_text().splitlines()]
        if any(row["seed"] != args.seed for row in rows):
            sys.exit(f"{args.record} is of another seed")
    known = {row["number"] for row in rows}
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="sweep-", dir=args.work) as work:
        work = pathlib.Path(work)
        sources = list(originals(args.folder, work))
        print(f"{len(sources)} originals, {len(known)} copies done before", file=sys.stderr)
        todo = [number for number in range(args.files) if number not in known]
        for start in range(0, len(todo), BATCH):
            batch = {}
            for number in todo[start: start + BATCH]:
                name, data = sources[number // len(WAYS) % len(sources)]
                way = WAYS[number % len(WAYS)]
                # A stride without a common factor reaches every hundredth.
                percent = number // len(WAYS) * 37 % 100
                draw = random.Random(f"{args.seed} {number}")
                path = work / f"{number:05}-{name}"
                path.write_bytes(damaged(data, way, percent, draw))
                batch[path] = (number, way)
            out = work / "out"
            for path, outcome, seconds, faults in examined(args.program, list(batch), out, args.time_limit):
                number, way = batch[path]
                rows.append({"seed": args.seed, "number": number, "way": way, "kind": path.suffix.lower(),
                             "outcome": outcome, "seconds": round(seconds, 3), "faults": faults})
                if args.record:
                    with args.record.open("a") as record:
                        record.write(json.dumps(rows[-1]) + "\n")
                for fault in faults:
                    print("fault:", fault, file=sys.stderr)
            subprocess.run(["rm", "-rf", out, *batch], check=False)
            rate = (start + len(batch)) / (time.time() - began)
            print(f"{len(rows)} of {args.files}, {rate:.1f}/s", file=sys.stderr)
    kinds = ["examined, no damage noticed", "examined, damage told", "bytes alone",
             "refused with a reason", "ended at the time limit", "decoder crashed", "lost"]
    for title in ("way", "kind"):
        print(f"| {title} | files | " + " | ".join(kinds) + " |")
        print("|---|---|" + "---|" * len(kinds))
        for value in sorted({row[title] for row in rows}):
            counts = collections.Counter(row["outcome"] for row in rows if row[title] == value)
            print(f"| {value} | {sum(counts.values())} | " + " | ".join(str(counts[k]) for k in kinds) + " |")
        print()
    slowest = max(rows, key=lambda row: row["seconds"], default=None)
    if slowest:
        print(f"slowest {slowest['seconds']:.1f} s (a {slowest['kind']} file)")
    faults = [fault for row in rows for fault in row["faults"]]
    print(f"{len(sources)} originals, seed {args.seed}; faults: {len(faults)}")
    for fault in faults[:60]:
        print("-", fault)


if __name__ == "__main__":
    main()
