"""Source-filter voice: spectral envelopes of speech, sung again with another pitch, tract and breath.

The envelope estimate follows CheapTrick (Morise 2015): an F0-adaptive window, smoothing over 2/3 F0, then liftering.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.signal import find_peaks, oaconvolve, resample_poly

from .signal import RATE

HOP = 256
NFFT = 2048
BINS = NFFT // 2 + 1
HERTZ = np.arange(BINS) * RATE / NFFT
FRAMES_PER_SECOND = RATE / HOP
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Speech:
    """log_power [frames, BINS] (float16), voiced and f0 [frames]; nucleus k lies between bounds k and k + 1."""

    log_power: NDArray[np.float16]
    voiced: Floats
    f0: Floats
    nuclei: NDArray[np.int64]
    bounds: NDArray[np.int64]

    def envelope_at(self, positions: NDArray[np.floating]) -> Floats:
        """Rows at fractional frames."""
        index = np.clip(positions.astype(int), 0, len(self.log_power) - 2)
        part = np.clip(positions - index, 0, 1)[:, None].astype(np.float32)
        return self.log_power[index].astype(np.float32) * (1 - part) + self.log_power[index + 1].astype(np.float32) * part

    def voiced_at(self, positions: NDArray[np.floating]) -> Floats:
        return self.voiced[np.clip(np.round(positions).astype(int), 0, len(self.voiced) - 1)]


@dataclass(frozen=True)
class Singer:
    """What makes one voice: tract length, how it breathes, how it holds and reaches a pitch."""

    formant: float
    breath: float
    noise_above: float
    jitter: float
    shimmer: float
    growl: float
    ring: float
    tilt: float
    melisma: float
    consonants: float
    glide: float
    scoop: float
    vibrato_rate: float
    vibrato_depth: float
    drift: float
    wander: float


def draw_singer(rng: Generator, female: bool) -> Singer:
    tuned = rng.random() < 0.15
    return Singer(
        formant=rng.uniform(0.94, 1.2) if female else rng.uniform(0.82, 1.06),
        breath=float(np.exp(rng.uniform(np.log(0.01), np.log(0.35)))),
        noise_above=rng.uniform(3500, 11000),
        jitter=float(np.exp(rng.uniform(np.log(0.002), np.log(0.02)))),
        shimmer=rng.uniform(0.03, 0.2),
        growl=rng.uniform(0.2, 0.7) if rng.random() < 0.15 else 0.0,
        ring=rng.uniform(0, 1.6),
        tilt=rng.uniform(0.1, 1.5),
        melisma=rng.uniform(0.02, 0.3),
        consonants=rng.uniform(0.8, 1.3),
        glide=0.8 if tuned else rng.uniform(2, 7),
        scoop=0.0 if tuned else rng.uniform(0.1, 0.6),
        vibrato_rate=rng.uniform(4.6, 6.6),
        vibrato_depth=0.02 if tuned else rng.uniform(0.05, 0.7),
        drift=0.01 if tuned else rng.uniform(0.05, 0.22),
        wander=rng.uniform(0.5, 2),
    )


def frames_of(x: Floats, size: int, hop: int, count: int) -> Floats:
    """Frames centred on multiples of hop, as a view."""
    x = np.pad(x, (size // 2, size // 2 + hop * count))
    return np.lib.stride_tricks.as_strided(x, (count, size), (x.strides[0] * hop, x.strides[0]))


def track_pitch(x: Floats) -> Floats:
    """Hertz per hop, 0 where unvoiced; normalised autocorrelation at a quarter of the rate."""
    slow = resample_poly(x, 1, 4).astype(np.float32)
    rate, size, count = RATE / 4, 512, len(x) // HOP + 1
    window = np.hanning(size).astype(np.float32)
    frames = frames_of(slow, size, HOP // 4, count) * window
    frames = frames - frames.mean(1, keepdims=True)
    correlation = scipy.fft.irfft(np.abs(scipy.fft.rfft(frames, 1024, axis=1)) ** 2, axis=1)[:, :200]
    of_window = scipy.fft.irfft(np.abs(scipy.fft.rfft(window, 1024)) ** 2)[:200]
    energy = correlation[:, :1] + 1e-9
    normal = correlation / energy / (of_window / of_window[0])
    low, high = int(rate / 480), int(rate / 68)
    scores = normal[:, low:high] * (1 - 0.0008 * np.arange(low, high))
    best = scores.argmax(1)
    voiced = (scores[np.arange(count), best] > 0.5) & (energy[:, 0] > energy.max() * 3e-4)
    f0 = median_filter(rate / (best + low), 7)
    return np.where(median_filter(voiced.astype(np.uint8), 5) > 0, f0, 0).astype(np.float32)


def log_envelope(x: Floats, f0: Floats) -> Floats:
    """[frames, BINS] log power without the harmonics of f0 (Hz, > 0 everywhere)."""
    count = len(f0)
    time = (np.arange(NFFT) - NFFT // 2) / RATE
    half = 1.5 / np.clip(f0, 70, None)[:, None]
    window = np.where(np.abs(time) < half, 0.5 + 0.5 * np.cos(np.pi * time / half), 0).astype(np.float32)
    window /= np.sqrt((window**2).sum(1, keepdims=True))
    power = np.abs(scipy.fft.rfft(frames_of(x, NFFT, HOP, count) * window, axis=1)).astype(np.float32) ** 2 + 1e-10
    smooth = _moving_mean(power, f0 * 2 / 3 / (RATE / NFFT))
    cepstrum = scipy.fft.irfft(np.log(smooth), axis=1)[:, :BINS]
    quefrency = np.arange(BINS) / RATE
    phase = f0[:, None] * quefrency
    cepstrum = cepstrum * np.sinc(phase) * (1.18 - 0.18 * np.cos(2 * np.pi * phase))
    full = np.concatenate([cepstrum, cepstrum[:, -2:0:-1]], axis=1)
    return scipy.fft.rfft(full, axis=1).real.astype(np.float32)


def _moving_mean(power: Floats, width: Floats) -> Floats:
    """Mean over `width` bins around each bin, per row."""
    total = np.concatenate([np.zeros((len(power), 1), np.float32), np.cumsum(power, 1)], 1)
    centre, rows = np.arange(BINS)[None] + 0.5, np.arange(len(power))[:, None]

    def at(position: Floats) -> Floats:
        position = np.clip(position, 0, BINS)
        index = np.minimum(position.astype(np.int32), BINS - 1)
        part = position - index
        return np.asarray(total[rows, index] * (1 - part) + total[rows, index + 1] * part)

    low, high = centre - width[:, None] / 2, centre + width[:, None] / 2
    span = np.maximum(np.minimum(high, BINS) - np.maximum(low, 0), 1e-3)
    return np.maximum((at(high) - at(low)) / span, 1e-10)


def extend_band(log_power: Floats) -> Floats:
    """Speech recorded at 16 kHz gets the octave above: falling for vowels, nearly flat for sibilants."""
    mean = log_power.mean(0)
    filled = np.flatnonzero(mean > mean.max() - 16)
    edge = int(filled[-1]) if len(filled) else BINS - 1
    if edge * RATE / NFFT > 15000:
        return log_power
    first, last = int(edge * 0.75), int(edge * 0.93)
    base = log_power[:, first:last].mean(1, keepdims=True)
    kilohertz = (HERTZ[last:] - HERTZ[last]) / 1000
    low = log_power[:, 4 : int(2500 * NFFT / RATE)].mean(1)
    sibilance = np.clip((log_power[:, int(3800 * NFFT / RATE) : last].mean(1) - low) / 4 + 0.3, 0, 1)[:, None]
    log_power[:, last:] = base - kilohertz * (0.55 - 0.38 * sibilance) - np.maximum(0, kilohertz - 8) * 0.15
    return log_power


def analyse(x: Floats) -> Speech | None:
    """Mono speech at RATE; None when no syllable can be found."""
    x = (x / (np.abs(x).max() + 1e-6)).astype(np.float32)
    f0 = track_pitch(x)
    log_power = extend_band(log_envelope(x, np.where(f0 > 0, f0, 220).astype(np.float32)))
    voiced = (f0 > 0).astype(np.float32)
    vowel_band = (HERTZ > 200) & (HERTZ < 3500)
    strength = np.exp(log_power[:, vowel_band]).sum(1) * (0.05 + voiced)
    contour = gaussian_filter1d(np.sqrt(strength), 4)
    nuclei, _ = find_peaks(contour, distance=14, height=contour.max() * 0.12)
    energy = np.exp(log_power).sum(1)
    active = np.flatnonzero(energy > energy.max() * 1e-3)
    if len(nuclei) == 0 or len(active) < 10:
        return None
    inner = [int(a + np.argmin(contour[a:b])) for a, b in zip(nuclei[:-1], nuclei[1:])]
    bounds = [max(int(active[0]), int(nuclei[0]) - 40), *inner, min(int(active[-1]), int(nuclei[-1]) + 40)]
    return Speech(log_power.astype(np.float16), voiced, f0, nuclei, np.array(bounds))


def _pulses(f0: Floats, rng: Generator, singer: Singer) -> Floats:
    """Glottal pulses of unit power density at sample precision, with jitter, shimmer and growl."""
    count = len(f0) * HOP
    hertz = np.interp(np.arange(count) / HOP, np.arange(len(f0)) + 0.5, f0)
    wobble = gaussian_filter1d(rng.standard_normal(count // 64 + 2), 1.5) * singer.jitter * 2.2
    hertz = hertz * (1 + np.repeat(wobble, 64)[:count])
    phase = np.cumsum(hertz / RATE)
    whole = np.floor(phase)
    at = np.flatnonzero(np.diff(whole) > 0) + 1
    late = (phase[at] - whole[at]) / (hertz[at] / RATE)
    level = np.sqrt(RATE / hertz[at]) * (1 + singer.shimmer * rng.standard_normal(len(at)))
    if singer.growl:
        rough = np.clip(gaussian_filter1d(rng.standard_normal(len(at)), 30) * 8, 0, 1)
        level *= 1 + singer.growl * rough * (-1) ** np.arange(len(at))
    out = np.zeros(count + 2, np.float32)
    np.add.at(out, at, level * (1 - late))
    np.add.at(out, at - 1, level * late)
    spread = rng.standard_normal(48) * np.exp(-np.arange(48) / 6.0) * 0.35
    spread[0] = 1
    return np.asarray(oaconvolve(out[:count], spread / np.sqrt((spread**2).sum()))[:count], np.float32)


def _shaped(log_power: Floats, rng: Generator, singer: Singer) -> Floats:
    """Tract length (wandering a little), spectral tilt and singer's formant."""
    slow = gaussian_filter1d(rng.standard_normal(len(log_power)), 40) * 0.12
    position = np.clip(np.arange(BINS)[None] / (singer.formant * (1 + np.clip(slow, -0.04, 0.04)))[:, None], 0, BINS - 1.001)
    index = position.astype(np.int32)
    part = (position - index).astype(np.float32)
    rows = np.arange(len(log_power))[:, None]
    warped = log_power[rows, index] * (1 - part) + log_power[rows, index + 1] * part
    ring = singer.ring * np.exp(-(((HERTZ - 3000 * singer.formant) / 500) ** 2))
    tilt = singer.tilt * np.log2(np.maximum(HERTZ, 200) / 1000)
    return np.asarray(warped + (ring + tilt)[None], np.float32)


def synthesise(log_power: Floats, voiced: Floats, f0: Floats, rng: Generator, singer: Singer) -> Floats:
    """[frames] of envelope, voicing and pitch -> frames * HOP samples."""
    count = len(f0)
    log_power = _shaped(log_power, rng, singer)
    size = 1024
    window = np.hanning(size + 1)[:size].astype(np.float32)
    pulses = _pulses(f0, rng, singer)
    noise = rng.standard_normal(count * HOP).astype(np.float32)
    gate = 0.4 + 0.6 * np.minimum(1, np.abs(oaconvolve(pulses, np.hanning(90).astype(np.float32), "same")) / 12)
    spectrum_p = scipy.fft.rfft(frames_of(pulses, size, HOP, count) * window, NFFT, axis=1)
    spectrum_n = scipy.fft.rfft(frames_of(noise * gate.astype(np.float32), size, HOP, count) * window, NFFT, axis=1)
    noisy = 1 / (1 + np.exp(-(HERTZ - singer.noise_above) / 1400))
    noisy = np.clip(singer.breath + (1 - singer.breath) * noisy * 0.85, 0, 1).astype(np.float32)
    voice = gaussian_filter1d(voiced.astype(np.float32), 1.2)[:, None]
    source = spectrum_p * (voice * np.sqrt(1 - noisy)) + spectrum_n * np.sqrt(np.maximum(1 - voice**2 * (1 - noisy), 0))
    cepstrum = scipy.fft.irfft(0.5 * log_power, axis=1)
    cepstrum[:, 1 : BINS - 1] *= 2
    cepstrum[:, BINS:] = 0
    pieces = scipy.fft.irfft(source * np.exp(scipy.fft.rfft(cepstrum, axis=1)), NFFT, axis=1).astype(np.float32)
    out = np.zeros((count + NFFT // HOP + 1, HOP), np.float32)
    for part in range(NFFT // HOP):
        out[part : part + count] += pieces[:, part * HOP : (part + 1) * HOP]
    return out.reshape(-1)[size // 2 : size // 2 + count * HOP] / 2
