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

LIBRARY_ORDER = ("ogg", "vorbis", "vorbisfile")
OPEN_FILE = 4096  # bytes that surely hold an OggVorbis_File
CHUNK = 1 << 16


class _Info(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("channels", ctypes.c_int), ("rate", ctypes.c_long)]


def read_vorbis(path: Path, libraries: Path | None = None) -> tuple[NDArray[np.int16], int]:
    """[channels, samples] and rate through libvorbisfile; `libraries` holds copies where the system has none."""
    for name in LIBRARY_ORDER if libraries is not None else ():
        for found in sorted((libraries or Path()).glob(f"lib{name}.so*")):
            ctypes.CDLL(str(found), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(str(next(iter((libraries or Path()).glob("libvorbisfile.so*")), "libvorbisfile.so.3")))
    library.ov_info.restype = ctypes.POINTER(_Info)
    library.ov_read.restype = ctypes.c_long
    file, stream, buffer = ctypes.create_string_buffer(OPEN_FILE), ctypes.c_int(), ctypes.create_string_buffer(CHUNK)
    if library.ov_fopen(str(path).encode(), file) != 0:
        raise OSError(f"{path}: not an Ogg Vorbis file")
    info = library.ov_info(file, -1).contents
    channels, rate, parts = int(info.channels), int(info.rate), list[bytes]()
    while (count := library.ov_read(file, buffer, CHUNK, 0, 2, 1, ctypes.byref(stream))) > 0:
        parts.append(buffer.raw[:count])
    library.ov_clear(file)
    if count < 0:
        raise OSError(f"{path}: damaged")
    return np.ascontiguousarray(np.frombuffer(b"".join(parts), "<i2").reshape(-1, channels).T), rate


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
            packs[name], rate = read_vorbis(folder / "packs" / f"{name}.ogg", libraries)
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
