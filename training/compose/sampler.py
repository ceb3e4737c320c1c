"""Plays notes with recorded instruments: nearest key and velocity, repitched by at most a few semitones."""
from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .bank import Clip
from .harmony import Note
from .signal import RATE, Audio, place, resampled, silence

LOOP_FADE = 0.25


class Sampler:
    def __init__(self, clips: list[Clip], sustains: bool) -> None:
        self.clips = clips
        self.sustains = sustains
        self.made: dict[tuple[int, float], Audio] = {}

    def _voice(self, note: Note, rng: Generator) -> Audio:
        near = min(abs(clip.key - note.key) for clip in self.clips)
        choices = [clip for clip in self.clips if abs(clip.key - note.key) <= near + 0.5]
        wanted = 40 + 80 * note.velocity + rng.normal(0, 8)
        clip = min(choices, key=lambda clip: abs(clip.velocity - wanted))
        shift = round(float(note.key - clip.key), 2)
        if (id(clip), shift) not in self.made:
            self.made[id(clip), shift] = resampled(clip.audio(), 2 ** (shift / 12)) if abs(shift) > 0.01 else clip.audio()
        return self.made[id(clip), shift]

    def _held(self, sound: Audio, size: int) -> Audio:
        """Lengthened by repeating its second half with crossfades, if the instrument can sustain."""
        fade = int(LOOP_FADE * RATE)
        usable = sound.shape[1] - int(0.2 * RATE)
        start = usable // 3
        if not self.sustains or size <= usable or usable - start < 2 * fade:
            return sound[:, :size]
        body, rise = sound[:, start:usable], np.linspace(0, 1, fade, dtype=np.float32)
        out = np.zeros((sound.shape[0], size + body.shape[1]), np.float32)
        out[:, :usable] = sound[:, :usable]
        end = usable
        while end < size:
            out[:, end - fade : end] *= np.sqrt(1 - rise)
            out[:, end - fade : end - fade + body.shape[1]] += body * np.concatenate([np.sqrt(rise), np.ones(body.shape[1] - fade, np.float32)])
            end += body.shape[1] - fade
        return out[:, :size]

    def play(self, notes: list[Note], seconds: float, rng: Generator, release: float = 0.12) -> Audio:
        out = silence(seconds)
        for note in notes:
            size = int((min(note.length, seconds - note.start) + release) * RATE)
            if note.start >= seconds or size < 64:
                continue
            sound = self._held(self._voice(note, rng), size).copy()
            fade = min(sound.shape[1], int(release * RATE))
            if sound.shape[1] == size:
                sound[:, size - fade :] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
            place(out, sound, note.start, 0.3 + 0.7 * note.velocity)
        return out
