"""Notes and kits rendered from General MIDI soundfonts by the fluidsynth command."""
from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .sounds import RATE, Audio, Sound, decode, mono, shorten

FONTS = {
    "musescore-general": "/usr/share/sounds/sf3/MuseScore_General.sf3",
    "fluidr3mono": "/usr/share/sounds/sf3/FluidR3Mono_GM.sf3",
}
TICKS_PER_SECOND = 960


@dataclass(frozen=True)
class Program:
    source: str
    number: int
    low: int
    high: int
    seconds: float
    velocities: tuple[int, ...] = (95,)
    stereo: bool = False
    held: bool = False


def _programs() -> Iterator[Program]:
    ms, fl = "musescore-general", "fluidr3mono"
    plucked, two = 2.4, (65, 110)
    for number, held in ((0, False), (1, True), (2, False), (3, False)):
        yield Program(ms if number else fl, number, 28, 100, 2.8, two, held=held)
    for number, held in ((4, False), (5, False), (6, False), (7, True), (11, False), (12, False), (13, True), (9, False)):
        yield Program(ms, number, 40, 90, plucked, held=held)
    for number, held in ((16, False), (17, True), (18, False), (19, False), (21, False), (22, True)):
        yield Program(ms, number, 36, 88, 2.2, held=held)
    for number, held in ((24, False), (25, False), (26, True), (27, False), (28, False), (29, False), (30, False)):
        yield Program(ms, number, 40, 84, plucked, two if number in (24, 25, 27) else (100,), held=held)
    for number, held in ((32, False), (33, False), (34, False), (35, True), (36, False), (37, True), (38, False), (39, False)):
        yield Program(ms, number, 26, 55, 2.4, two if number < 36 else (100,), held=held)
    for number, held in ((40, False), (41, True), (42, False), (44, False), (45, False), (46, False), (48, False), (49, True), (50, False)):
        yield Program(ms if number in (40, 42, 45, 46) else fl, number, 36, 92, 2.4, stereo=number in (48, 50), held=held)
    for number, held in ((52, False), (53, True)):
        yield Program(fl, number, 45, 80, 2.6, stereo=True, held=held)
    for number, held in ((56, False), (57, True), (59, False), (60, False), (61, False), (65, False), (66, True), (67, False), (68, False), (71, False)):
        yield Program(ms, number, 40, 84, 1.9, held=held)
    for number, held in ((72, True), (73, False), (75, False), (77, False), (79, False)):
        yield Program(ms, number, 55, 96, 1.9, held=held)
    for number, held in ((80, True), (81, False), (84, False), (87, False), (88, False), (89, True), (90, False), (92, False), (95, False)):
        yield Program(ms, number, 40, 88, 2.4, stereo=number >= 88, held=held)
    for number, held in ((104, False), (105, False), (106, True), (107, False), (114, False)):
        yield Program(ms, number, 45, 84, 1.8, held=held)


PROGRAMS = tuple(_programs())
KITS = ((0, False), (8, False), (16, False), (24, False), (25, False), (32, True), (40, False))
DRUM_KEYS = {
    "kick": (35, 36), "snare": (38, 40), "rim": (37,), "clap": (39,), "chh": (42, 44), "ohh": (46,), "tom": (41, 45, 48),
    "crash": (49, 57), "ride": (51, 53), "perc": (54, 56, 62, 64, 70, 75),
}


@dataclass(frozen=True)
class Event:
    channel: int
    program: int
    key: int
    velocity: int
    seconds: float
    room: float


def _variable(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def _midi(events: list[Event]) -> bytes:
    """One note after the other, each with `room` seconds of its own."""
    track, wait = b"\x00\xff\x51\x03" + (500000).to_bytes(3, "big"), 0
    for event in events:
        on = int(event.seconds * TICKS_PER_SECOND)
        track += _variable(wait) + bytes([0xC0 | event.channel, event.program])
        track += b"\x00" + bytes([0x90 | event.channel, event.key, event.velocity])
        track += _variable(on) + bytes([0x80 | event.channel, event.key, 0])
        wait = int(event.room * TICKS_PER_SECOND) - on
    track += _variable(wait) + b"\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_SECOND // 2) + b"MTrk" + struct.pack(">I", len(track)) + track


def _render(source: str, events: list[Event]) -> Iterator[tuple[Event, Audio]]:
    with tempfile.TemporaryDirectory() as folder:
        score, wave = Path(folder, "score.mid"), Path(folder, "out.wav")
        score.write_bytes(_midi(events))
        command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-F", str(wave)]
        subprocess.run([*command, FONTS[source], str(score)], check=True, capture_output=True)
        audio = decode(wave)
    start = 0.0
    for event in events:
        begin = int(start * RATE)
        yield event, audio[:, begin : begin + int(event.room * RATE)]
        start += event.room


def notes() -> Iterator[Sound]:
    for source in FONTS:
        programs = {program.number: program for program in PROGRAMS if program.source == source}
        events = [
            Event(0, program.number, key, velocity, program.seconds, program.seconds + 0.6)
            for program in programs.values()
            for key in range(program.low, program.high + 1, 5)
            for velocity in program.velocities
        ]
        for event, audio in _render(source, events):
            program = programs[event.program]
            cut = shorten(audio if program.stereo else mono(audio), program.seconds + 0.1)
            yield Sound(source, "note", f"gm{event.program:03d}", "", cut, event.key, event.velocity, program.held)


def kits() -> Iterator[Sound]:
    for number, held in KITS:
        events, labels = [], []
        for label, keys in DRUM_KEYS.items():
            for key in keys:
                for velocity in (70, 120) if label in ("kick", "snare", "chh") else (105,):
                    events.append(Event(9, number, key, velocity, 0.1, 2.2 if label in ("crash", "ride") else 1.1))
                    labels.append(label)
        for label, (event, audio) in zip(labels, _render("musescore-general", events)):
            cut = shorten(audio, event.room)
            yield Sound("musescore-general", "hit", f"gm-kit{number}", label, cut, event.key, event.velocity, held)


def everything() -> Iterator[Sound]:
    yield from notes()
    yield from kits()
