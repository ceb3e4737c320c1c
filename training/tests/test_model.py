"""HTDemucs against numbers of the official package (native/tests/fixtures; every n-th value is kept as `name@n`)."""
from __future__ import annotations

import tempfile
import unittest
from fractions import Fraction
from pathlib import Path

import torch

from ..evaluate.track import separate_track
from ..model.config import Config, from_kwargs, to_kwargs
from ..model.htdemucs import HTDemucs
from ..model.spectrum import overlapped, spectrogram, waveform
from ..model.weights import fill_by_rule, load_model, read_safetensors, save_model

FIXTURES = Path(__file__).parents[2] / "native/tests/fixtures"
TINY4 = Config(channels=8, bottom_channels=96, t_heads=4, segment=Fraction(3, 10))
TINY6 = Config(
    sources=("drums", "bass", "other", "vocals", "guitar", "piano"), channels=12, bottom_channels=0, t_layers=5, dconv_mode=1,
    segment=Fraction(3, 5),
)


def made(config: Config, seed: int) -> HTDemucs:
    model = HTDemucs(config).eval()
    fill_by_rule(model, seed)
    return model


class AgainstDemucs(unittest.TestCase):
    def check(self, config: Config, seed: int, name: str, stride: int) -> None:
        model = made(config, seed)
        numbers, _ = read_safetensors(FIXTURES / f"{name}-io.safetensors")
        time_only, _ = read_safetensors(FIXTURES / "time-only.safetensors")
        with torch.no_grad():
            found = {
                f"output@{stride}": model(numbers["input"]),
                f"track_separated@{stride}": separate_track(model, numbers["track"][0], "full"),
            }
            branch = model.time_only(numbers["input"])
        for key, value in found.items():
            torch.testing.assert_close(value.flatten()[::stride], numbers[key], rtol=0, atol=2e-5)
        torch.testing.assert_close(branch.flatten()[::17], time_only[f"{name}/time_only@17"], rtol=0, atol=2e-5)

    def test_four_sources_with_bottom_channels(self) -> None:
        self.check(TINY4, 11, "tiny4", 17)

    def test_six_sources_and_a_short_input(self) -> None:
        self.check(TINY6, 12, "tiny6", 29)


class Paths(unittest.TestCase):
    def test_training_path_agrees_with_both_modes(self) -> None:
        model = made(TINY4, 11)
        mix = torch.randn(3, 2, TINY4.segment_frames)
        with torch.no_grad():
            full, few = model.separate(mix, 2)
            assert few is not None
            torch.testing.assert_close(full, model(mix), rtol=0, atol=1e-5)
            torch.testing.assert_close(few, model.time_only(mix[:2]), rtol=0, atol=1e-5)

    def test_spectrogram_can_be_undone(self) -> None:
        mix = torch.sin(torch.arange(30011) * torch.tensor([0.01, 0.1, 0.7, 2.0])[:, None]).view(2, 2, -1)
        again = waveform(spectrogram(mix, 4096), 4096, 30011)
        inside = slice(2048, -2048)  # the outermost frames are dropped, as in Demucs
        torch.testing.assert_close(again[..., inside], mix[..., inside], rtol=0, atol=1e-3)

    def test_overlapped_frames_are_torch_istft(self) -> None:
        for size, hop, samples in ((2048, 1024, 17640), (4096, 1024, 20480)):
            window = torch.hann_window(size)
            z = torch.stft(torch.randn(3, samples), size, hop, window=window, return_complex=True)
            expected = torch.istft(z, size, hop, window=window, length=samples)
            torch.testing.assert_close(overlapped(z, window, hop, samples)[:, hop:-hop], expected[:, hop:-hop], rtol=0, atol=1e-4)

    def test_a_saved_model_comes_back(self) -> None:
        model = made(TINY4, 3)
        with tempfile.TemporaryDirectory() as folder:
            save_model(Path(folder, "m.safetensors"), model, {"name": "test"})
            again = load_model(Path(folder, "m.safetensors"))
        self.assertEqual(again.config, TINY4)
        for name, value in model.state_dict().items():
            torch.testing.assert_close(again.state_dict()[name], value.half().float(), msg=name)

    def test_unknown_options_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            from_kwargs(to_kwargs(TINY4).replace('"cac": true', '"cac": false'))


if __name__ == "__main__":
    unittest.main()
