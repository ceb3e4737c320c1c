"""The bottleneck: self- and cross-attention between spectral and waveform tokens."""
from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .layers import LayerScale

MAX_PERIOD = 10000.0


def positions_1d(length: int, width: int, device: torch.device) -> Tensor:
    """[1, length, width], cosines first."""
    half = width // 2
    position = torch.arange(length, dtype=torch.float32, device=device)[:, None]
    phase = position / MAX_PERIOD ** (torch.arange(half, dtype=torch.float32, device=device) / (half - 1))
    return torch.cat([phase.cos(), phase.sin()], dim=-1)[None]


def positions_2d(rows: int, length: int, width: int, device: torch.device) -> Tensor:
    """[1, length * rows, width]: the first half of the width tells time, the second the row; sines and cosines alternate."""
    half = width // 2
    rate = torch.exp(torch.arange(0, half, 2, dtype=torch.float32, device=device) * -(math.log(MAX_PERIOD) / half))

    def waves(count: int) -> Tensor:
        phase = torch.arange(count, dtype=torch.float32, device=device)[:, None] * rate
        return torch.stack([phase.sin(), phase.cos()], dim=-1).reshape(count, half)

    time = waves(length)[:, None].expand(length, rows, half)
    row = waves(rows)[None].expand(length, rows, half)
    return torch.cat([time, row], dim=-1).reshape(1, length * rows, width)


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax attention over [batch, heads, tokens, width]."""
    fused = getattr(F, "scaled_dot_product_attention", None)
    if fused is not None:
        mixed: Tensor = fused(query, key, value)
        return mixed
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    return scores.softmax(-1) @ value


class Attention(nn.Module):
    """Multi-head attention with the packed projection of torch.nn.MultiheadAttention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        width = query.shape[-1]

        def project(x: Tensor, part: int) -> Tensor:
            rows = slice(part * width, (part + 1) * width)
            y = F.linear(x, self.in_proj_weight[rows], self.in_proj_bias[rows])
            return y.view(*x.shape[:2], self.heads, width // self.heads).transpose(1, 2)

        mixed = attend(project(query, 0), project(memory, 1), project(memory, 2))
        joined: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(query.shape))
        return joined


class TransformerLayer(nn.Module):
    """Pre-norm layer; with `cross`, queries attend to the other branch. The output norm spans tokens and channels."""

    def __init__(self, width: int, heads: int, hidden: int, cross: bool) -> None:
        super().__init__()
        self.cross = cross
        self.self_attn = None if cross else Attention(width, heads)
        self.cross_attn = Attention(width, heads) if cross else None
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        if cross:
            self.norm3 = nn.LayerNorm(width)
        self.norm_out = nn.GroupNorm(1, width)
        self.gamma_1 = LayerScale(width, 1e-4)
        self.gamma_2 = LayerScale(width, 1e-4)

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        if self.cross_attn is not None:
            attended = self.cross_attn(self.norm1(x), self.norm2(other))
        else:
            assert self.self_attn is not None
            y = self.norm1(x)
            attended = self.self_attn(y, y)
        x = x + self.gamma_1.scale * attended
        y = (self.norm3 if self.cross else self.norm2)(x)
        x = x + self.gamma_2.scale * self.linear2(F.gelu(self.linear1(y)))
        normal: Tensor = self.norm_out(x.transpose(1, 2))
        return normal.transpose(1, 2)


class CrossTransformer(nn.Module):
    def __init__(self, width: int, heads: int, depth: int, hidden_scale: float) -> None:
        super().__init__()
        hidden = int(width * hidden_scale)

        def stack() -> nn.ModuleList:
            return nn.ModuleList(TransformerLayer(width, heads, hidden, index % 2 == 1) for index in range(depth))

        self.norm_in = nn.LayerNorm(width)
        self.norm_in_t = nn.LayerNorm(width)
        self.layers = stack()
        self.layers_t = stack()

    def forward(self, x: Tensor, xt: Tensor) -> tuple[Tensor, Tensor]:
        """x [batch, width, rows, time] spectral, xt [batch, width, 1, time] waveform; same shapes back."""
        _, width, rows, length = x.shape
        x = self.norm_in(x.permute(0, 3, 2, 1).flatten(1, 2))
        x = x + positions_2d(rows, length, width, x.device).to(x.dtype)
        xt = self.norm_in_t(xt.squeeze(2).transpose(1, 2))
        xt = xt + positions_1d(xt.shape[1], width, xt.device).to(xt.dtype)
        for spectral, waveform in zip(self.layers, self.layers_t):
            x, xt = spectral(x, xt), waveform(xt, x)
        x = x.unflatten(1, (length, rows)).permute(0, 3, 2, 1)
        return x, xt.transpose(1, 2).unsqueeze(2)
