"""Parts without a grid found by jpeg-grid: missing-grid.py PROGRAM WORK PHOTO...

Each photograph, scaled to 720×720, is compressed at quality 75, 90 and 95; a square of the
next one, scaled alike and never compressed at that size, is put at its own place, and the
result saved as PNG. Prints what is found with and without the square. Photographs should
be larger than 720 pixels: what was enlarged is smooth and votes for no grid. Needs Pillow.
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
rng = random.Random(3)
SIDE = 720


def scaled(path):
    return Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.LANCZOS)


made = []
for n, (photo, donor) in enumerate(zip(photos, photos[1:] + photos[:1])):
    for quality in (75, 90, 95):
        scaled(photo).save(work / "t.jpg", quality=quality)
        ground = Image.open(work / "t.jpg").convert("RGB")
        for side in (0, 64, 128, 256):
            picture = ground.copy()
            if side:
                x, y = (rng.randrange(8, SIDE - side - 8) for _ in "xy")
                picture.paste(scaled(donor).crop((x, y, x + side, y + side)), (x, y))
            file = work / f"{n:02}-{quality}-{side}.png"
            picture.save(file)
            made.append((quality, side, file))

out = work / "results"
subprocess.run([program, "examine", "--resume", "--checks", "jpeg-grid", "--out", str(out), *(str(m[2]) for m in made)],
               stderr=subprocess.DEVNULL, check=False)
table = {}
for quality, side, file in made:
    values = json.loads((out / file.stem / "findings.json").read_text())["findings"][0]["values"]
    row = table.setdefault((side, quality), [0, 0, 0, 0])
    row[0] += 1
    row[1] += values.get("strongest_missing_log10_nfa", 9) < 0
    row[2] += values.get("strongest_missing_log10_nfa", 9) <= -5
    row[3] += values.get("foreign_regions", 0) > 0
print("| part | quality of the rest | pictures | missing, NFA < 1 | missing, ≤ −5 | foreign |\n|---|---|---|---|---|---|")
for (side, quality), row in sorted(table.items()):
    part = f"{side}×{side}" if side else "none"
    print(f"| {part} | {quality} | " + " | ".join(map(str, row)) + " |")
