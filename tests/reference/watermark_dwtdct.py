"""Marks a picture with the package invisible-watermark and prints what its own
decoder and a plain re-reading of the blocks find, for comparison with the
check `watermark`:

    pip install --no-deps invisible-watermark opencv-python-headless numpy PyWavelets
    python watermark_dwtdct.py PICTURE OUTPUT.png sd1|sd2|sdxl|flux bytes|float

The package's __init__ wants torch; only maxDct.py is loaded here. `float` hands
it fractions, as the scripts of SDXL and FLUX do, `bytes` whole numbers, as
those of Stable Diffusion 1 and 2.
"""

import importlib.util
import site
import sys
from pathlib import Path

import cv2
import numpy as np

bits = lambda text: [int(b) for b in np.unpackbits(np.frombuffer(text, np.uint8))]
MESSAGES = {
    "sd1": bits(b"StableDiffusionV1"),
    "sd2": bits(b"SDV2"),
    "sdxl": [int(c) for c in "101100111110110010010000011110111011000110011110"],
    "flux": [int(c) for c in "1010101111111010000111100111001111010100101110"],
}

source, output, name, numbers = sys.argv[1:]
message = MESSAGES[name]
path = next(p for d in site.getsitepackages() for p in Path(d).glob("imwatermark/maxDct.py"))
spec = importlib.util.spec_from_file_location("maxDct", path)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)

picture = cv2.imread(source)
handed = picture.astype(np.float32) if numbers == "float" else picture.copy()
made = module.EmbedMaxDct(message, wmLen=len(message)).encode(handed)
made = np.clip(np.round(made), 0, 255).astype(np.uint8)
cv2.imwrite(output, made)
read = module.EmbedMaxDct(message, wmLen=len(message)).decode(made.copy())
print("package, 8-bit:", int((np.array(read).astype(int) == np.array(message)).sum()), "of", len(message))

b, g, r = (made[:, :, i].astype(float) for i in range(3))
if numbers == "float":
    u = 0.492 * (b - (0.299 * r + 0.587 * g + 0.114 * b)) + 0.5
else:
    u = cv2.cvtColor(made, cv2.COLOR_BGR2YUV)[:, :, 1].astype(float)
rows, columns = u.shape[0] // 8, u.shape[1] // 8
u = u[: rows * 8, : columns * 8]
low = (u[0::2, 0::2] + u[0::2, 1::2] + u[1::2, 0::2] + u[1::2, 1::2]) / 2
blocks = low.reshape(rows, 4, columns, 4).transpose(0, 2, 1, 3).reshape(-1, 16)[:, 1:]
said = (np.abs(blocks).max(1) % 36 > 18).astype(float)
carried = np.array(message)[np.arange(said.size) % len(message)]
expected = carried.sum() * said.mean()
spread = ((carried - carried.mean()) ** 2).sum() * ((said - said.mean()) ** 2).sum() / (said.size - 1)
print("permutation_z:", (carried @ said - expected) / np.sqrt(spread))
