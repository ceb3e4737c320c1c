"""The numbers that define one HTDemucs; names follow the `kwargs` of a Demucs checkpoint."""
from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

KERNEL = 8
STRIDE = 4


@dataclass(frozen=True)
class Config:
    """Only the options our models differ in; anything else must have Demucs' default."""

    sources: tuple[str, ...] = ("drums", "bass", "other", "vocals")
    audio_channels: int = 2
    samplerate: int = 44100
    segment: Fraction = Fraction(4)
    channels: int = 32
    growth: int = 2
    depth: int = 4
    nfft: int = 4096
    bottom_channels: int = 256
    dconv_mode: int = 3
    dconv_depth: int = 2
    dconv_comp: int = 8
    freq_emb: float = 0.2
    emb_scale: float = 10
    t_layers: int = 3
    t_heads: int = 8
    t_hidden_scale: float = 4.0

    @property
    def segment_frames(self) -> int:
        return int(self.segment * self.samplerate)

    @property
    def bottleneck(self) -> int:
        """Width of the last encoder's output."""
        return self.channels * self.growth ** (self.depth - 1)

    @property
    def transformer_width(self) -> int:
        return self.bottom_channels or self.bottleneck


FIXED: dict[str, Any] = {"cac": True, "rescale": 0.1, "norm_starts": 4, "emb_smooth": True}


def to_kwargs(config: Config) -> str:
    """The JSON a weight file carries so that Demucs and our engine can rebuild the model."""
    fields = asdict(config)
    fields["sources"] = list(config.sources)
    fields["segment"] = [config.segment.numerator, config.segment.denominator]
    return json.dumps({**fields, **FIXED})


def from_kwargs(text: str) -> Config:
    fields: dict[str, Any] = json.loads(text)
    for name, value in FIXED.items():
        if fields.pop(name, value) != value:
            raise ValueError(f"{name} other than {value} is not supported")
    fields["sources"] = tuple(fields["sources"])
    fields["segment"] = Fraction(*fields["segment"])
    return Config(**fields)
