#!/usr/bin/env python3
"""Changes of reverberation in `audio-splice`: speech of one room, and halves joined
of which the second went through another.

    reports/voice-trial/reverberation.py WAARMERK SHARED EXTRA WORK > reports/voice-trial/reverberation.md

Arguments as in spoofing.py. Needs ffmpeg, numpy and scipy.
"""
import collections, json, pathlib, subprocess, sys

import numpy as np
from scipy.io import wavfile
from scipy.signal import fftconvolve

PROGRAM, SHARED, EXTRA, WORK = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
RATE, LONGEST = 16000, 60


def load(files):
    parts = []
    for file in files:
        form = ["-f", "g722"] if file.suffix == ".g722" else []
        raw = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *form, "-i", file, "-vn", "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"],
                             capture_output=True, check=True).stdout
        parts.append(np.frombuffer(raw, np.float32))
    return np.concatenate(parts)[: LONGEST * RATE]


def room(x, seconds):
    """Direct sound, and noise that fades by 60 dB in so many seconds, 26 dB lower."""
    n = int(seconds * RATE)
    answer = 0.05 * 10 ** (-3 * np.arange(n) / n) * np.random.default_rng(2).uniform(-1, 1, n)
    answer[:16] = 0
    answer[0] = 1
    return fftconvolve(x, answer)[: len(x)]


def recordings():
    for folder in sorted(EXTRA.rglob("asterisk/sounds/*")):
        files = [f for f in sorted(folder.glob("*.g722"), key=lambda f: -f.stat().st_size) if f.stat().st_size < 250_000]
        for part in range(2):
            order = np.random.default_rng(part).permutation(len(files[part::4][:40]))
            if files:
                yield f"{folder.name.split('_')[-1]} {part}", load([files[part::4][i] for i in order[:25]])
    for name in ("redubbed_mouth", "talking_uncropped", "talking_d10", "several_people"):
        yield name, load([SHARED / f"data/video/{name}.mp4"])
    for file in EXTRA.rglob("pyannote/audio/sample/sample.wav"):
        yield "pyannote", load([file])


def main():
    cases = collections.defaultdict(list)
    whole = list(recordings())
    for name, x in whole:
        half = len(x) // 2
        cases["one room, as it is"].append((name, x, None))
        cases["one room of 0.6 s"].append((name, room(x, 0.6), None))
        for seconds in (0.6,):
            cases[f"second half in a room of {seconds} s"].append((name, np.r_[x[:half], room(x, seconds)[half:]], half / RATE))
    half = LONGEST * RATE // 2
    for (a, x), (b, y) in zip(whole[0:10:2], whole[2:10:2] + whole[0:1]):
        cases["two speakers, one after the other"].append((f"{a} + {b}", np.r_[x[:half], y[:half]], None))
    print("| sound | recordings | falls of the level, median | fading s, median | told a change | at the right place (3 s) |\n|---|---|---|---|---|---|")
    for label, items in cases.items():
        files = []
        for at, (_, x, _) in enumerate(items):
            files.append(WORK / f"{label.replace(' ', '-').replace(',', '')}-{at}.wav")
            wavfile.write(files[-1], RATE, (np.clip(x, -1, 1) * 32767).astype(np.int16))
        run = subprocess.run([PROGRAM, "examine", *map(str, files), "--checks", "audio-splice", "--json", "--csv", "--out", WORK / "out"], capture_output=True, text=True)
        told = {}
        for line in run.stdout.splitlines():
            finding = json.loads(line)
            told[finding["exhibit"]["name"]] = finding["findings"][0].get("values") or {}
        values = [told[file.name] for file in files]
        changed = [bool(v.get("reverberation_changes")) for v in values]
        right = 0
        for file, (_, _, where) in zip(files, items):
            rows = (WORK / "out" / file.stem / "measurements.csv").read_text().splitlines()
            at = rows[0].split(",").index("time_s")
            times = [float(row.split(",")[at]) for row in rows if ",fading_change_log," in row]
            right += where is not None and any(abs(t - where) <= 3 for t in times)
        middle = lambda key: np.median([v[key] for v in values if key in v])
        print(f"| {label} | {len(items)} | {middle('falls'):.0f} | {middle('fading_s'):.2f} | {sum(changed)} | {right if items[0][2] else ''} |", flush=True)


if __name__ == "__main__":
    main()
