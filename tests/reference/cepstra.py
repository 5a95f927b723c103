#!/usr/bin/env python3
"""Reference numbers of `signal::lfcc` and `signal::cqcc`: the same definitions in
numpy and scipy, in double precision, without the shortcuts of the library.

    tests/reference/cepstra.py

Prints the rows that the tests hold.
"""
import numpy as np
from scipy.fft import dct

RATE = 16000
t = np.arange(RATE) / RATE
x = (0.4 * np.sin(2 * np.pi * (300 * t + 1500 * t * t)) + 0.05 * np.sin(2 * np.pi * 5000 * t)).astype(np.float32)


def show(name, row):
    print(name, ", ".join(f"{v:.4f}" for v in row))


def differences(rows):
    n = len(rows)
    at = lambda i: rows[min(max(i, 0), n - 1)]
    return np.array([sum(d * (at(i + d) - at(i - d)) for d in (1, 2)) / 10 for i in range(n)])


def lfcc(bands=20):
    length, hop, size = 320, 160, 512
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    edges = np.linspace(0, size / 2, bands + 2)
    bins = np.arange(size // 2 + 1)
    bank = np.array([np.clip(np.minimum((bins - a) / (b - a), (c - bins) / (c - b)), 0, None)
                     for a, b, c in zip(edges, edges[1:], edges[2:])])
    rows = []
    for at in range(0, len(x) - length + 1, hop):
        power = np.abs(np.fft.rfft(x[at : at + length] * window, size)) ** 2 * 2 / (np.sum(window**2) * size)
        rows.append(dct(np.log(bank @ power + 1e-10), norm="ortho"))
    return np.array(rows)


def cqcc(lowest=62.5, octaves=7, per_octave=24, coefficients=20, hop=160):
    q = 1 / (2 ** (1 / per_octave) - 1)
    count = octaves * per_octave
    frequency = lowest * 2 ** (np.arange(count) / per_octave)
    evenly = lowest + (frequency[-1] - lowest) * np.arange(count) / (count - 1)
    rows = []
    for centre in range(0, len(x) + 1, hop):
        power = []
        for f in frequency:
            n = round(q * RATE / f)
            window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
            first = centre - n // 2
            at = np.arange(first, first + n)
            inside = (at >= 0) & (at < len(x))
            sound = np.where(inside, x[np.clip(at, 0, len(x) - 1)], 0.0)
            power.append(2 * np.abs(np.sum(sound * window * np.exp(-2j * np.pi * f * at / RATE)) / window.sum()) ** 2)
        row = np.interp(evenly, frequency, np.log(np.array(power) + 1e-10))
        rows.append(dct(row, norm="ortho")[:coefficients])
    return np.array(rows)


if __name__ == "__main__":
    rows = lfcc()
    print(rows.shape)
    show("lfcc 50", rows[50])
    show("difference 50", differences(rows)[50])
    rows = cqcc()
    print(rows.shape)
    show("cqcc 50", rows[50])
    show("cqcc 3", rows[3])
