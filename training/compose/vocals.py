"""The vocals stem: leads, doubles, harmonies, rap, speech, choirs, chops."""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from . import melody, singing
from .bank import Clip, Side, pick, speech_of
from .effects import compress, echo, equalise, pan, reverb, saturate
from .harmony import Note
from .sampler import Sampler
from .signal import RATE, Audio, chance, high_pass, levelled, loudness, low_pass, place, resampled, silence
from .styles import Plan
from .tract import Tract
from .voice import Floats, Singer, Speech, draw_singer

INVENTED = 0.3


@dataclass
class Booth:
    """One singer at the microphone for one song: recorded clips, or an invented tract."""

    plan: Plan
    clips: list[Clip]
    tract: Tract | None
    singer: Singer
    low: int
    high: int
    lead: Audio
    backing: Audio


def _words(booth: Booth, rng: Generator, lines: int) -> Speech | None:
    if booth.tract is not None:
        return booth.tract.speech(int(rng.integers(4, 8)) * lines)
    parts = [speech_of(pick(rng, booth.clips)) for _ in range(lines)]
    found = [part for part in parts if part is not None]
    return singing.join(found) if found else None


def _normal(voice: Floats) -> Floats:
    return voice / np.float32(np.sqrt((voice**2).mean()) + 1e-6)


def _sing_phrase(booth: Booth, phrase: list[Note], doubled: bool, harmony: int | None, rng: Generator) -> None:
    words = _words(booth, rng, 1 + len(phrase) // 7)
    if words is None:
        return
    start = phrase[0].start
    notes = [replace(note, start=note.start - start) for note in phrase]
    voice = _normal(singing.sing(words, notes, rng, booth.singer)) * np.float32(rng.uniform(0.8, 1.2))
    place(booth.lead, voice, start - singing.LEAD)
    if doubled:
        again = _normal(singing.sing(words, notes, rng, replace(booth.singer, drift=booth.singer.drift + 0.08)))
        place(booth.backing, pan(np.tile(again, (2, 1)), rng.uniform(0.3, 1)), start - singing.LEAD + rng.normal(0, 0.02), 0.5)
    if harmony is not None:
        moved = [replace(note, key=note.key + harmony) for note in notes]
        other = _normal(singing.sing(words, moved, rng, replace(booth.singer, formant=booth.singer.formant * rng.uniform(0.94, 1.06))))
        place(booth.backing, pan(np.tile(other, (2, 1)), -rng.uniform(0.2, 1)), start - singing.LEAD + rng.normal(0, 0.015), 0.5)
    if chance(rng, 0.4):
        place(booth.lead, singing.breath(rng), start - 0.4, rng.uniform(0.3, 2))


def _sing(booth: Booth, rng: Generator) -> None:
    doubled, harmonised = chance(rng, 0.3), chance(rng, 0.3)
    for line in melody.write(booth.plan, "vocals", booth.low, booth.high, rng.uniform(0.3, 0.8), rng):
        for phrase in melody.phrases(line, booth.plan.beat * 0.6):
            harmony = int(rng.choice([3, 4, 5, 7, -5, -4, 12, -12])) if harmonised and chance(rng, 0.7) else None
            _sing_phrase(booth, phrase, doubled, harmony, rng)


def _vowels(booth: Booth, rng: Generator) -> None:
    """Slow 'oohs' and 'aahs': long notes on single syllables, often in thirds."""
    chords = chance(rng, 0.5)
    for bar in booth.plan.bars("vocals"):
        words = _words(booth, rng, 1)
        if words is None or booth.plan.at(bar) > booth.plan.seconds - 1:
            continue
        keys = booth.plan.harmony.chord(bar, booth.low)[: 3 if chords else 1]
        for index, key in enumerate(keys):
            note = Note(0, booth.plan.bar * rng.uniform(0.6, 0.98), key, 0.9)
            voice = _normal(singing.sing(words, [note], rng, replace(booth.singer, wander=0.5)))
            place(booth.lead, pan(np.tile(voice, (2, 1)), 0.0 if len(keys) == 1 else index - 1.0), booth.plan.at(bar) - singing.LEAD)


def _rap(booth: Booth, rng: Generator) -> None:
    speed, inflection = rng.uniform(0.9, 1.5), rng.uniform(0.3, 1.6)
    centre = None if chance(rng, 0.5) else rng.uniform(booth.low - 2, booth.low + 8)
    for first, last in booth.plan.parts("vocals"):
        time, end = booth.plan.at(first) + booth.plan.beat * rng.choice([0, 0.5, 1]), booth.plan.at(last) - booth.plan.beat
        while time < min(end, booth.plan.seconds - 0.5):
            words = _words(booth, rng, 1)
            voice = singing.speak(words, rng, booth.singer, speed, centre, inflection) if words else None
            if voice is None:
                time += 0.5
                continue
            place(booth.lead, _normal(voice), time)
            time += _to_grid(len(voice) / RATE + rng.choice([0, 0.05, 0.3]), booth.plan.beat / 2)


def _raw(booth: Booth, rng: Generator) -> None:
    """Recorded lines left as they are but for speed; sometimes chopped into repeats."""
    chopped = chance(rng, 0.4)
    for first, last in booth.plan.parts("vocals"):
        time, end = booth.plan.at(first), booth.plan.at(last) - booth.plan.beat
        while time < min(end, booth.plan.seconds - 0.5):
            voice = resampled(pick(rng, booth.clips).audio(), 2 ** (rng.normal(0, 2) / 12)).mean(0)
            if chopped:
                size = int(booth.plan.beat * rng.choice([0.5, 1, 2]) * RATE)
                begin = int(rng.integers(0, max(1, len(voice) - size)))
                slice_ = voice[begin : begin + size] * np.hanning(len(voice[begin : begin + size])) ** 0.2
                voice = np.tile(slice_, int(rng.choice([1, 2, 4])))
            place(booth.lead, _normal(voice.astype(np.float32)), time)
            time += _to_grid(len(voice) / RATE + rng.choice([0, 0.3]), booth.plan.beat / 2)


def _to_grid(seconds: float, step: float) -> float:
    return float(max(1, np.ceil(seconds / step)) * step)


def _choir(booth: Booth, side: Side, rng: Generator) -> None:
    names = [name for name in ("gm052", "gm053") if name in side.instruments]
    if not names:
        return
    notes = [
        Note(booth.plan.at(bar), booth.plan.bar * rng.uniform(0.9, 1.0), key, 0.8)
        for bar in booth.plan.bars("vocals") for key in booth.plan.harmony.chord(bar, 55)
    ]
    booth.backing += Sampler(side.instruments[str(rng.choice(names))], True).play(notes, booth.plan.seconds, rng, 0.3)


def _mixdown(booth: Booth, rng: Generator) -> Audio:
    lead, backing = booth.lead, booth.backing
    if loudness(backing) > 1e-5:
        backing = levelled(high_pass(backing, 120), -rng.uniform(5, 12))
        lead = levelled(lead, 0) + backing if loudness(lead) > 1e-5 else backing
    out = high_pass(lead, rng.uniform(60, 140))
    for _ in range(int(rng.choice([0, 1, 1, 2]))):
        out = compress(out, rng)
    out = equalise(out, rng, 3)
    if chance(rng, 0.12):
        out = saturate(out, rng.uniform(2, 10))
    if chance(rng, 0.06):
        out = high_pass(low_pass(out, rng.uniform(2500, 4000)), rng.uniform(300, 600))
    if chance(rng, 0.35):
        out = echo(out, rng, booth.plan.beat)
    if chance(rng, 0.85):
        out = reverb(out, rng, rng.uniform(0.03, 0.45))
    return out


def make(plan: Plan, side: Side, rng: Generator) -> Audio:
    if not plan.parts("vocals"):
        return silence(plan.seconds)
    voices = list(side.voices)
    weights = np.array([2.5 if name == "song070" else 1.0 for name, _ in voices])
    name = voices[int(rng.choice(len(voices), p=weights / weights.sum()))]
    female = (name[1] == "female") != chance(rng, 0.12 if name[1] == "female" else 0.3)
    low = int(rng.integers(54, 63) if female else rng.integers(41, 53))
    tract = Tract(rng) if chance(rng, INVENTED) else None
    booth = Booth(plan, side.voices[name], tract, draw_singer(rng, female), low, low + int(rng.integers(9, 18)), silence(plan.seconds), silence(plan.seconds))
    rap = plan.style.rap
    kinds, odds = ("sing", "vowels", "rap", "raw", "choir"), np.array([0.75 * (1 - rap), 0.1 * (1 - rap), rap * 0.75, 0.08 + rap * 0.1, 0.04])
    kind = str(rng.choice(kinds, p=odds / odds.sum()))
    if kind == "choir":
        _choir(booth, side, rng)
        kind = "sing" if chance(rng, 0.6) else "none"
    {"sing": _sing, "vowels": _vowels, "rap": _rap, "raw": _raw}.get(kind, lambda *_: None)(booth, rng)
    return _mixdown(booth, rng)
