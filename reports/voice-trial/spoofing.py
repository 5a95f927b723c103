#!/usr/bin/env python3
"""Scores of `anti-spoofing` on genuine and synthetic development recordings, as
they are and degraded.

    reports/voice-trial/spoofing.py WAARMERK SHARED > reports/voice-trial/spoofing.md

WAARMERK is the program with the AASIST weights installed, SHARED the folder that
WAARMERK_SHARED names. Needs the ffmpeg program.
"""
import json, pathlib, statistics, subprocess, sys, tempfile

PROGRAM, SHARED = sys.argv[1], pathlib.Path(sys.argv[2])
AUDIO, VIDEO = SHARED / "data/audio", SHARED / "data/video"
ACTORS = ["01", "02", "05", "08", "11", "14", "20", "21"]
REAL = [AUDIO / f"{name}.wav" for name in ("LJ001-0001", "LJ001-0002", "ms_gt_1", "ms_gt_2")]
REAL += [sorted(AUDIO.glob(f"ravdess_*-{actor}.wav"))[0] for actor in ACTORS]
REAL += [VIDEO / "talking_uncropped.mp4", VIDEO / "talking_d10.mp4"]
FAKE = [AUDIO / f"{name}.wav" for name in (
    "LJ001-0001_gen", "LJ001-0002_gen", "ms_hgan_v1_1", "ms_hgan_v3_2", "ms_mg_1", "ms_wg_2", "ms_wn_1")]
FAKE += [VIDEO / "generated_talking_1.mp4"]
CONDITIONS = [None, "telephone", "mp3:64", "opus:16", "noise:0.01:1"]
NETWORKS = ["aasist", "aasist-l", "aasist-asvspoof5"]


def scores(files):
    with tempfile.TemporaryDirectory() as out:
        run = subprocess.run([PROGRAM, "examine", *map(str, files), "--checks", "anti-spoofing", "--json", "--out", out],
                             capture_output=True, text=True)
    found = []
    for line in run.stdout.splitlines():
        finding = json.loads(line)["findings"][0]
        found.append({k: v["value"] if isinstance(v, dict) else v for k, v in finding["values"].items()})
    return found


def auc(real, fake):
    pairs = [(r, f) for r in real for f in fake]
    return sum((f > r) + 0.5 * (f == r) for r, f in pairs) / len(pairs) if pairs else float("nan")


def main():
    print("| condition | network | genuine: least, median, most | over 0 | synthetic: least, median, most | over 0 | AUC | limit kHz (genuine) | SNR dB (genuine) |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for condition in CONDITIONS:
            found = []
            for files in (REAL, FAKE):
                made = []
                for i, file in enumerate(files):
                    to = pathlib.Path(folder) / f"{i}-{file.stem}.wav"
                    if condition:
                        subprocess.run([PROGRAM, "degrade", file, "--with", condition, "--out", to], check=True, capture_output=True)
                    made.append(to if condition else file)
                found.append(scores(made))
            for network in NETWORKS:
                values = [[v[f"{network}_score"] for v in part if f"{network}_score" in v] for part in found]
                if not values[0]:
                    continue
                cell = lambda v: f"{min(v):.1f}, {statistics.median(v):.1f}, {max(v):.1f} | {sum(x > 0 for x in v)} of {len(v)}"
                limits = sorted(v["limit_hz"] / 1e3 for v in found[0] if "limit_hz" in v)
                snr = sorted(v["snr_db"] for v in found[0] if "snr_db" in v)
                limit = f"{limits[0]:.1f} to {limits[-1]:.1f} on {len(limits)}" if limits else "none"
                print(f"| {condition or 'as they are'} | {network} | {cell(values[0])} | {cell(values[1])} | {auc(*values):.2f} | {limit} | {snr[0]:.0f} to {snr[-1]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
