"""Keys, chord progressions and melodies."""
from __future__ import annotations

from dataclasses import dataclass

from numpy.random import Generator

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
PROGRESSIONS = {
    "bright": ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 3), (0, 0, 3, 4), (1, 4, 0, 0), (0, 2, 3, 4), (3, 0, 4, 5), (0,)),
    "dark": ((0, 5, 2, 6), (0, 3, 4, 0), (0, 6, 5, 4), (0, 5, 3, 4), (0, 0, 5, 6), (0, 3, 6, 2), (5, 6, 0, 0), (0, 2, 5, 6), (0,)),
}


@dataclass(frozen=True)
class Note:
    """Seconds, MIDI key, velocity 0..1."""

    start: float
    length: float
    key: float
    velocity: float


@dataclass(frozen=True)
class Harmony:
    tonic: int
    scale: tuple[int, ...]
    sevenths: bool
    degrees: tuple[int, ...]  # one a bar

    def key(self, degree: int, octave: int = 0) -> int:
        return self.tonic + self.scale[degree % 7] + 12 * (degree // 7 + octave)

    def chord(self, bar: int, lowest: int) -> list[int]:
        """Keys of the bar's chord, packed within the octave above `lowest`."""
        degree = self.degrees[bar % len(self.degrees)]
        steps = (0, 2, 4, 6) if self.sevenths else (0, 2, 4)
        return sorted(lift(self.key(degree + step), lowest) for step in steps)

    def root(self, bar: int, lowest: int) -> int:
        return lift(self.key(self.degrees[bar % len(self.degrees)]), lowest)


def lift(key: int, lowest: int) -> int:
    """The same pitch class in the octave from `lowest`."""
    return lowest + (key - lowest) % 12


def draw_harmony(rng: Generator, modes: tuple[str, ...], bars: int) -> Harmony:
    mode = str(rng.choice(modes))
    choices = PROGRESSIONS["bright" if mode in ("major", "mixolydian") else "dark"]
    picked = [choices[int(rng.integers(len(choices)))] for _ in range(2)]
    degrees: list[int] = []
    while len(degrees) < bars:
        progression = picked[int(rng.integers(2))]
        degrees += progression * (4 // len(progression))
    return Harmony(int(rng.integers(12)), SCALES[mode], bool(rng.random() < 0.35), tuple(degrees[:bars]))
