#!/usr/bin/env python3
"""Tables of what spoofing.py printed.

    reports/voice-trial/spoofing_table.py spoofing.csv... > tables.md
"""
import csv, statistics, sys

rows = [row for file in sys.argv[1:] for row in csv.DictReader(open(file, newline=""))]
for row in rows:
    row["score"] = float(row["score"])
NETWORKS = ("aasist", "aasist-l", "aasist-asvspoof5")
CONDITIONS = {"none": "as they are", "telephone": "telephone", "opus:16": "Opus 16 kbit/s", "mp3:64": "MP3 64 kbit/s",
              "noise:0.01:1": "white noise, 0.01", "reverberation:0.5": "reverberation, 0.5 s"}


def of(network, truth, **wanted):
    return [r for r in rows if r["network"] == network and r["truth"] == truth and all(r[k] == v for k, v in wanted.items())]


def cell(found):
    scores = [r["score"] for r in found]
    if not scores:
        return "| | | "
    return f"| {len(scores)} | {min(scores):.1f}, {statistics.median(scores):.1f}, {max(scores):.1f} | {sum(s > 0 for s in scores)} "


print("| network | condition | genuine | least, median, most | over 0 | synthetic | least, median, most | over 0 | AUC |\n|---|---|---|---|---|---|---|---|---|")
for network in NETWORKS:
    for condition, name in CONDITIONS.items():
        real, fake = (of(network, truth, condition=condition) for truth in "01")
        pairs = [(f["score"] > r["score"]) + 0.5 * (f["score"] == r["score"]) for r in real for f in fake]
        auc = f"{sum(pairs) / len(pairs):.2f}" if pairs else ""
        if real:
            print(f"| {network} | {name} {cell(real)}{cell(fake)}| {auc} |")

print("\n| genuine, as they are | " + " | ".join(NETWORKS) + " |\n|---|---|---|---|")
for kind in sorted({r["kind"] for r in rows if r["truth"] == "0"}):
    scores = [[r["score"] for r in of(n, "0", kind=kind, condition="none")] for n in NETWORKS]
    print(f"| {kind} ({len(scores[0])}) | " + " | ".join(f"{min(s):.1f} to {max(s):.1f}" for s in scores) + " |")

print("\n| network | highest genuine | recordings, speakers | speakers more than 2 above all others | all of them |\n|---|---|---|---|---|")
highest = {}
for network in NETWORKS:
    real = of(network, "0")
    top = {}
    for r in real:
        top[r["speaker"]] = max(top.get(r["speaker"], -1e9), r["score"])
    highest[network] = max(top.values())
    alone = [s for s in top if top[s] > 2 + max(v for t, v in top.items() if t != s)]
    most = max(real, key=lambda r: r["score"])
    print(f"| {network} | {highest[network]:.1f} ({most['speaker']}, {CONDITIONS[most['condition']]}) | {len(real)}, {len(top)} | {len(alone)} | {', '.join(alone)} |")

print("\n| synthetic, more than 2 above the highest genuine | " + " | ".join(NETWORKS) + " |\n|---|---|---|---|")
for kind in sorted({r["kind"] for r in rows if r["truth"] == "1"}):
    found = [of(n, "1", kind=kind) for n in NETWORKS]
    print(f"| {kind} | " + " | ".join(f"{sum(r['score'] > highest[n] + 2 for r in f)} of {len(f)}" for n, f in zip(NETWORKS, found)) + " |")
