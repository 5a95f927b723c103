#!/usr/bin/env python3
"""Processor time of the checks of sound, as a share of real time on one core.

    benches/sound.py WAARMERK SOUND [CLIP] > benches/results/<machine>/sound.md

WAARMERK is the program with its models (AASIST among them) installed, SOUND a
recording of some minutes, CLIP a video of a talking face. Processor time of the
program and its worker, user and system, the less of two runs: other work on the
machine lengthens it less than the clock's. What a run with `hashes` alone takes
(starting, reading the file, the report) is taken off; decoding and speech, which
all checks share, have lines of their own.
"""
import json, resource, subprocess, sys, tempfile

PROGRAM, SOUND = sys.argv[1], sys.argv[2]
CLIP = sys.argv[3] if len(sys.argv) > 3 else None


def run(file, checks):
    """Seconds of processor time, and the length of the recording."""
    best = float("inf")
    for _ in range(2):
        used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        before = used()
        with tempfile.TemporaryDirectory() as out:
            told = subprocess.run([PROGRAM, "examine", file, "--checks", checks, "--json", "--out", out],
                                  capture_output=True, text=True, check=False).stdout
        best = min(best, used() - before)
    finding = json.loads(told.splitlines()[-1])
    return best, finding["exhibit"]["duration_s"], [f["status"] for f in finding["findings"]]


def table(file, rows):
    nothing, length, _ = run(file, "hashes")
    seconds = {}
    for checks, less, what in rows:
        used, _, statuses = run(file, checks)
        seconds[checks] = used
        spent = max(used - (seconds[less] if less else nothing), 0.0)
        print(f"| {what} | {spent:.2f} | {100 * spent / length:.2f} % | {', '.join(statuses)} |", flush=True)
    return length


print("| work | seconds | of real time | status |\n|---|---|---|---|")
length = table(SOUND, [
    ("bandwidth", None, "decoding, 16 kHz, and `bandwidth`"),
    ("voice-activity", "bandwidth", "`voice-activity`: the network that tells speech"),
    ("prosody", "voice-activity", "`prosody`"),
    ("audio-splice", "voice-activity", "`audio-splice`"),
    ("hum", "bandwidth", "`hum`"),
    ("audio-framing", "bandwidth", "`audio-framing`"),
    ("speaker", "voice-activity", "`speaker`: its network"),
    ("anti-spoofing", "voice-activity", "`anti-spoofing`: three networks"),
])
print(f"\nOf {length:.0f} s of sound.")
if CLIP:
    print("\n| work | seconds | of real time | status |\n|---|---|---|---|")
    length = table(CLIP, [
        ("faces", None, "pictures, faces and meshes"),
        ("faces,voice-activity", "faces", "sound and `voice-activity`"),
        ("faces,voice-activity,lipsync", "faces,voice-activity", "`lipsync`"),
    ])
    print(f"\nOf {length:.0f} s of a clip.")
