"""One song: `compose(seed, ...)` gives four stems that add up to the mix."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from . import bass, drums, other, vocals
from .bank import Bank
from .effects import limiter_gain, pan
from .signal import Audio, chance, gain, levelled
from .styles import Style, draw_plan

STEMS = ("drums", "bass", "other", "vocals")
LEVELS = {"drums": -17.0, "bass": -18.5, "other": -19.0, "vocals": -17.5}
HIDDEN = (0.2, 0.15, 0.4, 0.25)  # how the stem that hides behind the rest is drawn, in the order of STEMS


@dataclass(frozen=True)
class Song:
    """stems [4, 2, samples], int16 full scale, in the order of STEMS."""

    style: str
    stems: NDArray[np.int16]


def _balance(stems: dict[str, Audio], heavy: float, rng: Generator) -> Audio:
    """Levels of a mix; now and then one stem towers over or hides behind the rest. `heavy` is how often the bass does."""
    spread = rng.choice([2.0, 3.0, 5.0], p=[0.5, 0.35, 0.15])
    levels = {stem: LEVELS[stem] + rng.normal(0, spread) for stem in STEMS}
    if chance(rng, heavy):
        levels["bass"] += rng.uniform(4, 14)
    elif chance(rng, 0.12):
        levels[str(rng.choice(STEMS, p=[0.2, 0.45, 0.15, 0.2]))] += rng.uniform(5, 12)
    if chance(rng, 0.25):
        levels[str(rng.choice(STEMS, p=HIDDEN))] -= rng.uniform(6, 20)
    out = []
    for stem in STEMS:
        audio = np.nan_to_num(stems[stem])
        out.append(levelled(audio - audio.mean(1, keepdims=True), levels[stem]))
    return np.stack(out)


def _master(stems: Audio, rng: Generator) -> Audio:
    """Narrow or mono mixes, bus compression, and masters as loud as records are: the same for every stem."""
    width = 0.0 if chance(rng, 0.05) else rng.uniform(0, 1) if chance(rng, 0.12) else 1.0
    if width < 1:
        stems = np.stack([pan(stem, 0.0, width) for stem in stems])
    if chance(rng, 0.45):
        stems = stems * limiter_gain(stems.sum(0), rng, loud=False)
    if chance(rng, 0.35):
        stems = stems * limiter_gain(stems.sum(0), rng, loud=True)
    peak = max(float(np.abs(stems.sum(0)).max()), float(np.abs(stems).max()))
    return np.asarray(stems * np.float32(gain(-rng.uniform(0.1, 3)) / (peak + 1e-6)), np.float32)


def compose(seed: int, bank: Bank, seconds: float = 30.0, held: bool = False, style: Style | None = None) -> Song:
    rng = default_rng(seed)
    plan, side = draw_plan(rng, seconds, held, style), bank.side(held)
    line = str(rng.choice(plan.style.lines))
    kickless = 0.75 if line in bass.LIKE_KICKS and plan.parts("bass") else 0.5 * plan.style.heavy
    drum_track, kicks = drums.make(plan, side, rng, kickless)
    parts = {
        "drums": drum_track,
        "bass": bass.make(plan, side, rng, kicks, line),
        "other": other.make(plan, side, rng, kicks),
        "vocals": vocals.make(plan, side, rng),
    }
    stems = _master(_balance(parts, plan.style.heavy, rng), rng)
    return Song(plan.style.name, np.clip(np.round(stems * 32767), -32767, 32767).astype(np.int16))
