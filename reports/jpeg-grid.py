"""Detections and false alarms of jpeg-grid: jpeg-grid.py PROGRAM WORK PHOTO...

From JPEG photographs: a square of one pasted into another, once compressed before and
once not, and saved as PNG and as JPEG of quality 99 and 95; and the photographs themselves, scaled down and coded as
WebP, H.264, H.265, VP9 and AV1, then saved as PNG, as a screen shot of them is. Needs
Pillow with WebP, and ffmpeg.
"""
import json
import pathlib
import random
import subprocess
import sys

from PIL import Image

program, work, *photos = sys.argv[1:]
work = pathlib.Path(work)
work.mkdir(parents=True, exist_ok=True)
rng = random.Random(7)
made = []  # class, file, box of the paste


def scaled(photo, side):
    picture = Image.open(photo).convert("RGB")
    factor = side / max(picture.size)
    size = tuple(max(2, int(v * factor) // 2 * 2) for v in picture.size)
    return picture.resize(size, Image.LANCZOS)


def recompressed(picture, quality):
    picture.save(work / "t.jpg", quality=quality)
    return Image.open(work / "t.jpg").convert("RGB")


for n, (a, b) in enumerate(zip(photos, photos[1:] + photos[:1])):
    ground = recompressed(scaled(a, 900), rng.choice([70, 80, 90]))
    other = recompressed(scaled(b, 900), rng.choice([70, 80, 90]))
    for side in (64, 128, 256):
        if min(*ground.size, *other.size) < side + 16:
            continue
        x, y = (rng.randrange(8, s - side - 8) for s in ground.size)
        u, v = (rng.randrange(0, s - side) for s in other.size)
        pasted = ground.copy()
        pasted.paste(other.crop((u, v, u + side, v + side)), (x, y))
        apart = ((x - u) % 8, (y - v) % 8)
        kind = "same grid" if apart == (0, 0) else "four apart" if apart[0] % 4 == apart[1] % 4 == 0 else "other grid"
        for name, save in (("PNG", {}), ("JPEG 99", {"quality": 99}), ("JPEG 95", {"quality": 95})):
            file = work / f"paste-{n:02}-{side}-{name.replace(' ', '')}.{'png' if name == 'PNG' else 'jpg'}"
            pasted.save(file, **save)
            made.append((f"pasted {side}×{side}, {name}, {kind}", file, (x, y, x + side, y + side)))
        # The same part as it was before it was ever compressed: it has no grid.
        bare = ground.copy()
        bare.paste(scaled(b, 900).crop((u, v, u + side, v + side)), (x, y))
        for name, save in (("PNG", {}), ("JPEG 99", {"quality": 99}), ("JPEG 95", {"quality": 95})):
            file = work / f"bare-{n:02}-{side}-{name.replace(' ', '')}.{'png' if name == 'PNG' else 'jpg'}"
            bare.save(file, **save)
            made.append((f"pasted {side}×{side}, {name}, never compressed", file, (x, y, x + side, y + side)))
    plain = scaled(a, 900)
    for quality in (60, 80, 92):
        plain.save(work / "t.webp", quality=quality)
        file = work / f"webp-{n:02}-{quality}.png"
        Image.open(work / "t.webp").convert("RGB").save(file)
        made.append(("untouched, WebP, then PNG", file, None))
    plain.save(work / "t.png")
    for codec, options in (("libx264", ["-crf", "23"]), ("libx265", ["-crf", "26", "-x265-params", "log-level=error"]),
                           ("libvpx-vp9", ["-crf", "32", "-b:v", "0"]), ("libaom-av1", ["-crf", "32", "-cpu-used", "8"])):
        file = work / f"{codec}-{n:02}.png"
        if not file.exists():
            ff = ["ffmpeg", "-loglevel", "error", "-nostdin", "-y"]
            subprocess.run([*ff, "-loop", "1", "-t", "0.2", "-i", str(work / "t.png"), "-pix_fmt", "yuv420p",
                            "-c:v", codec, *options, str(work / "t.mkv")], check=True)
            subprocess.run([*ff, "-i", str(work / "t.mkv"), "-frames:v", "1", str(file)], check=True)
        made.append((f"untouched, {codec}, then PNG", file, None))

out = work / "results"
subprocess.run([program, "examine", "--resume", "--checks", "jpeg-grid", "--out", str(out), *(str(m[1]) for m in made)],
               stderr=subprocess.DEVNULL)
table = {}
for kind, file, _ in made:
    found = json.loads((out / file.stem / "findings.json").read_text())["findings"][0]
    row = table.setdefault(kind, [0, 0, 0, 0, 0])
    values = found["values"]
    row[0] += 1
    row[1] += values.get("foreign_regions", 0) > 0
    row[2] += values.get("strongest_foreign_log10_nfa", 9) <= -5
    row[3] += values.get("strongest_missing_log10_nfa", 9) <= -5
    row[4] += values.get("regions_four_apart", 0) > 0
print("| pictures | number | any foreign region | foreign, ≤ −5 | missing, ≤ −5 | regions four apart |\n|---|---|---|---|---|---|")
for kind, row in sorted(table.items()):
    print(f"| {kind} | " + " | ".join(map(str, row)) + " |")
