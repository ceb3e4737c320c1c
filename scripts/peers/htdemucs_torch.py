"""One segment of the published HTDemucs' shape in PyTorch on a GPU, for stemwright_gpu_segment to be held against.

python3 -m scripts.peers.htdemucs_torch [SEGMENTS], where torch sees the device. The input lies on it already.
"""
from __future__ import annotations

import statistics
import sys
import time
from fractions import Fraction

import torch

from training.model.config import Config
from training.model.htdemucs import HTDemucs

SHAPE = Config(segment=Fraction(39, 5), channels=48, bottom_channels=512, t_layers=5)


def report(name: str, model: HTDemucs, mix: torch.Tensor, segments: int, autocast: bool = False) -> None:
    times = []
    with torch.inference_mode(), torch.autocast("cuda", dtype=torch.float16, enabled=autocast):
        for turn in range(segments + 3):
            torch.cuda.synchronize()
            start = time.perf_counter()
            model(mix)
            torch.cuda.synchronize()
            if turn >= 3:
                times.append(1000 * (time.perf_counter() - start))
    print(f"{name}: median {statistics.median(times):.2f} ms, {min(times):.2f} to {max(times):.2f} over {segments}", flush=True)


def main() -> None:
    segments = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    model = HTDemucs(SHAPE).cuda().eval()
    print(torch.__version__, torch.cuda.get_device_name(), sum(p.numel() for p in model.parameters()), "parameters")
    mix = torch.randn(1, 2, SHAPE.segment_frames, device="cuda")
    report("torch fp32, as it comes (TF32 in cuDNN)", model, mix, segments)
    report("torch fp16 autocast", model, mix, segments, autocast=True)
    torch.backends.cuda.matmul.allow_tf32 = True
    report("torch TF32 everywhere", model, mix, segments)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    report("torch fp32, no TF32", model, mix, segments)


if __name__ == "__main__":
    main()
