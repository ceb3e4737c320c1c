"""Oscillators and synthetic instruments: subtractive, FM, pads, drones, 808s, drum machines."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .harmony import Note
from .signal import RATE, Audio, chance, frequency, high_pass, log_uniform, low_pass, place, silence

Wave = NDArray[np.float64]


def saw(hertz: Wave, phase: float) -> Wave:
    """Band-limited enough: a ramp with its step smoothed over two samples (polyBLEP)."""
    position = (np.cumsum(hertz) / RATE + phase) % 1
    step = hertz / RATE
    early, late = position / step, (position - 1) / step
    ramp = 2 * position - 1
    ramp -= np.where(position < step, 2 * early - early**2 - 1, 0)
    return np.asarray(ramp - np.where(position > 1 - step, late**2 + 2 * late + 1, 0))


def oscillator(kind: str, hertz: Wave, phase: float) -> Wave:
    if kind == "sine":
        return np.asarray(np.sin(2 * np.pi * (np.cumsum(hertz) / RATE + phase)))
    if kind == "triangle":
        return np.asarray(2 * np.abs(2 * ((np.cumsum(hertz) / RATE + phase) % 1) - 1) - 1)
    if kind == "saw":
        return saw(hertz, phase)
    return saw(hertz, phase) - saw(hertz, phase + (0.5 if kind == "square" else 0.25))


@dataclass(frozen=True)
class Patch:
    """attack, decay, release in seconds; cutoff in Hz opens by `sweep` octaves at the start of a note; fm is the index;
    a note starts `bend` semitones away."""

    wave: str
    voices: int
    detune: float
    attack: float
    decay: float
    sustain: float
    release: float
    cutoff: float
    sweep: float
    fm: float = 0.0
    ratio: float = 1.0
    bend: float = 0.0


def draw_patch(rng: Generator, long: bool = False) -> Patch:
    return Patch(
        wave=str(rng.choice(["saw", "saw", "square", "pulse", "triangle", "sine"])),
        voices=int(rng.choice([1, 2, 3, 5])),
        detune=rng.uniform(0.03, 0.25),
        attack=rng.uniform(0.1, 0.9) if long else rng.uniform(0.002, 0.02),
        decay=1.0 if long else rng.uniform(0.1, 0.8),
        sustain=0.9 if long else rng.uniform(0.2, 0.9),
        release=rng.uniform(0.2, 0.9) if long else 0.08,
        cutoff=log_uniform(rng, 400, 9000),
        sweep=rng.uniform(0, 3.5),
        fm=rng.uniform(0.5, 5) if chance(rng, 0.25) else 0.0,
        ratio=float(rng.choice([0.5, 1, 1.41, 2, 3])),
    )


def _tone(patch: Patch, hertz: Wave, time: Wave, rng: Generator) -> Audio:
    if patch.fm:
        carrier = 2 * np.pi * np.cumsum(hertz) / RATE
        wave = np.sin(carrier + patch.fm * np.exp(-time / patch.decay) * np.sin(patch.ratio * carrier))
        return np.tile(wave, (2, 1)).astype(np.float32)
    out = np.zeros((2, len(time)))
    for _ in range(patch.voices):
        wave = oscillator(patch.wave, hertz * 2 ** (patch.detune * rng.uniform(-1, 1) / 12), rng.random())
        side = rng.uniform(0, 1) if patch.voices > 1 else 0.5
        out += np.outer([np.sqrt(1 - side), np.sqrt(side)], wave) * 1.4
    return (out / np.sqrt(patch.voices)).astype(np.float32)


def play(patch: Patch, notes: list[Note], seconds: float, rng: Generator, vibrato: float = 0.0) -> Audio:
    """A line or chords; `vibrato` in semitones comes in late."""
    out = silence(seconds)
    for note in notes:
        if note.start >= seconds:
            continue
        time = np.arange(int((min(note.length, seconds - note.start) + patch.release) * RATE)) / RATE
        bend = vibrato * np.sin(2 * np.pi * 5.5 * time) * np.clip(time - 0.25, 0, 1) + patch.bend * np.exp(-time / 0.08)
        tone = _tone(patch, frequency(note.key) * 2 ** (bend / 12), time, rng)
        opened = low_pass(tone, min(patch.cutoff * 2**patch.sweep, 18000))
        closing = np.exp(-time / (patch.decay * 0.7)).astype(np.float32)
        tone = opened * closing + low_pass(tone, patch.cutoff) * (1 - closing)
        level = np.minimum(time / patch.attack, 1) * (patch.sustain + (1 - patch.sustain) * np.exp(-time / patch.decay))
        level *= np.where(time > note.length, np.exp(-(time - note.length) / (patch.release / 4)), 1)
        place(out, tone * (level * note.velocity).astype(np.float32), note.start)
    return out


def drone(notes: list[Note], seconds: float, rng: Generator, bright: bool) -> Audio:
    """Long tones that breathe: detuned partials, each with its own slow swell, through a moving low-pass."""
    out = silence(seconds)
    for note in notes:
        time = np.arange(int((min(note.length, seconds - note.start) + 0.3) * RATE)) / RATE
        if len(time) < 64:
            continue
        tone = np.zeros((2, len(time)))
        for partial in range(1, int(rng.integers(3, 24 if bright else 7))):
            hertz = frequency(note.key) * partial
            if hertz > 9000:
                break
            swell = 0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.05, 0.8) * time + rng.random() * 6)
            level = swell / partial ** rng.uniform(0.7, 1.7)
            for channel in (0, 1):
                tone[channel] += level * np.sin(2 * np.pi * hertz * (1 + rng.normal(0, 0.0015)) * time + rng.random() * 6)
        edge = np.minimum(1, np.minimum(time / 0.15, np.maximum(note.length + 0.25 - time, 0) / 0.25))
        place(out, tone * edge * note.velocity, note.start)
    return out


def eight_oh_eight(notes: list[Note], seconds: float, rng: Generator, glide: bool, fade: float = 0.05) -> Audio:
    """Sub bass with a pitch drop at the start, a long tail and soft clipping; `glide` slides from note to note, which ends `fade`
    seconds after its length."""
    out = silence(seconds)
    decay, drive = rng.uniform(0.5, 2.5), rng.uniform(1, 6)
    drop, click = rng.uniform(0, 24), rng.uniform(0.005, 0.04)
    before = notes[0].key if notes else 36.0
    for note in notes:
        time = np.arange(int(min(max(note.length, 0.2) + fade + 0.01, seconds - note.start + 0.06) * RATE)) / RATE
        if len(time) < 64:
            continue
        key = note.key + (before - note.key) * np.exp(-time / 0.06) * glide + drop * np.exp(-time / click)
        wave = np.sin(2 * np.pi * np.cumsum(440 * 2 ** ((key - 69) / 12)) / RATE)
        level = np.minimum(time / 0.003, 1) * np.exp(-time / decay) * np.clip((note.length + fade + 0.01 - time) / fade, 0, 1)
        place(out, np.tile(np.tanh(wave * level * drive) / np.tanh(drive), (2, 1)) * note.velocity, note.start)
        before = note.key
    return low_pass(out, log_uniform(rng, 300, 8000))


def riser(seconds: float, rng: Generator) -> Audio:
    """Noise or tone sweeping up or down."""
    time = np.arange(int(seconds * RATE)) / RATE
    up: Wave = time / seconds if chance(rng, 0.7) else 1 - time / seconds
    if chance(rng, 0.5):
        noise = rng.standard_normal((2, len(time))).astype(np.float32)
        dark, light = low_pass(noise, rng.uniform(300, 1200)), high_pass(noise, rng.uniform(1500, 5000))
        tone = dark * (1 - up) + light * up
    else:
        tone = np.tile(saw(120 * 2 ** (up * rng.uniform(1, 4)), 0.0), (2, 1)) * 0.6
    return (tone * up**1.5 * np.minimum(1, (seconds - time) / 0.02)).astype(np.float32)


def _noise(rng: Generator, time: Wave) -> Wave:
    return np.asarray(rng.standard_normal(len(time)))


def _metal(rng: Generator, time: Wave) -> Wave:
    square = sum(np.sign(np.sin(2 * np.pi * hertz * rng.uniform(0.98, 1.02) * time)) for hertz in (205, 304, 370, 523, 540, 800))
    blend = np.asarray(square) * 0.3 + _noise(rng, time) * rng.uniform(0, 1)
    return np.asarray(high_pass(blend[None].astype(np.float32), rng.uniform(6000, 8500), 3)[0], np.float64)


def drum_machine(rng: Generator) -> dict[str, list[Audio]]:
    """A kit in the manner of analogue drum machines; kicks range from clicks to, now and then, long tuned booms."""
    time = np.arange(int(1.6 * RATE)) / RATE

    def fall(seconds: float) -> Wave:
        return np.asarray(np.exp(-time / seconds))

    low, length = rng.uniform(38, 65), log_uniform(rng, 0.08, 1.0 if chance(rng, 0.12) else 0.3)
    sweep = low + rng.uniform(60, 300) * fall(rng.uniform(0.006, 0.05))
    kick = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * fall(length) + 0.3 * rng.random() * _noise(rng, time) * fall(0.003)
    body = rng.uniform(150, 240)
    snap = high_pass(_noise(rng, time)[None].astype(np.float32), rng.uniform(900, 3000))[0]
    snare = 0.6 * (np.sin(2 * np.pi * body * time) * fall(0.07) + 0.6 * np.sin(2 * np.pi * body * 1.6 * time) * fall(0.05))
    snare = snare + snap * fall(rng.uniform(0.05, 0.22)) * rng.uniform(0.4, 0.9)
    hat, clap = _metal(rng, time), low_pass(high_pass(_noise(rng, time)[None].astype(np.float32), 700), rng.uniform(2500, 6000))[0]
    bursts = sum(np.where(time > start, np.exp(-(time - start) / 0.012), 0) for start in (0, 0.011, 0.022))
    clap = clap * (bursts + np.where(time > 0.03, np.exp(-(time - 0.03) / rng.uniform(0.05, 0.16)), 0))
    kit: dict[str, list[Wave]] = {
        "kick": [np.tanh(kick * rng.uniform(1, 4))], "snare": [snare], "clap": [clap],
        "chh": [hat * fall(rng.uniform(0.02, 0.05))], "ohh": [hat * fall(rng.uniform(0.15, 0.4))],
        "crash": [hat * fall(0.8) + 0.3 * snap * fall(0.7)], "ride": [hat * fall(0.4) * 0.6],
        "rim": [np.sin(2 * np.pi * 1700 * time) * fall(0.008) + 0.5 * np.sin(2 * np.pi * 800 * time) * fall(0.012)],
        "tom": [np.sin(2 * np.pi * np.cumsum(hertz * (1 + 0.5 * fall(0.03))) / RATE) * fall(0.22) for hertz in (170, 130, 95)],
        "perc": [snap * fall(0.03), np.sign(np.sin(2 * np.pi * 562 * time)) * fall(0.06) * 0.5],
    }
    return {label: [np.tile(wave / (np.abs(wave).max() + 1e-6), (2, 1)).astype(np.float32) for wave in waves] for label, waves in kit.items()}
