"""The bass stem: lines, and what plays them."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from . import punch, synths
from .bank import Side
from .effects import amplifier, chorus, compress, duck, equalise, filter_motion, reverb, saturate
from .harmony import Note, lift
from .sampler import Sampler
from .signal import Audio, chance, log_uniform, low_pass, place, silence
from .styles import Plan

ELECTRIC = ("growlybass", "growlybass", "gm033", "gm034", "gm036", "gm035", "gm037")
UPRIGHT = ("upright-pizz", "gm032", "upright-arco")
KEYED = ("gm038", "gm039", "transistor-bass")
ELECTRONIC = ("808", "glide", "reese", "drone", "sub", "pluck", "thump", "punch")
LIKE_KICKS = ("thump", "punch")
SUSTAINING = ("upright-arco", "transistor-bass", "gm038", "gm039")


def _bar(kind: str, plan: Plan, bar: int, low: int, figure: list[int], rng: Generator) -> list[tuple[float, float, int]]:
    """(sixteenth, length in sixteenths, key) for one bar."""
    root = plan.harmony.root(bar, low)
    octave, fifth = root + 12, root + 7
    if kind == "eighths":
        return [(x, 2, root) for x in range(0, 16, 2)]
    if kind == "quarters":
        return [(x, 4, root) for x in range(0, 16, 4)]
    if kind == "octaves":
        return [(x, 2, root + 12 * (x // 2 % 2)) for x in range(0, 16, 2)]
    if kind == "offbeat":
        return [(x, 2, root) for x in (2, 6, 10, 14)]
    if kind == "rolling":
        return [(x, 1, root) for x in range(16) if x % 4]
    if kind == "walk":
        third = lift(plan.harmony.key(plan.harmony.degrees[bar % len(plan.harmony.degrees)] + 2), root)
        return list(zip((0, 4, 8, 12), (4, 4, 4, 4), (root, third, fifth, root + int(rng.choice([5, 9, 10, 12])))))
    if kind == "long":
        second = [(8.0, 8.0, fifth if chance(rng, 0.5) else root)] if chance(rng, 0.5) else []
        return [(0.0, 8.0 if second else 16.0, root), *second]
    if kind in ("sub", "pluck", "thump"):
        steps = [0, *figure[1:]]
        return [(x, rng.uniform(0.8, 3.5), root) for x in steps]
    if kind in ("808", "glide"):
        steps = [0, *[x for x in figure if x > 3]][:4]
        return [(x, min(after - x, 10), root if x == 0 else int(rng.choice([root, root, octave, fifth])))
                for x, after in zip(steps, [*steps[1:], 16])]
    if kind == "tumbao":
        return [(0, 3, root), (6, 4, fifth), (12, 4, octave)]
    steps = [*figure, 16]
    return [(x, min(after - x, 6), root + int(rng.choice([0, 0, 0, 12, 7, 10]) if x else 0)) for x, after in zip(steps, steps[1:])]


def line(kind: str, plan: Plan, rng: Generator) -> list[Note]:
    """Notes of the whole song; drones last as long as the chord does."""
    deep = kind in ("sub", "pluck", "thump", "punch", "drone", "808") and chance(rng, 0.6)
    low = int(rng.integers(22, 27) if deep else rng.integers(24, 34))
    if kind in ("drone", "reese"):
        return _drone_line(plan, low, rng)
    if kind == "punch":
        return punch.line(plan, low, rng)
    figure = sorted({0, *(int(x) for x in rng.choice(16, rng.integers(2, 7)))})
    notes = []
    for bar in plan.bars("bass"):
        for step, length, key in _bar(kind, plan, bar, low, figure, rng):
            late = abs(rng.normal(0, 0.004))
            held = length * plan.beat / 4 * rng.uniform(0.75, 0.99)
            notes.append(Note(plan.at(bar, step) + late, held, key, min(1, 0.85 * rng.uniform(0.85, 1.1))))
    return [note for note in notes if note.start < plan.seconds]


def _drone_line(plan: Plan, low: int, rng: Generator) -> list[Note]:
    """Tones of one to eight bars without gaps; often the tonic stays whatever the chords do."""
    span, pedal = int(rng.choice([1, 2, 4, 8])), chance(rng, 0.45)
    tonic = lift(plan.harmony.tonic, low)
    notes: list[Note] = []
    for first, last in plan.parts("bass"):
        for bar in range(first, last, span):
            length = (min(bar + span, last) - bar) * plan.bar * rng.uniform(0.97, 1.0)
            notes.append(Note(plan.at(bar), length, tonic if pedal else plan.harmony.root(bar, low), rng.uniform(0.8, 1)))
    return [note for note in notes if note.start < plan.seconds]


def _synthetic(kind: str, notes: list[Note], plan: Plan, side: Side, rng: Generator) -> Audio:
    seconds = plan.seconds
    if kind == "punch":
        return punch.play(notes, plan, side, rng)
    if kind in ("808", "glide") or chance(rng, 0.15):
        return synths.eight_oh_eight(notes, seconds, rng, kind == "glide" or chance(rng, 0.3))
    if kind == "thump":
        return _thump(notes, plan, rng)
    if kind == "drone":
        return _drone(notes, plan, rng)
    if kind in ("sub", "pluck"):
        return _sub(notes, plan, rng, struck=kind == "pluck")
    if kind == "reese":
        patch = synths.Patch("saw", 3, rng.uniform(0.1, 0.4), 0.02, 1.0, 0.95, 0.1, log_uniform(rng, 150, 1200), rng.uniform(0, 1))
        return filter_motion(synths.play(patch, notes, seconds, rng), rng, plan.beat)
    wave = str(rng.choice(["saw", "square", "pulse", "sine", "triangle"]))
    patch = synths.Patch(
        wave, int(rng.choice([1, 1, 2])), 0.08, rng.uniform(0.002, 0.02), rng.uniform(0.1, 0.8), rng.uniform(0.3, 1.0), 0.06,
        log_uniform(rng, 180, 3500), rng.uniform(0, 3), rng.uniform(0.5, 4) if chance(rng, 0.2) else 0.0, float(rng.choice([0.5, 1, 2])),
    )
    out = synths.play(patch, notes, seconds, rng)
    if wave != "sine" and chance(rng, 0.5):
        sub = synths.Patch("sine", 1, 0, 0.005, 0.5, 0.8, 0.06, 8000, 0)
        out = out + 0.7 * synths.play(sub, notes, seconds, rng)
    return out


def _drone(notes: list[Note], plan: Plan, rng: Generator) -> Audio:
    choice = rng.random()
    if choice < 0.4:
        out = synths.drone(notes, plan.seconds, rng, bright=chance(rng, 0.3))
    else:
        patch = synths.Patch(
            str(rng.choice(["sine", "sine", "saw", "square", "triangle"])), int(rng.choice([1, 2, 3])), rng.uniform(0.02, 0.2),
            rng.uniform(0.01, 0.5), 1.0, 0.95, rng.uniform(0.1, 0.4), log_uniform(rng, 80, 1500), rng.uniform(0, 1),
        )
        out = synths.play(patch, notes, plan.seconds, rng)
    if chance(rng, 0.35):
        out = filter_motion(out, rng, plan.beat)
    if chance(rng, 0.3):
        out = saturate(out, rng.uniform(1, 8))
    return low_pass(out, log_uniform(rng, 90, 1500)) if chance(rng, 0.5) else out


def _sub(notes: list[Note], plan: Plan, rng: Generator, struck: bool) -> Audio:
    """Gated low tones, level until they stop, or struck ones that rise softly and die away: neither sweeps down from far above
    as a kick does, though it may sit on the same beats."""
    patch = synths.Patch(
        wave=str(rng.choice(["sine", "sine", "triangle"])),
        voices=1,
        detune=0.0,
        attack=log_uniform(rng, 0.008, 0.07) if struck else rng.uniform(0.003, 0.03),
        decay=log_uniform(rng, 0.08, 0.5) if struck else 1.0,
        sustain=rng.uniform(0.0, 0.3) if struck else rng.uniform(0.8, 1.0),
        release=log_uniform(rng, 0.05, 0.4) if struck else log_uniform(rng, 0.02, 0.3),
        cutoff=8000,
        sweep=0,
        bend=rng.uniform(-3, 3) if chance(rng, 0.4) else 0.0,
    )
    out = synths.play(patch, notes, plan.seconds, rng)
    if chance(rng, 0.3):
        out = out + amplifier(out, rng, rng.uniform(10, 40)) * np.float32(rng.uniform(0.02, 0.25))
    return saturate(out, rng.uniform(1, 5)) if chance(rng, 0.5) else out


def _thump(notes: list[Note], plan: Plan, rng: Generator) -> Audio:
    """808s as short as kicks, with the same sweep and often the same click; that their lengths differ from note to note tells
    them from a kick."""
    shortest = rng.uniform(0.06, 0.15)
    gated = [replace(note, length=rng.uniform(shortest, 0.4)) for note in notes]
    out = synths.eight_oh_eight(gated, plan.seconds, rng, glide=False, fade=rng.uniform(0.04, 0.2))
    if chance(rng, 0.7):
        strike = punch.click(rng)
        for note in gated:
            place(out, strike, note.start, note.velocity)
    return out + amplifier(out, rng, rng.uniform(10, 40)) * np.float32(rng.uniform(0.03, 0.3)) if chance(rng, 0.4) else out


def _recorded(kind: str, notes: list[Note], plan: Plan, side: Side, rng: Generator) -> Audio:
    families = UPRIGHT if plan.style.name == "jazz" or (plan.style.name in ("acoustic", "latin", "orchestral") and chance(rng, 0.5)) else ELECTRIC
    if chance(rng, 0.1):
        families = KEYED
    names = [name for name in families if name in side.instruments] or [name for name in (*ELECTRIC, *UPRIGHT) if name in side.instruments]
    name = str(rng.choice(names))
    clips = list(side.instruments[name])
    if name == "growlybass" and kind in ("eighths", "sync", "slap") and chance(rng, 0.4):
        clips = side.instruments["growlybass-short"]
    out = Sampler(clips, name in SUSTAINING).play(notes, plan.seconds, rng, release=0.05)
    out = np.tile(out.mean(0), (2, 1))
    return out + amplifier(out, rng, rng.uniform(3, 30)) * np.float32(rng.uniform(0.1, 0.6)) if chance(rng, 0.5) else out


def make(plan: Plan, side: Side, rng: Generator, kicks: list[float], kind: str) -> Audio:
    notes = line(kind, plan, rng)
    if not notes:
        return silence(plan.seconds)
    electronic = kind in ELECTRONIC or chance(rng, plan.style.synthetic * 0.85)
    out = _synthetic(kind, notes, plan, side, rng) if electronic else _recorded(kind, notes, plan, side, rng)
    if chance(rng, 0.6):
        out = np.tile(out.mean(0), (2, 1))
    if chance(rng, 0.6):
        out = compress(out, rng)
    out = equalise(out, rng, 3.5)
    if chance(rng, 0.15):
        out = chorus(out, rng)
    if chance(rng, 0.15):
        out = reverb(out, rng, rng.uniform(0.03, 0.12))
    if chance(rng, plan.style.ducking):
        out = duck(out, kicks, rng.uniform(0.3, 1), rng.uniform(0.1, 0.35))
    return out
