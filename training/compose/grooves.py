"""Drum patterns of one bar: (sixteenth, drum, velocity)."""
from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from .signal import chance

Hit = tuple[float, str, float]
Pattern = list[Hit]


def _choose(rng: Generator, steps: tuple[int, ...], low: int, high: int) -> list[int]:
    return [int(x) for x in rng.choice(steps, rng.integers(low, high), replace=False)]


def _hats(rng: Generator, every: int, keep: float = 0.95) -> Pattern:
    drum = str(rng.choice(["chh", "chh", "ride", "ohh"]))
    return [(x, drum, 0.9 if x % 4 == 0 else rng.uniform(0.4, 0.75)) for x in range(0, 16, every) if chance(rng, keep)]


def _ghosts(rng: Generator, steps: tuple[int, ...], probability: float) -> Pattern:
    return [(x, "snare", rng.uniform(0.12, 0.32)) for x in steps if chance(rng, probability)]


def rock(rng: Generator, backbeat: tuple[int, ...] = (4, 12)) -> Pattern:
    kicks = [0, *_choose(rng, (2, 3, 6, 7, 8, 10, 11, 14), 1, 4)]
    hits: Pattern = [(x, "kick", rng.uniform(0.75, 1)) for x in kicks]
    hits += [(x, "snare", rng.uniform(0.85, 1)) for x in backbeat]
    return hits + _hats(rng, int(rng.choice([1, 2, 2, 2, 4]))) + _ghosts(rng, (7, 9, 15), 0.15)


def half(rng: Generator) -> Pattern:
    return rock(rng, (8,))


def shuffle(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "kick", 0.9) for x in (0, 8)]
    hits += [(x, "snare", 0.95) for x in (4, 12)]
    drum = str(rng.choice(["chh", "ride"]))
    return hits + [(x + late, drum, 0.7) for x in range(0, 16, 4) for late in (0, 2.67)]


def metal(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "kick", rng.uniform(0.8, 1)) for x in range(0, 16, int(rng.choice([1, 2])))]
    return hits + [(x, "snare", 1.0) for x in (4, 12)] + _hats(rng, 4)


def blast(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "kick" if x % 2 == 0 else "snare", 0.9) for x in range(16)]
    return hits + [(x, "ride", 0.7) for x in range(0, 16, 2)]


def four(rng: Generator) -> Pattern:
    back = str(rng.choice(["clap", "snare"]))
    hits: Pattern = [(x, "kick", 0.95) for x in (0, 4, 8, 12)]
    hits += [(4, back, 0.9), (12, back, 0.9)]
    hits += [(x, "ohh", 0.7) for x in (2, 6, 10, 14) if chance(rng, 0.85)]
    busy, clatter = rng.choice([0, 0.5, 0.9]), rng.choice([0, 0, 0.25])
    hits += [(x, "chh", rng.uniform(0.3, 0.6)) for x in range(16) if chance(rng, busy)]
    return hits + [(x, "perc", rng.uniform(0.3, 0.6)) for x in range(16) if chance(rng, clatter)]


def trap(rng: Generator) -> Pattern:
    hits: Pattern = [(0, "kick", 1.0)]
    hits += [(x, "kick", rng.uniform(0.7, 1)) for x in _choose(rng, (3, 6, 7, 10, 11, 13, 14), 1, 4)]
    hits.append((8, str(rng.choice(["snare", "clap"])), 0.95))
    hits += [(x, "chh", rng.uniform(0.4, 0.8)) for x in range(0, 16, int(rng.choice([1, 2]))) if chance(rng, 0.92)]
    for start in rng.choice(15, 2):
        hits += [(start + part / rng.choice([3, 4]), "chh", 0.5) for part in range(1, 4)]
    return hits + ([(10, "ohh", 0.6)] if chance(rng, 0.5) else [])


def boom(rng: Generator) -> Pattern:
    hits: Pattern = [(0, "kick", 1.0)]
    hits += [(x, "kick", rng.uniform(0.7, 1)) for x in _choose(rng, (3, 6, 7, 10, 11, 14), 1, 4)]
    hits += [(x, str(rng.choice(["snare", "clap"])), 0.95) for x in (4, 12)]
    return hits + _hats(rng, 2, 0.9) + _ghosts(rng, (7, 15), 0.2)


def funk(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "kick", rng.uniform(0.6, 1)) for x in (0, 3, 6, 10, 13) if x == 0 or chance(rng, 0.6)]
    hits += [(4, "snare", 1.0), (12, "snare", 1.0)] + _ghosts(rng, (1, 6, 7, 9, 11, 14, 15), 0.35)
    hits += [(x, "chh", 0.8 if x % 4 == 0 else rng.uniform(0.25, 0.6)) for x in range(16) if chance(rng, 0.92)]
    return hits + ([(14, "ohh", 0.7)] if chance(rng, 0.5) else [])


def jazz(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "ride", rng.uniform(0.5, 0.85)) for x in (0, 4, 7, 8, 12, 15)]
    hits += [(4, "chh", 0.6), (12, "chh", 0.6)]
    hits += [(int(x), "snare", rng.uniform(0.15, 0.5)) for x in rng.choice(16, rng.integers(0, 4))]
    return hits + [(int(x), "kick", rng.uniform(0.3, 0.6)) for x in rng.choice(16, rng.integers(0, 3))]


def light(rng: Generator) -> Pattern:
    hits: Pattern = [(0, "kick", 0.7)]
    hits += [(8, "kick", 0.6)] if chance(rng, 0.6) else []
    hits += [(8, "rim", 0.7)] if chance(rng, 0.7) else []
    hits += [(x, "perc", rng.uniform(0.2, 0.5)) for x in range(0, 16, 2) if chance(rng, 0.6)]
    return hits + [(x, "chh", rng.uniform(0.2, 0.5)) for x in range(0, 16, 2) if chance(rng, 0.5)]


def percussion(rng: Generator) -> Pattern:
    hits: Pattern = [(x, "perc", rng.uniform(0.3, 0.9)) for x in range(16) if chance(rng, 0.6)]
    hits += [(x, "tom", rng.uniform(0.3, 0.8)) for x in range(16) if chance(rng, 0.3)]
    return hits + [(x, "kick", 0.75) for x in (0, 6, 8) if chance(rng, 0.6)] + [(x, "rim", 0.7) for x in (0, 3, 6, 10, 12) if chance(rng, 0.7)]


def latin(rng: Generator) -> Pattern:
    return percussion(rng) + [(x, "chh", 0.5) for x in range(0, 16, 2) if chance(rng, 0.8)]


def breakbeat(rng: Generator) -> Pattern:
    hits: Pattern = [(0, "kick", 1.0), (10, "kick", 0.95), (4, "snare", 1.0), (12, "snare", 1.0)]
    hits += _ghosts(rng, (7, 9, 14, 15), 0.3)
    return hits + [(x, str(rng.choice(["chh", "ride"])), rng.uniform(0.4, 0.8)) for x in range(0, 16, 2) if chance(rng, 0.9)]


def none(rng: Generator) -> Pattern:
    return [(0, "crash", 0.6)] if chance(rng, 0.4) else []


GROOVES: dict[str, Callable[[Generator], Pattern]] = {
    "rock": rock, "half": half, "shuffle": shuffle, "metal": metal, "blast": blast, "four": four, "trap": trap, "boom": boom,
    "funk": funk, "jazz": jazz, "light": light, "percussion": percussion, "latin": latin, "breakbeat": breakbeat, "none": none,
}
