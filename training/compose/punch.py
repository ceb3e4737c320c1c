"""Bass notes struck like kicks: a click, a fall of pitch within some 20 ms, then a level tone that stops short.

One such sound taken alone cannot be told from a kick. What makes it a bass: it follows the key, it is held for uneven lengths,
and no other bass plays; the drums beside it mostly have no kick (`song.compose`).
"""
from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .bank import Side, pick
from .effects import amplifier, saturate
from .harmony import Note, lift
from .signal import RATE, Audio, chance, frequency, high_pass, log_uniform, low_pass, place, resampled, silence
from .styles import Plan

SHORTEST, LONGEST = 0.05, 0.32  # seconds


def line(plan: Plan, low: int, rng: Generator) -> list[Note]:
    """Syncopated figures, each step with a length of its own; mostly on one key, sometimes on the chords' roots."""
    figures = [_figure(plan, rng) for _ in range(int(rng.choice([1, 2, 2])))]
    pedal, answering = chance(rng, 0.5), chance(rng, 0.35)
    notes = []
    for bar in plan.bars("bass"):
        root = lift(plan.harmony.tonic, low) if pedal else plan.harmony.root(bar, low)
        figure = figures[bar % len(figures)]
        for index, (step, length) in enumerate(figure):
            key = root + int(rng.choice([3, 5, 7, -2])) if answering and index == len(figure) - 1 else root
            notes.append(Note(plan.at(bar, step), length * rng.uniform(0.95, 1.05), key, rng.uniform(0.85, 1)))
    notes = [note for note in notes if note.start < plan.seconds]
    return [_before(note, after) for note, after in zip(notes, [*notes[1:], Note(plan.seconds, 1, 0, 0)])]


def _before(note: Note, after: Note) -> Note:
    """Cut where the next one starts."""
    return Note(note.start, max(0.03, min(note.length, after.start - note.start - 0.005)), note.key, note.velocity)


def _figure(plan: Plan, rng: Generator) -> list[tuple[int, float]]:
    """(sixteenth, seconds) of one bar."""
    gaps: list[int] = []
    while sum(gaps) < 16:
        gaps.append(int(rng.choice([1, 2, 3, 4, 6], p=[0.08, 0.37, 0.33, 0.14, 0.08])))
    steps = [step for step in np.cumsum([0, *gaps]) if step < 16]
    longest = min(LONGEST, plan.beat * 0.9)
    return [(int(step), log_uniform(rng, SHORTEST, longest)) for step in steps]


def play(notes: list[Note], plan: Plan, side: Side, rng: Generator) -> Audio:
    recorded = [clip.stereo() for kit in side.kits.values() for clip in kit.get("kick", [])[:6]]
    kick = recorded[int(rng.integers(len(recorded)))] if recorded else None
    if kick is not None and chance(rng, 0.3):
        out = _repitched(kick, notes, plan, rng)
    else:
        out = _synthetic(notes, plan, rng)
        strike = _attack_of(kick, rng) if kick is not None and chance(rng, 0.5) else click(rng)
        if chance(rng, 0.85):
            for note in notes:
                place(out, strike, note.start, note.velocity)
    if chance(rng, 0.3):
        out = saturate(out, rng.uniform(1, 5))
    if chance(rng, 0.3):
        out = out + amplifier(out, rng, rng.uniform(10, 40)) * np.float32(rng.uniform(0.03, 0.25))
    return low_pass(out, log_uniform(rng, 600, 8000)) if chance(rng, 0.3) else out


def _synthetic(notes: list[Note], plan: Plan, rng: Generator) -> Audio:
    out = silence(plan.seconds)
    height, fall, under = rng.uniform(0.4, 6), log_uniform(rng, 0.004, 0.025), rng.uniform(0, 0.08)
    decay, release, drive = log_uniform(rng, 0.15, 2.0), log_uniform(rng, 0.008, 0.06), log_uniform(rng, 0.3, 5)
    for note in notes:
        time = np.arange(int((note.length + 6 * release) * RATE)) / RATE
        hertz = frequency(note.key) * (1 + height * np.exp(-time / fall) - under * np.exp(-time / 0.03))
        level = np.minimum(time / 0.001, 1) * np.exp(-time / decay)
        level *= np.exp(-np.maximum(time - note.length, 0) / release)
        wave = np.tanh(np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * drive) / np.tanh(drive) * level
        place(out, np.tile(wave, (2, 1)).astype(np.float32), note.start, note.velocity)
    return out


def pitch(kick: Audio) -> float:
    """Hertz of the strongest tone from 35 to 150 Hz after the first 30 ms."""
    body = kick.mean(0)[int(0.03 * RATE) : int(0.4 * RATE)]
    if len(body) < 512:
        return 60.0
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(body * np.hanning(len(body)), size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    inside = (hertz > 35) & (hertz < 150)
    return float(hertz[inside][np.argmax(spectrum[inside])])


def _repitched(kick: Audio, notes: list[Note], plan: Plan, rng: Generator) -> Audio:
    out, base, release = silence(plan.seconds), pitch(kick), log_uniform(rng, 0.01, 0.06)
    tuned = {key: resampled(kick / (np.abs(kick).max() + 1e-6), frequency(key) / base) for key in {note.key for note in notes}}
    for note in notes:
        sound = tuned[note.key]
        time = np.arange(sound.shape[1]) / RATE
        gate = np.exp(-np.maximum(time - note.length, 0) / release).astype(np.float32)
        place(out, sound * gate, note.start, note.velocity)
    return out


def _attack_of(kick: Audio, rng: Generator) -> Audio:
    """The first moment of a recorded kick without its tone."""
    count = min(kick.shape[1], int(rng.uniform(0.02, 0.08) * RATE))
    start = high_pass(kick[:, :count], log_uniform(rng, 80, 400)) * np.linspace(1, 0, count, dtype=np.float32)
    return np.asarray(start / (np.abs(start).max() + 1e-6) * rng.uniform(0.1, 0.7), np.float32)


def click(rng: Generator) -> Audio:
    """The attack of a struck sound: noise that dies away faster the higher it is, and a knock."""
    time = np.arange(int(0.25 * RATE)) / RATE
    noise = rng.standard_normal((2, len(time))).astype(np.float32) * np.float32(rng.uniform(0.05, 0.3))
    bright = noise * np.exp(-time / log_uniform(rng, 0.003, 0.02)).astype(np.float32)
    dark = low_pass(noise * np.exp(-time / log_uniform(rng, 0.02, 0.08)).astype(np.float32), log_uniform(rng, 300, 2500))
    knock = np.sin(2 * np.pi * log_uniform(rng, 150, 900) * time) * np.exp(-time / log_uniform(rng, 0.005, 0.04)) * rng.uniform(0, 0.4)
    return low_pass(bright, log_uniform(rng, 1500, 12000)) + dark + np.asarray(knock, np.float32)
