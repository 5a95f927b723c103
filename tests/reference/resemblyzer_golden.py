"""Reference embedding of a made-up sound, through the package Resemblyzer.

    pip install Resemblyzer==0.1.4 torch
    python resemblyzer_golden.py > ../it/voice_encoder.json

The sound is worked out from a formula that tests/it/voice_encoder.rs repeats:
a gliding tone with 20 harmonics under a syllable-like envelope, three seconds.
The package's own trimming of silences is left out (it needs another voice
activity detector); its volume step, mel spectrogram, windows and network are
called as they are. Printed: embeddings of windows that begin at 0, 0.77 and
1.4 s, and the first and last row of the mel spectrogram's window at 0.
"""

import json
import math
import sys
import types

import numpy as np
import scipy.ndimage

# Resemblyzer 0.1.4 imports a module that SciPy no longer has.
moved = types.ModuleType("scipy.ndimage.morphology")
moved.binary_dilation = scipy.ndimage.binary_dilation
sys.modules.setdefault("scipy.ndimage.morphology", moved)

import torch  # noqa: E402
from resemblyzer import VoiceEncoder, audio  # noqa: E402


def sound() -> np.ndarray:
    samples = []
    phase = 0.0
    for i in range(48_000):
        t = i / 16_000.0
        phase += 2.0 * math.pi * (120.0 + 40.0 * math.sin(3.0 * t)) / 16_000.0
        tone = sum(math.sin(h * phase) / h for h in range(1, 21))
        samples.append(0.05 * tone * (0.55 + 0.45 * math.sin(25.0 * t)))
    return np.array(samples, dtype=np.float32)


def main() -> None:
    encoder = VoiceEncoder("cpu", verbose=False)
    samples = audio.normalize_volume(sound(), -30, increase_only=True)
    mel = audio.wav_to_mel_spectrogram(samples)
    windows = np.stack([mel[start : start + 160] for start in (0, 77, 140)])
    with torch.no_grad():
        embeddings = encoder(torch.tensor(windows.tolist())).tolist()
    rounded = [[round(value, 6) for value in row] for row in embeddings]
    rows = [[float(f"{value:.6g}") for value in mel[row].tolist()] for row in (0, 159)]
    json.dump({"starts": [0, 12_320, 22_400], "mel": rows, "embeddings": rounded}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
