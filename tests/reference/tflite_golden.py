"""Outputs of a TFLite file for a given input, through Google's own runtime.

    pip install ai-edge-litert numpy
    python tflite_golden.py FILE.tflite INPUT.npy OUT_PREFIX [--compare]

INPUT.npy has the shape the file asks for (N H W C, f32). Each output is
written to OUT_PREFIX_<name>.npy. With --compare nothing is written: the
outputs are held against the files already there, and the greatest difference
is printed.

tests/it/models.rs compares the networks in candle with arrays made this way
from crops of scikit-image's `astronaut` picture:

    face_detection_short_range.tflite  det_short_input.npy   det_short_out
    face_detection_full_range.tflite   det_full_input.npy    det_full_out
    face_landmark.tflite               facemesh_input.npy    facemesh_out
    iris_landmark.tflite               iris_left_input.npy   iris_left_out
    iris_landmark.tflite               iris_right_input.npy  iris_right_out
"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main() -> None:
    compare = "--compare" in sys.argv
    model, source, prefix = [a for a in sys.argv[1:] if a != "--compare"]
    interpreter = Interpreter(model_path=model, num_threads=1)
    interpreter.allocate_tensors()
    (wanted,) = interpreter.get_input_details()
    picture = np.load(source)
    assert picture.dtype == np.float32, picture.dtype
    assert list(picture.shape) == list(wanted["shape"]), (picture.shape, wanted["shape"])
    interpreter.set_tensor(wanted["index"], picture)
    interpreter.invoke()
    for output in interpreter.get_output_details():
        name = f"{prefix}_{output['name']}.npy"
        values = interpreter.get_tensor(output["index"])
        if compare:
            print(f"{name}: max |difference| {np.abs(values - np.load(name)).max():.2e}")
        else:
            np.save(name, values)
            print(f"{name}: {values.shape}")


if __name__ == "__main__":
    main()
