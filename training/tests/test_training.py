from __future__ import annotations

import json
import math
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

import torch

from ..batches.augment import Dice, lossy
from ..batches.pool import Batch, Pool
from ..evaluate.score import score, summarise
from ..export import metadata, trained_on
from ..learn import ABSOLUTE, Average, Clipper, Schedule, distance, joined_gradients, load_checkpoint, load_weights, losses, save_checkpoint
from ..model.config import Config
from ..model.htdemucs import HTDemucs
from ..model.weights import read_safetensors, save_model
from . import tiny_bank

SMALL = Config(channels=8, bottom_channels=32, t_layers=1, t_heads=4, segment=Fraction(1, 5))
CPU = torch.device("cpu")


def pool(seed: int) -> Pool:
    made = Pool(3, 30000, SMALL.segment_frames, CPU, seed)
    generator = torch.Generator().manual_seed(9)
    for _ in range(3):
        made.add((torch.randn(4, 2, 30000, generator=generator) * 3000).short())
    return made


class Batches(unittest.TestCase):
    def test_sources_add_up_and_the_mix_has_unit_deviation(self) -> None:
        from unittest.mock import patch

        with patch("training.batches.pool.lossy", lambda mix, dice: mix):
            batch = pool(1).batch(8)
        torch.testing.assert_close(batch.sources.sum(1), batch.mix)
        torch.testing.assert_close(batch.mix.std(dim=(1, 2)), torch.ones(8), rtol=1e-3, atol=1e-3)

    def test_a_seed_gives_the_same_batch(self) -> None:
        torch.testing.assert_close(pool(5).batch(4).sources, pool(5).batch(4).sources)
        self.assertFalse(torch.equal(pool(5).batch(4).sources, pool(6).batch(4).sources))

    def test_old_songs_make_room(self) -> None:
        made = pool(1)
        made.add(torch.full((4, 2, 30000), 7, dtype=torch.int16))
        self.assertEqual((len(made), int(made.songs[0, 0, 0, 0])), (3, 7))

    def test_lossy_coding_takes_the_treble(self) -> None:
        mix = torch.randn(2, 2, 44100)
        coded = lossy(mix, Dice(CPU, 1), probability=1.0)
        spectrum = torch.fft.rfft(coded).abs().mean((0, 1))
        self.assertLess(float(spectrum[18500:].mean()), 0.02 * float(spectrum[1000:10000].mean()))
        self.assertGreater(float((coded * mix).mean()), 0.5)


class Learning(unittest.TestCase):
    def test_the_rate_rises_stays_and_falls(self) -> None:
        schedule = Schedule(1.0, 10, 100.0, 40.0)
        self.assertAlmostEqual(schedule.at(0, 0.0), 0.1)
        self.assertAlmostEqual(schedule.at(50, 60.0), 1.0)
        self.assertAlmostEqual(schedule.at(50, 80.0), 0.5, delta=0.01)
        self.assertLess(schedule.at(50, 100.0), 0.01)

    def test_the_distance_of_a_doubtful_stem_is_least_at_its_mean_not_at_silence(self) -> None:
        truth = torch.zeros(1, 1, 2, 1000)
        truth[..., ::4] = 1.0
        silent, doubtful = distance(torch.zeros_like(truth), truth), distance(torch.full_like(truth, 0.2), truth)
        self.assertLess(float(doubtful), float(silent))
        self.assertAlmostEqual(float(silent), ABSOLUTE * 0.25 + (1 - ABSOLUTE) * 0.5, places=4)

    def test_steps_lower_the_loss_and_move_the_average(self) -> None:
        torch.manual_seed(0)
        model = HTDemucs(SMALL)
        average, clip = Average(model), Clipper()
        gradients = joined_gradients(list(model.parameters()))
        start = {name: value.clone() for name, value in average.values.items()}
        optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
        batch: Batch = pool(2).batch(2)
        seen = []
        for step in range(12):
            full, time_only = losses(model, batch, 1)
            gradients.zero_()
            (full + 0.2 * time_only).backward()
            clip(gradients)
            optimizer.step()
            average.update(step)
            seen.append(float(full))
        self.assertLess(seen[-1], 0.99 * seen[0])
        self.assertTrue(any(not torch.equal(start[name], value) for name, value in average.values.items()))

    def test_a_checkpoint_comes_back_in_small_parts(self) -> None:
        model = HTDemucs(SMALL)
        average = Average(model)
        with tempfile.TemporaryDirectory() as folder:
            save_checkpoint(Path(folder), model, average, [{"step": 7}], 7)
            self.assertLess(max(path.stat().st_size for path in Path(folder).iterdir()), 15_000_000)
            again = HTDemucs(SMALL)
            other = Average(again)
            self.assertEqual(load_checkpoint(Path(folder), again, other), (7, [{"step": 7}]))
        for name, value in model.state_dict().items():
            torch.testing.assert_close(again.state_dict()[name], value.half().float(), msg=name)


class Exports(unittest.TestCase):
    def test_a_model_file_names_its_sounds_and_holds_the_weights_asked_for(self) -> None:
        model = HTDemucs(SMALL)
        average = Average(model)
        for value in average.values.values():
            value.zero_()
        with tempfile.TemporaryDirectory() as place:
            folder, file = Path(place), Path(place, "model.safetensors")
            save_checkpoint(folder, model, average, [{"step": 7}], 7)
            sources = trained_on(tiny_bank.make(folder / "bank"))
            self.assertIn("flite", sources)
            save_model(file, load_weights(folder, HTDemucs(SMALL), "weights"), metadata("test", folder, sources, "weights", SMALL))
            tensors, header = read_safetensors(file)
            self.assertEqual(set(json.loads(header["sources_of_sound"])), set(sources))
            self.assertEqual((header["samplerate"], header["segment"], json.loads(header["sources"])[3]), ("44100", "1/5", "vocals"))
            self.assertGreater(max(float(value.abs().max()) for value in tensors.values()), 0)
            again = HTDemucs(SMALL)
            started = Average(again)
            self.assertEqual(load_checkpoint(file, again, started), (0, []))
            for name, value in started.values.items():
                torch.testing.assert_close(value, tensors[name], msg=name)
            averaged = load_weights(folder, HTDemucs(SMALL), "average").state_dict()
            self.assertEqual(max(float(value.abs().max()) for value in averaged.values()), 0)


class Scores(unittest.TestCase):
    def test_ratio_gain_and_leak(self) -> None:
        truth, rest = torch.randn(2, 44100), torch.randn(2, 44100)
        one = score(truth, truth + 0.1 * rest, truth + rest, "bass")
        assert one.sdr is not None and one.gain is not None
        self.assertAlmostEqual(one.sdr, 20, delta=0.3)
        self.assertAlmostEqual(one.gain, 20, delta=0.3)
        silent = score(torch.zeros(2, 44100), 0.01 * rest, rest, "bass")
        self.assertIsNone(silent.sdr)
        self.assertAlmostEqual(silent.leak, -40, delta=0.1)
        found = summarise([one, silent])["bass"]
        self.assertEqual((found["tracks"], math.isclose(found["leak_median"], -40, abs_tol=0.1)), (1, True))


if __name__ == "__main__":
    unittest.main()
