#!/usr/bin/env python3
"""The check `speaker` on the development recordings: likeness of one voice with
itself and with others, and of joins of two voices.

    reports/voice-trial/speaker.py WAARMERK SHARED > reports/voice-trial/speaker.md

WAARMERK is the program with its models installed, SHARED the folder that
WAARMERK_SHARED names. Needs the ffmpeg program. The short recordings of one
actor are put together; a recording is halved to hold it against itself.
"""
import itertools, json, pathlib, statistics, subprocess, sys, tempfile

PROGRAM, SHARED = sys.argv[1], pathlib.Path(sys.argv[2])
AUDIO, VIDEO = SHARED / "data/audio", SHARED / "data/video"
VOICES = {f"ravdess {n}": sorted(AUDIO.glob(f"ravdess_*-{n}.wav")) for n in ("05", "11", "20", "21")}
VOICES |= {
    "LJ": [AUDIO / "LJ001-0001.wav", AUDIO / "LJ001-0002.wav"],
    "ms_gt_1": [AUDIO / "ms_gt_1.wav"],
    "ms_gt_2": [AUDIO / "ms_gt_2.wav"],
    "talking_d10": [VIDEO / "talking_d10.mp4"],
    "talking_uncropped": [VIDEO / "talking_uncropped.mp4"],
    "redubbed_mouth": [VIDEO / "redubbed_mouth.mp4"],
}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def joined(files, to):
    inputs = [word for file in files for word in ("-i", file)]
    chain = "".join(f"[{i}:a]aresample=16000,aformat=channel_layouts=mono[a{i}];" for i in range(len(files)))
    chain += "".join(f"[a{i}]" for i in range(len(files))) + f"concat=n={len(files)}:v=0:a=1[out]"
    ffmpeg(*inputs, "-filter_complex", chain, "-map", "[out]", to)


def examined(files, reference=None):
    with tempfile.TemporaryDirectory() as out:
        extra = ["--reference-voice", str(reference)] if reference else []
        run = subprocess.run(
            [PROGRAM, "examine", *map(str, files), "--checks", "speaker", "--json", "--out", out, *extra],
            capture_output=True, text=True)
        if not run.stdout:
            sys.exit(run.stderr)
    found = {}
    for line in run.stdout.splitlines():
        report = json.loads(line)
        finding = report["findings"][0]
        values = finding["values"]
        if isinstance(values, list):
            values = {value["quantity"]: value["value"] for value in values}
        values = {k: v["value"] if isinstance(v, dict) else v for k, v in values.items()}
        found[pathlib.Path(report["exhibit"]["name"]).stem] = (finding.get("state"), values)
    return found


def spread(values):
    values = sorted(values)
    if not values:
        return "– | – | – | 0"
    return f"{values[0]:.2f} | {statistics.median(values):.2f} | {values[-1]:.2f} | {len(values)}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        whole, halves, phone = {}, {}, {}
        for name, files in VOICES.items():
            stem = name.replace(" ", "_")
            whole[name] = folder / f"{stem}.wav"
            joined(files, whole[name])
            seconds = float(subprocess.run(
                ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", whole[name]],
                capture_output=True, text=True, check=True).stdout)
            halves[name] = (folder / f"{stem}-1.wav", folder / f"{stem}-2.wav")
            ffmpeg("-i", whole[name], "-t", seconds / 2, halves[name][0])
            ffmpeg("-ss", seconds / 2, "-i", whole[name], halves[name][1])
            phone[name] = folder / f"{stem}-phone.wav"
            subprocess.run([PROGRAM, "degrade", whole[name], "--with", "telephone", "--out", phone[name]],
                           check=True, capture_output=True)
        print("# The check `speaker` on the development recordings\n")
        print("Made by `reports/voice-trial/speaker.py`.\n\n## One voice throughout\n")
        print("| recording | state | likeness of groups | changes |\n|---|---|---|---|")
        for stem, (state, values) in examined(list(whole.values())).items():
            print(f"| {stem} | {state} | {values.get('groups_likeness', float('nan')):.2f} | {values.get('voice_changes', float('nan')):.0f} |")
        pairs = list(itertools.combinations(VOICES, 2))
        for condition, source in (("as they are", whole), ("over the telephone", phone)):
            files = []
            for a, b in pairs:
                files.append(folder / f"join-{source[a].stem}-{source[b].stem}.wav")
                joined([source[a], source[b]], files[-1])
            found = examined(files)
            states = [state for state, _ in found.values()]
            likeness = [v["groups_likeness"] for _, v in found.values() if "groups_likeness" in v]
            told = {state: states.count(state) for state in sorted(set(map(str, states)))}
            print(f"\nJoins of two of them, {condition}: likeness (least | median | most | number) {spread(likeness)}; {told}.")
        print("\n## Held against a reference\n")
        print("| condition | pairs | least | median | most | number | states |\n|---|---|---|---|---|---|---|")
        for condition, exhibits, references in (
            ("as they are", whole, whole), ("both over the telephone", phone, phone),
            ("reference over the telephone", whole, phone)):
            likeness, states = [], {}
            for name, reference in references.items():
                others = [path for other, path in exhibits.items() if other != name]
                for state, values in examined(others, reference).values():
                    states[str(state)] = states.get(str(state), 0) + 1
                    if "reference_likeness" in values:
                        likeness.append(values["reference_likeness"])
            print(f"| {condition} | different recordings | {spread(likeness)} | {states} |", flush=True)
        likeness, states = [], {}
        for first, second in halves.values():
            for state, values in examined([second], first).values():
                states[str(state)] = states.get(str(state), 0) + 1
                if "reference_likeness" in values:
                    likeness.append(values["reference_likeness"])
        print(f"| as they are | two halves of one recording | {spread(likeness)} | {states} |")
        likeness, states = [], {}
        for name in VOICES:
            for state, values in examined([whole[name]], phone[name]).values():
                states[str(state)] = states.get(str(state), 0) + 1
                if "reference_likeness" in values:
                    likeness.append(values["reference_likeness"])
        print(f"| reference over the telephone | the same recording | {spread(likeness)} | {states} |")


if __name__ == "__main__":
    main()
