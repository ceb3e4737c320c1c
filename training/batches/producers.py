"""Composer processes that hand songs over through shared memory."""
from __future__ import annotations

import multiprocessing
import os
import queue
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compose.bank import Bank
from ..compose.signal import RATE
from ..compose.song import compose

HELD_SEEDS = 10**9


@dataclass(frozen=True)
class Delivery:
    """A song [4, 2, samples]; `held` is its number in the evaluation set, or None for training."""

    song: NDArray[np.int16]
    held: int | None
    seconds: float


class Producers:
    """Must be created before CUDA is: the processes are forked and share the bank."""

    def __init__(self, bank: Path, libraries: Path | None, count: int, seconds: float, first_seed: int, held_songs: int) -> None:
        self.samples = int(seconds * RATE)
        self.seconds = seconds
        self.slots = 3 * count
        context = multiprocessing.get_context("fork")
        self.memory = RawArray("b", self.slots * 16 * self.samples)
        self.free: Any = context.Queue()
        self.full: Any = context.Queue()
        self.wanted: Any = context.Queue()
        for slot in range(self.slots):
            self.free.put(slot)
        for number in range(held_songs):
            self.wanted.put(number)
        loaded = Bank(bank, libraries)
        self.workers = [
            context.Process(target=self._work, args=(loaded, first_seed + index, count), daemon=True) for index in range(count)
        ]
        for worker in self.workers:
            worker.start()

    def _view(self, slot: int) -> NDArray[np.int16]:
        size = 8 * self.samples
        return np.frombuffer(self.memory, np.int16, count=size, offset=slot * 2 * size).reshape(4, 2, self.samples)

    def _work(self, bank: Bank, seed: int, stride: int) -> None:
        import time

        os.nice(10)
        np.seterr(all="ignore")
        while True:
            try:
                held: int | None = self.wanted.get_nowait()
            except queue.Empty:
                held = None
            started = time.time()
            try:
                chosen = HELD_SEEDS + held if held is not None else seed
                song = compose(chosen, bank, self.seconds, held is not None)
            except Exception:
                traceback.print_exc()
                print(f"song {seed} failed", flush=True)
                seed += stride
                continue
            slot = self.free.get()
            self._view(slot)[:] = song.stems
            self.full.put((slot, held, time.time() - started))
            if held is None:
                seed += stride

    def deliveries(self) -> Iterator[Delivery]:
        while True:
            slot, held, seconds = self.full.get()
            song = self._view(slot).copy()
            self.free.put(slot)
            yield Delivery(song, held, seconds)

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
