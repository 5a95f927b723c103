"""The tables of false-alarms.md.

false-alarms.py make FOLDER... OUT   genuine pictures as people hand them in, a
    sub-folder each of OUT; needs Pillow and numpy. FOLDER are folders of genuine
    photographs; seeds are fixed, sorted names make the choice.
false-alarms.py drawn OUT   screen shots without any photograph, saved once as JPEG of
    quality 70 to 95: chats, pages of text, diagrams.
false-alarms.py table FOUND.jsonl    Markdown, from what `waarmerk examine
    OUT/*/* --json --checks jpeg-grid,jpeg-double,jpeg-ghost,noise,copy-move,
    resampling,cfa,spectrum` printed.
"""
import collections, io, json, os, random, sys

# The values whose NFA promises a number of false alarms, and what each check
# says when it tells of something.
NAMED = {
    "jpeg-grid": ["region_log10_nfa", "strongest_missing_log10_nfa"],
    "jpeg-double": ["log10_nfa"],
    "jpeg-ghost": ["log10_nfa"],
    "noise": ["log10_nfa", "region_log10_nfa"],
    "copy-move": ["strongest_log10_nfa"],
    "resampling": ["log10_nfa"],
    "cfa": ["trace_log10_nfa", "strongest_foreign_log10_nfa"],
}
# In words of TEXT, drawn in a font that Pillow carries.
TEXT = """Geachte heer, mevrouw, hierbij ontvangt u de stukken waarom u heeft verzocht in uw
brief van de derde dezer maand. De bijlagen zijn genummerd en per onderwerp gerangschikt. Bij
vragen kunt u zich wenden tot de afdeling die dit dossier behandelt, onder vermelding van het
kenmerk. With kind regards, and awaiting your reply, we remain at your disposal.""".split()


def make(sources, out):
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    names = sorted(os.path.join(s, n) for s in sources for n in os.listdir(s) if n.lower().endswith(".jpg"))
    photos = [n for n in names if min(Image.open(n).size) >= 400]
    few = [n for n in photos if "ciplab" not in n and "ffhq" not in n]
    rest = [n for n in photos if n not in few]
    photos = few + random.Random(1).sample(rest, min(len(rest), 210 - len(few)))
    rng = np.random.default_rng(2)

    def save(im, kind, i, suffix, **how):
        os.makedirs(f"{out}/{kind}", exist_ok=True)
        im.save(f"{out}/{kind}/{kind}--{i:03d}{suffix}", **how)

    def words(draw, r, box, size, colour):
        x, y = box[:2]
        font = ImageFont.load_default(size)
        while y + size < box[3]:
            word = r.choice(TEXT)
            if x + draw.textlength(word, font) > box[2]:
                x, y = box[0], y + int(1.5 * size)
                continue
            draw.text((x, y), word, colour, font)
            x += draw.textlength(word + " ", font)

    for i, name in enumerate(photos):
        r = random.Random(i)
        os.makedirs(f"{out}/as-received", exist_ok=True)
        with open(name, "rb") as file, open(f"{out}/as-received/as-received--{i:03d}.jpg", "wb") as copy:
            copy.write(file.read())
        if i % 2:
            continue
        im = Image.open(name).convert("RGB")
        w, h = im.size
        save(im, "decoded-png", i, ".png")
        side = [int(v * r.uniform(0.55, 0.85)) for v in (w, h)]
        x, y = r.randint(1, w - side[0] - 1), r.randint(1, h - side[1] - 1)
        crop = im.crop((x, y, x + side[0], y + side[1]))
        save(crop, "crop-png", i, ".png")
        save(crop, "crop-jpeg-90", i, ".jpg", quality=90)
        small = im.resize((int(w * 0.7), int(h * 0.7)), Image.LANCZOS)
        save(small, "scaled-0.7-jpeg-80", i, ".jpg", quality=80)
        path = f"{out}/webp.webp"
        im.save(path, quality=80)
        save(Image.open(path).convert("RGB"), "webp-80-png", i, ".png")
        os.remove(path)
        # Compressed twice as a whole, on one grid.
        base = im.resize((int(w * 0.8), int(h * 0.8)), Image.LANCZOS)
        for first, second in [(50, 90), (70, 95)]:
            once = io.BytesIO()
            base.save(once, "JPEG", quality=first)
            save(Image.open(once).convert("RGB"), f"twice-{first}-{second}", i, ".jpg", quality=second)
        # The same, turned or mirrored in between.
        ways = [("turned-75-92", 75, 92, Image.ROTATE_90), ("mirrored-85-95", 85, 95, Image.FLIP_LEFT_RIGHT)]
        for kind, first, second, way in ways:
            once = io.BytesIO()
            base.save(once, "JPEG", quality=first)
            save(Image.open(once).convert("RGB").transpose(way), kind, i, ".jpg", quality=second)
        # Enlarged, as people do before they send a face.
        big = crop.resize((int(side[0] * 1.3), int(side[1] * 1.3)), Image.BICUBIC)
        save(big, "enlarged-1.3-png", i, ".png")
        if i % 4:
            continue
        # A page as on a screen: a bar, a picture scaled to a column, text.
        page = Image.new("RGB", (1280, 900), (250, 250, 252))
        draw = ImageDraw.Draw(page)
        draw.rectangle((0, 0, 1280, 64), (28, 66, 120))
        draw.text((24, 20), "Berichten", (255, 255, 255), ImageFont.load_default(24))
        tall = min(760, int(560 * h / w))
        page.paste(im.resize((560, tall), Image.BILINEAR), (40, 100))
        words(draw, r, (640, 100, 1220, 860), 18, (30, 30, 30))
        save(page, "screenshot-png", i, ".png")
        save(page, "screenshot-jpeg-85", i, ".jpg", quality=85)
        # A letter, printed, scanned a little askew, with the scanner's noise.
        paper = Image.new("L", (1240, 1600), 244)
        words(ImageDraw.Draw(paper), r, (140, 180, 1100, 1400), 24, 32)
        paper = paper.rotate(r.uniform(-0.8, 0.8), Image.BICUBIC, fillcolor=244)
        paper = np.asarray(paper.filter(ImageFilter.GaussianBlur(0.8)), float)
        paper = np.clip(paper + rng.normal(0, 2.0, paper.shape), 0, 255)
        save(Image.fromarray(paper.round().astype("uint8")), "scan-jpeg-75", i, ".jpg", quality=75)


def drawn(out):
    from PIL import Image, ImageDraw, ImageFont

    for i in range(90):
        r = random.Random(i)
        kind = ("drawn-chat", "drawn-page", "drawn-diagram")[i % 3]
        quality = (70, 75, 80, 85, 90, 95)[i // 3 % 6]
        page = Image.new("RGB", r.choice([(720, 1280), (1080, 1920), (1280, 900)]), (244, 240, 236))
        draw = ImageDraw.Draw(page)
        font = ImageFont.load_default(r.choice([18, 24, 30]))
        w, h = page.size
        y = 90
        draw.rectangle((0, 0, w, 70), (r.randint(0, 90), r.randint(60, 120), r.randint(80, 140)))
        while y < h - 140:
            words = " ".join(r.choice(TEXT) for _ in range(r.randint(2, 9)))[: w // 16]
            if kind == "drawn-chat":
                tall, wide = r.randint(50, 120), min(w - 60, 60 + int(draw.textlength(words, font)))
                x = r.choice([24, max(24, w - wide - 24)])
                draw.rounded_rectangle((x, y, x + wide, y + tall), 16, r.choice([(255, 255, 255), (220, 248, 198)]))
                draw.text((x + 20, y + 14), words, (20, 20, 20), font)
                y += tall + r.randint(10, 24)
            elif kind == "drawn-page":
                draw.text((60, y), words, (20, 20, 20), font)
                y += 44
            else:
                box = sorted(r.randint(30, w - 30) for _ in "ab")
                draw.rectangle((box[0], y, box[1] + 40, y + r.randint(20, 100)), outline=(40, 40, 40),
                               fill=tuple(r.randint(120, 255) for _ in "rgb"), width=3)
                draw.line((r.randint(0, w), y, r.randint(0, w), h), (90, 90, 90), 2)
                y += r.randint(60, 130)
        os.makedirs(f"{out}/{kind}", exist_ok=True)
        page.save(f"{out}/{kind}/{kind}--{i:03d}.jpg", quality=quality)


def table(path):
    least, states = collections.defaultdict(list), collections.defaultdict(collections.Counter)
    for line in open(path):
        found = json.loads(line)
        group = found["exhibit"]["name"].split("--")[0]
        for check in found["findings"]:
            states[group, check["check"]][check.get("state") or check["status"]] += 1
            for value in NAMED.get(check["check"], []):
                if check["values"]:
                    least[group, check["check"], value].append(check["values"].get(value, 9.0))
    print("| pictures | check | value | answered | NFA < 1 | ≤ 0.1 | ≤ 0.01 | ≤ 1e-5 | lowest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for key, values in sorted(least.items()):
        counts = [sum(v < 0 for v in values)] + [sum(v <= k for v in values) for k in (-1, -2, -5)]
        print("|", " | ".join([*key, *map(str, [len(values), *counts]), f"{min(values):.1f}"]), "|")
    print("\n| pictures | check | states |\n|---|---|---|")
    for (group, check), counter in sorted(states.items()):
        told = ", ".join(f"{state} {n}" for state, n in counter.most_common())
        print(f"| {group} | {check} | {told} |")


if sys.argv[1] == "make":
    make(sys.argv[2:-1], sys.argv[-1])
elif sys.argv[1] == "drawn":
    drawn(sys.argv[2])
else:
    table(sys.argv[2])
