"""Makes the edited pictures behind pixel-checks.md: pixel-checks.py SOURCE... OUT

SOURCE are folders of genuine photographs, OUT a new folder. Then, for each
sub-folder: waarmerk examine OUT/x/* --checks copy-move,noise,resampling --json
Needs Pillow and numpy. Seeds are fixed; sorted names make the choice of pictures.
"""
import os, random, sys
import numpy as np
from PIL import Image, ImageFilter

*sources, out = sys.argv[1:]
names = sorted(os.path.join(s, n) for s in sources for n in os.listdir(s) if n.endswith(".jpg"))
photos = random.Random(1).sample(names, 16)
rng = np.random.default_rng(2)


def save(im, kind, i, *qualities):
    os.makedirs(f"{out}/{kind}", exist_ok=True)
    im.save(f"{out}/{kind}/{i:02d}.png")
    for q in qualities:
        im.save(f"{out}/{kind}/{i:02d}_q{q}.jpg", quality=q)


for i, name in enumerate(photos):
    im = Image.open(name).convert("RGB")
    w, h = im.size
    r = random.Random(i)
    for kind, scale, turn in [("shift", 1, 0), ("scale", 1.25, 0), ("turn", 1, 25), ("both", 0.8, 60)]:
        side = int(min(w, h) * 0.25)
        x, y = r.randint(0, w - side), r.randint(0, h - side)
        part = im.crop((x, y, x + side, y + side))
        mask = Image.new("L", part.size, 255)
        if scale != 1:
            size = (int(side * scale),) * 2
            part, mask = part.resize(size, Image.BICUBIC), mask.resize(size)
        if turn:
            part = part.rotate(turn, Image.BICUBIC, expand=True)
            mask = mask.rotate(turn, Image.NEAREST, expand=True)
        for _ in range(200):
            u, v = r.randint(0, max(0, w - part.size[0])), r.randint(0, max(0, h - part.size[1]))
            if max(abs(u - x), abs(v - y)) > side:
                break
        copy = im.copy()
        copy.paste(part, (u, v), mask)
        save(copy, f"copy-{kind}", i, 95, 75)
    a = np.asarray(im).astype(float)
    s = int(min(w, h) * 0.4)
    x, y = r.randint(0, w - s), r.randint(0, h - s)
    box = (slice(y, y + s), slice(x, x + s))
    back = lambda b: Image.fromarray(np.clip(b.round(), 0, 255).astype("uint8"))
    save(back(a), "noise-untouched", i, 90)
    b = a.copy()
    b[box] = np.asarray(im.filter(ImageFilter.GaussianBlur(0.8)))[box]
    save(back(b), "noise-blurred", i, 90)
    b = a.copy()
    b[box] += rng.normal(0, 3, (s, s, 1))
    save(back(b), "noise-added", i, 90)
    b = a + rng.normal(0, 4, (h, w, 1))
    b[box] = a[box]
    save(back(b), "noise-outside", i, 90)
    for f in (0.8, 1.1, 1.25, 1.5, 1.7, 2.0):
        save(im.resize((round(w * f), round(h * f)), Image.BICUBIC), f"scaled-{f}", i, 95)
    save(im.rotate(7, Image.BICUBIC).crop((80, 80, w - 80, h - 80)), "turned-7", i)
