"""The three freely licensed kits of Debian's hydrogen-drumkits."""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from .sounds import Sound, decode, mono, shorten

ROOT = Path("/usr/share/hydrogen/data/drumkits")
KITS = {"audiophob": ("Audiophob", False), "rumpf-kit": ("rumpf_kit_z01_h2", True)}
STRUMS = ROOT / "belofilms_GuitarStrums"
LABELS = (
    ("rim", r"stick|rim ?click|click"), ("clap", r"clap|snap"), ("kick", r"kick|bass ?drum"), ("snare", r"snare"),
    ("ohh", r"(hat|hh).*(op|open|free)|open h"), ("chh", r"hat|hh|closed|ped"), ("tom", r"tom|conga|bongo"),
    ("ride", r"ride|bell"), ("crash", r"crash|china|splash|cymbal"), ("perc", r"cowbell|tamb|shaker|maraca|clave|wood|perc"),
)


def label_of(name: str) -> str | None:
    return next((label for label, pattern in LABELS if re.search(pattern, name.lower())), None)


def _layers(kit: Path) -> Iterator[tuple[str, Path]]:
    """(label, file) of each instrument's quiet, medium and loud layer."""
    text = re.sub(r'xmlns="[^"]*"', "", Path(kit, "drumkit.xml").read_text(errors="replace"))
    for instrument in ElementTree.fromstring(text).iter("instrument"):
        label = label_of(instrument.findtext("name") or "")
        names = [layer.findtext("filename") for layer in instrument.iter("layer")] or [instrument.findtext("filename")]
        found = [kit / name for name in names if name and (kit / name).exists()]
        if len(found) > 3:
            found = [found[len(found) // 4], found[len(found) * 3 // 5], found[-1]]
        for path in found if label else []:
            yield str(label), path


def everything() -> Iterator[Sound]:
    for source, (folder, held) in KITS.items():
        for label, path in _layers(ROOT / folder):
            seconds = 2.2 if label in ("crash", "ride") else 1.3
            yield Sound(source, "hit", source, label, shorten(decode(path), seconds), velocity=90, held=held)
    strums = sorted([*STRUMS.glob("*.flac"), *STRUMS.glob("*.wav")])
    for index, path in enumerate(strums[:: max(1, len(strums) // 40)]):
        audio = shorten(mono(decode(path)), 2.5)
        yield Sound("belofilms-strums", "texture", "strums", "strum", audio, held=index % 4 == 3)
