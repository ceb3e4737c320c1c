"""Builds the sound bank from the catalogue: python3 -m training.sources.build_bank [folder]

Needs Debian's musescore-general-soundfont, fluidr3mono-gm-soundfont, fluidsynth, hydrogen-drumkits,
hydrogen-drumkits-effects, flite, festival, festvox-kallpc16k, festvox-kdlpc16k, festvox-us-slt-hts, ffmpeg,
python3-scipy and python3-soundfile, and bare clones of the catalogue's repositories (see catalog.CLONES).
"""
from __future__ import annotations

import itertools
import sys
from pathlib import Path

from . import fonts, hydrogen, libraries, pack, singing_model, speech
from .catalog import SOURCES
from .check_bank import check
from .sounds import Sound


def build(folder: Path) -> None:
    for source in SOURCES:
        source.verify()
    parts = (fonts, libraries, hydrogen, speech, singing_model)
    sounds: list[Sound] = list(itertools.chain.from_iterable(part.everything() for part in parts))
    for name, seconds in pack.write(sounds, folder).items():
        print(f"{name:40s} {seconds:7.0f} s")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{len(sounds)} sounds, {size / 1e6:.1f} MB")
    check(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "training/bank"))
