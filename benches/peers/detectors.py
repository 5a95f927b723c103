"""The networks that judge pictures: ours, PyTorch and ONNX Runtime in turns.

    detectors.py BENCH [ROUNDS [NETWORK ...]]

BENCH is the program of `cargo bench --bench waarmerk --no-run`. The networks are
those of the reference script above src/models/architecture/tests.rs, with the same
made-up weights on all sides; one picture of the size that the authors feed. Prints
a table of the least and the median milliseconds of a call on one thread and on two,
and stops when answers differ.

Needs torch, timm, efficientnet_pytorch, onnx, onnxscript, onnxruntime, numpy.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import numpy
import onnxruntime
import torch

LEAST = 1.0, 3  # seconds and calls, as benches/detectors.rs
ROOT = pathlib.Path(__file__).resolve().parents[2]
# Fourier transforms of complex numbers have no ONNX form.
NO_ONNX = {"spsl"}
# Sides that the reference does not use, as their authors feed them.
SIDES = {"meso4": 256, "meso-inception4": 256, "xception": 256, "f3net": 256, "spsl": 256,
         "srm": 256, "xception-timm": 299, "npr": 256, "sbi": 380,
         "efficientnet-b4-deepfakebench": 256}
SIDES |= {f"efficientnet-b{b}": side
          for b, side in enumerate([224, 240, 260, 300, 380, 456, 528, 600])}


def networks():
    """Name, gain and network of every line of the reference, built when asked for."""
    text = (ROOT / "src/models/architecture/tests.rs").read_text()
    script = re.search(r"//! ```python\n(.*?)//! ```\n", text, re.S).group(1)
    script = re.sub(r"^//! ?", "", script, flags=re.M)
    space = {"__name__": "reference"}
    exec(script, space)
    torch.set_num_threads(1)
    lines = script[script.index("if __name__"):].splitlines()[1:]
    found = []
    for line in lines:
        line = line.strip()
        # `for` lines of the reference: run them with a `show` that takes note.
        space["show"] = lambda name, net, side, gain=3: found.append((name, gain, net))
        line = re.sub(r"show\((f?'[^']*'), (.*)\)$", delayed, line)
        exec(line, space)
    return space, found


def delayed(match):
    """`show(name, network, side[, gain])` with the network unbuilt."""
    name, rest = match.groups()
    network, side, gain = re.match(r"(.*\)), (\d+)(?:, (.*))?$", rest).groups()
    # The loop's variable must be bound now.
    loop = "".join(f"{v}={v}, " for v in ("b", "d") if re.search(rf"\b{v}\b", network))
    return f"show({name}, lambda {loop.rstrip(', ')}: {network}, {side}, {gain or 3})"


def timed(call):
    answer = call()
    times, begun = [], time.perf_counter()
    while len(times) < LEAST[1] or time.perf_counter() - begun < LEAST[0]:
        start = time.perf_counter()
        answer = call()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times), statistics.median(times), numpy.asarray(answer).ravel()


def ours(bench, name, gain, threads):
    around = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    told = subprocess.run([bench, "--detector", name, str(gain)], env=around, check=True,
                          capture_output=True, text=True).stdout.split()
    numbers = [float(word) for word in told]
    return numbers[0], numbers[1], numpy.array(numbers[2:])


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main(bench, rounds, wanted):
    warnings.filterwarnings("ignore")
    space, all_networks = networks()
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, {rounds} rounds. "
          "Milliseconds a call: least, median of the rounds' medians.\n")
    print("| network | side | threads | ours | PyTorch | ONNX Runtime | ours / PyTorch "
          "| ours / ONNX Runtime |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for name, gain, build in all_networks:
        if wanted and name not in wanted:
            continue
        side = SIDES.get(name, 224)
        net = space["fill"](build(), gain)
        picture = torch.from_numpy(space["noise"]("picture", 3 * side * side))
        picture = picture.reshape(1, 3, side, side)
        with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
            path = f"{folder}/net.onnx"
            if name in NO_ONNX:
                path = None
            else:
                torch.onnx.export(net, (picture,), path, dynamo=False, input_names=["x"])
            for threads in (1, 2):
                torch.set_num_threads(threads)
                sides = [lambda: ours(bench, name, gain, threads),
                         lambda: timed(lambda: net(picture).numpy())]
                if path:
                    run, feed = session(path, threads).run, {"x": picture.numpy()}
                    sides.append(lambda: timed(lambda: run(None, feed)[0]))
                seen = [[side() for side in sides] for _ in range(rounds)]
                table(name, side, threads, seen)


def table(name, side, threads, seen):
    truth = seen[0][1][2]
    for row in seen:
        for least, middle, answer in row:
            apart = abs(answer - truth).max() / max(1, abs(truth).max())
            if not apart < 1e-3:
                sys.exit(f"{name}: answers differ: {answer} and {truth}")
    least = [min(row[i][0] for row in seen) for i in range(len(seen[0]))]
    middle = [statistics.median(row[i][1] for row in seen) for i in range(len(seen[0]))]
    cells = [f"{a:.1f}, {b:.1f}" for a, b in zip(least, middle)]
    ratios = [f"{least[0] / other:.2f}" for other in least[1:]]
    if len(cells) == 2:
        cells, ratios = cells + ["–"], ratios + ["–"]
    print(f"| {name} | {side} | {threads} | {' | '.join(cells + ratios)} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3, sys.argv[3:])
