"""The drums stem."""
from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .bank import Side
from .effects import amplifier, compress, convolve, crush, equalise, reverb, room, saturate
from .grooves import GROOVES, Hit
from .signal import RATE, Audio, chance, gain, high_pass, low_pass, place, resampled, silence
from .styles import Plan
from .synths import drum_machine

Kit = dict[str, list[Audio]]
INSTEAD = {
    "ride": "chh", "rim": "snare", "clap": "snare", "perc": "chh", "ohh": "chh", "crash": "ohh", "tom": "kick", "chh": "perc",
    "snare": "clap", "kick": "tom",
}
LEVELS = {
    "kick": 1.0, "snare": 0.9, "chh": 0.35, "ohh": 0.4, "ride": 0.4, "crash": 0.5, "tom": 0.8, "rim": 0.6, "clap": 0.7, "perc": 0.5,
}


def events(plan: Plan, rng: Generator) -> list[tuple[float, str, float]]:
    """(seconds, drum, velocity) of the whole song, with fills, crashes and human timing."""
    patterns = [GROOVES[str(rng.choice(plan.style.grooves))](rng) for _ in range(2)]
    looseness = rng.uniform(0, 0.009)
    out: list[tuple[float, str, float]] = []
    for index, (first, last) in enumerate(plan.parts("drums")):
        pattern: list[Hit] = patterns[index % 2]
        if pattern and chance(rng, 0.7):
            out.append((plan.at(first), "crash", rng.uniform(0.6, 1)))
        for bar in range(first, last):
            fill = bar == last - 1 and bool(pattern) and chance(rng, 0.55)
            until = float(rng.choice([8, 12, 14])) if fill else 16.0
            out += [(plan.at(bar, step), drum, velocity * rng.uniform(0.85, 1.1)) for step, drum, velocity in pattern if step < until]
            if fill:
                steps = np.arange(until, 16, rng.choice([0.5, 1, 1]))
                out += [(plan.at(bar, x), str(rng.choice(["tom", "tom", "snare", "kick"])), rng.uniform(0.5, 1)) for x in steps]
    moved = [(max(0.0, time + rng.normal(0, looseness)), drum, velocity) for time, drum, velocity in out]
    return [event for event in moved if event[0] < plan.seconds]


def kick_times(hits: list[tuple[float, str, float]]) -> list[float]:
    return [time for time, drum, _ in hits if drum == "kick"]


def _sampled_kit(side: Side, name: str, rng: Generator) -> Kit:
    kit: Kit = {}
    for label, clips in side.kits[name].items():
        chosen = clips if label in ("tom", "perc") or len(clips) <= 3 else [clips[i] for i in sorted(rng.choice(len(clips), 3, replace=False))]
        tune = 2 ** (rng.normal(0, 1.3) / 12) if chance(rng, 0.6) else 1.0
        kit[label] = [resampled(clip.stereo(), tune) if tune != 1 else clip.stereo() for clip in chosen]
    return kit


def draw_kit(plan: Plan, side: Side, rng: Generator) -> Kit:
    """One kit, a drum machine, or pieces of several."""
    names = [name for name, kit in side.kits.items() if "kick" in kit or plan.style.name in ("latin", "acoustic")]
    acoustic = [name for name in names if name not in ("sonic-pi", "gm-kit24", "gm-kit25", "audiophob")]
    electronic = chance(rng, plan.style.synthetic)
    if electronic and chance(rng, 0.5):
        kit = drum_machine(rng)
    else:
        pool = names if electronic or not acoustic else acoustic
        kit = _sampled_kit(side, str(rng.choice(pool)), rng)
    if electronic and chance(rng, 0.5):
        other = drum_machine(rng) if chance(rng, 0.4) else _sampled_kit(side, str(rng.choice(names)), rng)
        kit = {**kit, **{label: sounds for label, sounds in other.items() if chance(rng, 0.5)}}
    return kit


def _find(kit: Kit, drum: str) -> str | None:
    for _ in range(5):
        if kit.get(drum):
            return drum
        drum = INSTEAD[drum]
    return None


def play(kit: Kit, hits: list[tuple[float, str, float]], seconds: float, rng: Generator) -> dict[str, Audio]:
    """One track a drum, each panned and levelled as a whole; open hats are choked by closed ones."""
    tracks: dict[str, Audio] = {}
    favourite = {drum: int(rng.integers(100)) for drum in LEVELS}
    level = {drum: LEVELS[drum] * gain(rng.normal(0, 2)) for drum in LEVELS}
    position = {drum: 0.0 if drum in ("kick", "snare") else float(np.clip(rng.normal(0, 0.35), -1, 1)) for drum in LEVELS}
    closed = sorted(time for time, drum, _ in hits if drum == "chh")
    for time, wanted, velocity in hits:
        drum = _find(kit, wanted)
        if drum is None:
            continue
        sounds = kit[drum]
        index = int(rng.integers(len(sounds))) if drum in ("tom", "perc") else favourite[drum] + (chance(rng, 0.2) and 1)
        sound = sounds[index % len(sounds)] / np.float32(np.abs(sounds[index % len(sounds)]).max() + 1e-6)
        if wanted == "ohh":
            following = next((later - time for later in closed if later > time + 0.05), 9.0)
            size = int(following * RATE)
            if size < sound.shape[1]:
                sound = sound[:, :size] * np.clip((size - np.arange(size)) / 400, 0, 1).astype(np.float32)
        angle = (position[wanted] + 1) * np.pi / 4
        sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * 1.414
        place(tracks.setdefault(wanted, silence(seconds)), sound * sides, time, level[wanted] * velocity**1.3)
    return tracks


def mixdown(tracks: dict[str, Audio], plan: Plan, rng: Generator) -> Audio:
    """Group processing: a kick that leaves the bottom to the bass, equaliser, room with bleed, parallel or bus compression, grit."""
    electronic = chance(rng, plan.style.synthetic)
    out = silence(plan.seconds)
    if "kick" in tracks and chance(rng, 0.25 + 0.4 * plan.style.heavy):
        tracks["kick"] = high_pass(tracks["kick"], rng.uniform(50, 110))
    for track in tracks.values():
        track = equalise(track, rng, 3)
        out += saturate(track, rng.uniform(1, 4)) if chance(rng, 0.2) else track
    if chance(rng, 0.65):
        out = compress(out, rng)
    if chance(rng, 0.25):
        crushed = compress(compress(out, rng), rng)
        out = out + crushed * np.float32(rng.uniform(0.3, 1))
    if chance(rng, 0.12):
        out = crush(out, rng) if chance(rng, 0.5) else amplifier(out, rng, rng.uniform(5, 20)) * 0.5 + out
    if not electronic and chance(rng, 0.35):
        live = room(64 + int(rng.integers(32)))
        convolved = convolve(compress(out, rng), live)
        out = out + convolved * np.float32(rng.uniform(0.15, 0.8))
    elif chance(rng, 0.6):
        out = reverb(out, rng, rng.uniform(0.02, 0.3))
    if chance(rng, 0.06):
        out = low_pass(out, rng.uniform(900, 5000))
    if chance(rng, 0.04):
        out = high_pass(out, rng.uniform(150, 500))
    return out


def make(plan: Plan, side: Side, rng: Generator, kickless: float = 0.0) -> tuple[Audio, list[float]]:
    """The stem, and when its kick sounds (for ducking). `kickless` is how often the bass stands in for the kick."""
    hits = events(plan, rng)
    if chance(rng, kickless):
        hits = [hit for hit in hits if hit[1] != "kick"]
    if not hits:
        return silence(plan.seconds), []
    return mixdown(play(draw_kit(plan, side, rng), hits, plan.seconds, rng), plan, rng), kick_times(hits)
