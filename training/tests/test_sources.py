from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

from ..sources.catalog import CC0, LicenceError, Proof, Source
from ..sources.check_bank import BankError, check
from ..sources.fonts import _variable
from ..sources.hydrogen import label_of
from ..sources.sounds import RATE, key_number, shorten, true_key
from . import tiny_bank


class Sources(unittest.TestCase):
    def claim(self, licence: str, text: str, proof: Proof = CC0) -> None:
        class Given(Source):
            def copyright_text(self) -> str:
                return text

        Given("x", licence, "x", "x", proof).verify()

    def test_a_proof_needs_its_words(self) -> None:
        self.claim("CC0-1.0", "Legal Code\n  CC0 1.0\n  Universal")
        with self.assertRaises(LicenceError):
            self.claim("CC0-1.0", "GNU General Public License")

    def test_share_alike_and_gpl_are_refused_whatever_the_text(self) -> None:
        for licence in ("GPL-2", "CC-BY-SA-3.0", "CC-BY-NC-4.0"):
            with self.assertRaises(LicenceError):
                self.claim(licence, "CC0 1.0 Universal")

    def test_only_the_named_stanza_counts(self) -> None:
        text = "Files: a\nLicense: GPL-2\n\nFiles: b\nLicense: CC0\n\nFiles: c\nLicense: GPL-2"
        self.claim("CC0-1.0", text, Proof(("License: CC0",), stanza="Files: b"))
        with self.assertRaises(LicenceError):
            self.claim("CC0-1.0", text, Proof(("License: CC0",), stanza="Files: a"))


class Check(unittest.TestCase):
    def setUp(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.bank = tiny_bank.make(Path(self.temporary.name))

    def tearDown(self) -> None:
        self.temporary.cleanup()

    def change(self, **entries: object) -> None:
        path = self.bank / "index.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))

    def test_a_built_bank_passes(self) -> None:
        check(self.bank, verify_sources=False)

    def test_a_foreign_file_is_found(self) -> None:
        (self.bank / "packs/extra.ogg").write_bytes(b"x")
        with self.assertRaises(BankError):
            check(self.bank, verify_sources=False)

    def test_a_changed_pack_is_found(self) -> None:
        with next(self.bank.glob("packs/*.ogg")).open("ab") as pack:
            pack.write(b"x")
        with self.assertRaises(BankError):
            check(self.bank, verify_sources=False)

    def test_an_unknown_source_is_found(self) -> None:
        self.change(sources={"some-gpl-kit": "GPL-2"})
        with self.assertRaises(BankError):
            check(self.bank, verify_sources=False)

    def test_unlisted_audio_is_found(self) -> None:
        sounds = json.loads((self.bank / "index.json").read_text())["sounds"]
        self.change(sounds=sounds[1:])
        with self.assertRaises(BankError):
            check(self.bank, verify_sources=False)


class Helpers(unittest.TestCase):
    def test_note_names(self) -> None:
        self.assertEqual([key_number(name) for name in ("c4", "a4", "eb3", "b0")], [60, 69, 51, 23])

    def test_octaves_are_told_from_the_sound(self) -> None:
        time = np.arange(RATE) / RATE
        audio = sum(np.sin(2 * np.pi * 110 * k * time) / k for k in range(1, 8))
        self.assertEqual(true_key(np.asarray(audio, np.float32)[None], 57), 45)

    def test_midi_lengths(self) -> None:
        self.assertEqual([_variable(value) for value in (0, 127, 128, 16384)], [b"\x00", b"\x7f", b"\x81\x00", b"\x81\x80\x00"])

    def test_drum_names(self) -> None:
        names = ("Kick 1", "HH Open", "closed hat", "Crash L", "Side Stick")
        self.assertEqual([label_of(name) for name in names], ["kick", "ohh", "chh", "crash", "rim"])

    def test_shorten_drops_silence_and_levels(self) -> None:
        audio = np.concatenate([np.zeros((1, 5000)), np.full((1, 9000), 0.2)], axis=1).astype(np.float32)
        short = shorten(audio, 0.1)
        self.assertEqual(short.shape[1], 4410)
        self.assertAlmostEqual(float(np.abs(short).max()), 0.9, places=3)


if __name__ == "__main__":
    unittest.main()
