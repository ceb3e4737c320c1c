"""Separates a whole track as Demucs' Separator does: normalised, in overlapping segments, triangular weights."""
from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ..model.htdemucs import HTDemucs

Mode = Literal["full", "time-only"]
MODES: tuple[Mode, ...] = ("full", "time-only")


@torch.no_grad()
def separate_track(model: HTDemucs, mix: Tensor, mode: Mode, overlap: float = 0.25) -> Tensor:
    """mix [2, samples] -> [sources, 2, samples]."""
    mono = mix.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    normal = (mix - mean) / deviation
    segment, samples = model.config.segment_frames, mix.shape[-1]
    weight = torch.cat([torch.arange(1, segment // 2 + 1), torch.arange(segment - segment // 2, 0, -1)])
    weight = (weight / weight.max()).to(mix)
    total = torch.zeros(len(model.config.sources), 2, samples)
    weights = torch.zeros(samples)
    for offset in range(0, samples, int((1 - overlap) * segment)):
        size = min(segment, samples - offset)
        part = _centred(normal, offset, size, segment)
        estimate = (model(part[None]) if mode == "full" else model.time_only(part[None]))[0]
        start = (segment - size) // 2
        total[..., offset : offset + size] += weight[:size] * estimate[..., start : start + size]
        weights[offset : offset + size] += weight[:size]
    return total / weights * deviation + mean


def _centred(track: Tensor, offset: int, size: int, segment: int) -> Tensor:
    """`segment` samples with [offset, offset + size) in the middle: real audio around it where there is some, else zeros."""
    start = offset - (segment - size) // 2
    out = torch.zeros(track.shape[0], segment)
    first, last = max(0, start), min(track.shape[-1], start + segment)
    out[:, first - start : last - start] = track[:, first:last]
    return out
