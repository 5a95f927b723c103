"""Makes the pictures behind the cfa tables of pixel-checks.md: cfa.py SOURCE... OUT

SOURCE are folders of genuine photographs, OUT a new folder. Each photograph is
halved (which removes what trace it has), given noise of deviation 1.5, seen through
a Bayer pattern and worked out again in three ways. Then: waarmerk examine OUT/*/*
--checks cfa --json > found.jsonl; cfa.py found.jsonl prints the table.
Needs Pillow and numpy. Seeds are fixed; sorted names make the choice of pictures.
"""
import collections, json, os, random, sys
import numpy as np
from PIL import Image


def around(a, kernel):
    """Convolution with edges mirrored."""
    r = kernel.shape[0] // 2
    p = np.pad(a, r, mode="reflect")
    out = np.zeros_like(a)
    for (y, x), k in np.ndenumerate(kernel):
        if k:
            out += k * p[y:y + a.shape[0], x:x + a.shape[1]]
    return out


GREEN = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4
RED_BLUE = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4


def seen(a, origin):
    y, x = np.mgrid[:a.shape[0], :a.shape[1]]
    y, x = y + origin[1], x + origin[0]
    red, blue = (y % 2 == 0) & (x % 2 == 0), (y % 2 == 1) & (x % 2 == 1)
    green = ~(red | blue)
    return a[..., 0] * red + a[..., 1] * green + a[..., 2] * blue, red, green, blue, y % 2 == 0


def bilinear(a, origin):
    c, r, g, b, _ = seen(a, origin)
    return np.stack([around(c * r, RED_BLUE), around(c * g, GREEN), around(c * b, RED_BLUE)], -1)


def gradient(a, origin):
    """Malvar, He and Cutler (2004): linear, corrected by the other colour."""
    c, r, g, b, red_row = seen(a, origin)
    gk = np.array([[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]) / 8
    hk = np.array([[0, 0, .5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, .5, 0, 0]]) / 8
    dk = np.array([[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]) / 8
    h, v, d = around(c, hk), around(c, hk.T), around(c, dk)
    red = np.where(r, c, np.where(b, d, np.where(red_row, h, v)))
    blue = np.where(b, c, np.where(r, d, np.where(red_row, v, h)))
    return np.stack([red, np.where(g, c, around(c, gk)), blue], -1)


def directed(a, origin):
    """Hamilton and Adams (1997): green along the weaker gradient, then differences."""
    c, r, g, b, _ = seen(a, origin)
    p = np.pad(c, 2, mode="reflect")
    at = lambda dy, dx: p[2 + dy:p.shape[0] - 2 + dy, 2 + dx:p.shape[1] - 2 + dx]
    h2, v2 = 2 * c - at(0, -2) - at(0, 2), 2 * c - at(-2, 0) - at(2, 0)
    h, v = (at(0, -1) + at(0, 1)) / 2 + h2 / 4, (at(-1, 0) + at(1, 0)) / 2 + v2 / 4
    dh, dv = abs(at(0, -1) - at(0, 1)) + abs(h2), abs(at(-1, 0) - at(1, 0)) + abs(v2)
    green = np.where(g, c, np.where(dh < dv, h, np.where(dv < dh, v, (h + v) / 2)))
    return np.stack([green + around((c - green) * r, RED_BLUE), green, green + around((c - green) * b, RED_BLUE)], -1)


WAYS = {"bilinear": bilinear, "gradient": gradient, "directed": directed}
levels = lambda a: np.clip(np.round(a), 0, 255).astype(np.uint8)


def make(sources, out):
    names = sorted(os.path.join(s, n) for s in sources for n in os.listdir(s) if n.endswith(".jpg"))
    names = [n for n in names if min(Image.open(n).size) >= 760]
    photos = random.Random(1).sample(names, min(24, len(names)))
    rng = np.random.default_rng(2)
    for i, name in enumerate(photos):
        im = Image.open(name).convert("RGB")
        im = im.resize((im.size[0] // 2, im.size[1] // 2), Image.LANCZOS)
        im = im.crop((0, 0, min(im.size[0], 1024), min(im.size[1], 1024)))
        a = np.asarray(im).astype(float)
        a = np.clip(a + rng.normal(0, 1.5, a.shape), 0, 255)
        h, w = a.shape[:2]
        # A part of its own from elsewhere in the same picture, 160 pixels wide.
        s, r = 160, random.Random(i)
        x, y = r.randrange(0, w - s), r.randrange(0, h - s)
        u, v = (x + w // 2) % (w - s), (y + h // 2) % (h - s)
        moved = a.copy()
        moved[y:y + s, x:x + s] = a[v:v + s, u:u + s]
        for way, work in WAYS.items():
            whole = levels(work(a, (0, 0)))
            kinds = {"whole": whole}
            for kind, part in [("diagonal", levels(work(moved, (1, 0)))), ("phase", levels(work(moved, (1, 1)))), ("none", levels(moved))]:
                mixed = whole.copy()
                mixed[y:y + s, x:x + s] = part[y:y + s, x:x + s]
                kinds[kind] = mixed
            for kind, picture in kinds.items():
                folder = f"{out}/{way}-{kind}"
                os.makedirs(folder, exist_ok=True)
                picture = Image.fromarray(picture)
                picture.save(f"{folder}/{way}-{kind}-{i:02d}-{x}-{y}-png.png")
                for q, sub in [(98, 0), (95, 2), (90, 2), (80, 2)]:
                    picture.save(f"{folder}/{way}-{kind}-{i:02d}-{x}-{y}-q{q}.jpg", quality=q, subsampling=sub)


def table(path):
    rows = collections.defaultdict(list)
    for line in open(path):
        found = json.loads(line)
        way, kind, _, x, y, coding = found["exhibit"]["name"].split(".")[0].split("-")
        rows[way, kind, coding].append(found["findings"][0])
    print("| colours | part | saved | pictures | trace | foreign, NFA < 1 | foreign, strong | missing |\n|---|---|---|---|---|---|---|---|")
    for (way, kind, coding), all in sorted(rows.items()):
        n = lambda f: sum(map(f, all))
        value = lambda f, k, d: f["values"].get(k, d)
        print(f"| {way} | {kind} | {coding} | {len(all)}",
              n(lambda f: value(f, "trace_log10_nfa", 0) <= -5),
              n(lambda f: value(f, "foreign_regions", 0) > 0),
              n(lambda f: value(f, "strongest_foreign_log10_nfa", 0) <= -5),
              n(lambda f: value(f, "missing_regions", 0) > 0), sep=" | ", end=" |\n")


if len(sys.argv) == 2:
    table(sys.argv[1])
else:
    make(sys.argv[1:-1], sys.argv[-1])
