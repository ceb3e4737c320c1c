"""The styles songs are written in: tempo, grooves, bass lines, instruments, how often each stem plays."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from .harmony import Harmony, draw_harmony
from .signal import chance

BASSLESS = 0.1  # share of songs with drums and no bass, beside those that come about by chance: what sounds like a kick there is one
MINORISH = ("minor", "minor", "dorian", "phrygian")
MIXED = ("major", "minor", "major", "minor", "dorian", "mixolydian")


@dataclass(frozen=True)
class Style:
    """`layers` are families of the other stem; `synthetic` is the share of electronic drums and basses, `heavy` that of songs
    whose bass towers over everything."""

    name: str
    tempo: tuple[float, float]
    grooves: tuple[str, ...]
    lines: tuple[str, ...]
    layers: tuple[str, ...]
    synthetic: float = 0.1
    modes: tuple[str, ...] = MIXED
    drums: float = 0.9
    bass: float = 0.9
    vocals: float = 0.82
    swing: float = 0.0
    ducking: float = 0.0
    rap: float = 0.12
    heavy: float = 0.0


ROCK_LINES = ("eighths", "sync", "octaves", "long", "quarters")
STYLES = (
    Style("rock", (80, 170), ("rock", "rock", "half", "shuffle"), ROCK_LINES, ("amped", "amped", "crunch", "clean", "acoustic", "organ", "piano", "lead")),
    Style("indie", (85, 165), ("rock", "four", "half"), ROCK_LINES, ("clean", "crunch", "acoustic", "organ", "pad", "epiano", "synth")),
    Style("pop", (72, 150), ("rock", "four", "half", "trap"), (*ROCK_LINES, "drone", "808", "sub", "pluck"), ("piano", "epiano", "acoustic", "pad", "strings", "synth", "clean", "plucked", "amped"), 0.45, ducking=0.25),
    Style("metal", (95, 190), ("metal", "rock", "blast"), ("eighths", "follow", "sync"), ("amped", "amped", "amped", "pad", "lead"), 0.03, MINORISH),
    Style("edm", (118, 135), ("four",), ("offbeat", "eighths", "drone", "sync", "rolling", "sub", "pluck", "punch"), ("synth", "synth", "pad", "drone", "lead", "piano", "plucked", "effects"), 0.95, ducking=0.7),
    Style("synthpop", (95, 135), ("four", "rock"), ("octaves", "eighths", "drone", "sync"), ("synth", "synth", "pad", "lead", "brass", "effects"), 0.85, ducking=0.3),
    Style("hiphop", (68, 105), ("trap", "boom", "boom"), ("808", "808", "sync", "long", "drone", "sub", "sub", "pluck"), ("epiano", "piano", "pad", "strings", "plucked", "synth", "brass", "textures"), 0.75, MINORISH, swing=0.1, rap=0.55),
    Style("trap", (60, 85), ("trap",), ("808", "808", "glide", "sub", "pluck", "thump", "punch"), ("pad", "plucked", "drone", "synth", "piano", "textures", "effects"), 0.97, MINORISH, rap=0.5),
    Style("funk", (88, 122), ("funk",), ("sync", "slap", "octaves"), ("epiano", "clean", "brass", "organ", "reed"), 0.15, swing=0.08),
    Style("acoustic", (65, 120), ("light", "percussion", "rock"), ("long", "quarters", "walk"), ("acoustic", "acoustic", "strummed", "piano", "strings", "accordion", "pipe"), 0.0, drums=0.5, bass=0.7),
    Style("jazz", (90, 190), ("jazz",), ("walk", "walk", "long"), ("piano", "reed", "brass", "clean", "organ", "mallet"), 0.0, swing=0.25, vocals=0.6),
    Style("orchestral", (70, 140), ("light", "half", "percussion"), ("long", "drone"), ("strings", "strings", "brass", "piano", "pipe", "reed", "mallet", "plucked"), 0.1, drums=0.5, vocals=0.6),
    Style("latin", (80, 130), ("latin", "percussion"), ("sync", "octaves", "tumbao"), ("acoustic", "piano", "brass", "reed", "accordion", "mallet"), 0.05),
    Style("dnb", (160, 176), ("breakbeat",), ("reese", "drone", "sync", "808", "sub", "pluck"), ("synth", "pad", "epiano", "lead", "effects"), 0.9, MINORISH, ducking=0.3),
    Style("ambient", (60, 100), ("light", "none", "percussion", "half"), ("drone", "drone", "long"), ("pad", "drone", "textures", "piano", "strings", "synth", "effects"), 0.7, drums=0.55, vocals=0.65),
    Style("remix", (75, 145), ("four", "trap", "boom", "breakbeat", "half"), ("drone", "drone", "reese", "808", "long", "glide", "sub", "sub", "pluck", "pluck", "thump", "punch", "punch"), ("pad", "drone", "synth", "effects", "textures", "plucked", "amped"), 0.85, MINORISH, drums=0.8, vocals=0.85, ducking=0.4, heavy=0.35),
    Style("club", (70, 150), ("four", "trap", "boom", "breakbeat", "half", "light", "percussion"), ("sub", "sub", "pluck", "pluck", "thump", "thump", "punch", "punch", "808", "glide", "drone"), ("effects", "textures", "pad", "synth", "amped", "lead", "plucked", "organ"), 0.75, MINORISH, drums=0.85, vocals=0.75, ducking=0.2, rap=0.4, heavy=0.7),
    Style("bounce", (115, 145), ("percussion", "latin", "trap", "breakbeat", "four", "light"), ("punch", "punch", "punch", "thump", "sub"), ("effects", "textures", "synth", "pad", "lead", "plucked", "brass"), 0.85, MINORISH, vocals=0.7, rap=0.4, heavy=0.65),
)
HELD_STYLES = (  # for evaluation only
    Style("reggae", (65, 95), ("half", "light", "percussion"), ("sync", "long", "tumbao", "sub"), ("organ", "clean", "piano", "brass", "effects"), 0.2, swing=0.1),
    Style("country", (85, 180), ("shuffle", "rock", "light"), ("quarters", "octaves", "walk", "long"), ("acoustic", "strummed", "clean", "piano", "lead", "accordion"), 0.0),
)
BY_NAME = {style.name: style for style in STYLES}


@dataclass(frozen=True)
class Section:
    """Bars [first, last); which stems play in it."""

    first: int
    last: int
    playing: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """One song before any sound: what plays when. Times in seconds."""

    style: Style
    beat: float
    swing: float
    harmony: Harmony
    sections: tuple[Section, ...]
    seconds: float
    held: bool

    @property
    def bar(self) -> float:
        return 4 * self.beat

    def at(self, bar: float, sixteenth: float = 0.0) -> float:
        late = self.swing if int(sixteenth) % 2 else 0.0
        return bar * self.bar + (sixteenth + late) * self.beat / 4

    def bars(self, stem: str) -> list[int]:
        return [bar for section in self.sections if stem in section.playing for bar in range(section.first, section.last)]

    def parts(self, stem: str) -> list[tuple[int, int]]:
        return [(section.first, section.last) for section in self.sections if stem in section.playing]


def draw_plan(rng: Generator, seconds: float, held: bool, style: Style | None = None) -> Plan:
    style = style or STYLES[int(rng.integers(len(STYLES)))]
    beat = 60 / rng.uniform(*style.tempo)
    bars = int(np.ceil(seconds / (4 * beat))) + 1
    likely = {"drums": style.drums, "bass": style.bass, "other": 0.94, "vocals": style.vocals}
    present = [stem for stem in likely if chance(rng, 0.94)]
    if chance(rng, 0.12):
        likely[str(rng.choice(list(likely)))] = 0.25
    if chance(rng, BASSLESS):
        present = [stem for stem in likely if stem != "bass" and (stem == "drums" or stem in present)]
        likely["drums"] = max(likely["drums"], 0.9)
    sections, first, length = [], 0, int(rng.choice([2, 4, 4]))
    while first < bars:
        last = min(first + length, bars)
        playing = frozenset(stem for stem in present if chance(rng, likely[stem]))
        sections.append(Section(first, last, playing))
        first = last
    swing = style.swing * float(rng.choice([0, 1, 1.3]))
    return Plan(style, beat, swing, draw_harmony(rng, style.modes, bars), tuple(sections), seconds, held)
