"""Recordings of great length, great and tiny pictures, and streams that lack something."""

import json
import re
import subprocess

from common import ffmpeg, hidden, whole

NOISE = ("-f", "lavfi", "-i")
# A colour with half as many samples of hue cannot be one pixel wide.
PIXEL = "color=red:s=2x2,format=rgb24,crop=1:1"


def finds(out, name):
    path = out / name / "findings.json"
    return json.loads(path.read_text()) if path.exists() else {"findings": [], "notes": []}


def long(lab, suffix, what, *making):
    """An hour against four of the same: the same memory. Of sound some checks keep half an
    hour, and nothing beyond."""
    folder = lab.folder("in")
    peaks = {}
    short = folder / f"short.{suffix}"
    ffmpeg(*NOISE, *making, short)
    for name, times in (("hour", 6), ("hours", 24)):
        path = folder / f"{name}.{suffix}"
        ffmpeg("-stream_loop", times - 1, "-i", short, "-c", "copy", path)
        out = lab.folder("out")
        ran = lab.waarmerk("examine", path, "--out", out, "--device", "cpu", limit=7200)
        peaks[name] = ran.peak_mb
        errors = [f["check"] for f in finds(out, name)["findings"] if f["status"] == "error"]
        expected = [(ran.code == 0, "exit code 0"), (not errors, f"no error in {errors}")]
        if name == "hours":
            expected.append((ran.peak_mb < 1.1 * peaks["hour"], "no more memory than for an hour"))
        lab.row(f"{what} of {times * 10} minutes, every check, {ran.cpu_s:.0f} s", ran, *expected, memory=True)
        path.unlink()


def long_sound(lab):
    # Tones that start and stop over noise, so that there is something to follow.
    long(lab, "flac", "sound",
         "aevalsrc='0.2*sin(2*PI*(200+20*floor(mod(t\\,17)))*t)*lt(mod(t\\,1.3)\\,0.9)"
         "+0.01*(random(0)-0.5)':s=8000:d=600")


def long_video(lab):
    long(lab, "mp4", "video with two pictures a second",
         "testsrc2=s=128x96:r=2:d=600", "-c:v", "libx264", "-preset", "ultrafast")


def large_pictures(lab):
    folder = lab.folder("in")
    pattern = (*NOISE, "testsrc2=s=7680x4320:r=25", "-frames:v")
    kinds = {"photo.jpg": ("1",), "photo.png": ("1",),
             "clip.mp4": ("10", "-c:v", "libx264", "-preset", "ultrafast"),
             "hevc.mp4": ("10", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")}
    for name, coding in kinds.items():
        path = folder / name
        ffmpeg(*pattern, *coding, path)
        out = lab.folder("out")
        ran = lab.waarmerk("examine", path, "--out", out, "--device", "cpu")
        errors = [f["check"] for f in finds(out, path.stem)["findings"] if f["status"] == "error"]
        lab.row(f"8K (7680 × 4320), every check, {ran.cpu_s:.0f} s", ran, (ran.code == 0, "exit code 0"),
                (not errors, f"no error in {errors}"), memory=True)
        path.unlink()


def odd_streams(lab):
    folder = lab.folder("in")
    tone = (*NOISE, "sine=d=3")
    moving = (*NOISE, "testsrc2=s=320x240:r=25:d=3")
    h264 = ("-c:v", "libx264", "-preset", "ultrafast")
    made = {
        "one pixel": {
            "pixel.png": (*NOISE, PIXEL, "-frames:v", "1"),
            "pixel.jpg": (*NOISE, PIXEL, "-frames:v", "1", "-pix_fmt", "yuvj444p"),
            "pixel.gif": (*NOISE, PIXEL, "-frames:v", "1"),
            "pixel.webp": (*NOISE, PIXEL, "-frames:v", "1"),
            "pixel.tiff": (*NOISE, PIXEL, "-frames:v", "1"),
            "pixel.bmp": (*NOISE, PIXEL, "-frames:v", "1"),
            "pixel.mkv": (*NOISE, "color=red:s=1x1:r=25:d=1,format=gray", "-c:v", "ffv1"),
            "pixel.webm": (*NOISE, f"{PIXEL},fps=25,trim=duration=1", "-c:v", "libvpx"),
            "thin.png": (*NOISE, "testsrc2=s=4000x8,format=rgb24,crop=4000:1", "-frames:v", "1"),
        },
        "no picture in the video": {
            "empty.mp4": (*moving, *h264, "-frames:v", "0"),
            "empty-sound.mp4": (*moving, *tone, *h264, "-frames:v", "0", "-c:a", "aac"),
            "empty.mkv": (*moving, *h264, "-frames:v", "0"),
            "empty.avi": (*moving, "-c:v", "mjpeg", "-frames:v", "0"),
        },
        "one picture in the video": {"single.mp4": (*moving, *h264, "-frames:v", "1")},
        "sound only": {
            "sound.mp4": (*tone, "-c:a", "aac"), "sound.mkv": (*tone, "-c:a", "libvorbis"),
            "sound.mov": (*tone, "-c:a", "pcm_s16le"), "sound.avi": (*tone, "-c:a", "pcm_s16le"),
            "short.wav": (*NOISE, "sine=d=0.0001"), "silent.wav": (*NOISE, "anullsrc=d=3"),
        },
        "picture only": {
            "silent.mp4": (*moving, *h264), "silent.m4a": (*moving, *h264, "-f", "mp4"),
            "silent.mkv": (*moving, *h264),
        },
        "negative time stamps": {
            "negative.mp4": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "-1",
                             "-avoid_negative_ts", "disabled"),
            "negative.mov": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "-1",
                             "-avoid_negative_ts", "disabled"),
            "negative.mkv": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "-1",
                             "-avoid_negative_ts", "disabled"),
            "negative.ts": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "-1",
                            "-avoid_negative_ts", "disabled"),
            "before.mp4": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "-5",
                           "-avoid_negative_ts", "disabled"),
            "late.mp4": (*moving, *tone, *h264, "-c:a", "aac", "-output_ts_offset", "90000"),
        },
    }
    for situation, files in made.items():
        for name, arguments in files.items():
            if not re.search(lab.word, name):
                continue
            path = folder / name
            try:
                ffmpeg(*arguments, path)
            except subprocess.CalledProcessError:
                print(f"ffmpeg makes no {name}", flush=True)
                continue
            if path.stat().st_size == 0:
                print(f"{name} is empty", flush=True)
                continue
            out = lab.folder("out")
            ran = lab.waarmerk("examine", path, "--out", out, "--device", "cpu", limit=120)
            errors = [f"{f['check']}: {f.get('reason')}" for f in finds(out, path.stem)["findings"]
                      if f["status"] == "error"]
            lab.row(situation, ran, (ran.code in (0, 3), "exit code 0 or 3"),
                    (whole(out / path.stem) or ran.code == 3 and name in ran.said, "a result or a reason"),
                    (not errors, f"no error: {errors}"), (not hidden(out), "nothing left"))


SITUATIONS = [odd_streams, large_pictures, long_sound, long_video]
