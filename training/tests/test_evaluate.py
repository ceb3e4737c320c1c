from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import soundfile
import torch

from ..evaluate.engine import parsed, write

PRINTED = """3-club, house, full, 9.4 x real time
  drums      SDR  -10.4 dB   mix as estimate  -11.5 dB
  bass       silent; leak -24.2 dB
"""


class Engine(unittest.TestCase):
    def test_what_the_script_prints_is_read(self) -> None:
        drums, bass = parsed(PRINTED)
        self.assertEqual((drums["track"], drums["stem"], drums["sdr"]), ("3-club", "drums", -10.4))
        self.assertAlmostEqual(drums["gain"], 1.1)
        self.assertEqual((bass["stem"], bass["sdr"], bass["leak"]), ("bass", None, -24.2))

    def test_anything_else_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            list(parsed(PRINTED + "  bass       no such stem\n"))

    def test_written_stems_add_up(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = write(Path(place, "song"), torch.rand(4, 2, 500) - 0.5)
            parts = [soundfile.read(folder / f"{name}.wav")[0] for name in ("drums", "bass", "other", "vocals", "mix")]
        self.assertLess(abs(sum(parts[:4]) - parts[4]).max(), 1e-6)


if __name__ == "__main__":
    unittest.main()
