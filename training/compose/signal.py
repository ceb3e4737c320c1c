"""Constants and small helpers for stereo audio as float32 arrays [2, samples]."""
from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

RATE = 44100
HISS = (np.random.default_rng(0).standard_normal(65536) * 1e-9).astype(np.float32)
Audio = NDArray[np.float32]


def gain(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def frequency(key: float) -> float:
    return float(440 * 2 ** ((key - 69) / 12))


def silence(seconds: float) -> Audio:
    return np.zeros((2, int(seconds * RATE)), np.float32)


def log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def chance(rng: Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def place(track: Audio, sound: NDArray[np.floating], seconds: float, level: float = 1.0) -> None:
    """Adds mono or stereo `sound` to `track` at `seconds`; what sticks out at either end is cut."""
    sound = np.atleast_2d(sound)
    start = int(seconds * RATE)
    skip, start = max(0, -start), max(0, start)
    size = min(track.shape[1] - start, sound.shape[1] - skip)
    if size > 0:
        track[:, start : start + size] += sound[:, skip : skip + size] * np.float32(level)


def loudness(audio: Audio) -> float:
    """RMS over the tenths of a second that are not silent; 0 for silence."""
    blocks = audio[:, : audio.shape[1] // 4410 * 4410].reshape(2, -1, 4410)
    peaks = np.abs(blocks).max((0, 2))
    active = peaks > max(1e-4, 0.06 * float(peaks.max(initial=0.0)))
    if not active.any():
        return 0.0
    return float(np.sqrt((blocks[:, active] ** 2).mean()))


def levelled(audio: Audio, decibels: float) -> Audio:
    """Scaled so that its loudness is `decibels`; silence stays silence."""
    level = loudness(audio)
    return audio * np.float32(gain(decibels) / level) if level > 1e-5 else audio


def filtered(sections: NDArray[np.float64], audio: NDArray[np.floating]) -> Audio:
    """Second-order sections over the last axis. The hiss, at -180 dB, keeps silence from becoming denormal numbers, which
    are ten times slower to filter."""
    count = audio.shape[-1]
    hiss = np.resize(HISS, count)
    return np.asarray(sosfilt(sections, audio + hiss), np.float32)


def high_pass(audio: Audio, hertz: float, order: int = 2) -> Audio:
    return filtered(butter(order, hertz, "high", fs=RATE, output="sos"), audio)


def low_pass(audio: Audio, hertz: float, order: int = 2) -> Audio:
    return filtered(butter(order, min(hertz, 21000), "low", fs=RATE, output="sos"), audio)


def as_stereo(audio: NDArray[np.floating]) -> Audio:
    return np.tile(np.atleast_2d(audio), (2, 1)).astype(np.float32) if np.atleast_2d(audio).shape[0] == 1 else audio.astype(np.float32)


def resampled(audio: Audio, factor: float) -> Audio:
    """Played `factor` times faster: pitch and speed change together."""
    positions = np.arange(0, audio.shape[1] - 1, factor)
    source = np.arange(audio.shape[1])
    return np.stack([np.interp(positions, source, channel) for channel in audio]).astype(np.float32)
