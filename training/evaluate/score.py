"""Numbers for one track, and tables over many. All in dB; SDR = 10 log10(sum s^2 / sum (s - e)^2) over the track."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

import torch
from torch import Tensor

SILENT = 1e-9  # mean square under which a stem counts as silent: its leak is measured, not its SDR


@dataclass(frozen=True)
class Score:
    """`sdr` and `gain` (over the mix as estimate) are None for a silent stem; `leak` is relative to the mix."""

    stem: str
    sdr: float | None
    gain: float | None
    leak: float


def _db(ratio: Tensor) -> float:
    return float(10 * torch.log10(ratio.clamp_min(1e-12)))


def score(truth: Tensor, estimate: Tensor, mix: Tensor, stem: str) -> Score:
    leak = _db(estimate.square().sum() / mix.square().sum().clamp_min(1e-12))
    if truth.square().mean() < SILENT:
        return Score(stem, None, None, leak)
    power = truth.square().sum()
    sdr = _db(power / (truth - estimate).square().sum().clamp_min(1e-12))
    return Score(stem, sdr, sdr - _db(power / (truth - mix).square().sum().clamp_min(1e-12)), leak)


def summarise(scores: list[Score]) -> dict[str, dict[str, Any]]:
    """Per stem: tracks, median and mean SDR and gain, median leak into silence."""
    by_stem: dict[str, list[Score]] = defaultdict(list)
    for one in scores:
        by_stem[one.stem].append(one)
    out = {}
    for stem, found in by_stem.items():
        sdr = [one.sdr for one in found if one.sdr is not None]
        gain = [one.gain for one in found if one.gain is not None]
        leak = [one.leak for one in found if one.sdr is None]
        out[stem] = {
            "tracks": len(sdr), "sdr_median": _maybe(median, sdr), "sdr_mean": _maybe(mean, sdr),
            "gain_median": _maybe(median, gain), "leak_median": _maybe(median, leak),
        }
    return out


def _maybe(function: Any, values: list[float]) -> float | None:
    return round(float(function(values)), 2) if values else None
