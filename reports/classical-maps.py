#!/usr/bin/env python3
"""Maps of two methods held against pyIFD's, on spliced pictures whose truth is known.

    reports/classical-maps.py HEAT WORK PHOTO...

HEAT is the example `heat` (cargo build --release --example heat). Each PHOTO is made
half as large, so that nothing is left of its own coding, compressed at quality 60, given a
square from the next photo that was never compressed at that size, and compressed at
quality 90 and, apart, at 95. Of each such picture pyIFD draws ADQ1 (Lin et al. 2009) and
ELA, and `heat` draws `jpeg-double` and `ela`. Prints, as Markdown, Pearson's correlation of
both maps in the cells of ours, and how well each tells the square from the rest (AUC).
Needs pyIFD with its packages, Pillow and NumPy.
"""

import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

SIDE, PART = 512, 160
FIRST, LAST = 60, (90, 95)


def made(photo, donor, number, work):
    """Spliced pictures by their last quality, and the square in them."""
    draw = np.random.default_rng(number)

    def halved(path):
        image = Image.open(path).convert("RGB")
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
        side = min(SIDE, image.width // 8 * 8, image.height // 8 * 8)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        return image.crop((left, top, left + side, top + side))

    host, other = halved(photo), halved(donor)
    side = min(host.width, other.width)
    if side < 2 * PART:
        return None
    once = work / f"{number}-once.jpg"
    host.crop((0, 0, side, side)).save(once, quality=FIRST)
    image = np.array(Image.open(once))
    x, y = (int(v) for v in draw.integers(0, side - PART, 2))
    image[y: y + PART, x: x + PART] = np.array(other)[y: y + PART, x: x + PART]
    out = {last: work / f"{number}-{last}.jpg" for last in LAST}
    for last, path in out.items():
        Image.fromarray(image).save(path, quality=last)
    mask = np.zeros((side, side), bool)
    mask[y: y + PART, x: x + PART] = True
    return out, mask


def averaged(theirs, shape):
    """The mean of a map in each of `shape` equal cells."""
    theirs = np.asarray(theirs, float)
    rows = np.arange(theirs.shape[0]) * shape[0] // theirs.shape[0]
    columns = np.arange(theirs.shape[1]) * shape[1] // theirs.shape[1]
    cell = (rows[:, None] * shape[1] + columns[None, :]).ravel()
    known = np.isfinite(theirs.ravel())
    total = np.bincount(cell[known], theirs.ravel()[known], shape[0] * shape[1])
    number = np.bincount(cell[known], minlength=shape[0] * shape[1])
    return (total / np.maximum(number, 1)).reshape(shape)


def ours(heat, check, path):
    done = subprocess.run([heat, check, path], capture_output=True, text=True, check=True)
    rows = [[float(v) for v in line.split(",")] for line in done.stdout.splitlines()]
    return np.array(rows) if rows else None


def auc(values, mask):
    """Chance that a cell of the square lies above one of the rest, ties as halves."""
    order = np.argsort(values.ravel(), kind="stable")
    sorted_values = values.ravel()[order]
    ranks = np.empty(order.size)
    first = np.searchsorted(sorted_values, sorted_values, "left")
    last = np.searchsorted(sorted_values, sorted_values, "right")
    ranks[order] = (first + last + 1) / 2
    inside = mask.ravel()
    n, m = inside.sum(), (~inside).sum()
    return (ranks[inside].sum() - n * (n + 1) / 2) / (n * m)


def compared(map_, theirs, mask):
    theirs = averaged(theirs, map_.shape)
    truth = averaged(mask, map_.shape) > 0.5
    known = np.isfinite(map_)
    values = np.where(known, map_, np.nanmedian(map_))
    r = np.corrcoef(values.ravel(), theirs.ravel())[0, 1]
    return r, auc(values, truth), auc(theirs, truth)


def main():
    heat, work, photos = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    work.mkdir(parents=True, exist_ok=True)
    from pyIFD.ADQ1 import detectDQ
    from pyIFD.ELA import ELA

    found, refused = {}, {}
    for number, photo in enumerate(photos):
        one = made(photo, photos[(number + 1) % len(photos)], number, work)
        if one is None:
            continue
        paths, mask = one
        for last, path in paths.items():
            theirs = {"jpeg-double": detectDQ(str(path))[0], "ela": ELA(str(path), Quality=90)}
            for check, other in theirs.items():
                map_ = ours(heat, check, path)
                if map_ is None:
                    refused[check, last] = refused.get((check, last), 0) + 1
                else:
                    found.setdefault((check, last), []).append(compared(map_, other, mask))
    print("| ours | pyIFD's | last quality | pictures | r: median | r: lowest | r: highest "
          "| AUC of ours | AUC of theirs | no map of ours |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (check, last), rows in sorted(found.items()):
        name = {"jpeg-double": "ADQ1", "ela": "ELA"}[check]
        r, mine, other = np.array(rows).T
        print(f"| `{check}` | {name} | {last} | {len(r)} | {np.median(r):.3f} | {r.min():.3f} | {r.max():.3f} "
              f"| {np.median(mine):.3f} | {np.median(other):.3f} | {refused.get((check, last), 0)} |")


if __name__ == "__main__":
    main()
