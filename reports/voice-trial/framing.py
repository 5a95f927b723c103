#!/usr/bin/env python3
"""The check `audio-framing` on sound that never was AAC or MP3, that was, that was
coded again, and that was cut.

    reports/voice-trial/framing.py WAARMERK SHARED EXTRA WORK > reports/voice-trial/framing.md

Arguments as in spoofing.py. Needs the ffmpeg program.
"""
import collections, json, pathlib, subprocess, sys

PROGRAM, SHARED, EXTRA, WORK = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
AUDIO, VIDEO = SHARED / "data/audio", SHARED / "data/video"
FOUR = ["ravdess_03-01-01-01-01-01-11", "ravdess_03-01-05-02-01-02-11", "LJ001-0001", "ms_gt_2"]
OFF = 777  # samples taken off the beginning of the decoded sound
# Where frames then begin: ffmpeg's AAC from the first sample on, LAME's MP3 with a
# delay of 1105 samples that players skip.
RIGHT = {"aac": ("framing_offset", -OFF % 1024), "libmp3lame": ("mp3_framing_offset", (-1105 - OFF) % 576)}


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def examine(files):
    found = {}
    for first in range(0, len(files), 24):
        subprocess.run(["rm", "-rf", WORK / "out"], check=True)
        run = subprocess.run([PROGRAM, "examine", *map(str, files[first : first + 24]), "--checks", "audio-framing", "--json", "--out", WORK / "out"],
                             capture_output=True, text=True)
        for line in run.stdout.splitlines():
            told = json.loads(line)
            found[told["exhibit"]["name"]] = told["findings"][0]
    return [found[file.name] for file in files]


def row(label, files, coder="aac"):
    found = examine(files)
    states = collections.Counter(f.get("state") or f["status"] for f in found)
    sum_of = lambda *keys: int(sum((f.get("values") or {}).get(key, 0) for f in found for key in keys))
    key, place = RIGHT[coder]
    right = sum((f.get("values") or {}).get(key) == place for f in found)
    states = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    print(f"| {label} | {len(found)} | {sum_of('segments')} | {sum_of('framings_found')} | {sum_of('mp3_framings_found')} "
          f"| {sum_of('own_framings', 'mp3_own_framings')} | {right} | {states} |", flush=True)


def head(title):
    print(f"\n## {title}\n\n| sound | files | segments | with another framing of AAC | of MP3 | with the file's own | files with the right one | said |\n|---|---|---|---|---|---|---|---|")


def main():
    print("# Frames of an earlier AAC or MP3 coding: `audio-framing`\n\nMade by `reports/voice-trial/framing.py`.")
    head("Neither AAC nor MP3 (but for the MP3 files themselves)")
    row("RAVDESS (WAV, 48 kHz)", sorted(AUDIO.glob("ravdess_*.wav")))
    row("LJ, ms and their vocoded copies (WAV)", sorted(AUDIO.glob("LJ*.wav")) + sorted(AUDIO.glob("ms_*.wav")))
    row("GRID (MPEG, MP2)", sorted(VIDEO.glob("grid_*.mpg")))
    row("ktuberling (Vorbis)", sorted(EXTRA.rglob("ktuberling/sounds/*/b*.ogg"))[:12])
    prompts = []
    for folder in sorted(EXTRA.rglob("asterisk/sounds/*")):
        for at, file in enumerate(sorted(folder.glob("*.g722"), key=lambda f: -f.stat().st_size)[:4]):
            to = WORK / f"{folder.name}-{at}.wav"
            ffmpeg("-f", "g722", "-i", file, to)
            prompts.append(to)
    row("telephone prompts (G.722)", prompts)
    plain = []
    for name in FOUR:
        plain.append(WORK / f"{name}.wav")
        ffmpeg("-i", AUDIO / f"{name}.wav", "-ac", 1, plain[-1])
    for codec, rate, ending in [("libmp3lame", 64, "mp3"), ("libmp3lame", 128, "mp3"), ("libopus", 32, "ogg"), ("ac3", 64, "ac3"), ("wmav2", 48, "wma")]:
        made = [WORK / f"{f.stem}-{codec}{rate}.{ending}" for f in plain]
        for f, to in zip(plain, made):
            ffmpeg("-i", f, "-ar", 48000, "-c:a", codec, "-b:a", f"{rate}k", to)
        row(f"four recordings as {codec} {rate}k", made)
    vorbis = []
    for f in plain:
        coded, to = WORK / f"{f.stem}-vorbis.ogg", WORK / f"{f.stem}-vorbis.wav"
        ffmpeg("-i", f, "-c:a", "libvorbis", "-b:a", "64k", coded)
        ffmpeg("-i", coded, to)
        vorbis.append(to)
    row("four recordings through Vorbis 64k, as WAV", vorbis)
    for coder, ending, name in [("aac", "m4a", "AAC"), ("libmp3lame", "mp3", "MP3")]:
        once(coder, ending, name, plain)


def once(coder, ending, name, plain):
    head(f"{name} once, as a file and decoded")
    decoded = {}
    for rate in (32, 64, 96, 128, 192):
        coded = [WORK / f"{f.stem}-{name}{rate}.{ending}" for f in plain]
        decoded[rate] = [WORK / f"{f.stem}-{name}{rate}.wav" for f in plain]
        for f, a, b in zip(plain, coded, decoded[rate]):
            ffmpeg("-i", f, "-c:a", coder, "-b:a", f"{rate}k", a)
            ffmpeg("-i", a, "-af", f"atrim=start_sample={OFF}", "-c:a", "pcm_s16le", b)
        row(f"the file, {rate}k", coded, coder)
        row(f"decoded, {OFF} samples off, {rate}k", decoded[rate], coder)
    head(f"{name}, decoded, coded again")
    for first in (32, 64, 96):
        for codec, rate, last in [("aac", 128, "m4a"), ("aac", 256, "m4a"), ("libmp3lame", 192, "mp3"), ("libopus", 96, "ogg")]:
            made = [WORK / f"{f.stem}-{codec}-{rate}.{last}" for f in decoded[first]]
            for f, to in zip(decoded[first], made):
                ffmpeg("-i", f, "-c:a", codec, "-b:a", f"{rate}k", to)
            row(f"{first}k, then {codec} {rate}k", made, coder)
    head(f"{name} 64k, decoded, cut")
    # Long enough for two segments on either side: the two sentences of 7 and 9 s.
    frame = 1024 if coder == "aac" else 576
    for label, lost in [("5000 samples taken out in the middle", 5000), (f"{frame} taken out", frame), ("nothing taken out", 0)]:
        made = []
        for f in decoded[64][2:]:
            to = WORK / f"{f.stem}-cut{lost}.wav"
            ffmpeg("-i", f, "-filter_complex", f"[0:a]asplit[a][b];[a]atrim=end_sample=80000[c];[b]atrim=start_sample={80000 + lost}[d];[c][d]concat=n=2:v=0:a=1", to)
            made.append(to)
        row(label, made, coder)


if __name__ == "__main__":
    main()
