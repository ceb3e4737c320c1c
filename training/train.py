"""Trains for a given time: python3 -m training.train --budget 1400 --out DIR [--resume DIR]

Songs are composed on the CPU cores while the GPU trains; nothing is read but the bank. See README.md, and ranks.py for more
than one GPU. A number of seconds written to OUT/until takes the place of --until, also while the run goes on.
"""
from __future__ import annotations

import argparse
import json
import shutil
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .batches.pool import Pool
from .batches.producers import Producers
from .learn import Average, Clipper, Schedule, decibel_ratio, half_core, is_whole, joined_gradients, load_checkpoint, losses, save_checkpoint
from .model.config import Config
from .model.htdemucs import HTDemucs
from .ranks import Ranks

STARTED = time.time()
compiler: Any = getattr(torch, "compiler", None)  # absent before PyTorch 2
REPORT_EVERY, SAVE_EVERY = 90.0, 90.0  # seconds
AGREE_EVERY = 20  # steps between two looks at the clock


def log(*words: object) -> None:
    print(f"[{time.time() - STARTED:7.1f}]", *words, flush=True)


@dataclass(frozen=True)
class Options:
    bank: Path
    libraries: Path | None
    out: Path
    resume: Path | None
    budget: float
    decay: float
    keep_before_decay: bool
    batch: int
    rate: float
    warmup: int
    time_only_weight: float
    workers: int
    capacity: int
    held_songs: int
    seconds: float
    segment: float
    channels: int
    compile: bool
    compiled: Path | None
    seed: int
    until: float


def parse() -> Options:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", default=Path("training/bank"), type=Path)
    parser.add_argument("--libraries", default=None, help="folder with libvorbisfile and what it needs", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--resume", default=None, type=Path, help="checkpoint or model file, read after the compilation; waited for until then")
    parser.add_argument("--budget", type=float, required=True, help="seconds of training after the compilation")
    parser.add_argument("--until", type=float, default=1e9, help="end at most this many seconds after the start, compilation included")
    parser.add_argument("--decay", type=float, default=0.0, help="the last seconds of the budget, in which the rate falls")
    parser.add_argument("--keep-before-decay", action="store_true", help="keep a checkpoint to resume from in OUT/stable")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--warmup", type=int, default=300)
    parser.add_argument("--time-only-weight", type=float, default=0.2)
    parser.add_argument("--workers", type=int, default=15)
    parser.add_argument("--capacity", type=int, default=3600, help="songs kept on the device")
    parser.add_argument("--held-songs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of a song")
    parser.add_argument("--segment", type=float, default=4.0)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--compiled", default=None, type=Path, help="compiled code: read if it is there, else written at the end")
    parser.add_argument("--seed", type=int, default=1000)
    return Options(**vars(parser.parse_args()))


class Trainer:
    def __init__(self, options: Options, producers: Producers, ranks: Ranks) -> None:
        self.options, self.producers, self.ranks = options, producers, ranks
        self.device = ranks.device
        torch.manual_seed(options.seed)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        self.model = build(options).to(self.device).train()
        self.average = Average(self.model)
        self.step, self.history = 0, list[dict[str, Any]]()
        segment = self.model.config.segment_frames
        self.pool = Pool(options.capacity, producers.samples, segment, self.device, options.seed + ranks.rank)
        self.held: dict[int, Tensor] = {}
        self.composing = 0.0
        threading.Thread(target=self._receive, daemon=True).start()
        self.parameters = list(self.model.parameters())
        fused = {"fused": True} if self.device.type == "cuda" else {}
        self.optimizer = torch.optim.AdamW(self.parameters, options.rate, betas=(0.9, 0.99), weight_decay=1e-4, **fused)
        self.gradients, self.clip = joined_gradients(self.parameters), Clipper()
        self.core = half_core(self.model, options.compile)
        self.time_only_items = options.batch // 2 if options.time_only_weight else 0

    def _receive(self) -> None:
        side = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None
        for delivery in self.producers.deliveries():
            song = torch.from_numpy(delivery.song)
            if delivery.held is not None:
                self.held[delivery.held] = song
                continue
            if side is None:
                self.pool.add(song)
            else:
                with torch.cuda.stream(side):
                    self.pool.add(song)
                    side.synchronize()
            self.composing += delivery.seconds

    def wait_for_songs(self, count: int) -> None:
        while len(self.pool) < count:
            time.sleep(0.2)
        log("songs", len(self.pool), "seconds each", round(self.composing / len(self.pool), 2))

    def _gradients(self) -> tuple[Tensor, Tensor]:
        batch = self.pool.batch(self.options.batch)
        full, time_only = losses(self.model, batch, self.time_only_items, self.core)
        self.gradients.zero_()
        (full + self.options.time_only_weight * time_only).backward()
        return full.detach(), time_only.detach()

    def prepare(self) -> None:
        """Compiles, then takes over the checkpoint."""
        first, compiled = time.time(), self.options.compiled
        if compiled is not None and compiled.exists():
            compiler.load_cache_artifacts(compiled.read_bytes())
        self._gradients()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        log("first step", round(time.time() - first, 1), "s")
        if self.options.resume is not None:
            while not is_whole(self.options.resume):
                time.sleep(0.5)
            self.step, self.history = load_checkpoint(self.options.resume, self.model, self.average)
            log("resumed at step", self.step)

    def update(self, rate: float) -> Tensor:
        """One step; returns [full, time-only, gradient norm] on the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        full, time_only = self._gradients()
        self.ranks.average(self.gradients)
        norm = self.clip(self.gradients)
        self.optimizer.step()
        self.step += 1
        self.average.update(self.step)
        return torch.stack([full, time_only, norm])

    def validate(self) -> dict[str, list[float]] | None:
        """Median SDR per stem of the averaged weights on windows of the evaluation songs, both modes."""
        if len(self.held) < self.options.held_songs:
            return None
        model, segment = build(self.options).to(self.device), self.model.config.segment_frames
        model.load_state_dict(self.average.values)
        core = half_core(model.eval(), compiled=False)
        room = (self.pool.songs.shape[-1] - segment) // 3
        songs = [self.held[number] for number in sorted(self.held)]
        windows = torch.stack([song[..., place : place + segment] for song in songs for place in (room // 2, room, 2 * room)])
        found: dict[str, list[Tensor]] = {"full": [], "time-only": []}
        with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=True):
            for part in windows.split(12):
                sources = part.to(self.device).float() / 32768
                full, time_only = model.separate(sources.sum(1), len(sources), core)
                assert time_only is not None
                found["full"].append(decibel_ratio(sources, full))
                found["time-only"].append(decibel_ratio(sources, time_only))
        active = (windows.float() / 32768).square().mean((-1, -2)) > 1e-5
        ratios = {mode: torch.cat(parts).cpu() for mode, parts in found.items()}
        return {mode: [float(x[:, s][active[:, s]].median()) for s in range(4)] for mode, x in ratios.items()}

    def _clock(self, begin: float) -> tuple[float, float]:
        """Seconds of training so far, and how many there shall be, the same on every rank."""
        written = self.options.out / "until"
        until = float(written.read_text()) if written.exists() else self.options.until
        budget = min(self.options.budget, until - (begin - STARTED))
        elapsed, budget = self.ranks.agree([time.time() - begin, budget])
        return elapsed, budget

    def run(self) -> None:
        options = self.options
        begin = told = saved = time.time()
        start_step, kept, rate = self.step, not options.keep_before_decay, 0.0
        total, count = torch.zeros(3, device=self.device), 0
        while True:
            if (self.step - start_step) % AGREE_EVERY == 0:
                elapsed, budget = self._clock(begin)
                if elapsed >= budget:
                    break
                rate = Schedule(options.rate, options.warmup, budget, options.decay).at(self.step - start_step, elapsed)
                if self.device.type == "cuda":
                    torch.cuda.synchronize()
                if time.time() - told > REPORT_EVERY:
                    self._report(elapsed, total / count, count / (time.time() - told))
                    total.zero_()
                    told, count = time.time(), 0
                if not kept and elapsed > budget - options.decay:
                    self.save("stable")
                    kept = True
                if time.time() - saved > SAVE_EVERY:
                    self.save("last")
                    saved = time.time()
            total += self.update(rate)
            count += 1
        self._report(time.time() - begin, total / max(1, count), count / max(1e-3, time.time() - told))
        self.save("last")

    def keep_compiled(self) -> None:
        path = self.options.compiled
        if path is None or path.exists() or not self.ranks.leads:
            return
        found = compiler.save_cache_artifacts()
        if found is not None:
            path.write_bytes(found[0])

    def _report(self, elapsed: float, means: Tensor, speed: float) -> None:
        if not self.ranks.leads:
            return
        full, time_only, norm = means.tolist()
        sdr = self.validate()
        entry = {"seconds": round(elapsed), "step": self.step, "full": round(full, 5), "time_only": round(time_only, 5),
                 "gradient": round(norm, 3), "steps_per_second": round(speed, 2), "songs": self.pool.added, "sdr": sdr}
        self.history.append(entry)
        log(json.dumps(entry))

    def save(self, name: str) -> None:
        if not self.ranks.leads:
            return
        folder = self.options.out / name
        fresh = folder.with_name(f"{name}.new")
        save_checkpoint(fresh, self.model, self.average, self.history, self.step)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def build(options: Options) -> HTDemucs:
    return HTDemucs(Config(channels=options.channels, bottom_channels=8 * options.channels, segment=Fraction(options.segment)))


def main() -> None:
    options, ranks = parse(), Ranks()
    producers = Producers(
        options.bank, options.libraries, options.workers, options.seconds, options.seed + 10**6 * ranks.rank,
        options.held_songs if ranks.leads else 0,
    )
    ranks.join()
    log("composers started, rank", ranks.rank, "of", ranks.count)
    trainer = Trainer(options, producers, ranks)
    trainer.wait_for_songs(1)
    trainer.prepare()
    trainer.wait_for_songs(min(40, 4 * options.workers))
    trainer.run()
    log("done at step", trainer.step)
    producers.stop()
    trainer.keep_compiled()
    ranks.leave()


if __name__ == "__main__":
    main()
