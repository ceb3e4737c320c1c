"""The parts of a training step: loss, schedule, averaged weights, checkpoints."""
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Parameter

from .batches.pool import Batch
from .model.htdemucs import Decoded, HTDemucs
from .model.weights import read_safetensors, write_safetensors

PART_BYTES = 14_000_000
Kind = Literal["average", "weights"]
Core = Callable[[Tensor, Tensor, int], Decoded]


@dataclass(frozen=True)
class Schedule:
    """Warm-up in steps, then constant, then linear to nearly zero over the last `decay` seconds of `budget`."""

    rate: float
    warmup: int
    budget: float
    decay: float

    def at(self, step: int, elapsed: float) -> float:
        rising = min(1.0, (step + 1) / self.warmup)
        falling = min(1.0, max(0.0, self.budget - elapsed) / self.decay) if self.decay else 1.0
        return self.rate * rising * (0.003 + 0.997 * falling)


class Average:
    """Exponential moving average of the weights, quick at first."""

    def __init__(self, model: HTDemucs, decay: float = 0.999) -> None:
        self.live = list(model.state_dict().values())
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.decay = decay

    def restart(self) -> None:
        for average, value in zip(self.values.values(), self.live):
            average.copy_(value)

    @torch.no_grad()
    def update(self, step: int) -> None:
        keep = min(self.decay, (1 + step) / (10 + step))
        averages = list(self.values.values())
        torch._foreach_mul_(averages, keep)
        torch._foreach_add_(averages, self.live, alpha=1 - keep)


def joined_gradients(parameters: Sequence[Parameter]) -> Tensor:
    """One buffer for all gradients; from now on each parameter's `grad` is a view of it. Zero it before each step."""
    joined = torch.zeros(sum(parameter.numel() for parameter in parameters), device=parameters[0].device)
    for parameter, part in zip(parameters, joined.split([parameter.numel() for parameter in parameters])):
        parameter.grad = part.view_as(parameter)
    return joined


class Clipper:
    """Scales gradients down to twice the running mean of their norm, without waiting for the device."""

    def __init__(self) -> None:
        self.mean: Tensor | None = None

    def __call__(self, gradients: Tensor) -> Tensor:
        """Changes them in place; their norm before that."""
        norm = gradients.norm()
        if self.mean is None:
            self.mean = norm.clone()
        gradients.mul_((2 * self.mean / (norm + 1e-6)).clamp(max=1.0))
        self.mean = 0.98 * self.mean + 0.02 * torch.minimum(norm, 4 * self.mean)
        return norm


ABSOLUTE = 0.3


def distance(estimate: Tensor, truth: Tensor) -> Tensor:
    """ABSOLUTE of the mean absolute error, the rest the RMS error of each stem of each item.

    The absolute error alone leaves a doubtful stem silent: of what it might be, the median is zero, the mean is not.
    """
    difference = estimate - truth
    root = (difference.square().mean((-1, -2)) + 1e-6).sqrt().mean()
    return ABSOLUTE * difference.abs().mean() + (1 - ABSOLUTE) * root


def losses(model: HTDemucs, batch: Batch, time_only_items: int, core: Core | None = None) -> tuple[Tensor, Tensor]:
    """Of the full mode (all items) and of the time-only mode (the first items)."""
    full, time_only = model.separate(batch.mix, time_only_items, core)
    error = distance(full, batch.sources)
    if time_only is None:
        return error, torch.zeros_like(error)
    return error, distance(time_only, batch.sources[:time_only_items])


def half_core(model: HTDemucs, compiled: bool, channels_last: bool = False) -> Core:
    """`model.core` in bfloat16 autocast on the GPU; spectra and waveforms around it stay float32."""
    core: Core = torch.compile(model.core, dynamic=False) if compiled else model.core
    layout = torch.channels_last if channels_last else torch.contiguous_format

    def run(x: Tensor, xt: Tensor, time_only_items: int) -> Decoded:
        x, xt = x.contiguous(memory_format=layout), xt.contiguous(memory_format=layout)
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=x.is_cuda):
            return core(x, xt, time_only_items)

    return run


def decibel_ratio(truth: Tensor, estimate: Tensor) -> Tensor:
    """SDR over channels and samples, dB."""
    signal = truth.square().sum((-1, -2))
    return 10 * torch.log10(signal.clamp_min(1e-9) / (truth - estimate).square().sum((-1, -2)).clamp_min(1e-9))


def save_checkpoint(folder: Path, model: HTDemucs, average: Average, history: list[dict[str, Any]], step: int) -> None:
    """Weights and their average in half precision, in parts of at most 15 MB, and the curve.

    The optimiser's moments are not kept: `Schedule`'s warm-up stands in for them after a restart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_parts(folder, "weights", dict(model.state_dict()))
    _write_parts(folder, "average", average.values)
    (folder / "state.json").write_text(json.dumps({"step": step, "history": history}))


def _write_parts(folder: Path, stem: str, tensors: dict[str, Tensor]) -> None:
    part: dict[str, Tensor] = {}
    size = number = 0
    for name, tensor in tensors.items():
        count = 2 * tensor.numel()
        if part and size + count > PART_BYTES:
            write_safetensors(folder / f"{stem}-{number}.safetensors", part, {}, half=True)
            part, size, number = {}, 0, number + 1
        part[name] = tensor
        size += count
    write_safetensors(folder / f"{stem}-{number}.safetensors", part, {}, half=True)


def _read_parts(folder: Path, stem: str) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for path in sorted(folder.glob(f"{stem}-*.safetensors")):
        tensors.update(read_safetensors(path)[0])
    return tensors


def is_whole(checkpoint: Path) -> bool:
    """A folder's state is written last."""
    return checkpoint.is_file() or (checkpoint / "state.json").exists()


def load_checkpoint(folder: Path, model: HTDemucs, average: Average) -> tuple[int, list[dict[str, Any]]]:
    """The step and the curve. A folder without an average starts one from the weights, and so does a model file, at step 0."""
    if folder.is_file():
        model.load_state_dict(read_safetensors(folder)[0])
        average.restart()
        return 0, []
    weights = _read_parts(folder, "weights")
    model.load_state_dict(weights)
    for name, value in (_read_parts(folder, "average") or weights).items():
        average.values[name].copy_(value)
    state = json.loads((folder / "state.json").read_text())
    return int(state["step"]), list(state["history"])


def load_weights(folder: Path, model: HTDemucs, kind: Kind = "average") -> HTDemucs:
    """For use: the averaged weights of a checkpoint, or the last ones."""
    model.load_state_dict(_read_parts(folder, kind))
    return model.eval()
