"""Compares models: python3 -m training.evaluate --model NAME=FILE… [--synthetic N] [--real FOLDER…] --json OUT

FILE is a safetensors file or a checkpoint folder (its averaged weights). A real FOLDER holds drums, bass, other and
vocals as FLAC or WAV at 44.1 kHz; the mix is their sum. Never train on what is given here.
"""
from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from ..compose.bank import Bank
from ..compose.signal import RATE as SAMPLE_RATE
from ..compose.song import STEMS, compose
from ..compose.styles import HELD_STYLES, STYLES
from ..learn import load_weights
from ..model.config import Config
from ..model.htdemucs import HTDemucs
from ..model.weights import load_model
from .score import Score, score, summarise
from .track import MODES, Mode, separate_track

Named = tuple[str, str, Tensor]  # set, name or style, stems [4, 2, samples]
EVALUATION_SEEDS = 2 * 10**9


def open_model(path: Path) -> HTDemucs:
    return load_weights(path, HTDemucs(Config())) if path.is_dir() else load_model(path)


def synthetic(bank: Path, count: int, window: int, libraries: Path | None) -> Iterator[Named]:
    """The middle `window` samples of songs of each style in turn, the held-out ones among them, with held-out instruments and voices only."""
    loaded, styles = Bank(bank, libraries), (*STYLES, *HELD_STYLES)
    for number in range(count):
        song = compose(EVALUATION_SEEDS + number, loaded, 15.0, True, styles[number % len(styles)])
        start = (song.stems.shape[-1] - window) // 2
        yield "synthetic", song.style, torch.from_numpy(song.stems[..., start : start + window].astype(np.float32) / 32768)


def real(folders: list[Path]) -> Iterator[Named]:
    for folder in folders:
        stems = []
        for stem in STEMS:
            samples, _ = soundfile.read(next(path for path in sorted(folder.glob(f"{stem}.*"))), dtype="float32")
            stems.append(torch.from_numpy(np.ascontiguousarray(samples.T)))
        yield "real", folder.name, torch.stack(stems)


def scored(track: Named, estimates: Tensor, title: str, mode: Mode) -> list[dict[str, Any]]:
    """One row a stem."""
    group, name, stems = track
    row = {"set": group, "track": name, "model": title, "mode": mode}
    return [{**row, **vars(score(truth, estimate, stems.sum(0), stem))} for stem, truth, estimate in zip(STEMS, stems, estimates)]


def evaluate(models: dict[str, HTDemucs], tracks: Iterator[Named], overlap: float = 0.25) -> list[dict[str, Any]]:
    rows = []
    for track in tracks:
        group, name, stems = track
        for title, model in models.items():
            for mode in MODES:
                rows += scored(track, separate_track(model, stems.sum(0), mode, overlap), title, mode)
        print(group, name, "done", flush=True)
    return rows


def table(rows: list[dict[str, Any]], models: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for group in sorted({row["set"] for row in rows}):
        for mode in MODES:
            for title in models:
                chosen = [row for row in rows if (row["set"], row["mode"], row["model"]) == (group, mode, title)]
                scores = [Score(row["stem"], row["sdr"], row["gain"], row["leak"]) for row in chosen]
                out[f"{group} {mode} {title}"] = summarise(scores)
    return out


def print_table(summary: dict[str, Any]) -> None:
    for title, stems in summary.items():
        numbers = "  ".join(f"{stem} {found['sdr_median']} ({found['sdr_mean']})" for stem, found in stems.items())
        print(f"{title:32s} {numbers}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="training.evaluate", description=__doc__)
    parser.add_argument("--model", action="append", required=True, help="NAME=FILE")
    parser.add_argument("--bank", type=Path, default=Path("training/bank"))
    parser.add_argument("--libraries", type=Path, default=None)
    parser.add_argument("--synthetic", type=int, default=0)
    parser.add_argument("--window", type=float, default=4.0, help="seconds of each synthetic song")
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    paths = dict(text.split("=", 1) for text in options.model)
    models = {title: open_model(Path(path)) for title, path in paths.items()}
    rows = evaluate(models, real(options.real))
    if options.synthetic:
        window = int(options.window * SAMPLE_RATE)
        songs = synthetic(options.bank, options.synthetic, window, options.libraries)
        rows += evaluate(models, songs, overlap=0.0)
    summary = table(rows, list(models))
    options.json.write_text(json.dumps({"summary": summary, "tracks": rows}, indent=1))
    print_table(summary)


if __name__ == "__main__":
    main()
