"""Voices that nobody has: syllables from a formant model with a random vocal tract.

A vowel is a cascade of resonances over a falling glottal spectrum; consonants are noise bands, murmurs and closures.
"""
from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .voice import BINS, HERTZ, Floats, Speech

VOWELS = (  # first three formants of ten vowels, Hz
    (730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410),
    (660, 1720, 2410), (640, 1190, 2390), (490, 1350, 1690), (390, 1990, 2550), (440, 1020, 2240),
)
CONSONANTS = ("none", "fricative", "sibilant", "stop", "nasal", "liquid", "breath")
UPPER = np.array([3500.0, 4400, 5500, *np.arange(6600, 21000, 1100)])
OCTAVES = np.log2(np.maximum(HERTZ, 60) / 500)


def resonances(formants: NDArray[np.float64], sharpness: float, tilt: float) -> Floats:
    """Log power of a cascade; formants [frames, count] in Hz, tilt in dB an octave."""
    out = np.tile((tilt * OCTAVES * np.log(10) / 10)[None], (len(formants), 1))
    for k in range(formants.shape[1]):
        centre = formants[:, k : k + 1]
        width = (50 + 0.06 * centre) / sharpness
        out -= np.log(((HERTZ**2 - centre**2) ** 2 + (width * HERTZ) ** 2) / centre**4 + 1e-9)
    return out.astype(np.float32)


def _noise_band(rng: Generator, sibilant: bool) -> Floats:
    centre = rng.uniform(4500, 9000) if sibilant else rng.uniform(1200, 7000)
    spread = rng.uniform(0.25, 0.5) if sibilant else rng.uniform(0.5, 1.4)
    shape = -((np.log2(np.maximum(HERTZ, 60) / centre) / spread) ** 2)
    return np.maximum(shape, -9).astype(np.float32) * 1.3


class Tract:
    """One invented singer; every `speech` is new words from the same mouth."""

    def __init__(self, rng: Generator) -> None:
        self.length = rng.uniform(0.85, 1.25)
        self.sharpness = rng.uniform(0.6, 1.6)
        self.tilt = -rng.uniform(3, 8)
        self.vowels = np.array(VOWELS) * np.exp(rng.normal(0, 0.06, (len(VOWELS), 3)))
        self.upper = UPPER * np.exp(rng.normal(0, 0.04, len(UPPER)))
        self.hertz = rng.uniform(90, 240)
        self.rng = rng

    def _vowel(self) -> NDArray[np.float64]:
        lower = self.vowels[self.rng.integers(len(VOWELS))]
        return np.concatenate([lower, self.upper]) * self.length

    def _resonant(self, formants: NDArray[np.float64]) -> Floats:
        envelope = resonances(formants, self.sharpness, self.tilt)
        return envelope - envelope[:, HERTZ < 5000].max(1, keepdims=True)

    def _consonant(self, kind: str, vowel: NDArray[np.float64]) -> tuple[Floats, float]:
        """Envelope [frames, BINS] and voicing."""
        rng, frames = self.rng, int(self.rng.integers(8, 20))
        if kind in ("fricative", "sibilant"):
            level = rng.uniform(-4, -0.5) if kind == "sibilant" else rng.uniform(-6, -3)
            return np.tile(_noise_band(rng, kind == "sibilant") + np.float32(level), (frames, 1)), float(rng.random() < 0.25)
        if kind == "stop":
            closure = np.full((frames // 2, BINS), -14, np.float32)
            burst = np.tile(_noise_band(rng, False) + np.float32(rng.uniform(-4, -1)), (4, 1))
            return np.concatenate([closure, burst]), 0.0
        if kind == "nasal":
            murmur = np.concatenate([[260, 1100, 2300], self.upper]) * self.length
            return self._resonant(np.tile(murmur, (frames, 1))) - np.float32(rng.uniform(2, 4)) - np.float32(0.5) * np.maximum(OCTAVES, 0), 1.0
        if kind == "liquid":
            return self._resonant(np.tile(vowel * np.array([0.6, 0.85, 0.8, *np.ones(len(UPPER))]), (frames, 1))) - np.float32(1.5), 1.0
        return self._resonant(np.tile(vowel, (frames, 1))) - np.float32(rng.uniform(3, 5)) + np.maximum(OCTAVES, 0).astype(np.float32) * 0.7, 0.0

    def speech(self, syllables: int) -> Speech:
        rng = self.rng
        pieces, voicing, nuclei, bounds, at = [], [], [], [0], 0
        for _ in range(syllables):
            vowel = self._vowel()
            kind = str(rng.choice(CONSONANTS))
            if kind != "none":
                consonant, voiced = self._consonant(kind, vowel)
                pieces.append(consonant)
                voicing += [voiced] * len(consonant)
                at += len(consonant)
            frames = int(rng.integers(18, 40))
            target = self._vowel() if rng.random() < 0.3 else vowel
            glide = vowel + np.linspace(0, 1, frames)[:, None] ** 2 * (target - vowel)
            pieces.append(self._resonant(glide))
            voicing += [1.0] * frames
            nuclei.append(at + frames // 3)
            at += frames
            bounds.append(at - 1)
        envelope = gaussian_filter1d(np.concatenate(pieces).astype(np.float32), 1.5, axis=0)
        gate = np.array(voicing, np.float32)
        drift = gaussian_filter1d(rng.standard_normal(at), 25) * 12
        f0 = (self.hertz * 2 ** (drift / 12)).astype(np.float32) * gate
        return Speech(envelope.astype(np.float16), gate, f0, np.array(nuclei), np.array(bounds))
