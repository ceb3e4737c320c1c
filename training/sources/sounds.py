"""One recorded sound on its way into the bank, and small helpers to read audio."""
from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 44100
Audio = NDArray[np.float32]  # [channels, samples]

PITCH_CLASSES = {"c": 0, "db": 1, "d": 2, "eb": 3, "e": 4, "f": 5, "gb": 6, "g": 7, "ab": 8, "a": 9, "bb": 10, "b": 11}


@dataclass
class Sound:
    """`kind` is note, hit, speech or texture; `group` the instrument, kit or voice it belongs to.

    `held` marks what training never hears: it is for evaluation.
    """

    source: str
    kind: str
    group: str
    label: str
    audio: Audio
    key: float = 0.0
    velocity: int = 0
    held: bool = False


def decode(data: bytes | Path, rate: int = RATE) -> Audio:
    """Any file libsndfile reads, resampled, [channels, samples], at most two channels."""
    opened = io.BytesIO(data) if isinstance(data, bytes) else str(data)
    audio, native = soundfile.read(opened, dtype="float32", always_2d=True)
    audio = audio.T[:2]
    if native != rate:
        common = int(np.gcd(native, rate))
        audio = resample_poly(audio, rate // common, native // common, axis=1)
    return np.ascontiguousarray(audio, np.float32)


def key_number(name: str) -> int:
    """'eb3' -> 51 (c4 is 60)."""
    match = re.fullmatch(r"([a-g]b?)(-?\d)", name)
    if match is None:
        raise ValueError(f"{name} is not a note name")
    return PITCH_CLASSES[match[1]] + 12 * (int(match[2]) + 1)


def shorten(audio: Audio, seconds: float, fade: float = 0.15) -> Audio:
    """Leading silence off, at most `seconds`, faded out, peak 0.9."""
    loud = np.flatnonzero(np.abs(audio).max(0) > 0.003 * (np.abs(audio).max() + 1e-9))
    start = max(0, int(loud[0]) - 30) if len(loud) else 0
    audio = audio[:, start : start + int(seconds * RATE)].copy()
    tail = min(audio.shape[1], int(fade * RATE))
    audio[:, audio.shape[1] - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
    return audio * np.float32(0.9 / (np.abs(audio).max() + 1e-9))


def mono(audio: Audio) -> Audio:
    return audio.mean(0, keepdims=True)


def true_key(audio: Audio, expected: int) -> int:
    """The octave of `expected` that the sound is really in: sample libraries disagree about octave names."""
    middle = audio[0, int(0.15 * RATE) : int(0.15 * RATE) + 16384]
    power = np.abs(np.fft.rfft(middle, 65536)) ** 2
    best, best_score = expected, -np.inf
    for key in (expected - 24, expected - 12, expected, expected + 12):
        period = RATE / (440 * 2 ** ((key - 69) / 12))
        if period > len(middle) / 4:
            continue
        correlation = np.fft.irfft(power)
        lags = np.arange(int(period * 0.97), int(period * 1.03) + 2)
        score = float(correlation[lags].max() / correlation[0]) - 0.0015 * period / 10
        if score > best_score + 0.03:
            best, best_score = key, score
    return best
