"""The comparison of `training.evaluate` through the project's own engine, which is about ten times faster on a CPU:

python3 -m training.evaluate.engine --model NAME=ID|FILE… [--synthetic N] [--real FOLDER…] --json OUT
"""
from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import soundfile
from torch import Tensor

from ..compose.signal import RATE
from ..compose.song import STEMS
from .__main__ import print_table, synthetic, table
from .track import MODES

SCRIPT = Path(__file__).parents[2] / "scripts/evaluate"
LINE = re.compile(r"^  (\w+) +(?:SDR +(-?[\d.]+) dB +mix as estimate +(-?[\d.]+)|silent; leak (-?[\d.]+)) dB$")


def write(folder: Path, stems: Tensor) -> Path:
    """A folder as `scripts/evaluate` wants it."""
    folder.mkdir(parents=True)
    for name, audio in [*zip(STEMS, stems), ("mix", stems.sum(0))]:
        soundfile.write(folder / f"{name}.wav", audio.T.numpy(), RATE, subtype="FLOAT")
    return folder


def parsed(text: str) -> Iterator[dict[str, Any]]:
    """One row a stem; an unindented line begins a track."""
    track = ""
    for line in text.splitlines():
        if not line.startswith(" "):
            track = line.split(",")[0]
            continue
        found = LINE.match(line)
        if found is None:
            raise ValueError(f"scripts/evaluate printed {line!r}")
        stem, sdr, mix, leak = found.groups()
        score = {"sdr": None, "gain": None, "leak": float(leak)} if sdr is None else {"sdr": float(sdr), "gain": float(sdr) - float(mix), "leak": 0.0}
        yield {"track": track, "stem": stem, **score}


def run(folders: list[Path], group: str, title: str, model: str) -> list[dict[str, Any]]:
    rows = []
    for mode in MODES:
        command = [str(SCRIPT), *map(str, folders), "--model", model, "--mode", mode]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows += [{"set": group, "model": title, "mode": mode, **row} for row in parsed(printed)]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.evaluate.engine", description=__doc__)
    parser.add_argument("--model", action="append", required=True, help="NAME=ID or NAME=FILE.safetensors")
    parser.add_argument("--bank", type=Path, default=Path("training/bank"))
    parser.add_argument("--synthetic", type=int, default=0)
    parser.add_argument("--window", type=float, default=4.0, help="seconds of each synthetic song")
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    models = dict(text.split("=", 1) for text in options.model)
    with tempfile.TemporaryDirectory() as place:
        songs = synthetic(options.bank, options.synthetic, int(options.window * RATE), None)
        made = [write(Path(place, f"{number}-{style}"), stems) for number, (_, style, stems) in enumerate(songs)]
        rows = []
        for group, folders in (("synthetic", made), ("real", options.real)):
            for title, model in models.items():
                rows += run(folders, group, title, model) if folders else []
    summary = table(rows, list(models))
    options.json.write_text(json.dumps({"summary": summary, "tracks": rows}, indent=1))
    print_table(summary)


if __name__ == "__main__":
    main()
