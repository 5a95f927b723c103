#!/usr/bin/env python3
"""Time `waarmerk examine` beside `ffmpeg` decoding the same clip to nowhere.

    python3 benches/peers/examine.py PROGRAM PORTRAIT.png [ROUNDS [CHECKS]]

The clip is made from the portrait: 1920x1080, 30 frames a second, 10 seconds,
one face that moves and changes its size, H.264 with sound. Rounds alternate
between the two programs, so that what else the machine does hits both; printed
are minimum and median wall-clock seconds, frames a second, and the ratios.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 10
RATE = 30


def make(portrait: str, clip: Path) -> None:
    # zoompan works on whole pixels: a large canvas first keeps its motion smooth.
    picture = (
        "scale=2160:2160,pad=3840:2160:(ow-iw)/2:0,"
        f"zoompan=z='1.15+0.15*sin(on/40)':x='(iw-iw/zoom)/2+60*sin(on/25)':y='(ih-ih/zoom)/4'"
        f":d={SECONDS * RATE}:s=1920x1080:fps={RATE},noise=alls=4:allf=t"
    )
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", portrait, "-f", "lavfi", "-i", f"sine=300:duration={SECONDS}",
         "-vf", picture, "-t", str(SECONDS), "-c:v", "libx264", "-preset", "fast", "-crf", "21",
         "-pix_fmt", "yuv420p", "-c:a", "aac", str(clip)],
        check=True,
    )


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    program, portrait = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    only = ["--checks", sys.argv[4]] if len(sys.argv) > 4 else []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make(portrait, clip)
        examine = [program, "examine", str(clip), "--out", str(Path(folder) / "out"), "--device", "cpu", *only]
        decode = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "0", "-i", str(clip), "-f", "null", "-"]
        times: dict[str, list[float]] = {"examine": [], "decode": []}
        for _ in range(rounds):
            times["examine"].append(timed(examine))
            times["decode"].append(timed(decode))
    for name, values in times.items():
        print(f"{name:8} min {min(values):6.2f} s   median {statistics.median(values):6.2f} s   "
              f"{SECONDS * RATE / min(values):6.1f} frames/s   {SECONDS / min(values):5.2f} x real time")
    ratios = [a / b for a, b in zip(times["examine"], times["decode"])]
    print(f"examine / decode: min {min(ratios):.2f}   median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
