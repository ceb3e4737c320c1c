from __future__ import annotations

import os
import socket
import unittest
from typing import Any
from unittest.mock import patch

import torch
from torch import multiprocessing

from ..ranks import Ranks


def _visit(rank: int, port: int, results: Any) -> None:
    told = {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with patch.dict(os.environ, told):
        ranks = Ranks()
        ranks.join()
        tensor = torch.arange(4.0) * (rank + 1)
        ranks.average(tensor)
        results.put((rank, tensor.tolist(), ranks.agree([10.0 + rank, 3.5])))
        ranks.leave()


class TwoRanks(unittest.TestCase):
    def test_they_average_tensors_and_agree_with_the_first(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        processes = [context.Process(target=_visit, args=(rank, port, results)) for rank in range(2)]
        for process in processes:
            process.start()
        found = sorted(results.get(timeout=60) for _ in processes)
        for process in processes:
            process.join()
        self.assertEqual(found, [(rank, [0.0, 1.5, 3.0, 4.5], [10.0, 3.5]) for rank in range(2)])


class OneRank(unittest.TestCase):
    def test_it_keeps_its_own(self) -> None:
        with patch.dict(os.environ, clear=True):
            ranks = Ranks()
            ranks.join()
        tensor = torch.ones(3)
        ranks.average(tensor)
        self.assertEqual((tensor.tolist(), ranks.agree([2.0]), ranks.leads), ([1.0] * 3, [2.0], True))


if __name__ == "__main__":
    unittest.main()
