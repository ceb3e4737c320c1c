"""The other stem: one to four layers of guitars, keys, strings, synths, pads, textures and effects."""
from __future__ import annotations

import numpy as np
from numpy.random import Generator

from . import melody, synths
from .bank import Side, pick
from .effects import amplifier, chorus, compress, duck, echo, equalise, filter_motion, pan, reverb, tremolo
from .harmony import Note
from .sampler import Sampler
from .signal import Audio, chance, high_pass, levelled, loudness, place, resampled, silence
from .styles import Plan

GUITARS = ("black-guitar", "green-guitar", "archtop-pickup", "gm027", "gm025", "gm026")
INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "amped": GUITARS, "crunch": GUITARS, "clean": (*GUITARS, "gm028"),
    "acoustic": ("gm024", "gm025", "archtop-mic", "archtop-pickup", "gm025"),
    "lead": ("black-guitar", "green-guitar", "archtop-pickup", "gm029", "gm030", "gm081", "gm080", "gm087", "gm084"),
    "piano": ("gm000", "gm001", "gm002", "gm003", "gm000"), "epiano": ("gm004", "gm005", "gm007", "gm006"),
    "organ": ("gm016", "gm018", "gm017", "gm019", "transistor-organ", "transistor-flutes", "transistor-reed"),
    "mallet": ("gm009", "gm011", "gm012", "gm013", "gm114"), "accordion": ("gm021", "gm022"),
    "strings": ("gm048", "gm050", "gm049", "gm044", "gm045", "gm040", "gm042", "gm041"),
    "brass": ("gm061", "gm056", "gm060", "gm059", "gm057"), "reed": ("gm065", "gm067", "gm068", "gm071", "gm066"),
    "pipe": ("gm073", "gm075", "gm079", "gm077", "gm072"), "pad": ("gm088", "gm090", "gm092", "gm095", "gm089"),
    "plucked": ("gm046", "gm104", "gm105", "gm107", "gm106", "gm045", "gm024"),
}
SUSTAINING = frozenset(("organ", "strings", "brass", "reed", "pipe", "pad", "accordion"))
FIGURES: dict[str, tuple[str, ...]] = {
    "amped": ("power", "power", "power", "strum", "arpeggio"), "crunch": ("power", "strum", "stab", "arpeggio"), "clean": ("strum", "arpeggio", "stab"),
    "acoustic": ("strum", "strum", "arpeggio"), "piano": ("block", "arpeggio", "stab", "pad"), "epiano": ("block", "stab", "pad", "arpeggio"),
    "organ": ("pad", "stab", "pad"), "mallet": ("arpeggio",), "accordion": ("pad", "stab"), "strings": ("pad", "pad", "arpeggio"), "brass": ("stab", "pad"),
    "reed": ("pad",), "pipe": ("pad",), "pad": ("pad",), "plucked": ("arpeggio", "strum"), "synth": ("pad", "stab", "arpeggio", "arpeggio"), "lead": ("arpeggio",),
}
MELODIC = {"lead": 1.0, "reed": 0.8, "pipe": 0.9, "accordion": 0.5, "brass": 0.4, "mallet": 0.3, "plucked": 0.3, "clean": 0.25, "amped": 0.15,
           "synth": 0.25, "piano": 0.2, "strings": 0.25, "crunch": 0.2}


def _chords(kind: str, plan: Plan, low: int, rng: Generator) -> list[Note]:
    figure = sorted({0, *(int(x) for x in rng.choice(16, rng.integers(2, 6)))})
    order, every = rng.permutation(8), int(rng.choice([1, 2, 2, 4]))
    chugging = chance(rng, 0.5)
    out: list[Note] = []
    for bar in plan.bars("other"):
        chord = plan.harmony.chord(bar, low)
        if kind == "power":
            out += _power(plan, bar, chord[0], figure, chugging, rng)
        elif kind == "pad":
            out += [Note(plan.at(bar), plan.bar * rng.uniform(0.92, 1.0), key, 0.75) for key in chord]
        elif kind == "arpeggio":
            keys = chord + [key + 12 for key in chord]
            out += [Note(plan.at(bar, x), plan.beat / 4 * every * rng.uniform(0.8, 2.5), keys[int(order[x // every % 8]) % len(keys)], rng.uniform(0.6, 0.95))
                    for x in range(0, 16, every)]
        elif kind == "strum":
            out += _strum(plan, bar, chord, figure, rng)
        else:
            steps = (0, 4, 8, 12) if kind == "block" else figure
            held = plan.beat * (0.9 if kind == "block" else rng.uniform(0.15, 0.4))
            out += [Note(plan.at(bar, x) + abs(rng.normal(0, 0.005)), held, key, rng.uniform(0.6, 1)) for x in steps for key in chord]
    return [note for note in out if note.start < plan.seconds]


def _power(plan: Plan, bar: int, root: int, figure: list[int], chugging: bool, rng: Generator) -> list[Note]:
    steps = list(range(0, 16, 2)) if chugging else figure
    out = []
    for step, after in zip(steps, [*steps[1:], 16]):
        share = 0.45 if chugging and chance(rng, 0.6) else 0.97
        length = (after - step) * plan.beat / 4 * share
        out += [Note(plan.at(bar, step), length, root - 12 + interval, rng.uniform(0.75, 0.95)) for interval in (0, 7, 12)]
    return out


def _strum(plan: Plan, bar: int, chord: list[int], figure: list[int], rng: Generator) -> list[Note]:
    strings = [chord[0] - 12, *chord, chord[0] + 12, chord[1] + 12]
    out = []
    for step, after in zip(figure, [*figure[1:], 16]):
        up, gap = chance(rng, 0.4), rng.uniform(0.004, 0.022)
        for index, key in enumerate(strings[::-1] if up else strings):
            length = (after - step) * plan.beat / 4 * rng.uniform(0.8, 1)
            out.append(Note(plan.at(bar, step) + index * gap, length, key, rng.uniform(0.5, 0.9) * (0.8 if up else 1)))
    return out


def _instrument(family: str, notes: list[Note], plan: Plan, side: Side, rng: Generator) -> Audio:
    names = [name for name in INSTRUMENTS[family] if name in side.instruments]
    if not names:
        return synths.play(synths.draw_patch(rng), notes, plan.seconds, rng)
    name = str(rng.choice(names))
    takes = 2 if family in ("amped", "crunch", "acoustic") and chance(rng, 0.5) else 1
    drive = {"amped": rng.uniform(22, 46), "crunch": rng.uniform(6, 24)}.get(family)
    if family == "lead" and "guitar" in name or name == "archtop-pickup" and family == "lead":
        drive = rng.uniform(18, 40)
    out = silence(plan.seconds)
    for take in range(takes):
        human = [Note(note.start + abs(rng.normal(0, 0.006)), note.length, note.key, min(1, note.velocity * rng.uniform(0.85, 1.1))) for note in notes]
        sound = Sampler(side.instruments[name], family in SUSTAINING).play(human, plan.seconds, rng)
        if drive is not None:
            sound = amplifier(np.tile(sound.mean(0), (2, 1)), rng, drive)
        out += pan(sound, rng.uniform(0.5, 1) * (1 - 2 * take)) if takes == 2 else sound
    return out


def _strummed_recordings(plan: Plan, side: Side, rng: Generator) -> Audio:
    """Real strummed chords; their harmony is whatever was recorded."""
    out, chosen = silence(plan.seconds), [pick(rng, side.textures["strums"]).stereo() for _ in range(3)]
    figure = sorted(rng.choice(16, rng.integers(2, 6), replace=False))
    for bar in plan.bars("other"):
        sound = chosen[int(rng.integers(3))]
        for step in figure:
            place(out, sound, plan.at(bar, float(step)), rng.uniform(0.5, 1))
    return out


def _textures(plan: Plan, side: Side, rng: Generator) -> Audio:
    """Ambience, vinyl, glass, machines: sparse hits or a bed, at another speed."""
    out = silence(plan.seconds)
    bed = chance(rng, 0.5)
    for bar in plan.bars("other")[:: 1 if bed else int(rng.choice([1, 2, 4]))]:
        sound = pick(rng, side.textures["sonic-pi"]).stereo()
        place(out, resampled(sound, 2 ** rng.uniform(-1, 0.6)), plan.at(bar, float(rng.choice([0, 4, 8]))), rng.uniform(0.4, 1))
    return out


def _effects(plan: Plan, rng: Generator) -> Audio:
    """Risers, falls, sweeps and crowd-like noise beds."""
    out = silence(plan.seconds)
    for first, last in plan.parts("other"):
        seconds = plan.bar * float(rng.choice([0.5, 1, 2]))
        place(out, synths.riser(seconds, rng), plan.at(last) - seconds, rng.uniform(0.4, 1))
        if chance(rng, 0.4):
            bed = high_pass(rng.standard_normal((2, int((last - first) * plan.bar * 44100))).astype(np.float32), 200)
            place(out, tremolo(filter_motion(bed, rng, plan.beat), rng, plan.beat), plan.at(first), 0.05)
    return out


def _synth(family: str, notes: list[Note], plan: Plan, rng: Generator, melodic: bool) -> Audio:
    if family == "drone":
        return synths.drone(notes, plan.seconds, rng, bright=True)
    long = family == "pad" and not melodic
    return synths.play(synths.draw_patch(rng, long), notes, plan.seconds, rng, rng.uniform(0, 0.3) if melodic else 0.0)


def _notes(family: str, plan: Plan, melodic: bool, rng: Generator) -> list[Note]:
    if melodic:
        lines = melody.write(plan, "other", 55, 86, rng.uniform(0.3, 0.9), rng)
        return [note for line in lines for note in line]
    low = int(rng.integers(40, 48) if family in ("amped", "crunch") else rng.integers(36, 50) if family == "drone" else rng.integers(46, 62))
    kind = "pad" if family == "drone" else str(rng.choice(FIGURES[family]))
    notes = _chords(kind, plan, low, rng)
    if family in ("piano", "epiano", "organ") and chance(rng, 0.5):
        notes += [Note(plan.at(bar), plan.bar * 0.9, plan.harmony.root(bar, 34), 0.8) for bar in plan.bars("other")]
    return notes


def layer(family: str, plan: Plan, side: Side, rng: Generator) -> Audio:
    if family == "strummed":
        out = _strummed_recordings(plan, side, rng)
    elif family == "textures":
        out = _textures(plan, side, rng)
    elif family == "effects":
        out = _effects(plan, rng)
    else:
        melodic = chance(rng, MELODIC.get(family, 0.0))
        notes = _notes(family, plan, melodic, rng)
        synthetic = family in ("synth", "drone") or (family in ("pad", "lead") and chance(rng, 0.6))
        out = _synth(family, notes, plan, rng, melodic) if synthetic else _instrument(family, notes, plan, side, rng)
    if family in ("pad", "drone", "synth", "strings") and chance(rng, 0.4):
        out = filter_motion(out, rng, plan.beat)
    if chance(rng, 0.12):
        out = tremolo(out, rng, plan.beat)
    if chance(rng, 0.25):
        out = chorus(out, rng)
    out = equalise(out, rng, 4)
    if chance(rng, 0.35):
        out = compress(out, rng)
    if chance(rng, 0.2):
        out = echo(out, rng, plan.beat)
    return pan(out, rng.normal(0, 0.4), rng.uniform(0.3, 1.6))


def make(plan: Plan, side: Side, rng: Generator, kicks: list[float]) -> Audio:
    out = silence(plan.seconds)
    if not plan.parts("other"):
        return out
    families = (*INSTRUMENTS, "synth", "drone", "strummed", "textures", "effects")
    for index in range(int(rng.choice([1, 2, 3, 4], p=[0.2, 0.35, 0.32, 0.13]))):
        family = str(rng.choice(plan.style.layers if chance(rng, 0.85) else families))
        sound = layer(family, plan, side, rng)
        if loudness(sound) > 1e-4:
            out += levelled(sound, rng.normal(0, 3.5) - 2 * index)
    if chance(rng, 0.75):
        out = reverb(out, rng, rng.uniform(0.05, 0.5))
    if chance(rng, plan.style.ducking * 0.8):
        out = duck(out, kicks, rng.uniform(0.2, 0.9), rng.uniform(0.1, 0.35))
    return out
