"""Writes a checkpoint as a model file: python3 -m training.export FOLDER OUT --name NAME [--weights average]

After a run whose rate fell to nothing the last weights need no averaging, and the average lags behind them.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from .learn import Kind, load_weights
from .model.config import Config
from .model.htdemucs import HTDemucs
from .model.weights import save_model
from .sources.catalog import BY_ID


def trained_on(bank: Path) -> list[str]:
    """Sources of sound on the training side of a bank."""
    index = json.loads((bank / "index.json").read_text())
    return sorted({sound["source"] for sound in index["sounds"] if not sound["held"]})


def metadata(name: str, folder: Path, sources: list[str], weights: Kind, config: Config) -> dict[str, str]:
    """What the file says about itself: the run, and every sound source with its licence."""
    state = json.loads((folder / "state.json").read_text())
    return {
        "name": name,
        "sources": json.dumps(config.sources),
        "samplerate": str(config.samplerate),
        "segment": f"{config.segment.numerator}/{config.segment.denominator}",
        "modes": json.dumps(["full", "time-only"]),
        "training": json.dumps({"steps": state["step"], "weights": weights, "last": state["history"][-1:]}),
        "sources_of_sound": json.dumps({id: f"{BY_ID[id].licence}; {BY_ID[id].attribution}" for id in sources}),
        "licence": "MIT; trained on composed songs of permissively licensed sounds only",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.export", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--bank", type=Path, default=Path("training/bank"), help="the bank it was trained on")
    parser.add_argument("--weights", choices=("average", "weights"), default="weights")
    options = parser.parse_args()
    model = load_weights(options.folder, HTDemucs(Config()), options.weights)
    save_model(options.out, model, metadata(options.name, options.folder, trained_on(options.bank), options.weights, model.config))
    print(options.out, f"{options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
