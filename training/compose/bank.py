"""The sound bank in memory: decoded once, shared by all composer processes.

Held-out sounds are for evaluation songs only and the others for training songs only; `Bank.side` gives one or the other.
"""
from __future__ import annotations

import ctypes
import functools
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .signal import RATE, Audio, as_stereo
from .voice import Speech, analyse

LIBRARY_ORDER = ("ogg", "vorbis", "vorbisenc", "FLAC", "opus", "mp3lame", "mpg123", "sndfile")


class _Info(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), *((name, ctypes.c_int) for name in ("rate", "channels", "format", "sections", "seekable"))]


def read_sound(path: Path, libraries: Path | None = None) -> tuple[NDArray[np.int16], int]:
    """[channels, samples] and rate through libsndfile; `libraries` holds copies where the system has none."""
    if libraries is not None:
        for name in LIBRARY_ORDER:
            for found in sorted(libraries.glob(f"lib{name}.so*")):
                ctypes.CDLL(str(found), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(next(iter((libraries or Path()).glob("libsndfile.so*")), "libsndfile.so.1")))
    library.sf_open.restype = ctypes.c_void_p
    library.sf_readf_short.restype = ctypes.c_int64
    info = _Info()
    handle = library.sf_open(str(path).encode(), 0x10, ctypes.byref(info))
    if not handle:
        raise OSError(f"{path}: not a sound file that libsndfile reads")
    samples = np.zeros((info.frames, info.channels), np.int16)
    count = library.sf_readf_short(ctypes.c_void_p(handle), samples.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(info.frames))
    library.sf_close(ctypes.c_void_p(handle))
    return np.ascontiguousarray(samples[:count].T), int(info.rate)


@dataclass(frozen=True, eq=False)
class Clip:
    """A stretch of a pack; two clips are equal only if they are the same object. `key` is the MIDI key it sounds at (notes only)."""

    group: str
    label: str
    key: float
    velocity: int
    samples: NDArray[np.int16]

    def audio(self) -> Audio:
        return self.samples.astype(np.float32) / 32768

    def stereo(self) -> Audio:
        return as_stereo(self.audio())


@dataclass
class Side:
    """What one side (training or evaluation) may use."""

    instruments: dict[str, list[Clip]] = field(default_factory=lambda: defaultdict(list))
    kits: dict[str, dict[str, list[Clip]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    voices: dict[tuple[str, str], list[Clip]] = field(default_factory=lambda: defaultdict(list))
    textures: dict[str, list[Clip]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sound: dict[str, Any], clip: Clip) -> None:
        if sound["kind"] == "note":
            self.instruments[clip.group].append(clip)
        elif sound["kind"] == "hit":
            self.kits[clip.group][clip.label].append(clip)
        elif sound["kind"] == "speech":
            self.voices[clip.group, clip.label].append(clip)
        else:
            self.textures[clip.group].append(clip)


class Bank:
    def __init__(self, folder: Path, libraries: Path | None = None) -> None:
        index = json.loads((folder / "index.json").read_text())
        packs = {}
        for name in index["packs"]:
            packs[name], rate = read_sound(folder / "packs" / f"{name}.ogg", libraries)
            if rate != RATE:
                raise ValueError(f"{name}: {rate} Hz, not {RATE}")
        self.sides = {False: Side(), True: Side()}
        for sound in index["sounds"]:
            samples = packs[sound["pack"]][:, sound["start"] : sound["start"] + sound["frames"]]
            clip = Clip(sound["group"], sound["label"], sound["key"], sound["velocity"], samples)
            self.sides[sound["held"]].add(sound, clip)

    def side(self, held: bool) -> Side:
        return self.sides[held]


@functools.lru_cache(maxsize=400)
def speech_of(clip: Clip) -> Speech | None:
    """The analysis of a speech clip, remembered."""
    return analyse(clip.audio().mean(0))


def pick(rng: Generator, clips: list[Clip]) -> Clip:
    return clips[int(rng.integers(len(clips)))]
