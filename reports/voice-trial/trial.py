#!/usr/bin/env python3
"""The checks of sound on the development recordings and on joins made from them.

    reports/voice-trial/trial.py WAARMERK SHARED > reports/voice-trial/README.md

WAARMERK is the program, SHARED the folder that WAARMERK_SHARED names. Needs the
ffmpeg program. Joins, shifted means, band limits and hum cuts are made anew, so
that what was done, and where, is known.
"""
import csv, json, pathlib, subprocess, sys, tempfile, time

CHECKS = "voice-activity,prosody,bandwidth,audio-splice,hum,anti-spoofing"
program, shared = sys.argv[1], pathlib.Path(sys.argv[2])
work = pathlib.Path(tempfile.mkdtemp())


def ffmpeg(*arguments):
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def examine(path):
    begin = time.monotonic()
    run = subprocess.run(
        [program, "examine", "--json", "--checks", CHECKS, "-o", str(work / "out" / path.stem), str(path)],
        capture_output=True, text=True)
    line = run.stdout.strip().splitlines()
    if not line:
        return None, run.stderr.strip()[-200:]
    checks = json.loads(line[-1])["findings"]
    findings = {check.get("check") or check["name"]: check for check in checks}
    return findings, time.monotonic() - begin


def value(finding, quantity):
    return (finding.get("values") or {}).get(quantity)


def show(number, digits=1):
    return "" if number is None else f"{number:.{digits}f}"


def row(name, label, path):
    findings, extra = examine(path)
    if findings is None:
        print(f"| {name} | {label} | failed: {extra} |")
        return None
    splice, hum, band = findings["audio-splice"], findings["hum"], findings["bandwidth"]
    spoof, prosody = findings["anti-spoofing"], findings["prosody"]
    state = lambda finding: finding.get("state") or finding["status"]
    print("| " + " | ".join([
        name, label, show(value(findings["voice-activity"], "speech_s")), state(splice),
        show(value(splice, "pauses"), 0), state(hum), show(value(band, "cutoff_hz"), 0),
        show(value(prosody, "f0_median_hz")), show(value(prosody, "f0_range_st")),
        show(value(spoof, "aasist_score"), 2), show(value(spoof, "aasist-l_score"), 2),
        show(value(spoof, "aasist-asvspoof5_score"), 2)]) + " |", flush=True)
    return state(splice), state(hum)


HEAD = ("| file | made | speech s | audio-splice | pauses | hum | cut-off Hz | f0 Hz | range st | aasist | aasist-l | asvspoof5 |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|")
with open(shared / "data" / "labels.csv", newline="") as file:
    labels = {entry["path"]: entry["label"] for entry in csv.DictReader(file)}

print("# Checks of sound on the development recordings\n")
print("Made by `reports/voice-trial/trial.py WAARMERK SHARED`. Scores of the networks: higher = synthetic.\n")
print("## As they are\n\n" + HEAD)
counted = {"real": [0, 0], "fake": [0, 0]}
paths = sorted((shared / "data" / "audio").glob("*.wav"))
paths += sorted(p for p in (shared / "data" / "video").iterdir() if p.suffix in (".mp4", ".mpg"))
for path in paths:
    label = labels.get(f"{path.parent.name}/{path.name}", "?")
    sound = work / f"{path.stem}.wav"
    ffmpeg("-i", path, "-vn", "-c:a", "pcm_s16le", sound)
    found = row(path.name, label, sound)
    if found and label in counted:
        counted[label][1] += 1
        counted[label][0] += found[0] == "change" or found[1] == "phase-jump"
for label, (flagged, all_) in counted.items():
    print(f"\n{label}: {flagged} of {all_} flagged by audio-splice or hum.")

print("\n## Joined, shifted, limited\n\n" + HEAD)
clips = ["talking_uncropped", "talking_d10", "talking_d3", "redubbed_mouth"]
mono = {}
for clip in clips:
    mono[clip] = work / f"mono-{clip}.wav"
    ffmpeg("-i", work / f"{clip}.wav", "-ac", "1", "-ar", "48000", mono[clip])
hits, tried = 0, 0
for a in clips:
    for b in clips:
        if a != b:
            joined = work / f"{a}+{b}.wav"
            ffmpeg("-i", mono[a], "-i", mono[b], "-filter_complex", "[0:a][1:a]concat=n=2:v=0:a=1", joined)
            found = row(joined.stem, "joined", joined)
            tried += 1
            hits += bool(found) and found[0] == "change"
print(f"\njoined: {hits} of {tried} told.")
print("\n" + HEAD)
for clip in clips:
    shifted = work / f"{clip}-mean.wav"
    ffmpeg("-i", mono[clip], "-af", "aeval=val(0)+0.003*gte(t\\,6)", shifted)
    row(shifted.stem, "mean + 0.003 from 6 s on", shifted)
    telephone = work / f"{clip}-8k.wav"
    ffmpeg("-i", mono[clip], "-af", "aresample=8000,aresample=48000", telephone)
    row(telephone.stem, "through 8 kHz", telephone)
hum = "0.004*sin(2*PI*50*T)+0.003*sin(2*PI*100*T)+0.002*sin(2*PI*150*T)"
for name, at in [("running on", "t"), ("4.0067 s missing at 30 s", "(t+4.0067*gte(t\\,30))")]:
    made = work / f"hum-{'on' if at == 't' else 'cut'}.wav"
    tone = hum.replace("T", at)
    ffmpeg("-stream_loop", "-1", "-i", mono["redubbed_mouth"], "-t", "60", "-af", f"aeval=val(0)+{tone}", made)
    row(made.stem, f"hum, {name}", made)
