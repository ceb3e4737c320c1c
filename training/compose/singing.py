"""Turns analysed speech into sung phrases, rap and spoken lines."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .harmony import Note
from .signal import RATE
from .voice import FRAMES_PER_SECOND, HERTZ, HOP, Floats, Singer, Speech, synthesise

LEAD = 0.25  # seconds of room before the first note, for its consonant
Curve = NDArray[np.float64]


def join(parts: list[Speech]) -> Speech:
    """Several utterances as one, each at the same vowel level."""
    envelopes, voiced, f0, nuclei, bounds, offset = [], [], [], [], [0], 0
    for part in parts:
        first, last = int(part.bounds[0]), int(part.bounds[-1])
        level = np.log(np.exp(part.log_power[part.nuclei].astype(np.float32)).mean() + 1e-9)
        envelopes.append(part.log_power[first : last + 1] - np.float16(level))
        voiced.append(part.voiced[first : last + 1])
        f0.append(part.f0[first : last + 1])
        nuclei += [int(at) - first + offset for at in part.nuclei]
        bounds += [int(at) - first + offset for at in part.bounds[1:]]
        offset += last + 1 - first
    bounds[-1] = offset - 1
    return Speech(np.concatenate(envelopes), np.concatenate(voiced), np.concatenate(f0), np.array(nuclei), np.array(bounds))


@dataclass
class TimeMap:
    """Song frames against speech frames, as knots, and the level over song frames."""

    song: list[float]
    speech: list[float]
    level: Curve

    def add(self, song: float, speech: float) -> None:
        floor = self.song[-1] + 1 if self.song else 0.0
        self.song.append(max(song, floor))
        self.speech.append(speech)


def _map_syllables(speech: Speech, notes: list[Note], frames: int, rng: Generator, singer: Singer) -> TimeMap:
    """Consonants keep their length, vowels are stretched over the notes; melismas hold the vowel on."""
    knots = TimeMap([], [], np.zeros(frames))
    count = len(speech.nuclei)
    syllable = int(rng.integers(0, max(1, count - len(notes) + 1)))
    for index, note in enumerate(notes):
        begin, end = (note.start + LEAD) * FRAMES_PER_SECOND, (note.start + LEAD + note.length) * FRAMES_PER_SECOND
        melisma = index > 0 and rng.random() < singer.melisma
        if melisma and len(knots.song) > 2:
            del knots.song[-2:], knots.speech[-2:]
            nucleus = knots.speech[-1]
            onset = 0.0
            coda = 15.0 * singer.consonants
        else:
            k = syllable % count
            nucleus = float(speech.nuclei[k])
            onset = min(nucleus - speech.bounds[k], 30) * singer.consonants
            coda = min(float(speech.bounds[k + 1]) - nucleus, 25) * singer.consonants
            syllable += 1
            knots.add(begin - onset, nucleus - onset / singer.consonants)
            knots.add(begin + 2, nucleus - 2)
        knots.add(end - coda * 0.6, nucleus + 3)
        knots.add(end + coda * 0.4, nucleus + coda / singer.consonants)
        first, last = max(0, int(begin - onset - 2)), min(frames, int(end + coda * 0.4 + 4))
        size = last - first
        if size > 2:
            edge = np.minimum(1, np.minimum(np.arange(size) / 3 + 0.2, np.arange(size)[::-1] / 8))
            knots.level[first:last] = np.maximum(knots.level[first:last], edge * (0.75 + 0.3 * rng.random()) * note.velocity)
    return knots


def _pitch_curve(notes: list[Note], frames: int, rng: Generator, singer: Singer) -> Curve:
    """MIDI key per frame: glides, scoops, late vibrato, drift."""
    pitch, vibrato = np.full(frames, np.nan), np.zeros(frames)
    for note in notes:
        begin, end = int((note.start + LEAD) * FRAMES_PER_SECOND), int((note.start + LEAD + note.length) * FRAMES_PER_SECOND)
        pitch[max(0, begin - 15) : end + 30] = note.key
    known = np.flatnonzero(~np.isnan(pitch))
    pitch = np.interp(np.arange(frames), known, pitch[known])
    pitch = gaussian_filter1d(pitch, singer.glide)
    for note in notes:
        begin = int((note.start + LEAD) * FRAMES_PER_SECOND)
        size = min(frames - begin, int(note.length * FRAMES_PER_SECOND))
        if size > 0 and rng.random() < singer.scoop:
            pitch[begin : begin + size] -= rng.uniform(0, 2.4) * np.exp(-np.arange(size) / 10)
        if size > 40:
            vibrato[begin : begin + size] = np.clip((np.arange(size) - 25) / 30, 0, 1)
    rate = singer.vibrato_rate * (1 + 0.32 * gaussian_filter1d(rng.standard_normal(frames), 20))
    sway = np.sin(2 * np.pi * np.cumsum(rate) / FRAMES_PER_SECOND + rng.random() * 6)
    pitch = pitch + singer.vibrato_depth * gaussian_filter1d(vibrato, 3) * sway
    return np.asarray(pitch + gaussian_filter1d(rng.standard_normal(frames), 9) * singer.drift * 4)


def sing(speech: Speech, notes: list[Note], rng: Generator, singer: Singer) -> Floats:
    """Notes start at 0 (seconds); the audio starts LEAD before them."""
    frames = int((notes[-1].start + notes[-1].length + LEAD + 0.35) * FRAMES_PER_SECOND) + 4
    knots = _map_syllables(speech, notes, frames, rng, singer)
    wander = gaussian_filter1d(rng.standard_normal(frames), 6) * 2.2 * singer.wander
    position = np.clip(np.interp(np.arange(frames), knots.song, knots.speech) + wander, 0, len(speech.voiced) - 1.01)
    pitch = _pitch_curve(notes, frames, rng, singer)
    voiced = speech.voiced_at(position)
    for note in notes:
        begin = int((note.start + LEAD) * FRAMES_PER_SECOND) + 2
        voiced[begin : int((note.start + LEAD + note.length * 0.8) * FRAMES_PER_SECOND)] = 1
    brighter = ((pitch - pitch.mean()) * 0.03)[:, None] * np.clip((HERTZ - 1500) / 3000, -0.3, 1)[None]
    level = 2 * np.log(np.maximum(gaussian_filter1d(knots.level, 1.5), 1e-4))
    envelope = (speech.envelope_at(position) + brighter + level[:, None]).astype(np.float32)
    return synthesise(envelope, voiced, (440 * 2 ** ((pitch - 69) / 12)).astype(np.float32), rng, singer)


def speak(speech: Speech, rng: Generator, singer: Singer, speed: float, centre: float | None, inflection: float) -> Floats | None:
    """Speech at another speed and pitch; `centre` is the MIDI key its melody moves around. None without voiced frames."""
    voiced_frames = np.flatnonzero(speech.f0 > 0)
    if len(voiced_frames) < 3:
        return None
    count = len(speech.voiced)
    position = np.clip(np.arange(int(count / speed)) * speed, 0, count - 1.01)
    keys = 12 * np.log2(np.interp(np.arange(count), voiced_frames, speech.f0[voiced_frames]) / 440) + 69
    melody = gaussian_filter1d(keys, 2)[np.round(position).astype(int)]
    middle = float(np.median(melody))
    pitch = (middle if centre is None else centre) + (melody - middle) * inflection
    f0 = np.clip(440 * 2 ** ((pitch - 69) / 12), 55, 900).astype(np.float32)
    return synthesise(speech.envelope_at(position), speech.voiced_at(position), f0, rng, singer)


def breath(rng: Generator) -> Floats:
    """An intake of air of a third of a second."""
    count = int(rng.uniform(0.2, 0.45) * RATE)
    noise = rng.standard_normal(count // HOP * HOP)
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    shape = np.exp(-(((np.log2(np.maximum(hertz, 20)) - np.log2(rng.uniform(1500, 4000))) / 1.3) ** 2))
    return (np.fft.irfft(spectrum * shape, len(noise)) * np.hanning(len(noise)) ** 1.5 * 0.15).astype(np.float32)
