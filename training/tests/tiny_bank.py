"""A bank of a few synthetic sounds, on both sides, for tests."""
from __future__ import annotations

from pathlib import Path

import numpy as np

from ..sources.pack import write
from ..sources.sounds import RATE, Audio, Sound


def _tone(hertz: float, seconds: float) -> Audio:
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.5 * np.sign(np.sin(2 * np.pi * hertz * time)) * np.exp(-time * 2))[None].astype(np.float32)


def _syllables(hertz: float) -> Audio:
    time = np.arange(int(1.5 * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 25))
    return (0.2 * np.asarray(buzz) * np.clip(np.sin(2 * np.pi * 2 * time), 0, 1))[None].astype(np.float32)


def sounds() -> list[Sound]:
    found = []
    for held in (False, True):
        group = "gm001" if held else "gm000"
        found += [Sound("musescore-general", "note", group, "", _tone(440 * 2 ** ((key - 69) / 12), 1.6), key, 90, held) for key in (45, 57, 69)]
        bass = "gm035" if held else "gm033"
        found.append(Sound("musescore-general", "note", bass, "", _tone(55, 1.0), 33, 90, held))
        for drum, hertz in (("kick", 60), ("snare", 200), ("chh", 5000)):
            found.append(Sound("musescore-general", "hit", f"kit{held}", drum, _tone(hertz, 0.3), 0, 90, held))
        found.append(Sound("flite", "speech", "rms" if held else "awb", "male", _syllables(130 if held else 110), held=held))
        found.append(Sound("sonic-pi", "texture", "sonic-pi", "texture", _tone(333, 0.5), held=held))
        found.append(Sound("belofilms-strums", "texture", "strums", "strum", _tone(220, 0.5), held=held))
    return found


def make(folder: Path) -> Path:
    write(sounds(), folder)
    return folder
