"""Tables of what the face checks say of files, as Markdown on standard output:
face-checks.py PROGRAM OUT clips FILE...    one row a clip
face-checks.py PROGRAM OUT photos GROUP=FOLDER...    quantiles of each group
face-checks.py PROGRAM OUT crf FILE...    a clip coded again and again
face-checks.py PROGRAM OUT mirror FILE...    a clip and its mirror image
OUT keeps the results; what is there is not examined again.
"""
import json
import pathlib
import subprocess
import sys

CHECKS = ("faces lighting contour-light eye-highlights blink gaze pupil contour skin-colour "
          "expression head-pose symmetry hair proportion pulse")
CLIPS = [
    ("blinks", ["blink.blinks"]), ("light ±interval (°)", [
        "lighting.direction_deg_azimuth", "lighting.direction_deg_elevation", "lighting.interval_deg"]),
    ("nine (°)", ["lighting.direction9_deg_azimuth", "lighting.direction9_deg_elevation"]),
    ("spread, p95 (°)", ["lighting.spread_median_deg", "lighting.spread_p95_deg"]),
    ("jumps", ["lighting.light_jumps"]), ("pair, four and nine (°)", [
        "lighting.pair_difference_deg", "lighting.pair_difference9_deg"]),
    ("neck (°)", ["lighting.neck_difference_deg"]),
    ("rim light (°)", ["contour-light.contour_light_deg"]),
    ("sharpness cheek/far, rim/inner", ["contour.sharpness_cheek_far", "contour.sharpness_ring_inner"]),
    ("noise in/out", ["contour.noise_inside_outside"]), ("ΔE rim", ["contour.delta_e_ring"]),
    ("ΔE neck, ears", ["skin-colour.delta_e_neck", "skin-colour.delta_e_ear_right", "skin-colour.delta_e_ear_left"]),
    ("folds: cheeks, eyes, forehead, glabella", [
        "expression.fold_r_cheeks", "expression.fold_r_eyes", "expression.fold_r_forehead", "expression.fold_r_glabella"]),
    ("pose difference, spread (°)", ["head-pose.pose_difference_deg", "head-pose.pose_difference_spread_deg"]),
    ("vergence, spread (°)", ["gaze.vergence_deg", "gaze.vergence_spread_deg"]),
    ("gaze jumps/min", ["gaze.gaze_jumps_per_min"]),
    ("patch_ssim_min, iris ΔE, ears, teeth", [
        "symmetry.patch_ssim_min", "symmetry.iris_delta_e", "symmetry.ear_asymmetry", "symmetry.teeth_detail"]),
    ("pupil_iou_min", ["pupil.pupil_iou_min"]),
    ("corneal_iou, difference (°)", ["eye-highlights.corneal_iou", "eye-highlights.highlight_difference_deg"]),
    ("hair coherence, continuity", ["hair.hair_coherence", "hair.strand_continuity"]),
    ("shoulders/face", ["proportion.shoulder_face_ratio"]),
    ("pulse SNR (dB), bpm", ["pulse.snr_db", "pulse.bpm"]),
]


def examined(program, out, files):
    subprocess.run([program, "examine", "--resume", "--checks", CHECKS.replace(" ", ","),
                    "--out", str(out), *map(str, files)], stderr=subprocess.DEVNULL, check=False)
    found = {}
    for path in out.glob("*/findings.json"):
        json_ = json.loads(path.read_text())
        found[json_["exhibit"]["sha256"]] = {f["check"]: f for f in json_["findings"]}
    import hashlib
    return [(f, found.get(hashlib.sha256(pathlib.Path(f).read_bytes()).hexdigest(), {})) for f in files]


def value(findings, name):
    check, quantity = name.split(".")
    finding = findings.get(check, {})
    # A number of an abstention is no result, but for the count of blinks, which is
    # given where its probabilities are not.
    if finding.get("status") not in ("derived", "observed") and name != "blink.blinks":
        return None
    return finding.get("values", {}).get(quantity)


def told(v):
    return "–" if v is None else f"{v:.3g}".replace("-", "−")


def clips(program, out, files):
    rows = examined(program, out, files)
    print("| | " + " | ".join(pathlib.Path(f).name for f, _ in rows) + " |")
    print("|---|" + "---|" * len(rows))
    for label, names in CLIPS:
        cells = [", ".join(told(value(found, n)) for n in names) for _, found in rows]
        print(f"| {label} | " + " | ".join(cells) + " |")


def quantiles(values):
    values = sorted(values)
    at = lambda q: values[min(len(values) - 1, int(q * len(values)))]
    return f"{told(at(0.05))}  {told(at(0.5))}  {told(at(0.95))} ({len(values)})" if values else "–"


def photos(program, out, groups):
    table = {}
    for group in groups:
        name, folder = group.split("=", 1)
        files = sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
        table[name] = [found for _, found in examined(program, out / name, files)]
    print("| quantity | " + " | ".join(f"{n} ({len(r)})" for n, r in table.items()) + " |")
    print("|---|" + "---|" * len(table))
    for _, names in CLIPS:
        for name in names:
            cells = [quantiles([v for f in rows if (v := value(f, name)) is not None]) for rows in table.values()]
            if any(c != "–" for c in cells):
                print(f"| {name} | " + " | ".join(cells) + " |")
    print("\nlighting: what it concludes\n")
    print("| | " + " | ".join(table) + " |\n|---|" + "---|" * len(table))
    kinds = [("direction told", lambda f: f["status"] == "derived"),
             ("four and nine apart", lambda f: "nine" in (f["reason"] or "")),
             ("from behind the face", lambda f: "behind the face" in (f["reason"] or "")),
             ("r² below 0.2", lambda f: "explains too little" in (f["reason"] or "")),
             ("no usable face", lambda f: f["status"] != "derived" and "direction_deg_azimuth" not in f["values"])]
    for label, fits in kinds:
        cells = [str(sum(fits(f["lighting"]) for f in rows if "lighting" in f)) for rows in table.values()]
        print(f"| {label} | " + " | ".join(cells) + " |")


def coded(out, files, variants):
    out.mkdir(parents=True, exist_ok=True)
    made = {}
    for file in files:
        for name, options in variants:
            target = out / f"{pathlib.Path(file).stem}-{name}.mp4"
            if not target.exists():
                subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-i", file, *options, str(target)], check=True)
            made[(file, name)] = target
    return made


def beside(program, out, files, variants):
    made = coded(out / "made", files, variants)
    results = dict(examined(program, out, [*files, *made.values()]))
    for file in files:
        print(f"\n{pathlib.Path(file).name}\n")
        print("| quantity | as it is | " + " | ".join(n for n, _ in variants) + " |")
        print("|---|---|" + "---|" * len(variants))
        for _, names in CLIPS:
            for name in names:
                cells = [told(value(results[f], name)) for f in [file, *(made[(file, n)] for n, _ in variants)]]
                if any(c != "–" for c in cells):
                    print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    program, out, what, *rest = sys.argv[1:]
    out = pathlib.Path(out)
    x264 = lambda crf: ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-an"]
    if what == "clips":
        clips(program, out, rest)
    elif what == "photos":
        photos(program, out, rest)
    elif what == "crf":
        beside(program, out, rest, [(f"crf {q}".replace(" ", ""), x264(q)) for q in (18, 23, 28, 33)])
    elif what == "mirror":
        beside(program, out, rest, [("same", x264(12)), ("mirrored", ["-vf", "hflip", *x264(12)])])


main()
