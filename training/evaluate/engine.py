"""The comparison of `training.evaluate` through the project's own engine (`node scripts/setup.mjs run` first), about ten times faster on a CPU:

python3 -m training.evaluate.engine --model NAME=ID|FILE… [--synthetic N] [--real FOLDER…] --json OUT
"""
from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import soundfile
import torch
from torch import Tensor

from ..compose.signal import RATE
from ..compose.song import STEMS
from .__main__ import Named, print_table, real, scored, synthetic, table
from .track import MODES, Mode

PROGRAM = Path(__file__).parents[2] / "build/cli/stemwright.mjs"
SEGMENT = 4  # seconds the models hear at once; synthetic windows are as long


def separate(mix: Tensor, model: str, mode: Mode, overlap: float) -> Tensor:
    """mix [2, samples] -> [sources, 2, samples]."""
    with tempfile.TemporaryDirectory() as place:
        song = Path(place, "song.wav")
        soundfile.write(song, mix.T.numpy(), RATE, subtype="FLOAT")
        options = ["--model", model, "--mode", mode, "--overlap", str(overlap), "--format", "wav32f", "--quiet"]
        subprocess.run(["node", str(PROGRAM), "separate", str(song), "--out", place, *options], check=True)
        read = [soundfile.read(Path(place, "song", f"{stem}.wav"), dtype="float32")[0] for stem in STEMS]
    return torch.stack([torch.from_numpy(audio).T for audio in read])


def joined(tracks: list[Named], model: str, mode: Mode) -> list[Tensor]:
    """Estimates of tracks of one segment each, separated as one song: without overlap each is a segment of its own."""
    if any(stems.shape[-1] != SEGMENT * RATE for _, _, stems in tracks):
        raise ValueError(f"every track must last {SEGMENT} s")
    mix = torch.cat([stems.sum(0) for _, _, stems in tracks], dim=-1)
    return list(separate(mix, model, mode, 0.0).split(SEGMENT * RATE, dim=-1))


def compare(models: dict[str, str], songs: list[Named], windows: list[Named]) -> list[dict[str, Any]]:
    rows = []
    for title, model in models.items():
        for mode in MODES:
            estimates = joined(windows, model, mode) if windows else []
            estimates += [separate(stems.sum(0), model, mode, 0.25) for _, _, stems in songs]
            for track, estimate in zip([*windows, *songs], estimates):
                rows += scored(track, estimate, title, mode)
            print(title, mode, "done", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.evaluate.engine", description=__doc__)
    parser.add_argument("--model", action="append", required=True, help="NAME=ID or NAME=FILE.safetensors")
    parser.add_argument("--bank", type=Path, default=Path("training/bank"))
    parser.add_argument("--synthetic", type=int, default=0)
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    models = dict(text.split("=", 1) for text in options.model)
    windows = list(synthetic(options.bank, options.synthetic, SEGMENT * RATE, None))
    rows = compare(models, list(real(options.real)), windows)
    summary = table(rows, list(models))
    options.json.write_text(json.dumps({"summary": summary, "tracks": rows}, indent=1))
    print_table(summary)


if __name__ == "__main__":
    main()
