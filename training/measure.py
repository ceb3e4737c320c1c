"""Times a training step in several layouts and batch sizes: python3 -m training.measure --out DIR [--batch 24 ...]

Writes measure.json and a profile of each compiled variant.
"""
from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch

from .batches.pool import Pool
from .learn import Average, Clipper, half_core, joined_gradients, losses
from .model.config import Config
from .model.htdemucs import HTDemucs


class Step:
    """A whole training step on random songs."""

    def __init__(self, batch: int, compiled: bool, channels_last: bool) -> None:
        torch.manual_seed(0)
        device = torch.device("cuda")
        self.model = HTDemucs(Config()).to(device).train()
        self.pool = Pool(8, 441000, self.model.config.segment_frames, device, 1)
        for _ in range(8):
            self.pool.add((torch.randn(4, 2, 441000, device=device) * 3000).short())
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, 1e-5, fused=True)
        self.average, self.clip = Average(self.model), Clipper()
        self.gradients = joined_gradients(self.parameters)
        self.core = half_core(self.model, compiled, channels_last)
        self.batch = batch

    def __call__(self) -> None:
        full, time_only = losses(self.model, self.pool.batch(self.batch), self.batch // 2, self.core)
        self.gradients.zero_()
        (full + 0.2 * time_only).backward()
        self.clip(self.gradients)
        self.optimizer.step()
        self.average.update(1000)

    def timed(self, repeats: int = 12) -> float:
        for _ in range(3):
            self()
        torch.cuda.synchronize()
        times = []
        for _ in range(repeats):
            begin = time.time()
            self()
            torch.cuda.synchronize()
            times.append(time.time() - begin)
        return sorted(times)[repeats // 2]

    def error(self) -> float:
        """Relative difference of the fast core from float32."""
        mix = self.pool.batch(2).mix
        with torch.no_grad():
            exact = self.model.separate(mix)[0]
            fast = self.model.separate(mix, 0, half_core(self.model, False))[0]
        return float((fast - exact).norm() / exact.norm())


def measure(batch: int, compiled: bool, channels_last: bool) -> tuple[dict[str, Any], Step]:
    torch.cuda.reset_peak_memory_stats()
    torch._dynamo.reset()
    step = Step(batch, compiled, channels_last)
    begin = time.time()
    step()
    torch.cuda.synchronize()
    first = time.time() - begin
    begin = time.time()
    for _ in range(8):
        step.pool.batch(batch)
    torch.cuda.synchronize()
    drawing = (time.time() - begin) / 8
    result = {
        "batch": batch, "compiled": compiled, "channels_last": channels_last, "first": round(first, 1), "step": round(step.timed(), 4),
        "drawing": round(drawing, 4), "memory": round(torch.cuda.max_memory_allocated() / 1e9, 1), "error": round(step.error(), 4),
    }
    print(json.dumps(result), flush=True)
    return result, step


def profile(step: Step, path: Path) -> None:
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as trace:
        for _ in range(3):
            step()
        torch.cuda.synchronize()
    path.write_text(trace.key_averages().table(sort_by="cuda_time_total", row_limit=60, max_name_column_width=110))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=24)
    options = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    results = []
    for compiled, channels_last in ((False, False), (False, True), (True, False), (True, True)):
        result, step = measure(options.batch, compiled, channels_last)
        results.append(result)
        (options.out / "measure.json").write_text(json.dumps(results, indent=1))
        if compiled:
            profile(step, options.out / f"profile-{'last' if channels_last else 'first'}.txt")
        del step


if __name__ == "__main__":
    main()
