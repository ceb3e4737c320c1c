"""Writes a checkpoint's averaged weights as a model file: python3 -m training.export FOLDER OUT --name NAME"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from .evaluate.__main__ import open_model
from .model.weights import save_model
from .sources.catalog import SOURCES


def metadata(name: str, folder: Path) -> dict[str, str]:
    """What the file says about itself: the run, and every sound source with its licence."""
    state = json.loads((folder / "state.json").read_text())
    return {
        "name": name,
        "modes": json.dumps(["full", "time-only"]),
        "training": json.dumps({"steps": state["step"], "last": state["history"][-1:]}),
        "sources_of_sound": json.dumps({source.id: f"{source.licence}; {source.attribution}" for source in SOURCES}),
        "licence": "MIT; trained on composed songs of permissively licensed sounds only",
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.export", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    save_model(options.out, open_model(options.folder), metadata(options.name, options.folder))
    print(options.out, f"{options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
