"""What a mixing desk does: equaliser, dynamics, space, motion, amplifiers. All take and return [2, samples]."""
from __future__ import annotations

import functools

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, lfilter, oaconvolve

from .signal import RATE, Audio, chance, filtered, gain, high_pass, log_uniform, low_pass

Rows = NDArray[np.float64]


def biquad(kind: str, hertz: float, decibels: float, quality: float = 0.8) -> Rows:
    """One second-order section: 'peak', 'low' or 'high' shelf (Bristow-Johnson's cookbook)."""
    a = 10 ** (decibels / 40)
    w = 2 * np.pi * min(hertz, 20000) / RATE
    c, alpha = np.cos(w), np.sin(w) / (2 * quality)
    if kind == "peak":
        rows = [1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a]
    else:
        s, sign = 2 * np.sqrt(a) * alpha, 1 if kind == "low" else -1
        rows = [
            a * (a + 1 - sign * (a - 1) * c + s), sign * 2 * a * (a - 1 - sign * (a + 1) * c),
            a * (a + 1 - sign * (a - 1) * c - s), a + 1 + sign * (a - 1) * c + s,
            -sign * 2 * (a - 1 + sign * (a + 1) * c), a + 1 + sign * (a - 1) * c - s,
        ]
    return np.array([rows]) / rows[3]


def equalise(audio: Audio, rng: Generator, amount: float = 4.0) -> Audio:
    """Random shelves and bells; `amount` is their deviation in dB."""
    sections = []
    if chance(rng, 0.8):
        sections.append(biquad("low", rng.uniform(80, 300), rng.normal(0, amount * 0.6)))
    if chance(rng, 0.8):
        sections.append(biquad("high", rng.uniform(3000, 9000), rng.normal(0, amount * 0.8)))
    for _ in range(rng.integers(0, 3)):
        sections.append(biquad("peak", log_uniform(rng, 150, 9000), rng.normal(0, amount), rng.uniform(0.5, 2)))
    return filtered(np.concatenate(sections), audio) if sections else audio


def _envelope(audio: Audio, block: int, release: float) -> NDArray[np.float64]:
    """Peak per block with exponential release (seconds)."""
    peak = np.abs(audio).max(0)
    peak = peak[: len(peak) // block * block].reshape(-1, block).max(1)
    keep = np.exp(-block / RATE / release)
    return np.asarray(gaussian_filter1d(np.maximum(peak, lfilter([1 - keep], [1, -keep], peak)), 2) + 1e-6)


def _apply(audio: Audio, gains: NDArray[np.floating], block: int) -> Audio:
    curve = np.interp(np.arange(audio.shape[-1]), np.arange(len(gains)) * block + block / 2, gains)
    return np.asarray(audio * curve.astype(np.float32), np.float32)


def compress(audio: Audio, rng: Generator, strength: float = 1.0) -> Audio:
    envelope = _envelope(audio, 64, rng.uniform(0.05, 0.25))
    threshold = np.percentile(envelope, 95) * gain(-rng.uniform(4, 16) * strength)
    return _apply(audio, np.minimum(1, (envelope / threshold) ** (1 / rng.uniform(1.5, 6) - 1)), 64)


def duck(audio: Audio, beats: list[float], depth: float, recovery: float) -> Audio:
    """Side chain: down by `depth` (0..1) at each beat (seconds), back within `recovery` seconds."""
    block = 128
    gains = np.ones(audio.shape[1] // block + 1)
    shape = 1 - depth * (1 - np.linspace(0, 1, max(2, int(recovery * RATE / block)))) ** 1.5
    for beat in beats:
        start = int(beat * RATE / block)
        size = min(len(shape), len(gains) - start)
        if size > 0:
            gains[start : start + size] = np.minimum(gains[start : start + size], shape[:size])
    return _apply(audio, gains, block)


@functools.lru_cache(maxsize=96)
def room(index: int) -> Audio:
    """Impulse response number `index`: early taps and band-wise decaying noise, unit energy a channel."""
    rng = default_rng(90000 + index)
    decay = log_uniform(rng, 0.15, 3.2)
    count = int(min(decay * 1.1, 2.4) * RATE)
    time = np.arange(count) / RATE
    out = np.zeros((2, count), np.float32)
    for low, high, share in ((100, 600, 1.1), (600, 2500, 1.0), (2500, 7000, 0.75), (7000, 15000, 0.45)):
        band = filtered(butter(1, [low, high], "band", fs=RATE, output="sos"), rng.standard_normal((2, count)))
        out += band * np.exp(-6.9 * time / (decay * share * rng.uniform(0.8, 1.2)))
    for _ in range(rng.integers(4, 14)):
        at = int(rng.uniform(0.003, 0.07) * RATE)
        if at < count:
            out[rng.integers(0, 2), at] += rng.uniform(-1, 1) * 6
    out[:, :200] *= np.linspace(0, 1, 200)
    out = np.pad(out, ((0, 0), (int(rng.uniform(0, 0.04) * RATE), 0)))
    return np.asarray(out / np.sqrt((out**2).sum() / 2), np.float32)


def convolve(audio: Audio, response: Audio) -> Audio:
    """As long as `audio`."""
    return np.asarray(oaconvolve(audio, response, axes=1)[:, : audio.shape[1]], np.float32)


def reverb(audio: Audio, rng: Generator, wet: float) -> Audio:
    return audio + np.float32(wet) * convolve(audio, room(int(rng.integers(0, 64))))


def echo(audio: Audio, rng: Generator, beat: float) -> Audio:
    step = int(beat * rng.choice([0.25, 0.5, 0.75, 1]) * RATE)
    feedback, cross = rng.uniform(0.15, 0.45), chance(rng, 0.6)
    wet, out = low_pass(audio, rng.uniform(2500, 8000)), audio.copy()
    for repeat in range(1, 4):
        if step * repeat >= audio.shape[1]:
            break
        turned = wet[::-1] if repeat % 2 and cross else wet
        out[:, step * repeat :] += turned[:, : -step * repeat] * np.float32(feedback**repeat)
    return out


def pan(audio: Audio, position: float, width: float = 1.0) -> Audio:
    """position -1 (left) to 1; width scales the side signal, 0 is mono."""
    middle, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2 * width
    angle = (np.clip(position, -1, 1) + 1) * np.pi / 4
    return np.stack([(middle + side) * np.cos(angle), (middle - side) * np.sin(angle)]).astype(np.float32) * np.float32(1.414)


def chorus(audio: Audio, rng: Generator) -> Audio:
    time = np.arange(audio.shape[1])
    out = audio.copy()
    for channel in (0, 1):
        sway = np.sin(2 * np.pi * rng.uniform(0.15, 1.5) * time / RATE + rng.random() * 6)
        delay = (rng.uniform(0.006, 0.02) + rng.uniform(0.0008, 0.003) * sway) * RATE
        out[channel] += np.interp(time - delay, time, audio[channel]).astype(np.float32) * np.float32(rng.uniform(0.4, 1))
    return out


def tremolo(audio: Audio, rng: Generator, beat: float) -> Audio:
    """Level or pan moving with the beat."""
    rate = 1 / (beat * rng.choice([0.25, 0.5, 1, 2, 4]))
    phase = 2 * np.pi * rate * np.arange(audio.shape[1]) / RATE
    wave = np.sin(phase) if chance(rng, 0.7) else np.tanh(4 * np.sin(phase))
    depth = rng.uniform(0.2, 0.9)
    other = -wave if chance(rng, 0.4) else wave
    return np.asarray(audio * (1 - depth * (0.5 + 0.5 * np.stack([wave, other]))), np.float32)


def filter_motion(audio: Audio, rng: Generator, beat: float) -> Audio:
    """A low-pass that opens and closes: crossfade between four fixed filters along a slow curve."""
    cutoffs = np.geomspace(rng.uniform(150, 500), rng.uniform(4000, 14000), 4)
    layers = [low_pass(audio, float(hertz)) for hertz in cutoffs]
    count = audio.shape[1]
    period = beat * rng.choice([1, 2, 4, 8, 16, 32]) * RATE
    curve = 1.5 + 1.5 * np.sin(2 * np.pi * np.arange(count) / period + rng.random() * 6)
    out = np.zeros_like(audio)
    for index, layer in enumerate(layers):
        out += layer * np.clip(1 - np.abs(curve - index), 0, 1).astype(np.float32)
    return out


def amplifier(audio: Audio, rng: Generator, drive: float) -> Audio:
    """Guitar or bass amplifier: pre-gain of `drive` dB into two soft clippers, tone stack, cabinet."""
    x = high_pass(audio, rng.uniform(60, 160))
    x = x / (np.abs(x).max() + 1e-6)
    bias = rng.uniform(0, 0.2)
    y = np.tanh(x * gain(drive) + bias) - np.tanh(bias)
    if chance(rng, 0.5):
        y = np.tanh(equalise(y.astype(np.float32), rng, 3) * rng.uniform(1, 3))
    y = low_pass(np.asarray(y, np.float32), rng.uniform(3500, 7500), 3)
    tone = [biquad("peak", rng.uniform(1800, 3500), rng.uniform(0, 7)), biquad("peak", rng.uniform(300, 700), rng.uniform(-7, 1))]
    return filtered(np.concatenate(tone), high_pass(y, rng.uniform(40, 110)))


def saturate(audio: Audio, amount: float) -> Audio:
    peak = float(np.abs(audio).max()) + 1e-6
    return np.asarray(np.tanh(audio / peak * amount) * peak / np.tanh(amount), np.float32)


def crush(audio: Audio, rng: Generator) -> Audio:
    """Sampler grit: fewer bits and a lower rate."""
    hold = int(rng.integers(2, 6))
    held = np.repeat(audio[:, ::hold], hold, axis=1)[:, : audio.shape[1]]
    peak = float(np.abs(audio).max()) + 1e-6
    steps = 2 ** rng.integers(5, 9)
    return np.asarray(np.round(held / peak * steps) / steps * peak, np.float32)


def limiter_gain(mix: Audio, rng: Generator, loud: bool) -> NDArray[np.float32]:
    """The gain curve a bus compressor or limiter would ride over the mix; applied to every stem they still add up."""
    block = 64 if loud else 100
    envelope = _envelope(mix, block, rng.uniform(0.03, 0.15))
    if loud:
        threshold = np.percentile(envelope, 95) * gain(-rng.uniform(4, 12))
        gains = np.minimum(1, threshold / envelope)
    else:
        threshold = np.percentile(envelope, rng.uniform(40, 90)) + 1e-4
        gains = np.minimum(1, (threshold / envelope) ** rng.uniform(0.3, 0.9))
    gains = gaussian_filter1d(gains, 1.5)
    curve = np.interp(np.arange(mix.shape[1]), np.arange(len(gains)) * block + block / 2, gains)
    return curve.astype(np.float32)
