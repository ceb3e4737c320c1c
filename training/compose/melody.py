"""Melodies over the song's chords."""
from __future__ import annotations

from numpy.random import Generator

from .harmony import Note
from .signal import chance
from .styles import Plan


def write(plan: Plan, stem: str, low: int, high: int, density: float, rng: Generator) -> list[list[Note]]:
    """One list a part of the song in which `stem` plays; motifs repeat with small changes, strong beats take chord tones."""
    degree = int(rng.integers(0, 7))
    grid = int(rng.choice([1, 2, 2, 2, 4]))
    motif: list[tuple[int, int]] = []
    lines = []
    for first, last in plan.parts(stem):
        line = []
        for bar in range(first, last):
            if chance(rng, 0.13):
                continue
            if not motif or chance(rng, 0.5):
                motif = [(x, int(rng.choice([-3, -2, -1, -1, 0, 0, 1, 1, 2, 3]))) for x in range(0, 16, grid) if chance(rng, density)]
            for index, (step, move) in enumerate(motif):
                degree += move
                if step % 8 == 0 and chance(rng, 0.6):
                    chord = plan.harmony.degrees[bar % len(plan.harmony.degrees)]
                    degree = chord + int(rng.choice([0, 2, 4])) + 7 * round((degree - chord - 2) / 7)
                key = 60 + plan.harmony.key(degree)
                while key < low:
                    key, degree = key + 12, degree + 7
                while key > high:
                    key, degree = key - 12, degree - 7
                until = motif[index + 1][0] if index + 1 < len(motif) else 16
                length = max(0.09, min(until - step, 8) * plan.beat / 4 * rng.uniform(0.7, 0.98))
                line.append(Note(plan.at(bar, step), length, key, rng.uniform(0.6, 1)))
        lines.append([note for note in line if note.start < plan.seconds - 0.5])
    return [line for line in lines if line]


def phrases(line: list[Note], gap: float, longest: int = 12) -> list[list[Note]]:
    """Split where at least `gap` seconds are silent, or after `longest` notes."""
    out: list[list[Note]] = []
    for note in line:
        previous = out[-1][-1] if out else None
        if previous and note.start - previous.start - previous.length < gap and len(out[-1]) < longest:
            out[-1].append(note)
        else:
            out.append([note])
    return out
