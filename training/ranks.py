"""One process a GPU, all training one model: each composes and draws its own batches, gradients are averaged.

Start one process for each rank with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set; without them there is one rank.
"""
from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor


class Ranks:
    def __init__(self) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.device = torch.device("cpu")

    def join(self) -> None:
        """Takes this rank's GPU and meets the others. Fork before this, never after: CUDA does not survive it."""
        cuda = torch.cuda.is_available()
        if cuda:
            self.device = torch.device("cuda", self.rank)
            torch.cuda.set_device(self.device)
        if self.count > 1:
            dist.init_process_group("nccl" if cuda else "gloo", rank=self.rank, world_size=self.count)
            self.agree([0.0])  # a link that does not work shows now, not after the compilation

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def average(self, tensor: Tensor) -> None:
        """In place, the same on every rank."""
        if self.count > 1:
            dist.all_reduce(tensor.div_(self.count))

    def agree(self, numbers: Sequence[float]) -> list[float]:
        """What rank 0 says; waits for the device."""
        if self.count == 1:
            return list(numbers)
        said = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        dist.broadcast(said, 0)
        return [float(number) for number in said.tolist()]

    def leave(self) -> None:
        if self.count > 1:
            dist.destroy_process_group()
