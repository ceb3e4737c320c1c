from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import default_rng

from ..compose import bass, drums, effects, grooves, melody, punch, singing, synths
from ..compose.bank import Bank, Clip, Side, speech_of
from ..compose.harmony import Note
from ..compose.sampler import Sampler
from ..compose.signal import RATE, levelled, loudness
from ..compose.song import STEMS, _balance, compose
from ..compose.styles import BY_NAME, HELD_STYLES, STYLES, draw_plan
from ..compose.tract import Tract
from ..compose.voice import draw_singer, track_pitch
from . import tiny_bank


def pitch_of(audio: np.ndarray) -> float:
    f0 = track_pitch(np.asarray(audio, np.float32))
    return float(np.median(f0[f0 > 0]))


def _lead(stems: np.ndarray) -> float:
    """Decibels by which the bass is louder than the drums."""
    return float(20 * np.log10(loudness(stems[1]) / loudness(stems[0])))


class WithBank(unittest.TestCase):
    bank: Bank
    temporary: "tempfile.TemporaryDirectory[str]"

    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.bank = Bank(tiny_bank.make(Path(cls.temporary.name)))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.temporary.cleanup()

    def test_held_sounds_stay_apart(self) -> None:
        self.assertEqual(set(self.bank.side(False).voices), {("awb", "male")})
        self.assertEqual(set(self.bank.side(True).voices), {("rms", "male")})
        self.assertFalse(set(self.bank.side(False).instruments) & set(self.bank.side(True).instruments))

    def test_a_seed_gives_the_same_song_and_another_seed_another(self) -> None:
        first, again, other = (compose(seed, self.bank, 5.0).stems for seed in (4, 4, 5))
        np.testing.assert_array_equal(first, again)
        self.assertFalse(np.array_equal(first, other))

    def test_every_style_composes_without_clipping(self) -> None:
        for number, style in enumerate((*STYLES, *HELD_STYLES)):
            with self.subTest(style.name):
                song = compose(number, self.bank, 5.0, number % 2 == 1, style)
                self.assertEqual(song.stems.shape, (4, 2, 5 * RATE))
                self.assertGreater(np.abs(song.stems).max(), 3000)
                self.assertLessEqual(np.abs(song.stems.astype(np.int32).sum(0)).max(), 32767)

    def test_the_sampler_repitches_and_sustains(self) -> None:
        clips = self.bank.side(False).instruments["gm000"]
        out = Sampler(clips, sustains=True).play([Note(0.0, 2.5, 60, 0.9)], 3.0, default_rng(1))
        self.assertAlmostEqual(pitch_of(out[0, : RATE // 2]), 261.6, delta=6)
        self.assertGreater(np.abs(out[:, 2 * RATE : int(2.4 * RATE)]).max(), 0.01)

    def test_speech_is_sung_at_the_written_pitch(self) -> None:
        speech = speech_of(self.bank.side(False).voices["awb", "male"][0])
        assert speech is not None
        rng = default_rng(2)
        singer = replace(draw_singer(rng, False), growl=0.0, shimmer=0.02, breath=0.02)
        voice = singing.sing(speech, [Note(0.0, 1.2, 57, 1.0)], rng, singer)
        self.assertTrue(np.isfinite(voice).all())
        self.assertAlmostEqual(12 * np.log2(pitch_of(voice) / 220), 0, delta=0.8)


class Parts(unittest.TestCase):
    def test_a_seed_draws_the_same_plan_in_every_process(self) -> None:
        code = "from training.compose.styles import *; from numpy.random import default_rng; print([draw_plan(default_rng(s), 40.0, False).bars('vocals') for s in range(20)])"
        runs = {
            subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
            for seed in ("1", "2", "3")
        }
        self.assertEqual(len(runs), 1)

    def test_songs_draw_no_held_style(self) -> None:
        drawn = {draw_plan(default_rng(seed), 4.0, False).style.name for seed in range(300)}
        self.assertEqual(drawn, {style.name for style in STYLES})
        self.assertFalse(drawn & {style.name for style in HELD_STYLES})

    def test_some_songs_have_drums_and_no_bass(self) -> None:
        plans = [draw_plan(default_rng(seed), 20.0, False) for seed in range(300)]
        without = [plan for plan in plans if plan.parts("drums") and not plan.parts("bass")]
        self.assertGreater(len(without), 0.12 * len(plans))

    def test_a_stem_may_hide_behind_the_rest(self) -> None:
        noise = {stem: default_rng(number).standard_normal((2, 8820)).astype(np.float32) for number, stem in enumerate(STEMS)}
        balances = [_balance(noise, 0.0, default_rng(seed)) for seed in range(400)]
        hidden = [loudness(stems[2]) < 0.15 * loudness(stems.sum(0)) for stems in balances]
        self.assertGreater(np.mean(hidden), 0.05)

    def test_invented_voices_have_vowels_and_can_sing(self) -> None:
        rng = default_rng(3)
        speech = Tract(rng).speech(5)
        self.assertEqual((len(speech.nuclei), len(speech.bounds)), (5, 6))
        self.assertTrue(np.isfinite(speech.log_power.astype(np.float32)).all())
        voice = singing.sing(speech, [Note(0.0, 0.8, 60, 1.0)], rng, draw_singer(rng, True))
        self.assertGreater(float(np.abs(voice).max()), 1e-3)

    def test_drones_leave_no_gaps_and_are_low(self) -> None:
        plan = draw_plan(default_rng(6), 20.0, False, BY_NAME["remix"])
        notes = bass.line("drone", plan, default_rng(1))
        bars = len([bar for bar in plan.bars("bass") if plan.at(bar) < plan.seconds])
        self.assertGreater(sum(note.length for note in notes), 0.95 * (bars - 8) * plan.bar)
        self.assertTrue(all(22 <= note.key < 48 for note in notes))

    def test_sub_notes_hold_their_level_until_they_stop(self) -> None:
        plan = draw_plan(default_rng(6), 8.0, False, BY_NAME["remix"])
        out = bass._sub([Note(0.0, 1.0, 31, 1.0)], plan, default_rng(4), struck=False)
        early, late, after = (np.abs(out[:, int(at * RATE) : int((at + 0.1) * RATE)]).max() for at in (0.2, 0.85, 2.0))
        self.assertGreater(late, 0.7 * early)
        self.assertLess(after, 1e-3)

    def test_struck_sub_notes_rise_softly_and_die_away(self) -> None:
        plan = draw_plan(default_rng(6), 8.0, False, BY_NAME["club"])
        out = bass._sub([Note(0.0, 2.0, 31, 1.0)], plan, default_rng(4), struck=True)
        first, early, late = (np.abs(out[:, int(at * RATE) : int((at + 0.1) * RATE)]).max() for at in (0.0, 0.05, 1.5))
        self.assertGreater(early, 0.3 * first)
        self.assertLess(late, 0.5 * early)

    def test_thumps_are_short_and_of_different_lengths(self) -> None:
        plan = draw_plan(default_rng(6), 8.0, False, BY_NAME["club"])
        out = np.abs(bass._thump([Note(float(at), 0.9, 31, 1.0) for at in range(6)], plan, default_rng(4)))
        lengths = [int((out[0, at * RATE : (at + 1) * RATE] > 0.1).sum()) / RATE for at in range(6)]
        self.assertTrue(all(0.03 < length < 0.7 for length in lengths), lengths)
        self.assertGreater(max(lengths), 1.3 * min(lengths))

    def test_punches_fall_to_their_key_and_stop_at_uneven_lengths(self) -> None:
        plan = draw_plan(default_rng(6), 8.0, False, BY_NAME["bounce"])
        lengths = (0.08, 0.16, 0.32)
        out = punch._synthetic([Note(float(at), length, 31, 1.0) for at, length in enumerate(lengths)], plan, default_rng(4))
        for at, length in enumerate(lengths):
            note = np.abs(out[0, at * RATE : (at + 1) * RATE])
            self.assertGreater(note[int((length - 0.04) * RATE) : int(length * RATE)].max(), 0.2)
            self.assertLess(note[int((length + 0.3) * RATE) :].max(), 0.02)
        level = out[0, int(2.15 * RATE) : int(2.3 * RATE)]
        crossings = np.flatnonzero((level[:-1] < 0) & (level[1:] >= 0))
        self.assertAlmostEqual(RATE / float(np.diff(crossings).mean()), 49.0, delta=1)

    def test_punches_do_not_overlap_and_stay_low(self) -> None:
        for seed in range(8):
            plan = draw_plan(default_rng(seed), 12.0, False, BY_NAME["bounce"])
            notes = bass.line("punch", plan, default_rng(seed))
            self.assertTrue(all(15 <= note.key < 50 for note in notes))
            ends = [note.start + note.length for note in notes]
            self.assertTrue(all(end <= after.start + 0.03 for end, after in zip(ends, notes[1:])))
            self.assertTrue(not notes or max(note.length for note in notes) > 1.5 * min(note.length for note in notes))

    def test_a_recorded_kick_is_tuned_to_the_note(self) -> None:
        time = np.arange(RATE // 2) / RATE
        kick = np.tile(np.sin(2 * np.pi * 61 * time) * np.exp(-time / 0.2), (2, 1)).astype(np.float32)
        self.assertAlmostEqual(punch.pitch(kick), 61, delta=1)
        plan = draw_plan(default_rng(6), 4.0, False, BY_NAME["bounce"])
        self.assertAlmostEqual(punch.pitch(punch._repitched(kick, [Note(0.0, 0.4, 33, 1.0)], plan, default_rng(1))), 55, delta=1)

    def test_a_bass_that_stands_in_for_the_kick_leaves_none_in_the_drums(self) -> None:
        plan = draw_plan(default_rng(6), 8.0, False, BY_NAME["edm"])
        self.assertTrue(drums.kick_times(drums.events(plan, default_rng(1))))
        side = Side()
        side.kits["gm-kit25"]["kick"] = side.kits["gm-kit25"]["snare"] = [Clip("gm-kit25", "", 0, 90, np.ones((1, 4410), np.int16))]
        self.assertFalse(drums.make(plan, side, default_rng(1), kickless=1.0)[1])
        self.assertTrue(drums.make(plan, side, default_rng(1), kickless=0.0)[1])

    def test_the_bass_of_heavy_styles_towers(self) -> None:
        noise = default_rng(1).standard_normal((2, RATE)).astype(np.float32)
        stems = {stem: noise for stem in STEMS}
        lead = [_lead(_balance(stems, heavy, default_rng(seed))) for heavy in (0.0, 1.0) for seed in range(60)]
        self.assertGreater(np.mean(lead[60:]), np.mean(lead[:60]) + 6)

    def test_an_eight_oh_eight_rings_at_its_key(self) -> None:
        out = synths.eight_oh_eight([Note(0.0, 2.0, 45, 1.0)], 2.2, default_rng(5), glide=False)
        self.assertAlmostEqual(pitch_of(out[0, RATE // 2 :]), 110, delta=2)

    def test_ducking_dips_at_the_kick_and_recovers(self) -> None:
        flat = np.ones((2, RATE), np.float32)
        out = effects.duck(flat, [0.5], 0.8, 0.2)
        self.assertLess(out[0, int(0.505 * RATE)], 0.3)
        self.assertAlmostEqual(float(out[0, int(0.8 * RATE)]), 1.0, places=3)

    def test_a_limiter_lowers_peaks_only(self) -> None:
        mix = np.concatenate([np.full((2, RATE), 0.1), np.full((2, RATE), 0.9)], axis=1).astype(np.float32)
        gains = effects.limiter_gain(mix, default_rng(1), loud=True)
        self.assertAlmostEqual(float(gains[RATE // 2]), 1.0, places=2)
        self.assertLess(float(gains[int(1.7 * RATE)]), 0.9)

    def test_grooves_stay_in_their_bar(self) -> None:
        for name, groove in grooves.GROOVES.items():
            for step, _, velocity in groove(default_rng(1)):
                self.assertTrue(0 <= step < 16 and 0 < velocity <= 1, name)

    def test_melodies_keep_their_range(self) -> None:
        plan = draw_plan(default_rng(8), 20.0, False)
        for line in melody.write(plan, "vocals", 57, 71, 0.7, default_rng(1)):
            self.assertTrue(all(57 <= note.key <= 71 for note in line))

    def test_levelled_sets_the_loudness(self) -> None:
        audio = default_rng(1).standard_normal((2, RATE)).astype(np.float32)
        self.assertAlmostEqual(20 * np.log10(loudness(levelled(audio, -20))), -20, places=2)


if __name__ == "__main__":
    unittest.main()
