"""Note and hit libraries read from git repositories."""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .catalog import BY_ID, git
from .sounds import Audio, Sound, decode, key_number, mono, shorten, true_key


@dataclass(frozen=True)
class NoteSet:
    """Files matching `pattern` (groups: key, optional velocity) become one instrument; every `spacing` semitones a key."""

    source: str
    group: str
    pattern: str
    velocities: dict[str, int]
    seconds: float
    spacing: int = 3
    held: bool = False


NOTE_SETS = (
    NoteSet("growlybass", "growlybass", r"sustain/(\w+?)_(p|f|ff)_rr1\.wav", {"p": 55, "f": 90, "ff": 115}, 3.0),
    NoteSet("growlybass", "growlybass-short", r"staccato/(\w+?)_staccato_rr[13]\.wav", {}, 0.8),
    NoteSet("meatbass", "upright-pizz", r"pizz/([a-g]b?\d)_vl([24])_rr1\.wav", {"2": 70, "4": 110}, 2.0),
    NoteSet("meatbass", "upright-arco", r"arco/([a-g]b?\d)_vl([24])_up\.wav", {"2": 60, "4": 100}, 3.0, 6),
    NoteSet("black-green-guitars", "black-guitar", r"black/ord/twang_([a-g]b?\d)_(p|f)_rr1\.wav", {"p": 60, "f": 110}, 2.8),
    NoteSet("black-green-guitars", "black-guitar-short", r"black/stac/staccato_([a-g]b?\d)_rr1\.wav", {}, 0.8),
    NoteSet("black-green-guitars", "green-guitar", r"green/ord/twang_([a-g]b?\d)_(p|f)_rr1\.wav", {"p": 60, "f": 110}, 2.8),
    NoteSet("black-green-guitars", "green-guitar-short", r"green/stac/staccato_([a-g]b?\d)_rr1\.wav", {}, 0.8),
    NoteSet("shinyguitar", "archtop-mic", r"acoustic/([a-g]b?\d)_vl([24])_rr1_1\.wav", {"2": 65, "4": 105}, 2.5),
    NoteSet("shinyguitar", "archtop-pickup", r"electric/([a-g]b?\d)_vl([24])_rr1_2\.wav", {"2": 65, "4": 105}, 2.5, held=True),
    NoteSet("caveman-cosmonaut", "transistor-organ", r"all_all_all_([a-g]b?\d)\.wav", {}, 2.0, 6),
    NoteSet("caveman-cosmonaut", "transistor-flutes", r"flutes_([a-g]b?\d)\.wav", {}, 2.0, 6),
    NoteSet("caveman-cosmonaut", "transistor-reed", r"trompette_([a-g]b?\d)\.wav", {}, 2.0, 6, held=True),
    NoteSet("caveman-cosmonaut", "transistor-bass", r"bass_all_([a-g]b?\d)\.wav", {}, 2.0, 4),
)

MULDJORD = {
    "KdrumL": ("kick", 6), "KdrumR": ("kick", 4), "Snare": ("snare", 10), "SnareRest": ("rim", 2), "HihatClosed": ("chh", 6),
    "HihatOpen": ("ohh", 4), "Tom1": ("tom", 3), "Tom2": ("tom", 3), "Tom4": ("tom", 3), "CrashL": ("crash", 3),
    "China": ("crash", 2), "RideL": ("ride", 4), "RideLBell": ("ride", 1),
}
CLOSE = {"kick": ("KdrumL", "KdrumR"), "snare": ("Snare_top", "Snare_bottom"), "tom": ("Tom1", "Tom2", "Tom4"), "chh": ("Hihat",)}


def files(source: str, pattern: str) -> list[tuple[str, re.Match[str]]]:
    names = git(BY_ID[source].repository, "ls-tree", "-r", "--name-only", "-z", "HEAD").decode().split("\0")
    found = ((name, re.search(pattern, name)) for name in sorted(names))
    return [(name, match) for name, match in found if match]


def read(source: str, name: str) -> Audio:
    return decode(git(BY_ID[source].repository, "show", f"HEAD:{name}"))


def notes(wanted: NoteSet) -> Iterator[Sound]:
    matches = files(wanted.source, wanted.pattern)
    last: dict[str, int] = defaultdict(lambda: -99)
    for name, match in sorted(matches, key=lambda item: key_number(item[1][1])):
        key = key_number(match[1])
        layer = match[2] if match.re.groups > 1 else ""
        if last[layer] != key and key < last[layer] + wanted.spacing:
            continue
        last[layer] = key
        audio = shorten(mono(read(wanted.source, name)), wanted.seconds)
        yield Sound(wanted.source, "note", wanted.group, layer, audio, key, wanted.velocities.get(layer, 90), wanted.held)


def tuned(sounds: list[Sound]) -> list[Sound]:
    """Moves a whole instrument by the octaves most of its sounds are off."""
    offsets = [true_key(sound.audio, int(sound.key)) - sound.key for sound in sounds if 36 <= sound.key <= 72]
    shift = 12 * round(float(np.median(offsets)) / 12) if offsets else 0
    for sound in sounds:
        sound.key += shift
    return sounds


def muldjord() -> Iterator[Sound]:
    """Two mixes of each hit: close microphones under overheads, and the room alone; both hold the real bleed."""
    for drum, (label, count) in MULDJORD.items():
        found = files("muldjord-kit", rf"Samples/{drum}/(\d+)-{drum}-OHL\.flac")
        numbers = sorted(int(match[1]) for _, match in found)
        folder = found[0][0].rsplit("/", 1)[0]
        for number in [numbers[i] for i in np.linspace(0, len(numbers) - 1, min(count, len(numbers))).astype(int)]:

            def microphone(name: str) -> Audio:
                return mono(read("muldjord-kit", f"{folder}/{number}-{drum}-{name}.flac"))

            def pair(name: str) -> Audio:
                return np.concatenate(align([microphone(f"{name}L"), microphone(f"{name}R")]))

            close = [np.tile(microphone(name), (2, 1)) for name in CLOSE.get(label, ()) if label != "tom" or name == drum]
            seconds = 2.5 if label in ("crash", "ride") else 1.2
            dry = sum(align([pair("OH"), *close]))
            for group, audio in (("muldjord", dry), ("muldjord-room", pair("Amb"))):
                yield Sound("muldjord-kit", "hit", group, label, shorten(np.asarray(audio, np.float32), seconds), velocity=number)


def align(parts: list[Audio]) -> list[Audio]:
    size = min(part.shape[1] for part in parts)
    return [part[:, :size] for part in parts]


SONIC_PI = {
    "kick": r"(bd_|drum_bass|drum_heavy|elec_\w*kick)", "snare": r"(sn_|drum_snare|elec_\w*snare)", "tom": r"(drum_tom|elec_fuzz)",
    "chh": r"(hat_|drum_cymbal_(closed|pedal))", "ohh": r"(drum_cymbal_open)", "crash": r"(drum_splash|drum_cymbal_(hard|soft)|elec_cymbal)",
    "ride": r"ride_", "perc": r"(perc_snap|perc_till|elec_(beep|blip|blup|bong|flip|ping|plip|pop|tick|twip|triangle|wood)|tabla_|drum_cowbell)",
    "texture": r"(ambi_|vinyl_|glitch_|misc_cineboom|perc_(door|impact|swash|swoosh|bell)|elec_(bell|chime|twang))",
}


def sonic_pi() -> Iterator[Sound]:
    """One-shots only: no loops, and nothing that could hold someone's recording of a song."""
    for label, pattern in SONIC_PI.items():
        for index, (name, match) in enumerate(files("sonic-pi", rf"etc/samples/{pattern}\w*\.flac")):
            texture = label == "texture"
            audio = shorten(read("sonic-pi", name), 5.0 if texture else 1.5)
            kind = "texture" if texture else "hit"
            yield Sound("sonic-pi", kind, "sonic-pi", label, audio, velocity=90, held=index % 4 == 3)


def everything() -> Iterator[Sound]:
    for wanted in NOTE_SETS:
        yield from tuned(list(notes(wanted)))
    yield from muldjord()
    yield from sonic_pi()
