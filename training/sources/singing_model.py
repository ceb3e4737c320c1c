"""Sung syllables from the HTS singing voice NIT SONG070 F001: its spectra, read straight from the voice file.

The file holds, per phone state, a decision tree over the score's context and Gaussians of mel-cepstra. We walk the trees
with random phones and random answers about the score, and voice the means.
"""
from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..compose.voice import FRAMES_PER_SECOND, HERTZ, Singer, synthesise
from .catalog import BY_ID, git
from .sounds import Sound, shorten

FILE = "pysinsy/htsvoice/nitech_jp_song070_f001.htsvoice"
ALPHA, NATIVE_RATE, STATES, WIDTH = 0.55, 48000, 5, 35
VOWELS = "aiueo"
CONSONANTS = ("", "", "k", "s", "sh", "t", "ch", "n", "h", "m", "y", "r", "w", "g", "z", "d", "b", "p", "ry", "ky")
VOICELESS = frozenset(("k", "s", "sh", "t", "ch", "h", "p", "ky"))


@dataclass
class Tree:
    """node -> (question, no, yes); a child is a node (<= 0) or a leaf's number from 1."""

    nodes: dict[int, tuple[str, str, str]] = field(default_factory=dict)


def _position(header: str, name: str) -> tuple[int, int]:
    match = re.search(rf"^{re.escape(name)}:(\d+)-(\d+)", header, re.MULTILINE)
    if match is None:
        raise ValueError(f"the voice file has no {name}")
    return int(match[1]), int(match[2]) + 1


class SingingModel:
    def __init__(self, data: bytes) -> None:
        start = data.index(b"[DATA]\n") + len(b"[DATA]\n")
        header = data[:start].decode("latin1")
        body = data[start:]
        low, high = _position(header, "STREAM_TREE[MCP]")
        text = body[low:high].decode("latin1")
        self.questions = {
            match[1]: re.findall(r'"([^"]*)"', match[2]) for match in re.finditer(r"^QS\s+(\S+)\s*\{([^}]*)\}", text, re.MULTILINE)
        }
        self.trees = [self._tree(block) for block in re.split(r"^\{\*\}\[\d+\]", text, flags=re.MULTILINE)[1:]]
        low, high = _position(header, "STREAM_PDF[MCP]")
        self.means = self._means(body[low:high])

    @staticmethod
    def _tree(block: str) -> Tree:
        tree = Tree()
        for match in re.finditer(r'^\s*(-?\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$', block, re.MULTILINE):
            tree.nodes[int(match[1])] = (match[2], match[3], match[4])
        return tree

    @staticmethod
    def _means(data: bytes) -> list[NDArray[np.float32]]:
        counts = struct.unpack(f"<{STATES}i", data[: 4 * STATES])
        values = np.frombuffer(data[4 * STATES :], "<f4").reshape(-1, 3 * WIDTH * 2)
        edges = np.cumsum([0, *counts])
        return [values[a:b, :WIDTH] for a, b in zip(edges[:-1], edges[1:])]

    def cepstra(self, phones: tuple[str, str, str], rng: Generator) -> NDArray[np.float32]:
        """[STATES, WIDTH] for the middle phone between its neighbours."""
        before, phone, after = phones
        label = f"p@xx^{before}-{phone}+{after}=xx_"
        answers: dict[str, bool] = {}

        def answer(question: str) -> bool:
            if question not in answers:
                about_phones = "Phone" in question
                matched = any(fnmatchcase(label, pattern) for pattern in self.questions.get(question, []))
                answers[question] = matched if about_phones else bool(rng.random() < 0.35)
            return answers[question]

        return np.stack([self.means[state][self._leaf(state, answer)] for state in range(STATES)])

    def _leaf(self, state: int, answer: Callable[[str], bool]) -> int:
        tree, node = self.trees[state], "0"
        while node.lstrip("-").isdigit():
            question, no, yes = tree.nodes[int(node)]
            node = yes if answer(question) else no
        return int(node.strip('"').rsplit("_", 1)[1]) - 1


def log_power(cepstra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel-cepstra [frames, WIDTH] on our linear frequencies."""
    w = 2 * np.pi * np.minimum(HERTZ, NATIVE_RATE / 2) / NATIVE_RATE
    warped = w + 2 * np.arctan(ALPHA * np.sin(w) / (1 - ALPHA * np.cos(w)))
    return np.asarray(2 * cepstra @ np.cos(np.arange(WIDTH)[:, None] * warped[None]), np.float32)


def phrase(model: SingingModel, rng: Generator, syllables: int) -> NDArray[np.float32]:
    """A line of consonant-vowel syllables on one gliding note."""
    phones = [phone for _ in range(syllables) for phone in (rng.choice(CONSONANTS), rng.choice(list(VOWELS))) if phone]
    cepstra, voiced = [], []
    for before, phone, after in zip(["pau", *phones[:-1]], phones, [*phones[1:], "pau"]):
        frames = int(rng.integers(20, 45) if phone in VOWELS else rng.integers(9, 16))
        states = model.cepstra((before, phone, after), rng)
        cepstra.append(states[np.minimum(np.arange(frames) * STATES // frames, STATES - 1)])
        voiced.append(np.full(frames, 0.0 if phone in VOICELESS else 1.0, np.float32))
    envelope = log_power(gaussian_filter1d(np.concatenate(cepstra), 2, axis=0))
    count = len(envelope)
    drift = gaussian_filter1d(rng.standard_normal(count), FRAMES_PER_SECOND / 3) * 12
    f0 = (rng.uniform(200, 420) * 2 ** (drift / 12)).astype(np.float32)
    plain = Singer(1.0, 0.03, 9000, 0.004, 0.05, 0, 0, 0, 0, 1, 0, 0, 5, 0, 0, 0)
    return synthesise(envelope, np.concatenate(voiced), f0, rng, plain)


def everything() -> Iterator[Sound]:
    rng = default_rng(70)
    model = SingingModel(git(BY_ID["nit-song070"].repository, "show", f"HEAD:{FILE}"))
    for _ in range(60):
        audio = phrase(model, rng, int(rng.integers(5, 10)))[None]
        yield Sound("nit-song070", "speech", "song070", "female", shorten(audio, 5.0, 0.02))
