"""The reference numbers of the house model for the native tests: python3 -m training.fixture [MODEL [FIXTURE]]

Keeps the fixture's input; writes what PyTorch makes of it in both modes, every 23rd value.
"""
from __future__ import annotations

import sys
from pathlib import Path

import torch

from .model.weights import load_model, read_safetensors, write_safetensors

STRIDE = 23


def write(model_file: Path, fixture: Path) -> dict[str, float]:
    """How far each output moved, relative RMS."""
    model, (before, _) = load_model(model_file), read_safetensors(fixture)
    with torch.no_grad():
        made = {"full": model(before["input"]), "time_only": model.time_only(before["input"])}
    after = {f"{mode}@{STRIDE}": output.flatten()[::STRIDE] for mode, output in made.items()}
    write_safetensors(fixture, {"input": before["input"], **after}, {}, half=False)
    return {name: float((after[name] - before[name]).norm() / before[name].norm()) for name in after}


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    places = [Path("assets/models/house.safetensors"), Path("native/tests/fixtures/house-io.safetensors")]
    print(write(*[*given, *places[len(given) :]]))
