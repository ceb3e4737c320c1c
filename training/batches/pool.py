"""Songs on the device, and batches drawn from them."""
from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .augment import Dice, colour, levels, lossy, loud_master, narrow

RESAMPLE = 1.12  # most source samples an output sample can stand for


class Batch(NamedTuple):
    """mix [batch, 2, samples] is what the model hears, sources [batch, 4, 2, samples] what it should find; unit mix deviation."""

    mix: Tensor
    sources: Tensor


class Pool:
    """Keeps the last `capacity` songs [4, 2, samples] as int16 on the device."""

    def __init__(self, capacity: int, samples: int, segment: int, device: torch.device, seed: int) -> None:
        self.songs = torch.zeros(capacity, 4, 2, samples, dtype=torch.int16, device=device)
        self.added = 0
        self.segment = segment
        self.dice = Dice(device, seed)

    def add(self, song: Tensor) -> None:
        self.songs[self.added % len(self.songs)].copy_(song)
        self.added += 1

    def __len__(self) -> int:
        return min(self.added, len(self.songs))

    def _windows(self, batch: int, together: Tensor) -> Tensor:
        """[batch, 4, 2, segment] float; stems of one song share place and speed."""
        dice, device = self.dice, self.songs.device
        room = self.songs.shape[-1] - int(self.segment * RESAMPLE) - 4
        song = (dice.uniform(batch, 4) * len(self)).long().clamp(max=len(self) - 1)
        start = (dice.uniform(batch, 4) * room).long() + 1
        semitones = dice.uniform(batch, 4, low=-1.9, high=1.9) * dice.chance(0.35, batch, 4)
        share = together[:, None]
        song, start = torch.where(share, song[:, :1], song), torch.where(share, start[:, :1], start)
        speed = torch.pow(2.0, torch.where(share, semitones[:, :1], semitones).double() / 12)
        position = torch.arange(self.segment, device=device) * speed[..., None]
        whole = position.floor()
        part = (position - whole).float()[:, :, None]
        index = start[..., None] + whole.long()
        stem = torch.arange(4, device=device)[None, :, None, None]
        side = torch.arange(2, device=device)[None, None, :, None]

        def tap(offset: int) -> Tensor:
            return self.songs[song[:, :, None, None], stem, side, index[:, :, None] + offset].float()

        before, here, after, later = tap(-1), tap(0), tap(1), tap(2)
        a = 0.5 * (later - before) + 1.5 * (here - after)
        b = before - 2.5 * here + 2 * after - 0.5 * later
        c = 0.5 * (after - before)
        return (((a * part + b) * part + c) * part + here) / 32768

    @torch.no_grad()
    def batch(self, size: int, same_song: float = 0.55) -> Batch:
        together = self.dice.chance(same_song, size)
        sources = levels(self._windows(size, together), together, self.dice)
        sources = loud_master(narrow(colour(sources, self.dice), self.dice), self.dice)
        scale = 1 / sources.sum(1).std(dim=(1, 2)).clamp_min(0.004)
        sources = sources * scale[:, None, None, None]
        return Batch(lossy(sources.sum(1), self.dice), sources)
