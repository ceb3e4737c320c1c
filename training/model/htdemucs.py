"""HTDemucs (Rouard, Massa, Defossez 2023): two U-Nets, on waveform and spectrogram, joined by a transformer."""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import Config
from .layers import DConv, Decoder, Encoder
from .spectrum import from_channels, spectrogram, to_channels, waveform
from .transformer import CrossTransformer


class FrequencyEmbedding(nn.Module):
    """One smooth vector per row, stored divided by `scale` so that it learns faster."""

    def __init__(self, rows: int, width: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.embedding = nn.Embedding(rows, width)
        walk = torch.cumsum(self.embedding.weight.data, dim=0)
        self.embedding.weight.data = walk / torch.arange(1, rows + 1).sqrt()[:, None] / scale

    def forward(self) -> Tensor:
        return self.embedding.weight.t()[None, :, :, None] * self.scale


class Normal(NamedTuple):
    """A tensor scaled to zero mean and unit deviation, and how to undo it."""

    value: Tensor
    mean: Tensor
    deviation: Tensor

    @staticmethod
    def of(x: Tensor) -> "Normal":
        dims = tuple(range(1, x.dim()))
        mean, deviation = x.mean(dims, keepdim=True), x.std(dims, keepdim=True)
        return Normal((x - mean) / (1e-5 + deviation), mean, deviation)

    def undo(self, sources: Tensor) -> Tensor:
        """[batch, sources, ...] back to the scale of the input."""
        return sources * self.deviation[:, None] + self.mean[:, None]


class Decoded(NamedTuple):
    """Still normalised: spectral [batch, ., bins, frames], waveform and time_only [batch, ., 1, samples]."""

    spectral: Tensor
    waveform: Tensor
    time_only: Tensor | None


class HTDemucs(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels * config.growth**level for level in range(config.depth)]
        self.encoder = self._encoders(widths, 2 * config.audio_channels, spectral=True)
        self.tencoder = self._encoders(widths, config.audio_channels, spectral=False)
        outputs = config.audio_channels * len(config.sources)
        self.decoder = self._decoders(widths, 2 * outputs, spectral=True)
        self.tdecoder = self._decoders(widths, outputs, spectral=False)
        self.freq_emb = FrequencyEmbedding(config.nfft // 8, widths[0], config.emb_scale)
        self._rescale(0.1)
        if config.bottom_channels:
            self.channel_upsampler = nn.Conv1d(widths[-1], config.bottom_channels, 1)
            self.channel_downsampler = nn.Conv1d(config.bottom_channels, widths[-1], 1)
            self.channel_upsampler_t = nn.Conv1d(widths[-1], config.bottom_channels, 1)
            self.channel_downsampler_t = nn.Conv1d(config.bottom_channels, widths[-1], 1)
        self.crosstransformer = CrossTransformer(
            config.transformer_width, config.t_heads, config.t_layers, config.t_hidden_scale
        )

    def _dconv(self, width: int, mode: int) -> DConv | None:
        config = self.config
        return DConv(width, config.dconv_comp, config.dconv_depth) if config.dconv_mode & mode else None

    def _encoders(self, widths: list[int], inputs: int, spectral: bool) -> nn.ModuleList:
        return nn.ModuleList(
            Encoder(before, after, spectral, self._dconv(after, 1)) for before, after in zip([inputs, *widths], widths)
        )

    def _decoders(self, widths: list[int], outputs: int, spectral: bool) -> nn.ModuleList:
        return nn.ModuleList(
            Decoder(before, after, spectral, self._dconv(before, 2), last=index == len(widths) - 1)
            for index, (before, after) in enumerate(zip(widths[::-1], [*widths[-2::-1], outputs]))
        )

    def _rescale(self, reference: float) -> None:
        """Demucs' start: every convolution's deviation moves half way (in log) towards `reference`."""
        for module in self.modules():
            if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)):
                scale = (module.weight.std().detach() / reference) ** 0.5
                module.weight.data /= scale
                if module.bias is not None:
                    module.bias.data /= scale

    def _through(self, name: str, x: Tensor) -> Tensor:
        """A 1x1 convolution over all rows; identity where the model has no bottom channels."""
        layer = getattr(self, name, None)
        return x if layer is None else F.conv2d(x, layer.weight.unsqueeze(-1), layer.bias)

    def decode_waveform(self, x: Tensor, skips: list[Tensor], lengths: list[int]) -> Tensor:
        for layer, skip, length in zip(self.tdecoder, skips[::-1], lengths[::-1]):
            x = layer(x, skip, length)
        return x

    def core(self, x: Tensor, xt: Tensor, time_only_items: int = 0) -> Decoded:
        """Everything between normalisation and its undoing; this is what training compiles.

        @param x  [batch, 2 * channels, bins, frames]
        @param xt [batch, channels, 1, samples]
        @param time_only_items how many of the batch are decoded in the time-only mode too
        """
        skips, skips_t, lengths_t = [], [], []
        for index, (layer, layer_t) in enumerate(zip(self.encoder, self.tencoder)):
            lengths_t.append(xt.shape[-1])
            x, xt = layer(x), layer_t(xt)
            if index == 0:
                x = x + self.config.freq_emb * self.freq_emb().to(x.dtype)
            skips.append(x)
            skips_t.append(xt)
        x, xt = self._through("channel_upsampler", x), self._through("channel_upsampler_t", xt)
        x, xt = self.crosstransformer(x, xt)
        x, xt = self._through("channel_downsampler", x), self._through("channel_downsampler_t", xt)
        for decoder, skip in zip(self.decoder, skips[::-1]):
            x = decoder(x, skip, skip.shape[-1])
        if not time_only_items:
            return Decoded(x, self.decode_waveform(xt, skips_t, lengths_t), None)
        skips_t = [torch.cat([skip, skip[:time_only_items]]) for skip in skips_t]
        xt = torch.cat([xt, torch.zeros_like(xt[:time_only_items])])
        full, time_only = self.decode_waveform(xt, skips_t, lengths_t).split([len(x), time_only_items])
        return Decoded(x, full, time_only)

    def _sources(self, xt: Tensor) -> Tensor:
        """[batch, sources * channels, 1, samples] -> [batch, sources, channels, samples]."""
        return xt.float().squeeze(2).unflatten(1, (len(self.config.sources), -1))

    def separate(self, mix: Tensor, time_only_items: int = 0, core: Callable[[Tensor, Tensor, int], Decoded] | None = None) -> tuple[Tensor, Tensor | None]:
        """Full mode for all, time-only mode for the first items. mix [batch, channels, samples], any length.

        @param core a compiled `self.core`
        @return [batch, sources, channels, samples], and the same for the time-only items
        """
        config, samples = self.config, mix.shape[-1]
        z = spectrogram(mix, config.nfft)
        x, xt = Normal.of(to_channels(z)), Normal.of(mix)
        decoded = (core or self.core)(x.value, xt.value.unsqueeze(2), time_only_items)
        spectra = x.undo(decoded.spectral.float().unflatten(1, (len(config.sources), -1)))
        full = waveform(from_channels(spectra), config.nfft, samples) + xt.undo(self._sources(decoded.waveform))
        if decoded.time_only is None:
            return full, None
        few = Normal(*(part[:time_only_items] for part in xt))
        return full, few.undo(self._sources(decoded.time_only))

    def forward(self, mix: Tensor) -> Tensor:
        """Full mode; shorter input than the segment is padded with zeros to it, as in training."""
        return self.separate(self._padded(mix))[0][..., : mix.shape[-1]]

    def time_only(self, mix: Tensor) -> Tensor:
        """Only the waveform branch, with nothing coming from the bottleneck."""
        xt = Normal.of(self._padded(mix))
        x, skips, lengths = xt.value.unsqueeze(2), [], []
        for layer in self.tencoder:
            lengths.append(x.shape[-1])
            x = layer(x)
            skips.append(x)
        decoded = self.decode_waveform(torch.zeros_like(x), skips, lengths)
        return xt.undo(self._sources(decoded))[..., : mix.shape[-1]]

    def _padded(self, mix: Tensor) -> Tensor:
        return F.pad(mix, (0, max(0, self.config.segment_frames - mix.shape[-1])))
