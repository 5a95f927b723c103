#!/usr/bin/env python3
"""Scores of `anti-spoofing` on genuine and synthetic recordings, as they are and
degraded, one line a recording, condition and network.

    reports/voice-trial/spoofing.py WAARMERK SHARED EXTRA WORK [CONDITION...] > spoofing.csv

WAARMERK is the program with the AASIST weights installed, SHARED the folder that
WAARMERK_SHARED names, WORK an empty folder. EXTRA holds what is not in SHARED: the
Debian packages asterisk-core-sounds-{en,es,fr,it,ru}-g722, asterisk-core-sounds-en-wav
and ktuberling-data unpacked with `dpkg-deb -x`, and the sample of the Python package
pyannote.audio 3.3.2. Needs ffmpeg, espeak-ng, flite, and numpy, scipy and pyworld.
"""
import json, pathlib, subprocess, sys

import numpy as np
import pyworld
import scipy.signal as ss
from scipy.io import wavfile

PROGRAM, SHARED, EXTRA, WORK = sys.argv[1], *map(pathlib.Path, sys.argv[2:5])
AUDIO, VIDEO = SHARED / "data/audio", SHARED / "data/video"
CONDITIONS = ["none", "telephone", "mp3:64", "opus:16", "noise:0.01:1", "reverberation:0.5"]
LONGEST = 8  # seconds of each recording
RATE = 16000


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def genuine():
    """(speaker, kind, file or files to join)"""
    yield "LJ", "studio", [AUDIO / "LJ001-0001.wav"]
    yield "LJ", "studio", [AUDIO / "LJ001-0002.wav"]
    for n in (1, 2):
        yield "ms", "studio", [AUDIO / f"ms_gt_{n}.wav"]
    for actor in ("01", "02", "05", "08", "11", "14", "20", "21"):
        for file in sorted(AUDIO.glob(f"ravdess_*-{actor}.wav"))[:2]:
            yield f"ravdess-{actor}", "studio, acted", [file]
    for n in (1, 2, 3):
        yield f"grid-{n}", "studio, MP2", [VIDEO / f"grid_{n}.mpg"]
    for name in ("talking_d10", "talking_uncropped", "several_people"):
        yield name, "film and web", [VIDEO / f"{name}.mp4"]
    for file in sorted(EXTRA.rglob("pyannote/**/sample.wav")):
        yield "pyannote", "film and web", [file]
    for folder in sorted(EXTRA.rglob("asterisk/sounds/*")):
        for ending, kind in (("g722", "prompts, G.722"), ("wav", "prompts, 8 kHz")):
            files = sorted(folder.glob(f"*.{ending}"), key=lambda f: -f.stat().st_size)
            files = [f for f in files if f.stat().st_size < 250_000][: 3 if ending == "g722" else 2]
            for file in files:
                yield folder.name.split("_")[-1], kind, [file]
    for folder in sorted(EXTRA.rglob("ktuberling/sounds/*")):
        files = sorted(folder.glob("*.ogg")) if folder.is_dir() and not folder.name.startswith("sr@") else []
        if len(files) >= 15:
            yield f"ktuberling-{folder.name}", "words at home, Vorbis", files[:15]


def joined(files, to):
    parts = []
    for at, file in enumerate(files):
        part = WORK / f"part{at}.wav"
        form = ["-f", "g722"] if file.suffix == ".g722" else []
        ffmpeg(*form, "-i", file, "-vn", "-ac", 1, "-ar", RATE, part)
        parts.append(wavfile.read(part)[1])
    wavfile.write(to, RATE, np.concatenate(parts)[: LONGEST * RATE])


def griffin_lim(x):
    """64 mel bands, pseudo-inverse, 32 rounds."""
    n, hop, bands = 1024, 256, 64
    _, _, s = ss.stft(x, RATE, nperseg=n, noverlap=n - hop)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), bands + 2) / 2595) - 1)
    f = np.linspace(0, RATE / 2, n // 2 + 1)
    bank = np.array([np.clip(np.minimum((f - a) / (b - a), (c - f) / (c - b)), 0, None) for a, b, c in zip(edges, edges[1:], edges[2:])])
    size = np.sqrt(np.clip(np.linalg.pinv(bank) @ (bank @ np.abs(s) ** 2), 1e-12, None))
    phase = np.exp(2j * np.pi * np.random.default_rng(1).random(size.shape))
    for _ in range(32):
        _, y = ss.istft(size * phase, RATE, nperseg=n, noverlap=n - hop)
        _, _, z = ss.stft(y, RATE, nperseg=n, noverlap=n - hop)
        z = z[:, : size.shape[1]]
        phase = np.pad(np.exp(1j * np.angle(z)), ((0, 0), (0, size.shape[1] - z.shape[1])), constant_values=1)
    return y[: len(x)]


def world(x):
    f0, t = pyworld.harvest(x, RATE)
    envelope, noise = pyworld.cheaptrick(x, f0, t, RATE), pyworld.d4c(x, f0, t, RATE)
    return pyworld.synthesize(f0, envelope, noise, RATE)


def lpc(x, order=20):
    """Pulses or noise through the all-pole filter of each 25 ms."""
    f0, t = pyworld.dio(x, RATE)
    pitch = np.interp(np.arange(len(x)) / RATE, t, f0)
    rng, phase = np.random.default_rng(2), 0.0
    source = rng.normal(size=len(x))
    for i, hz in enumerate(pitch):
        if hz > 60:
            phase += hz / RATE
            source[i] = np.sqrt(RATE / hz) if phase >= 1 else 0.0
            phase %= 1.0
    out, win, hop = np.zeros(len(x) + 400), np.hanning(401)[:400], 200
    for at in range(0, len(x) - 400, hop):
        frame = x[at : at + 400] * win
        r = np.correlate(frame, frame, "full")[399 : 400 + order]
        r[0] = r[0] * 1.0001 + 1e-9
        a = np.linalg.solve(np.array([[r[abs(i - j)] for j in range(order)] for i in range(order)]), r[1:])
        gain = np.sqrt(max(r[0] - a @ r[1:], 0) / np.sum(win**2))
        out[at : at + 400] += win * ss.lfilter([gain], np.r_[1, -a], source[at : at + 400])
    return out[: len(x)]


def synthetic(originals):
    """(speaker, method, file) of published fakes, voices of programs, and copies of originals."""
    for file in sorted(AUDIO.glob("LJ*_gen.wav")):
        yield "LJ", "neural vocoder", file
    for file in sorted(AUDIO.glob("ms_*_[12].wav")):
        if "_gt_" not in file.name:
            yield "ms", "neural vocoder", file
    yield "redubbed", "commercial TTS", VIDEO / "redubbed_mouth.mp4"
    text = "The lamp had been burning for three hours, and nobody had yet thought of asking why the door was open."
    for voice in ("kal", "awb", "rms", "slt"):
        to = WORK / f"flite-{voice}.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", to], check=True)
        yield f"flite-{voice}", "older TTS", to
    for voice in ("en", "de", "fr", "nl"):
        to = WORK / f"espeak-{voice}.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-w", to, text], check=True)
        yield f"espeak-{voice}", "older TTS", to
    seen = set()
    for speaker, kind, file in originals:
        if speaker in seen or kind == "prompts, 8 kHz":
            continue
        seen.add(speaker)
        x = wavfile.read(file)[1] / 32768.0
        for name, vocoder in (("Griffin-Lim", griffin_lim), ("WORLD", world), ("LPC", lpc)):
            to = WORK / f"{file.stem}-{name}.wav"
            y = np.clip(vocoder(np.ascontiguousarray(x)), -1, 1)
            wavfile.write(to, RATE, (y * 32767).astype(np.int16))
            yield speaker, name, to


def few(truths):
    """One recording of each speaker and kind, and the copies of every fourth speaker."""
    speakers = sorted({speaker for truth, speaker, _, _ in truths})[::4]
    seen = set()
    for item in truths:
        truth, speaker, kind, _ = item
        if (truth, speaker, kind) not in seen and not (kind in ("Griffin-Lim", "WORLD", "LPC") and speaker not in speakers):
            seen.add((truth, speaker, kind))
            yield item


def scores(files):
    """Values of each file, in order; many at a time, since each start costs."""
    out = WORK / "out"
    subprocess.run(["rm", "-rf", out], check=True)
    run = subprocess.run([PROGRAM, "examine", *map(str, files), "--checks", "anti-spoofing", "--json", "--out", out],
                         capture_output=True, text=True)
    found = {}
    for line in run.stdout.splitlines():
        told = json.loads(line)
        found[told["exhibit"]["name"]] = told["findings"][0].get("values") or {}
    return [found.get(file.name, {}) for file in files]


def main():
    print("truth,speaker,kind,file,condition,network,score,highest,limit_hz,snr_db,speech_s,windows")
    items = []
    for at, (speaker, kind, files) in enumerate(genuine()):
        to = WORK / f"g{at:03}.wav"
        joined(files, to)
        items.append((speaker, kind, to))
    truths = [(0, *item) for item in items]
    for at, (speaker, kind, file) in enumerate(synthetic(items)):
        to = WORK / f"s{at:03}.wav"
        joined([file], to)
        truths.append((1, speaker, kind, to))
    for condition in sys.argv[5:] or CONDITIONS:
        made, chosen = [], truths if condition == "none" else list(few(truths))
        for truth, speaker, kind, file in chosen:
            to = WORK / f"{file.stem}-{condition.split(':')[0]}.wav"
            if condition == "none":
                to = file
            else:
                subprocess.run([PROGRAM, "degrade", file, "--with", condition, "--out", to], check=True, capture_output=True)
            made.append(to)
        for first in range(0, len(made), 16):
            part = slice(first, first + 16)
            for (truth, speaker, kind, file), value in zip(chosen[part], scores(made[part])):
                for network in ("aasist", "aasist-l", "aasist-asvspoof5"):
                    if f"{network}_score" in value:
                        numbers = [value.get(k, "") for k in (f"{network}_score", f"{network}_highest", "limit_hz", "snr_db", "speech_s", "windows")]
                        print(truth, speaker, f'"{kind}"', file.stem, condition, network, *numbers, sep=",", flush=True)


if __name__ == "__main__":
    main()
