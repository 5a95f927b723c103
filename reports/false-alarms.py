"""The table of false alarms in pixel-checks.md: false-alarms.py FOUND.jsonl

FOUND.jsonl is what `waarmerk examine GENUINE... --json --checks
jpeg-grid,jpeg-double,jpeg-ghost,noise,copy-move,resampling,cfa` printed. The values
named here are those whose NFA promises a number of false alarms.
"""
import collections, json, sys

NAMED = {
    "jpeg-grid": ["strongest_foreign_log10_nfa", "strongest_missing_log10_nfa"],
    "jpeg-double": ["log10_nfa"],
    "jpeg-ghost": ["log10_nfa"],
    "noise": ["region_log10_nfa", "log10_nfa"],
    "copy-move": ["strongest_log10_nfa"],
    "resampling": ["log10_nfa"],
    "cfa": ["trace_log10_nfa", "strongest_foreign_log10_nfa"],
}
least = collections.defaultdict(list)
asked = collections.Counter()
for line in open(sys.argv[1]):
    found = json.loads(line)
    for check in found["findings"]:
        for name in NAMED.get(check["check"], []):
            key = check["check"], name
            asked[key] += 1
            if not check["values"]:
                continue
            least[key].append((check["values"].get(name, 9.0), found["exhibit"]["name"]))
print("| check | value | pictures | answered | NFA < 1 | ≤ 0.1 | ≤ 0.01 | ≤ 1e-5 | lowest |\n|---|---|---|---|---|---|---|---|---|")
for key, total in asked.items():
    all = least[key]
    count = lambda limit: sum(value <= limit for value, _ in all)
    low = min(all, default=(0, ""))
    print("|", " | ".join(map(str, [*key, total, len(all), sum(v < 0 for v, _ in all), count(-1), count(-2), count(-5), f"{low[0]:.1f} ({low[1]})"])), "|")
