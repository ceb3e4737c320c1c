"""The only sound sources that may shape the weights, each with the proof of its licence.

A source is taken from a Debian package or from a public git repository. `Proof` names the copyright file that travels
with it and the words that must stand there; `verify` fails when they do not.
"""
from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ALLOWED = frozenset({"MIT", "BSD", "CC0-1.0", "Public domain", "CC-BY-3.0", "CC-BY-4.0", "CMU/CSTR free"})
CLONES = Path(os.environ.get("SOUND_CLONES", "training/clones"))


class LicenceError(Exception):
    """A source's copyright file does not say what the catalogue claims."""


@dataclass(frozen=True)
class Proof:
    """`stanza` narrows the search to the part of the file that starts with these words and ends at the next 'Files:'."""

    words: tuple[str, ...]
    stanza: str = ""
    file: str = "LICENSE"


@dataclass(frozen=True)
class Source:
    id: str
    licence: str
    attribution: str
    used_for: str
    proof: Proof
    package: str = ""
    repository: str = ""

    def copyright_text(self) -> str:
        if self.package:
            return Path("/usr/share/doc", self.package, "copyright").read_text(errors="replace")
        return git(self.repository, "show", f"HEAD:{self.proof.file}").decode(errors="replace")

    def verify(self) -> None:
        if self.licence not in ALLOWED:
            raise LicenceError(f"{self.id}: {self.licence} is not an allowed licence")
        text = self.copyright_text()
        if self.proof.stanza:
            start = text.find(self.proof.stanza)
            if start < 0:
                raise LicenceError(f"{self.id}: no stanza '{self.proof.stanza}' in its copyright file")
            text = re.split(r"\n\s*Files:", text[start + len(self.proof.stanza) :])[0]
        flat = " ".join(text.replace("#", " ").split())
        for words in self.proof.words:
            if words not in flat:
                raise LicenceError(f"{self.id}: its copyright file does not say '{words}'")


def git(repository: str, *command: str) -> bytes:
    """Runs git in a bare clone, `<CLONES>/<owner>+<name>/repo`."""
    folder = CLONES / repository.replace("/", "+") / "repo"
    return subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True).stdout


CC0 = Proof(("CC0 1.0 Universal",))
FREE_SPEECH = "Permission is hereby granted, free of charge, to use and distribute this software"

SOURCES = (
    Source(
        "musescore-general", "MIT", "MuseScore General HQ, S. Christian Collins, Frank Wen, Michael Cowgill and others",
        "keys, guitars, strings, winds, basses, drum kits",
        Proof(("MuseScore_General_HQ SoundFont (MIT, parts PD or CC0)",)), package="musescore-general-soundfont",
    ),
    Source(
        "fluidr3mono", "MIT", "Fluid (R3) Mono GM, Frank Wen, Michael Cowgill", "keys, strings, choirs",
        Proof(("Fluid (R3) Mono GM soundfont (MIT)",)), package="fluidr3mono-gm-soundfont",
    ),
    Source(
        "audiophob", "CC0-1.0", "Audiophob, soundcloud.com/audiophobdubstep", "drums",
        Proof(("License: CC0",), stanza="Files: drumkits/Audiophob.h2drumkit"), package="hydrogen-drumkits",
    ),
    Source(
        "rumpf-kit", "CC-BY-3.0", "rumpf_kit_z01, Emanuel Rumpf", "drums",
        Proof(("License: CC-BY-3.0",), stanza="Files: drumkits/rumpf_kit_z01_h2.h2drumkit"), package="hydrogen-drumkits",
    ),
    Source(
        "belofilms-strums", "CC-BY-3.0", "GuitarStrums, Gabriel Verdugo Soto (belofilms)", "strummed guitar chords",
        Proof(("License: CC-BY-3.0",), stanza="Files: drumkits/belofilms_GuitarStrums.h2drumkit"),
        package="hydrogen-drumkits-effects",
    ),
    Source(
        "muldjord-kit", "CC-BY-4.0", "MuldjordKit, Lars Muldjord; sfz version by kinwie", "drums with room and bleed",
        Proof(("Attribution 4.0 International",)), repository="sfzinstruments/DrumGizmo.MuldjordKit",
    ),
    Source(
        "sonic-pi", "CC0-1.0", "Sonic Pi's sample set, freesound.org authors named in its README", "drums, textures",
        Proof(
            ("All other samples in this directory", "placed in the public domain via the Creative Commons 0 License"),
            file="etc/samples/README.md",
        ),
        repository="sonic-pi-net/sonic-pi",
    ),
    Source("growlybass", "CC0-1.0", "Growlybass, Karoryfer", "electric bass", CC0,
           repository="sfzinstruments/karoryfer.growlybass"),
    Source("meatbass", "CC0-1.0", "Meatbass, Karoryfer", "double bass", CC0,
           repository="sfzinstruments/karoryfer.meatbass"),
    Source("black-green-guitars", "CC0-1.0", "Black and Green Guitars, Karoryfer", "electric guitars", CC0,
           repository="kmturley/karoryfer.black-and-green-guitars"),
    Source("shinyguitar", "CC0-1.0", "Shinyguitar, Karoryfer", "archtop guitar", CC0,
           repository="sfzinstruments/karoryfer.shinyguitar"),
    Source("caveman-cosmonaut", "CC0-1.0", "Caveman Cosmonaut, Karoryfer", "transistor organ", CC0,
           repository="sfzinstruments/karoryfer.caveman-cosmonaut"),
    Source(
        "flite", "CMU/CSTR free", "CMU Flite voices awb, kal, rms, slt; Carnegie Mellon University", "voices",
        Proof((FREE_SPEECH, "Carnegie Mellon University")), package="flite",
    ),
    Source(
        "festvox-kal", "CMU/CSTR free", "kal diphone voice, Alan W Black and Kevin Lenzo", "voices",
        Proof((FREE_SPEECH,)), package="festvox-kallpc16k",
    ),
    Source(
        "festvox-ked", "CMU/CSTR free", "ked diphone voice, CSTR, University of Edinburgh", "voices",
        Proof((FREE_SPEECH,)), package="festvox-kdlpc16k",
    ),
    Source(
        "festvox-slt-hts", "CMU/CSTR free", "CMU ARCTIC slt, Carnegie Mellon University", "voices",
        Proof(("Copyright: 2003 Carnegie Mellon University License: EST-2003",)), package="festvox-us-slt-hts",
    ),
    Source(
        "nit-song070", "CC-BY-3.0", "NIT SONG070 F001, Nagoya Institute of Technology, HTS Working Group", "singing",
        Proof(("licensed under the Creative Commons Attribution 3.0 license",), file="pysinsy/htsvoice/COPYING"),
        repository="r9y9/pysinsy",
    ),
)
BY_ID = {source.id: source for source in SOURCES}
