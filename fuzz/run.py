#!/usr/bin/env python3
"""Builds the fuzz targets and runs them in turns until each has had its time.

    fuzz/run.py STATE [--minutes 30] [--turn 150] [--jobs 2] [--no-build] [TARGET...]
    fuzz/run.py STATE --table

STATE is a folder outside the tree: programs, grown corpora, logs, findings, and
record.json, the sums so far. Called again it goes on where it stopped; --table
prints the sums for README.md. Ends with 1 when it found something.

The build shares the dependencies of the main build (same profile, same Rust):
only what is followed is compiled anew. `cargo +nightly fuzz run TARGET` works
too, but builds everything again.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from threading import Lock, Thread

HERE = Path(__file__).resolve().parent
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=32768", "-print_final_stats=1", "-reload=0"]
# A target that fails at once so often in a row waits for a mend.
HOPELESS = 5


def targets():
    return [program["name"] for program in tomllib.loads((HERE / "Cargo.toml").read_text())["bin"]]


def profile():
    """The main build's profile as options: without it nothing could be shared."""
    def flat(key, value):
        if not isinstance(value, dict):
            yield f"{key}={json.dumps(value)}"
            return
        for name, inner in value.items():
            yield from flat(f'{key}.{name if name.replace("-", "").isalnum() else json.dumps(name)}', inner)
    manifest = tomllib.loads((HERE.parent / "Cargo.toml").read_text())
    return [word for line in flat("profile", manifest["profile"]) for word in ("--config", line)]


def build(state):
    main, lock = HERE.parent / "Cargo.lock", HERE / "Cargo.lock"
    if not lock.exists() or main.stat().st_mtime > lock.stat().st_mtime:
        shutil.copyfile(main, lock)  # cargo adds libfuzzer-sys to it
    about = ["--manifest-path", HERE / "Cargo.toml"]
    subprocess.run(["cargo", "build", "--release", "--bin", targets()[0], *about, *profile()], check=True,
                   cwd=HERE, env=os.environ | {"RUSTC_WRAPPER": str(HERE / "rustc")})
    told = subprocess.run(["cargo", "metadata", "--format-version=1", "--no-deps", *about],
                          check=True, cwd=HERE, capture_output=True)
    built = Path(json.loads(told.stdout)["target_directory"]) / "release"
    (state / "bin").mkdir(parents=True, exist_ok=True)
    # One program, which does what it is called. Aside first: what runs goes on.
    program = state / "bin" / ".program"
    program.unlink(missing_ok=True)
    shutil.copy2(built / targets()[0], program)
    for name in targets():
        aside = state / "bin" / f".{name}"
        aside.unlink(missing_ok=True)
        os.link(program, aside)
        aside.rename(state / "bin" / name)


class Record:
    """The sums so far, by target."""

    def __init__(self, state):
        self.path = state / "record.json"
        self.lock = Lock()
        self.sums = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.busy = set()
        self.failed = {}

    def of(self, name):
        fresh = {"seconds": 0, "processor_seconds": 0, "executions": 0, "edges": 0, "inputs": 0,
                 "findings": []}
        return self.sums.setdefault(name, fresh)

    def next(self, names, enough):
        """The free target that ran least, if any needs more."""
        with self.lock:
            open_ = [n for n in names if n not in self.busy and self.of(n)["seconds"] < enough
                     and self.failed.get(n, 0) < HOPELESS]
            if not open_:
                return None
            name = min(open_, key=lambda n: self.of(n)["seconds"])
            self.busy.add(name)
            return name

    def add(self, name, seconds, used, log, found):
        with self.lock:
            of = self.of(name)
            of["seconds"] += round(seconds)
            of["processor_seconds"] += round(used)
            count = re.search(r"stat::number_of_executed_units:\s+(\d+)", log)
            status = re.findall(r"#(\d+)\s.*?cov: (\d+).*?corp: (\d+)", log)
            of["executions"] += int(count[1]) if count else int(status[-1][0]) if status else 0
            if status:
                of["edges"] = max(of["edges"], int(status[-1][1]))
                of["inputs"] = int(status[-1][2])
            of["findings"] += found
            self.failed[name] = self.failed.get(name, 0) + 1 if found and seconds < 20 else 0
            self.busy.discard(name)
            aside = self.path.with_suffix(".new")
            aside.write_text(json.dumps(self.sums, indent=1, sort_keys=True) + "\n")
            aside.rename(self.path)


def turn(state, name, seconds):
    """Runs `name` for so long: what it printed, seconds of a processor, what it found."""
    corpus, findings = state / "corpus" / name, state / "findings" / name
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    inputs = [HERE / kind / name for kind in ("seeds", "regressions")]
    scratch = tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [state / "bin" / name, corpus, *[i for i in inputs if i.is_dir()], *LIMITS,
             f"-max_total_time={seconds}", f"-artifact_prefix={findings}/"],
            stdout=subprocess.DEVNULL, stderr=said,
            env=os.environ | {"TMPDIR": scratch, "RAYON_NUM_THREADS": "1"})
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        log = said.read().decode(errors="replace")
    shutil.rmtree(scratch, ignore_errors=True)
    new = sorted(set(findings.iterdir()) - before)
    if new or child.returncode:
        (state / "logs").mkdir(exist_ok=True)
        (state / "logs" / f"{name}-{time.strftime('%H%M%S')}.txt").write_text(log)
    why = re.search(r"panicked at (.+?:\d+):\d+:\n(.+)", log) or re.search(r"(ERROR: libFuzzer): (.+)", log)
    return log, used.ru_utime + used.ru_stime, [f"{path.name}: {': '.join(why.groups()) if why else 'see the log'}" for path in new]


def work(state, record, names, args):
    while name := record.next(names, args.minutes * 60):
        start = time.monotonic()
        log, used, found = turn(state, name, args.turn)
        record.add(name, time.monotonic() - start, used, log, found)
        for line in found:
            print(f"{name}: {line}", flush=True)


def table(sums):
    print("| target | minutes | of a processor | executions | edges | inputs kept | findings |\n"
          "|---|---:|---:|---:|---:|---:|---:|")
    for name, of in sorted(sums.items()):
        print(f"| {name} | {of['seconds'] / 60:.1f} | {of['processor_seconds'] / 60:.1f} | {of['executions']:,} | {of['edges']:,} | "
              f"{of['inputs']:,} | {len(of['findings'])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("state", type=Path)
    parser.add_argument("target", nargs="*")
    parser.add_argument("--minutes", type=float, default=30, help="of each target, in sum")
    parser.add_argument("--turn", type=int, default=150, help="seconds of a turn")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_intermixed_args()
    state = args.state.resolve()
    record = Record(state)
    if args.table:
        table(record.sums)
        return 0
    names = args.target or targets()
    if unknown := set(names) - set(targets()):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if not args.no_build:
        build(state)
    before = sum(len(record.of(n)["findings"]) for n in names)
    workers = [Thread(target=work, args=(state, record, names, args)) for _ in range(args.jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return 1 if sum(len(record.of(n)["findings"]) for n in names) > before else 0


if __name__ == "__main__":
    sys.exit(main())
