"""Drums, bass and everything else that is not sung. Each stem function returns float64 [2, SAMPLES]."""
import numpy as np

from effects import (RATE, chorus, compress, convolve, db, echo, highpass, lowpass, pan, peak, place, reverb_response, saturate, shelf, stereo,
                     to_level, width)
from score import BAR, BEAT, BREAK, CHORUS, ENDING, FINAL, HOOK, INTRO, KICK, SAMPLES, SCALE, STEP, VERSE, chord, seconds, section
from soundfont import play

PIANO, RHODES, STEEL, MUTED, CLEAN, FINGERED = 0, 4, 25, 28, 27, 33
POWER_KIT, STANDARD_KIT = 16, 0
STICK, SNARE, HAT, OPEN_HAT, CRASH, RIDE, TAMBOURINE = 37, 38, 42, 46, 49, 51, 54
TOMS = (48, 45, 41)
LOUD = (*CHORUS, *FINAL)
STRUMS = ((0, 98), (2, 70), (3, 60), (4, 92), (6, 78), (7, 58), (8, 92), (10, 74), (11, 64), (12, 94), (14, 78), (15, 62))


class Part:
    """Notes of one instrument with a player's unevenness: late or early by `slack` seconds, louder or softer by `touch` of 127."""

    def __init__(self, rng, slack=0.005, touch=5.0):
        self.rng, self.slack, self.touch, self.notes = rng, slack, touch, []

    def hit(self, position, key, velocity, steps=1.0, delay=0.0):
        start = seconds(position) + delay + self.rng.normal(0, self.slack)
        self.notes.append((start, steps * STEP, key, velocity + self.rng.normal(0, self.touch)))

    def render(self, program, drums=False):
        return play(program, self.notes, SAMPLES, drums)


# ---------------------------------------------------------------------------------------------------------------- drums

def kick_hits():
    """Positions and velocities; the bass follows them."""
    hits = [(b * 16 + s, v) for b in (*VERSE, *CHORUS, *BREAK, *FINAL) for s, v in KICK[section(b)].items()]
    stop = BREAK[-1] * 16 + 8
    hits = [(p, v) for p, v in hits if not stop <= p < FINAL[0] * 16]
    return hits + [(ENDING[0] * 16, 122)]


def _snare(rng):
    part = Part(rng, 0.004)
    for b in (*CHORUS, *BREAK, *FINAL):
        for s, v in ((4, 112), (12, 115), (7, 38), (9, 34), (15, 42)):
            if not (b == BREAK[-1] and s >= 7) and not (b in (CHORUS[-1], FINAL[-1]) and s >= 12):
                part.hit(b * 16 + s, SNARE, v)
    for s, v in zip(range(8, 16), (70, 0, 82, 60, 92, 0, 100, 108)):
        if v:
            part.hit(INTRO[-1] * 16 + s, SNARE, v)
    for s, v in ((13, 64), (14, 86), (15, 104)):
        part.hit(VERSE[-1] * 16 + s, SNARE, v)
    for s in np.arange(12, 16, 0.5):
        part.hit(BREAK[-1] * 16 + s, SNARE, 52 + (s - 12) * 17)
    for s in (7, 12, 14):
        part.hit(FINAL[-1] * 16 + s, SNARE, 112)
    part.hit(ENDING[0] * 16, SNARE, 116)
    return part.notes


def _toms(rng):
    part = Part(rng, 0.004)
    for b, steps in ((INTRO[-1], ((9, 0), (13, 1))), (CHORUS[-1], ((12, 0), (13, 0), (14, 1), (15, 2))), (FINAL[-1], ((13, 1), (15, 2)))):
        for s, tom in steps:
            part.hit(b * 16 + s, TOMS[tom], 100 + 3 * tom)
    return part.notes


def _hats(rng):
    part = Part(rng, 0.003, 6)
    for b in (*VERSE, *CHORUS, *BREAK, *FINAL):
        fine = section(b) == 'break'
        for s in range(0, 16, 1 if fine else 2):
            if b == BREAK[-1] and s >= 8 or b == CHORUS[-1] and s >= 12:
                continue
            loud = section(b) == 'chorus'
            accent = 92 if s % 4 == (2 if loud else 0) else 68 if s % 2 == 0 else 44
            opened = s == 14 and b in (VERSE[1], VERSE[3]) or loud and s % 4 == 2
            part.hit(b * 16 + s, OPEN_HAT if opened else HAT, accent - (14 if opened else 0))
        if section(b) == 'verse' and b % 2:
            part.hit(b * 16 + 11, HAT, 42)
    return part.notes


def _cymbals(rng):
    part = Part(rng, 0.003)
    for b in (CHORUS[0], FINAL[0], ENDING[0]):
        part.hit(b * 16, CRASH, 108)
    part.hit(BREAK[0] * 16, CRASH, 84)
    return part.notes


def _synthetic_kick(rng):
    """A falling sine and a click under the sampled kick: weight that a small speaker still hears."""
    n = int(0.28 * RATE)
    t = np.arange(n) / RATE
    body = np.sin(2 * np.pi * np.cumsum(48 + 110 * np.exp(-t / 0.022)) / RATE) * np.exp(-t / 0.095)
    click = highpass(rng.standard_normal(n), 2000) * np.exp(-t / 0.0025) * 0.12
    track = np.zeros(SAMPLES)
    for position, velocity in kick_hits():
        place(track, body + click, seconds(position), (velocity / 120) ** 1.5)
    return track * np.minimum(1, (SAMPLES - np.arange(SAMPLES)) / RATE)


def drums(rng):
    kick = Part(rng, 0.0015, 3)
    for position, velocity in kick_hits():
        kick.hit(position, 36, velocity)
    stick, rattle = Part(rng, 0.004), Part(rng, 0.004, 8)
    for b in VERSE:
        for s in (4, 12):
            stick.hit(b * 16 + s, STICK, 104)
    for b in LOUD:
        for s in range(0, 16, 2):
            rattle.hit(b * 16 + s + (0 if s % 4 else 0.05), TAMBOURINE, 84 if s % 8 == 4 else 56)
    sample = lambda notes, kit=POWER_KIT: play(kit, notes, SAMPLES, drums=True)
    kick_sound = compress(peak(peak(sample(kick.notes), 350, -6, 1.0), 3800, 5, 0.9), 6, 3) + 0.30 * stereo(_synthetic_kick(rng))
    snare = shelf(peak(peak(sample(_snare(rng)), 210, 4, 0.9), 4500, 2, 0.8), 8000, 2, high=True)
    snare = compress(snare, 8, 3, attack=0.012)
    hats = pan(highpass(sample(_hats(rng), STANDARD_KIT), 450), 0.2)
    toms, sticks = sample(_toms(rng)), pan(sample(stick.notes), -0.1)
    cymbals = pan(highpass(sample(_cymbals(rng), STANDARD_KIT), 350), -0.25)
    spread = width(convolve(cymbals, reverb_response(rng, 0.06, 0.002)), 1.3)
    close = (0.6 * kick_sound + 1.0 * snare + 0.5 * sticks + 0.8 * hats + 0.95 * pan(peak(toms, 110, 3), 0.2)
             + 0.9 * cymbals + 0.3 * spread + 0.28 * pan(highpass(sample(rattle.notes, STANDARD_KIT), 2500), -0.3))
    sent = 0.5 * snare + 0.25 * hats + 0.5 * toms + 0.12 * kick_sound + 0.4 * sticks
    room = convolve(sent, reverb_response(rng, 0.55, 0.008, 0.6))
    glued = compress(close, 9, 2.2, attack=0.02, release=0.09)
    return glued + 0.22 * lowpass(width(highpass(room, 160), 0.7), 8000)


# ----------------------------------------------------------------------------------------------------------------- bass

def _bass_notes(rng):
    part = Part(rng, 0.004, 4)
    hits = [p for p, _ in kick_hits()]
    for i, position in enumerate(hits):
        if position >= ENDING[0] * 16:
            part.hit(position, 38, 112, 11)
            continue
        b, step = divmod(position, 16)
        root = chord(position)[0]
        gap = min(hits[i + 1] - position, 16 - step) if i + 1 < len(hits) else 4
        octave = section(b) == 'break' and step in (3, 11) or section(b) == 'chorus' and step == 13
        fifth = section(b) == 'verse' and step == 7
        part.hit(position, root + (12 if octave else 7 if fifth else 0), 108 if step == 0 else 96, gap * (0.55 if octave else 0.86))
    for b in LOUD:
        for s in (4, 8, 12, 15):
            if s not in KICK['chorus'] and not (b == CHORUS[-1] and s == 15):
                part.hit(b * 16 + s, chord(b * 16 + s)[0], 88, 1.6 if s < 15 else 0.8)
    for b in (*VERSE[:-1], *CHORUS[:-1]):
        target = chord(b * 16 + 16)[0]
        part.hit(b * 16 + 15, next(k for k in (target + 1, target + 2) if k % 12 in SCALE) if b % 2 else target - 1, 84, 0.9)
    for s, key in ((12, 33), (14, 30)):
        part.hit(VERSE[-1] * 16 + s, key, 94, 1.6)
    for s, key in ((8, 33), (9, 35), (10, 37)):
        part.hit(BREAK[-1] * 16 + s, key, 92, 0.9)
    part.notes.sort()
    nexts = [note[0] for note in part.notes[1:]] + [np.inf]
    part.notes = [(start, min(length, after - start - 0.008), key, v) for (start, length, key, v), after in zip(part.notes, nexts)]
    return part


def bass(rng):
    clean = _bass_notes(rng).render(FINGERED).mean(0, keepdims=True)
    clean = compress(shelf(peak(highpass(clean, 32), 700, 2.5, 0.8), 90, 2.5, high=False), 12, 4, attack=0.015, release=0.1)
    driven = lowpass(highpass(saturate(clean, 14), 180), 2600)
    mono = lowpass(clean + 0.28 * driven * (np.abs(clean).max() / np.abs(driven).max()), 6000, 4)
    return stereo(mono[0])


# ---------------------------------------------------------------------------------------------------------------- other

def voicing(position, low, count=4):
    """The chord's tones, closest position upwards from `low`."""
    keys = [low + (tone - low) % 12 for tone in chord(position)[1][:count]]
    return sorted(keys)


def _rhodes(rng):
    part = Part(rng, 0.006, 6)
    for b in (*INTRO, *VERSE, *CHORUS, *FINAL):
        rhythm = ((0, 5.5, 80), (6, 1.4, 66), (8, 2.6, 72), (11, 3.5, 76)) if section(b) != 'intro' else ((0, 7.5, 78), (8, 7.5, 74))
        for s, steps, velocity in rhythm:
            for i, key in enumerate(voicing(b * 16 + s, 57)):
                part.hit(b * 16 + s, key, velocity, steps, 0.004 * i)
    sound = chorus(part.render(RHODES), rng)
    sway = 0.16 * np.sin(2 * np.pi * np.arange(SAMPLES) / RATE / BEAT)
    return shelf(sound, 2500, 3, high=True) * np.stack([1 + sway, 1 - sway])


def _six_strings(position):
    return voicing(position, 45) + [key + 12 for key in voicing(position, 45, 3)]


def _strummed(rng):
    """Sixteenth-note strums of the loud sections: down on eighths, up between, the strings a few milliseconds apart."""
    part = Part(rng, 0.006, 8)
    for b in LOUD:
        for s, accent in STRUMS:
            up = s % 2 == 1
            keys = _six_strings(b * 16 + s)
            for i, key in enumerate(reversed(keys[2:]) if up else keys):
                part.hit(b * 16 + s, key, accent - 3 * i, 1.7, i * (0.006 if up else 0.009))
    for i, key in enumerate(_six_strings(ENDING[0] * 16)):
        part.hit(ENDING[0] * 16, key, 98, 14, 0.018 * i)
    return highpass(part.render(STEEL), 150)


def _muted(rng):
    """Palm-muted sixteenths through a small amplifier, verse only."""
    part = Part(rng, 0.004, 7)
    for b in VERSE:
        for s in (0, 2, 3, 6, 8, 10, 11, 14):
            keys = voicing(b * 16 + s, 50, 3)
            part.hit(b * 16 + s, keys[(s * 5 + b) % 3], 96 if s % 4 == 0 else 78, 0.9)
    return lowpass(highpass(saturate(part.render(MUTED), 10), 160), 5200)


def _hook(rng):
    """The clean-guitar figure of intro, chorus and ending."""
    part = Part(rng, 0.004, 5)
    for b in (*INTRO, *CHORUS[::2], FINAL[0]):
        for s, key in HOOK:
            tones = chord(b * 16 + s)[1]
            part.hit(b * 16 + s, min(range(key - 2, key + 3), key=lambda k: (k % 12 not in tones, abs(k - key))), 92, 3.5)
    for s, key in ((0, 81), (3, 78), (6, 76), (8, 74)):
        part.hit(ENDING[0] * 16 + s, key, 84 - 2 * s, 8)
    dry = highpass(part.render(CLEAN), 200)
    return dry + 0.5 * echo(dry, 3 * STEP, 0.45)


def _piano(rng):
    part = Part(rng, 0.005, 5)
    for b in LOUD:
        for s in (0, 8, 11):
            for i, key in enumerate([k + 12 for k in voicing(b * 16 + s, 55, 3)] + voicing(b * 16 + s, 50, 3)[:1]):
                part.hit(b * 16 + s, key, 92 if s == 0 else 80, 3.2 if s != 8 else 2.2, 0.003 * i)
    for i, key in enumerate(voicing(ENDING[0] * 16, 50) + [74, 78]):
        part.hit(ENDING[0] * 16, key, 94, 15, 0.004 * i)
    return part.render(PIANO)


def _pad(rng):
    """Detuned band-limited saws, low-passed, opening over each section."""
    out = np.zeros((2, SAMPLES))
    for position in range(0, 15 * 16, 8):
        b = position // 16
        if section(b) in ('verse', 'break') or position < 8 or position > ENDING[0] * 16:
            continue
        n = int((2 * BAR if b in ENDING else BAR / 2 + 0.25) * RATE)
        t = np.arange(n) / RATE
        shape = np.minimum(1, t / 0.12) * np.minimum(1, np.maximum(0, t[-1] - t) / 0.22)
        for key in voicing(position, 59):
            for channel in range(2):
                wave = np.zeros(n)
                for cents in rng.normal(0, 7, 3):
                    hertz = 440 * 2 ** ((key - 69 + cents / 100) / 12)
                    phase = rng.random() * 2 * np.pi
                    for k in range(1, int(3800 / hertz) + 1):
                        wave += np.sin(k * (2 * np.pi * hertz * t + phase)) / k * np.exp(-(k * hertz / 1700) ** 2)
                place(out[channel], wave * shape, position * STEP)
    return width(highpass(out, 220), 1.3)


def other(rng):
    left, right = _strummed(rng), _strummed(rng)
    dry = (to_level(_rhodes(rng), -21) + pan(to_level(left, -24), -0.75) + pan(to_level(right, -24), 0.75) + pan(to_level(_muted(rng), -25), -0.4)
           + pan(to_level(_hook(rng), -24), 0.35) + to_level(_piano(rng), -25) + to_level(_pad(rng), -29))
    intro = np.interp(np.arange(SAMPLES) / RATE, [0, INTRO[-1] * BAR + BAR / 2, VERSE[0] * BAR], [db(3), db(3), 1.0])
    dry = peak(peak(shelf(highpass(dry * intro, 120), 5000, 4, high=True), 2600, -1.5, 0.8), 330, -3.5, 0.8)
    wet = convolve(dry, reverb_response(rng, 1.3, 0.02, 0.45))
    return compress(dry, 10, 1.8, 0.02, 0.2) + db(-13) * lowpass(highpass(wet, 250), 6000)
