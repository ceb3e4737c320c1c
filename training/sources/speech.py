"""Spoken sentences of freely licensed voices, the raw material of the singers."""
from __future__ import annotations

import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .sounds import Sound, decode, mono, shorten

VOICES = (  # source, voice, program, sentences, female, held
    ("flite", "awb", "flite", 40, False, False),
    ("flite", "rms", "flite", 24, False, True),
    ("flite", "slt", "flite", 50, True, False),
    ("flite", "kal16", "flite", 30, False, False),
    ("festvox-kal", "kal_diphone", "festival", 24, False, False),
    ("festvox-ked", "ked_diphone", "festival", 24, False, True),
    ("festvox-slt-hts", "cmu_us_slt_arctic_hts", "festival", 40, True, False),
)
WORDS = """love night day time heart baby never always fire rain water moon sun shining river mountain home alone together
dance dancing feeling falling rising running crying dreaming light shadow burning hold hand eyes sky blue golden summer
winter morning forever tonight maybe sorry goodbye hello stay leave believe remember forget breaking wonder wild city
street money devil angel soul body music singing song sweet bitter heaven highway train radio mirror window garden ocean
island stranger lover mother father brother sister king queen kingdom silver diamond thunder lightning storm wind wings
flying high low deep easy crazy lonely only holy slowly quiet louder power tower flower hour shower you me we they I am
was will can could should would let make take give break shake wake fade save wave say way away play okay know go so slow
show oh yeah hey na la ooh whoa come on right now what is this that there where when why how""".split()


def _speak(program: str, voice: str, text: str, path: Path) -> None:
    if program == "flite":
        command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    else:
        command = ["text2wave", "-eval", f"(voice_{voice})", "-o", str(path)]
        subprocess.run(command, input=text.encode(), check=True, capture_output=True, timeout=60)


def everything() -> Iterator[Sound]:
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        for source, voice, program, count, female, held in VOICES:
            for index in range(count):
                path = Path(folder, "line.wav")
                _speak(program, voice, " ".join(chance.choice(WORDS) for _ in range(chance.randint(4, 8))), path)
                audio = shorten(mono(decode(path)), 4.0, 0.02)
                yield Sound(source, "speech", voice, "female" if female else "male", audio, held=held)
