#!/usr/bin/env python3
"""Damaged copies of real files, examined; what became of them as a table.

    reports/corruption-sweep/sweep.py PROGRAM FOLDER [--files 2000] [--seed 1] [--work DIR]

FOLDER holds real media (of it, files up to 2 MB are taken as they are; of
longer video the first second, copied without re-coding). Each is damaged in
five ways: bits flipped, bytes overwritten, a piece removed, a piece repeated,
and cut off, the last at every hundredth of its length. All is drawn from the
seed. Needs the ffmpeg program.
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


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parse.add_argument("program")
    parse.add_argument("folder", type=pathlib.Path)
    parse.add_argument("--files", type=int, default=2000)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--work", type=pathlib.Path)
    parse.add_argument("--time-limit", type=int, default=60)
    args = parse.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="sweep-", dir=args.work))
    draw = random.Random(args.seed)
    sources = list(originals(args.folder, work))
    print(f"{len(sources)} originals", file=sys.stderr)
    outcomes = {way: collections.Counter() for way in WAYS}
    by_kind = collections.defaultdict(collections.Counter)
    faults = []
    began = time.time()
    slowest = (0.0, "")
    for start in range(0, args.files, BATCH):
        batch = {}
        for number in range(start, min(start + BATCH, args.files)):
            name, data = sources[number // len(WAYS) % len(sources)]
            way = WAYS[number % len(WAYS)]
            percent = number // len(WAYS) % 100
            path = work / f"{number:05}-{name}"
            path.write_bytes(damaged(data, way, percent, draw))
            batch[path] = way
        out = work / "out"
        done = subprocess.run(
            [args.program, "examine", "--out", out, "--time-limit", str(args.time_limit), "--device", "cpu", *batch],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
        said = done.stderr
        if done.returncode not in (0, 3):
            faults.append(f"exit code {done.returncode}: {said[-500:]}")
        if "panicked" in said:
            faults.append(said[said.index("panicked") - 200:][:600])
        for path, way in batch.items():
            run = out / path.stem / "run.json"
            findings = out / path.stem / "findings.json"
            crash = next((line for line in said.splitlines()
                          if path.name in line and "its bytes are examined alone" in line), None)
            if crash:
                outcome = "too slow" if "--time-limit" in crash else "decoder crashed"
                faults.append(crash)
            elif not run.exists():
                outcome = "refused with a reason" if path.name in said else "lost"
                if outcome == "lost":
                    faults.append(f"{path.name}: no result and no word")
            else:
                told = json.loads(findings.read_text())
                record = json.loads(run.read_text())
                seconds = sum(timing["seconds"] for timing in record["timings"])
                slowest = max(slowest, (seconds, path.name))
                for finding in told["findings"]:
                    if finding["status"] == "error":
                        faults.append(f"{path.name}: {finding['check']}: {finding['reason']}")
                if any("undecodable" in note for note in told["notes"]):
                    outcome = "bytes alone"
                elif told["notes"]:
                    outcome = "examined, damage told"
                else:
                    outcome = "examined, no damage noticed"
            outcomes[way][outcome] += 1
            by_kind[path.suffix.lower()][outcome] += 1
        left = [path.name for path in out.glob(".*")]
        if left:
            faults.append(f"left behind: {left}")
        subprocess.run(["rm", "-rf", out, *batch], check=False)
        rate = (start + len(batch)) / (time.time() - began)
        print(f"{start + len(batch)} of {args.files}, {rate:.1f}/s, {len(faults)} faults", file=sys.stderr)
    kinds = ["examined, no damage noticed", "examined, damage told", "bytes alone",
             "refused with a reason", "decoder crashed", "too slow", "lost"]
    for title, table in (("damage", outcomes), ("kind", by_kind)):
        print(f"| {title} | files | " + " | ".join(kinds) + " |")
        print("|---|---|" + "---|" * len(kinds))
        for row, counts in table.items():
            print(f"| {row} | {sum(counts.values())} | " + " | ".join(str(counts[k]) for k in kinds) + " |")
        print()
    print(f"{len(sources)} originals, seed {args.seed}, {time.time() - began:.0f} s in all; "
          f"slowest {slowest[0]:.1f} s (a {pathlib.Path(slowest[1]).suffix} file)")
    print(f"faults: {len(faults)}")
    for fault in faults[:60]:
        print("-", fault)


if __name__ == "__main__":
    main()
