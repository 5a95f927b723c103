#!/usr/bin/env python3
"""The check `prosody`, end to end, against Praat through parselmouth.

    pip install praat-parselmouth==0.4.7 numpy
    python praat_voice.py WAARMERK FOLDER > table.md

WAARMERK is the program with its models installed, FOLDER holds WAV files. Each
is brought to 16 kHz mono with the ffmpeg program, for both alike. Praat hears all
of it and the check only what is speech: the fundamental is compared on frames
that both call voiced; jitter and shimmer differ by what the check leaves out.
Settings of Praat: "To Pitch (ac)" 0.01 75 15 no 0.03 0.45 0.01 0.35 0.14 500, "To
PointProcess (cc)", jitter and shimmer (local) 0.0001 0.02 1.3 (1.6).
"""
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import parselmouth
from parselmouth.praat import call

PROGRAM, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])


def ours(path, out):
    run = subprocess.run(
        [PROGRAM, "examine", path, "--checks", "prosody", "--csv", "--json", "--out", out],
        capture_output=True, text=True)
    finding = json.loads(run.stdout)["findings"][0]
    values = {k: v["value"] if isinstance(v, dict) else v for k, v in finding["values"].items()}
    with open(pathlib.Path(out) / path.stem / "measurements.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quantity"] == "f0_hz"]
    contour = [(float(row["time_s"]), float(row["value"])) for row in rows]
    return values, contour


def praat(path):
    sound = parselmouth.Sound(str(path))
    pitch = call(sound, "To Pitch (ac)", 0.01, 75, 15, "no", 0.03, 0.45, 0.01, 0.35, 0.14, 500)
    pulses = call([sound, pitch], "To PointProcess (cc)")
    jitter = call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    shimmer = call([sound, pulses], "Get shimmer (local)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    return np.array(pitch.xs()), pitch.selected_array["frequency"], jitter, shimmer


def main():
    print("| file | frames voiced in both | f0 median difference % | jitter ours | Praat | shimmer ours | Praat |")
    print("|---|---|---|---|---|---|---|")
    f0, jitters, shimmers = [], [], []
    for path in sorted(FOLDER.glob("*.wav")):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder) / path.name
            subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", "16000", made], check=True)
            values, contour = ours(made, folder)
            if not contour:
                print(f"| {path.stem} | – | – | – | – | – | – |")
                continue
            times, hz, jitter, shimmer = praat(made)
        apart = []
        for time, value in contour:
            nearest = int(np.argmin(np.abs(times - time)))
            if hz[nearest] > 0 and abs(times[nearest] - time) < 0.006:
                apart.append(100 * abs(value / hz[nearest] - 1))
        f0.append(statistics.median(apart))
        print(f"| {path.stem} | {len(apart)} of {len(contour)} | {f0[-1]:.4f} | {values.get('jitter', float('nan')):.4f} | {jitter:.4f} | {values.get('shimmer', float('nan')):.4f} | {shimmer:.4f} |")
        jitters.append(abs(values["jitter"] / jitter - 1) if jitter else float("nan"))
        shimmers.append(abs(values["shimmer"] / shimmer - 1) if shimmer else float("nan"))
    print(f"\nFundamental: at most {max(f0):.4f} % (median of each file). Jitter differs by {100 * np.nanmedian(jitters):.1f} % in the median over the files, shimmer by {100 * np.nanmedian(shimmers):.1f} %; by more than 10 % on {sum(j > 0.1 for j in jitters)} and {sum(s > 0.1 for s in shimmers)} of {len(jitters)} files.")


if __name__ == "__main__":
    main()
