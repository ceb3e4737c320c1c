"""Encoder and decoder layers of both branches.

Every activation is [batch, channels, rows, time]: rows are frequencies in the spectral branch and a single row in the
waveform branch, so one class serves both and tensors can stay channels-last on the GPU. Parameters keep the shapes and
names of a Demucs state dict (two kernel axes in the spectral branch, one in the waveform branch).
"""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import KERNEL, STRIDE

PAD = KERNEL // 4


def as_2d(weight: Tensor) -> Tensor:
    """A 1-D kernel [out, in, k] as [out, in, 1, k]."""
    return weight if weight.dim() == 4 else weight.unsqueeze(-2)


def row_norm(x: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Group norm with one group, each row on its own: statistics over channels and time."""
    wide = x.float()
    mean = wide.mean(dim=(1, 3), keepdim=True)
    centred = wide - mean
    variance = centred.square().mean(dim=(1, 3), keepdim=True)
    weight, bias = norm.weight.view(1, -1, 1, 1), norm.bias.view(1, -1, 1, 1)
    return (centred * torch.rsqrt(variance + norm.eps) * weight + bias).to(x.dtype)


class LayerScale(nn.Module):
    def __init__(self, channels: int, initial: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((channels,), initial))


class DConv(nn.Module):
    """Residual branch along time: squeeze with a dilated kernel of 3, widen, gate, scale."""

    def __init__(self, channels: int, compress: int, depth: int) -> None:
        super().__init__()
        hidden = channels // compress
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(channels, hidden, 3, dilation=2**level, padding=2**level),
                nn.GroupNorm(1, hidden),
                nn.GELU(),
                nn.Conv1d(hidden, 2 * channels, 1),
                nn.GroupNorm(1, 2 * channels),
                nn.GLU(1),
                LayerScale(channels, 1e-3),
            )
            for level in range(depth)
        )

    def forward(self, x: Tensor) -> Tensor:
        for level, layer in enumerate(self.layers):
            squeeze, norm1, _, widen, norm2, _, scale = layer
            step = 2**level
            y = F.conv2d(x, as_2d(squeeze.weight), squeeze.bias, padding=(0, step), dilation=(1, step))
            y = F.gelu(row_norm(y, norm1))
            y = F.conv2d(y, as_2d(widen.weight), widen.bias)
            y = F.glu(row_norm(y, norm2), dim=1)
            x = x + y * scale.scale.view(1, -1, 1, 1).to(y.dtype)
        return x


class Encoder(nn.Module):
    """Strided convolution, DConv, gated 1x1 rewrite."""

    def __init__(self, inputs: int, outputs: int, spectral: bool, dconv: DConv | None) -> None:
        super().__init__()
        self.spectral = spectral
        conv: Any = nn.Conv2d if spectral else nn.Conv1d
        kernel = (KERNEL, 1) if spectral else KERNEL
        self.conv = conv(inputs, outputs, kernel)
        self.rewrite = conv(outputs, 2 * outputs, 1)
        self.dconv = dconv

    def forward(self, x: Tensor) -> Tensor:
        if self.spectral:
            y = F.conv2d(x, self.conv.weight, self.conv.bias, stride=(STRIDE, 1), padding=(PAD, 0))
        else:
            x = F.pad(x, (0, -x.shape[-1] % STRIDE))
            y = F.conv2d(x, as_2d(self.conv.weight), self.conv.bias, stride=(1, STRIDE), padding=(0, PAD))
        y = F.gelu(y)
        if self.dconv is not None:
            y = self.dconv(y)
        return F.glu(F.conv2d(y, as_2d(self.rewrite.weight), self.rewrite.bias), dim=1)


class Decoder(nn.Module):
    """Skip added, gated rewrite with a context of one, DConv, transposed convolution."""

    def __init__(self, inputs: int, outputs: int, spectral: bool, dconv: DConv | None, last: bool) -> None:
        super().__init__()
        self.spectral = spectral
        self.last = last
        conv: Any = nn.Conv2d if spectral else nn.Conv1d
        transposed: Any = nn.ConvTranspose2d if spectral else nn.ConvTranspose1d
        self.conv_tr = transposed(
            inputs, outputs, (KERNEL, 1) if spectral else KERNEL, stride=(STRIDE, 1) if spectral else STRIDE
        )
        self.rewrite = conv(inputs, 2 * inputs, 3, padding=1)
        self.dconv = dconv

    def forward(self, x: Tensor, skip: Tensor, length: int) -> Tensor:
        """`length` is the time axis of this layer's output; the waveform branch is cropped to it."""
        context = (1, 1) if self.spectral else (0, 1)
        y = F.conv2d(x + skip, as_2d(self.rewrite.weight), self.rewrite.bias, padding=context)
        y = F.glu(y, dim=1)
        if self.dconv is not None:
            y = self.dconv(y)
        stride = (STRIDE, 1) if self.spectral else (1, STRIDE)
        y = F.conv_transpose2d(y, as_2d(self.conv_tr.weight), self.conv_tr.bias, stride=stride)
        y = y[..., PAD:-PAD, :] if self.spectral else y[..., PAD : PAD + length]
        return y if self.last else F.gelu(y)
