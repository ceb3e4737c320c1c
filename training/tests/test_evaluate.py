from __future__ import annotations

import unittest
from unittest.mock import patch

import torch
from torch import Tensor

from ..compose.signal import RATE
from ..evaluate import engine


def _quarters(mix: Tensor, model: str, mode: str, overlap: float) -> Tensor:
    return torch.stack([mix / 4] * 4)


class Engine(unittest.TestCase):
    def test_windows_go_through_as_one_song_and_are_scored_apart(self) -> None:
        loud, quiet = torch.ones(4, 2, 4 * RATE), torch.zeros(4, 2, 4 * RATE)
        quiet[1] = 0.5
        windows = [("synthetic", "rock", loud), ("synthetic", "jazz", quiet)]
        with patch.object(engine, "separate", _quarters):
            rows = engine.compare({"v0": "house"}, [("real", "song", loud[..., :1000])], windows)
        found = {(row["track"], row["stem"]): row for row in rows if row["mode"] == "full"}
        self.assertEqual(len(rows), 2 * 3 * 4)
        self.assertGreater(found["rock", "bass"]["sdr"], 60)
        self.assertAlmostEqual(found["jazz", "bass"]["sdr"], 2.5, delta=0.01)
        self.assertIsNone(found["jazz", "drums"]["sdr"])
        self.assertGreater(found["song", "drums"]["sdr"], 60)

    def test_windows_must_be_a_segment_long(self) -> None:
        with self.assertRaises(ValueError):
            engine.joined([("synthetic", "rock", torch.ones(4, 2, 100))], "house", "full")


if __name__ == "__main__":
    unittest.main()
