"""The bank on disk: a few long Ogg files and one index.

bank/index.json  {"sources": {id: licence}, "packs": {name: sha256}, "sounds": [{source, pack, start, frames, ...}]}
bank/packs/*.ogg one file a source and channel count, the sounds end to end
"""
from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from .catalog import BY_ID
from .sounds import RATE, Sound

QUALITY = {"note": "0", "hit": "0", "speech": "1"}


def _encode(sounds: list[Sound], path: Path, quality: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder, "pack.wav")
        soundfile.write(wave, np.concatenate([sound.audio for sound in sounds], axis=1).T, RATE, subtype="PCM_16")
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(wave), "-c:a", "libvorbis", "-q:a", quality]
        subprocess.run([*command, "-fflags", "+bitexact", "-flags:a", "+bitexact", str(path)], check=True)


def write(sounds: Iterable[Sound], folder: Path) -> dict[str, float]:
    """Returns the seconds of audio per pack."""
    grouped: dict[str, list[Sound]] = defaultdict(list)
    for sound in sounds:
        grouped[f"{sound.source}-{sound.kind}-{sound.audio.shape[0]}"].append(sound)
    packs = folder / "packs"
    packs.mkdir(parents=True, exist_ok=True)
    entries: list[dict[str, Any]] = []
    digests: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for name, members in sorted(grouped.items()):
        path = packs / f"{name}.ogg"
        _encode(members, path, QUALITY.get(members[0].kind, "2"))
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        start = 0
        for sound in members:
            frames = sound.audio.shape[1]
            entries.append({
                "source": sound.source, "kind": sound.kind, "group": sound.group, "label": sound.label, "key": sound.key,
                "velocity": sound.velocity, "held": sound.held, "pack": name, "start": start, "frames": frames,
            })
            start += frames
        seconds[name] = start / RATE
    used = {entry["source"] for entry in entries}
    index = {"sources": {id: BY_ID[id].licence for id in sorted(used)}, "packs": digests, "sounds": entries}
    (folder / "index.json").write_text(json.dumps(index, separators=(",", ":")))
    return seconds
