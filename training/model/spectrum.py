"""The spectrogram HTDemucs sees: periodic Hann, hop nfft/4, orthonormal, complex values as channels."""
from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def spectrogram(mix: Tensor, nfft: int) -> Tensor:
    """[batch, channels, samples] -> complex [batch, channels, nfft/2, ceil(samples / hop)]; the Nyquist bin is dropped."""
    hop = nfft // 4
    frames = math.ceil(mix.shape[-1] / hop)
    edge = hop // 2 * 3
    padded = F.pad(mix, (edge, edge + frames * hop - mix.shape[-1]), mode="reflect")
    z = torch.stft(
        padded.flatten(0, 1), nfft, hop, window=torch.hann_window(nfft, device=mix.device), normalized=True, return_complex=True
    )
    return z[:, :-1, 2 : 2 + frames].unflatten(0, mix.shape[:2])


def overlapped(z: Tensor, window: Tensor, hop: int, samples: int) -> Tensor:
    """`torch.istft` of centred frames without its look at a value, which makes the host wait for the device.

    @param z complex [batch, bins, frames]; `hop` divides the window's length
    """
    size = len(window)
    parts = size // hop

    def added(frames: Tensor) -> Tensor:
        blocks = frames.unflatten(-1, (parts, hop))
        return torch.stack([F.pad(blocks[:, :, k], (0, 0, k, parts - 1 - k)) for k in range(parts)]).sum(0).flatten(1)

    total = added(torch.fft.irfft(z.transpose(1, 2), n=size) * window)
    weight = added(window.square().expand(1, z.shape[-1], size))
    return (total / weight.clamp_min(1e-11))[:, size // 2 : size // 2 + samples]


def waveform(z: Tensor, nfft: int, samples: int) -> Tensor:
    """Inverse of `spectrogram`: complex [..., nfft/2, frames] -> [..., samples]."""
    hop = nfft // 4
    edge = hop // 2 * 3
    full = F.pad(z, (2, 2, 0, 1)).flatten(0, -3)
    total = hop * math.ceil(samples / hop) + 2 * edge
    y = overlapped(full, torch.hann_window(nfft, device=z.device), hop, total) * math.sqrt(nfft)
    return y[:, edge : edge + samples].unflatten(0, z.shape[:-2])


def to_channels(z: Tensor) -> Tensor:
    """Complex [batch, channels, bins, frames] -> real [batch, 2 * channels, bins, frames]: re, im of each channel."""
    return torch.view_as_real(z).permute(0, 1, 4, 2, 3).flatten(1, 2)


def from_channels(x: Tensor) -> Tensor:
    """Real [batch, sources, 2 * channels, bins, frames] -> complex [batch, sources, channels, bins, frames]."""
    pairs = x.unflatten(2, (-1, 2)).permute(0, 1, 2, 4, 5, 3)
    return torch.view_as_complex(pairs.contiguous())
