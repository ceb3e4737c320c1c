"""Proves that a bank holds the catalogue's sources and nothing else: python3 -m training.sources.check_bank [folder]

Every file must be listed with its checksum, every sound must name a catalogued source whose own copyright file still
says what the catalogue claims, and every second of every pack must belong to a listed sound.
"""
from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from .catalog import ALLOWED, BY_ID


class BankError(Exception):
    """The bank holds something that the catalogue does not account for."""


def check(folder: Path, verify_sources: bool = True) -> None:
    index: dict[str, Any] = json.loads((folder / "index.json").read_text())
    for source, licence in index["sources"].items():
        if source not in BY_ID:
            raise BankError(f"{source} is not in the catalogue")
        if licence != BY_ID[source].licence or licence not in ALLOWED:
            raise BankError(f"{source}: licence {licence} does not match the catalogue")
        if verify_sources:
            BY_ID[source].verify()
    _check_files(folder, index)
    _check_coverage(index)


def _check_files(folder: Path, index: dict[str, Any]) -> None:
    expected = {f"packs/{name}.ogg" for name in index["packs"]} | {"index.json"}
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    if present != expected:
        raise BankError(f"files that should not be there or are missing: {sorted(present ^ expected)}")
    for name, digest in index["packs"].items():
        if hashlib.sha256((folder / "packs" / f"{name}.ogg").read_bytes()).hexdigest() != digest:
            raise BankError(f"{name}.ogg is not the file that was built")


def _check_coverage(index: dict[str, Any]) -> None:
    ends: dict[str, int] = defaultdict(int)
    for sound in index["sounds"]:
        if sound["source"] not in index["sources"] or not sound["pack"].startswith(sound["source"] + "-"):
            raise BankError(f"a sound of {sound['pack']} claims to come from {sound['source']}")
        if sound["start"] != ends[sound["pack"]]:
            raise BankError(f"{sound['pack']}: audio before sample {sound['start']} belongs to no listed sound")
        ends[sound["pack"]] += sound["frames"]
    if set(ends) != set(index["packs"]):
        raise BankError("a pack without sounds")


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "training/bank")
    check(target)
    print(f"{target}: every sound comes from the catalogue")
