"""Changes made to batches on the device. Sources are [batch, stems, channels, samples]; every change keeps mix = sum of stems,
except `lossy`, which only the model's input hears."""
from __future__ import annotations

import random

import torch
from torch import Tensor
from torch.nn import functional as F

from ..model.spectrum import overlapped


class Dice:
    """Random numbers from one seeded generator on the device, and counts from another on the host, so that nothing waits."""

    def __init__(self, device: torch.device, seed: int) -> None:
        self.device = device
        self.generator = torch.Generator(device=device)
        self.generator.manual_seed(seed)
        self.host = random.Random(seed)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return torch.rand(*shape, device=self.device, generator=self.generator) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.device, generator=self.generator)

    def chance(self, probability: float, *shape: int) -> Tensor:
        return self.uniform(*shape) < probability

    def count(self, probability: float, trials: int) -> int:
        """How many of `trials` come true."""
        return sum(self.host.random() < probability for _ in range(trials))


def decibels(x: Tensor) -> Tensor:
    return torch.pow(10.0, x / 20)


def levels(sources: Tensor, together: Tensor, dice: Dice) -> Tensor:
    """Gains (+-3 dB within a song, +-5 across songs, rarely +-12), polarity, swapped sides, muted stems.

    @param together [batch] whether an item's stems are of one song
    """
    batch, stems = sources.shape[:2]
    spread = torch.where(together, 3.0, 5.0)[:, None] * torch.where(dice.chance(0.1, batch, stems), 2.4, 1.0)
    gain = decibels(dice.uniform(batch, stems, low=-1, high=1) * spread)
    gain = gain * torch.where(dice.chance(0.5, batch, stems), -1.0, 1.0) * (~dice.chance(0.05, batch, stems))
    swapped = dice.chance(0.5, batch, stems)[:, :, None, None]
    return torch.where(swapped, sources.flip(2), sources) * gain[:, :, None, None]


def narrow(sources: Tensor, dice: Dice) -> Tensor:
    """A twentieth of the items in mono, an eighth narrower or wider."""
    batch = len(sources)
    width = torch.where(dice.chance(0.125, batch), dice.uniform(batch, high=1.3), torch.ones(batch, device=sources.device))
    width = torch.where(dice.chance(0.05, batch), torch.zeros_like(width), width)[:, None, None, None]
    middle = sources.mean(2, keepdim=True)
    return middle + (sources - middle) * width


def colour(sources: Tensor, dice: Dice, probability: float = 0.35) -> Tensor:
    """A smooth random equaliser per stem: normal gains of 3 dB at eight points over the spectrum's octaves."""
    batch, stems, _, samples = sources.shape
    bins = samples // 2 + 1
    points = 8
    octave = torch.log2(torch.arange(bins, device=sources.device) / bins * 2**points + 1) / (points + 0.01) * (points - 1)
    index = octave.floor().long().clamp(max=points - 2)
    part = octave - index
    gains = dice.normal(batch, stems, points) * 3 * dice.chance(probability, batch, stems)[:, :, None]
    curve = decibels(gains[..., index] * (1 - part) + gains[..., index + 1] * part)
    return torch.fft.irfft(torch.fft.rfft(sources) * curve[:, :, None], n=samples)


def loud_master(sources: Tensor, dice: Dice, probability: float = 0.25) -> Tensor:
    """A limiter's gain curve, derived from the mix and applied to every stem."""
    block = 128
    mix = sources.sum(1)
    peak = F.max_pool1d(mix.abs().amax(1, keepdim=True), block * 5, stride=block, padding=block * 2)
    ranked = peak.flatten(1).quantile(0.95, dim=1)[:, None, None]
    threshold = ranked * decibels(-dice.uniform(len(mix), 1, 1, low=2, high=12))
    gain = (threshold / peak.clamp_min(1e-6)).clamp(max=1)
    gain = F.avg_pool1d(F.pad(gain, (2, 2), mode="replicate"), 5, stride=1)
    gain = F.interpolate(gain, size=mix.shape[-1], mode="linear", align_corners=False)
    wanted = dice.chance(probability, len(mix))[:, None, None]
    return sources * torch.where(wanted, gain, torch.ones_like(gain))[:, None]


def lossy(mix: Tensor, dice: Dice, probability: float = 0.12) -> Tensor:
    """What a codec at about 128 kbit/s does: no treble, and noise some dB under each band of each frame. Its items are neighbours."""
    count = dice.count(probability, len(mix))
    if count == 0:
        return mix
    first = dice.host.randrange(len(mix) - count + 1)
    picked = slice(first, first + count)
    size, hop, band = 2048, 1024, 16
    window = torch.hann_window(size, device=mix.device).sqrt()
    flat = mix[picked].flatten(0, 1)
    z = torch.stft(flat, size, hop, window=window, return_complex=True)
    power = F.avg_pool2d(z.abs().square()[:, None, : size // 2], (band, 1)).repeat_interleave(band, dim=2)[:, 0]
    power = F.pad(power, (0, 0, 0, 1))
    below = decibels(-dice.uniform(count, low=10, high=22)).repeat_interleave(mix.shape[1])[:, None, None]
    noise = torch.complex(dice.normal(*z.shape), dice.normal(*z.shape)) * 0.7
    top = dice.uniform(count, low=15000, high=17500).repeat_interleave(mix.shape[1])[:, None, None]
    hertz = torch.linspace(0, 22050, size // 2 + 1, device=mix.device)[None, :, None]
    coded = (z + noise * power.sqrt() * below) * (hertz < top)
    out = mix.clone()
    out[picked] = overlapped(coded, window, hop, mix.shape[-1]).unflatten(0, (count, -1))
    return out
