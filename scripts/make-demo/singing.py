"""Sings a phrase: speech envelopes held on notes, harmonics of a sung pitch curve, breath and consonants as noise."""
from dataclasses import dataclass, replace

import numpy as np
from scipy.fft import irfft, rfft
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from effects import RATE
from speech import BINS, HERTZ, HOP, SIZE

FRAME_RATE = RATE / HOP
LEAD = 0.6   # seconds rendered before the first note: breath and first consonants
TAIL = 0.45


@dataclass
class Note:
    start: float     # seconds from the phrase's first note
    duration: float
    pitch: float     # MIDI key
    effort: float = 0.7
    slur: bool = False  # continues the syllable of the note before it


@dataclass
class Manner:
    """What makes one take differ from another."""
    formant: float = 1.0        # shift of the vocal tract's resonances
    vibrato: float = 0.5        # semitones
    vibrato_rate: float = 5.5
    drift: float = 0.07         # semitones of slow wander
    timing: float = 0.006       # seconds
    breath: float = 0.01        # noise in the voice, 0-1
    inhale: float = 0.18        # level of the breath before the phrase
    scoop: float = 1.4          # semitones below the first note


def sing(speech, notes, manner, rng):
    """Mono audio; the first note starts LEAD seconds into it. Raises if syllables and notes do not match."""
    heads = [i for i, n in enumerate(notes) if not n.slur]
    if len(heads) != len(speech.syllables):
        raise ValueError(f'{len(heads)} sung syllables for {len(speech.syllables)} spoken ones')
    notes = [replace(n, start=n.start + rng.normal(0, manner.timing)) for n in notes]
    frames = int((notes[-1].start + notes[-1].duration + LEAD + TAIL) * FRAME_RATE)
    spans = [(notes[a].start, notes[b - 1].start + notes[b - 1].duration) for a, b in zip(heads, heads[1:] + [len(notes)])]
    position, loudness, held = _timeline(speech, spans, frames)
    effort = _effort(notes, frames)
    pitch, shake = _pitch_curve(notes, manner, frames, rng)
    envelope, voicing, noise = _read(speech, position, held)
    envelope = _shape(envelope, pitch, effort, manner) + (_levelling(envelope, spans, frames) + 2 * np.log(loudness + 1e-6))[:, None]
    envelope += (0.28 * shake / max(manner.vibrato, 0.1))[:, None] * (0.4 + np.clip(HERTZ / 4000, 0, 1))[None]
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    voice = _harmonics(envelope, hertz, voicing, manner.breath, rng)
    voice += _noise(envelope, hertz, voicing, noise, manner, rng)
    return voice + _inhale(speech, notes, manner, frames, rng)


def _timeline(speech, spans, frames):
    """Maps song frames to speech frames. -> position [frames], loudness 0-1, held 0-1 (inside a vowel)."""
    song, source, gain, held = [-LEAD], [0.0], [0.0], np.zeros(frames)
    for i, ((start, end), syllable) in enumerate(zip(spans, speech.syllables)):
        onset = min(syllable.vowel - syllable.start, 0.2)
        coda = min(syllable.end - syllable.coda, 0.22)
        follower = speech.syllables[i + 1] if i + 1 < len(spans) else None
        legato = follower is not None and spans[i + 1][0] - end < 0.1
        if song[-1] < start - onset - 0.02:
            song += [start - onset - 0.02, start - onset]
            source += [syllable.start, syllable.start]
            gain += [0.0, 0.9]
        vowel_end = min(end, spans[i + 1][0] - min(follower.vowel - follower.start, 0.2) - coda) if legato else end
        vowel_end = max(vowel_end, start + 0.55 * (end - start))
        length = syllable.coda - syllable.vowel
        attack = min(0.35 * length, 0.3 * (vowel_end - start))
        release = min(0.4 * length, 0.35 * (vowel_end - start))
        song += [start, start + attack, vowel_end - release, vowel_end]
        source += [syllable.vowel, syllable.vowel + 0.35 * length, syllable.vowel + 0.6 * length, syllable.coda]
        gain += [1.0, 1.0, 0.92, 0.8]
        room = spans[i + 1][0] - min(follower.vowel - follower.start, 0.2) if legato else vowel_end + max(coda, 0.06)
        song.append(max(room, vowel_end + 0.02))
        source.append(syllable.end)
        gain.append(0.85 if legato else 0.25)
        if not legato:
            song.append(song[-1] + 0.07)
            source.append(syllable.end)
            gain.append(0.0)
        held[max(0, int((start + LEAD) * FRAME_RATE)):int((vowel_end + LEAD) * FRAME_RATE)] = 1
    times = np.arange(frames) / FRAME_RATE - LEAD
    song = np.maximum.accumulate(song)
    return np.interp(times, song, source) * FRAME_RATE, gaussian_filter1d(np.interp(times, song, gain, right=0), 1.2), held


def _read(speech, position, held):
    index = np.clip(position, 0, len(speech.envelope) - 1.001)
    whole, part = index.astype(int), (index % 1)[:, None]
    envelope = speech.envelope[whole] * (1 - part) + speech.envelope[whole + 1] * part
    nearest = np.round(index).astype(int)
    voicing = gaussian_filter1d(np.maximum(speech.voicing[nearest], held), 1.0)
    return envelope, voicing, gaussian_filter1d(speech.noise[nearest] * (1 - held), 1.0)


def _levelling(envelope, spans, frames):
    """Log gain per frame that brings each held vowel to the same power: a singer's, not a speaker's, dynamics."""
    band = np.searchsorted(HERTZ, [150, 5000])
    power = np.log(np.exp(envelope[:, band[0]:band[1]]).mean(1))
    middles, gains = [], []
    for start, end in spans:
        a, b = (int((LEAD + start + share * (end - start)) * FRAME_RATE) for share in (0.2, 0.7))
        middles.append((a + b) / 2)
        gains.append(-np.median(power[a:b + 1]))
    return gaussian_filter1d(np.interp(np.arange(frames), middles, gains), 6)


def _effort(notes, frames):
    times = np.arange(frames) / FRAME_RATE - LEAD
    curve = np.zeros(frames)
    for note in notes:
        curve[times >= note.start - 0.05] = note.effort
    curve[times < notes[0].start - 0.05] = notes[0].effort
    return gaussian_filter1d(curve, 12)


def _shape(envelope, pitch, effort, manner):
    """Formant shift; effort and height brighten the voice."""
    bins = np.clip(np.arange(BINS) / manner.formant, 0, BINS - 1.001)
    whole, part = bins.astype(int), bins % 1
    shifted = envelope[:, whole] * (1 - part) + envelope[:, whole + 1] * part
    octaves = np.log2(np.maximum(HERTZ, 300) / 600)
    tilt = 0.9 * (effort - 0.6) + 0.012 * (pitch - 66)
    return shifted + tilt[:, None] * np.clip(octaves, -1, 2.6)[None] + (2.2 * (effort - 0.7))[:, None]


def _pitch_curve(notes, manner, frames, rng):
    """MIDI pitch per frame and the vibrato in it. Glides by a second-order system with overshoot (after Saitou et al. 2005)."""
    times = np.arange(frames) / FRAME_RATE - LEAD
    target = np.full(frames, notes[0].pitch, float)
    vibrato = np.zeros(frames)
    for i, note in enumerate(notes):
        target[times >= note.start - 0.045] = note.pitch
        fresh = i == 0 or note.start - notes[i - 1].start - notes[i - 1].duration > 0.1
        if fresh or (note.duration > 0.4 and not note.slur):
            since = times - note.start + 0.03
            depth = manner.scoop * min(1, note.duration / 0.4) * (1.0 if fresh else 0.5) * rng.uniform(0.6, 1)
            target -= depth * (since > -0.03) * np.exp(-np.maximum(since, 0) / 0.06)
        if note.duration > 0.32:
            grow = np.clip((times - note.start - 0.16) / 0.3, 0, 1) * np.clip((note.start + note.duration + 0.1 - times) / 0.12, 0, 1)
            vibrato = np.maximum(vibrato, grow * min(1, note.duration / 0.7))
    last = notes[-1].start + notes[-1].duration
    target -= 1.2 * np.clip((times - last + 0.08) / 0.2, 0, 1)
    frequency, damping = 33.0 / FRAME_RATE, 0.62
    pole = np.exp(-damping * frequency)
    a1, a2 = -2 * pole * np.cos(frequency * np.sqrt(1 - damping ** 2)), pole ** 2
    curve = lfilter([1 + a1 + a2], [1, a1, a2], target - target[0]) + target[0]
    rate = manner.vibrato_rate * (1 + 0.05 * _wander(rng, frames, 25))
    shake = manner.vibrato * vibrato * (1 + 0.15 * _wander(rng, frames, 30)) * np.sin(2 * np.pi * np.cumsum(rate) / FRAME_RATE + rng.random() * 6)
    return curve + shake + manner.drift * _wander(rng, frames, 40) + 0.03 * _wander(rng, frames, 2), shake


def _wander(rng, frames, smooth):
    """Unit-variance noise, low-passed to `smooth` frames."""
    noise = gaussian_filter1d(rng.standard_normal(frames + 400), smooth)[200:-200]
    return noise * np.sqrt(2 * smooth * np.sqrt(np.pi))


def _periodic_share(hertz, voicing, breath):
    """Share of the power at `hertz` that the vocal folds make; the rest is breath."""
    rough = breath + (0.7 - breath) / (1 + np.exp(-(hertz - 9500) / 1500))
    return voicing * (1 - rough)


def _minimum_phase(envelope):
    cepstrum = irfft(0.5 * envelope, axis=1)
    cepstrum[:, 1:SIZE // 2] *= 2
    cepstrum[:, SIZE // 2 + 1:] = 0
    return rfft(cepstrum, axis=1).imag


def _harmonics(envelope, hertz, voicing, breath, rng, ceiling=13000):
    frames = len(hertz)
    samples = np.arange(frames * HOP)
    at = np.arange(frames) * HOP + HOP / 2
    cycles = np.cumsum(np.interp(samples, at, hertz)) / RATE
    phases, row, out = _minimum_phase(envelope), np.arange(frames), np.zeros(len(samples))
    for k in range(1, int(ceiling / hertz.min()) + 1):
        f = k * hertz
        index = np.clip(f * SIZE / RATE, 0, BINS - 1.001)
        whole, part = index.astype(int), index % 1
        power = np.exp(envelope[row, whole] * (1 - part) + envelope[row, whole + 1] * part)
        share = _periodic_share(f, voicing, breath) * np.clip((ceiling - f) / 1500, 0, 1)
        amplitude = np.sqrt(power * share * 4 * hertz / RATE)
        phase = np.unwrap(phases[row, whole] * (1 - part) + phases[row, whole + 1] * part)
        phase += min(0.5, k * 0.012) * _wander(rng, frames, 3)
        out += np.interp(samples, at, amplitude) * np.cos(2 * np.pi * k * cycles + np.interp(samples, at, phase))
    return out


def _noise(envelope, hertz, voicing, frication, manner, rng):
    """Breath and consonants: white noise through the envelope, breath pulsing with the pitch."""
    frames, size = len(hertz), 512
    white = rng.standard_normal(frames * HOP + 2 * size)
    voiced = np.maximum(_periodic_share(HERTZ[None], voicing[:, None], manner.breath) - frication[:, None] * (HERTZ > 2000), 0)
    gain = np.exp(0.5 * envelope) * np.sqrt(np.clip(1 - voiced - 0.5 * voicing[:, None] * (HERTZ < 1500), 0, 1))
    gain /= 1 + (180 / np.maximum(HERTZ, 1)) ** 4
    gain *= 1 - 0.55 * (1 - voicing[:, None]) * np.clip((HERTZ - 3500) / 1500, 0, 1)
    window = np.hanning(size + 1)[:size]
    blocks = np.lib.stride_tricks.sliding_window_view(white, size)[::HOP][:frames] * window
    shaped = irfft(rfft(blocks, SIZE, axis=1) * gain, axis=1)
    out = np.zeros(frames * HOP + SIZE)
    for i in range(frames):
        out[i * HOP:i * HOP + SIZE] += shaped[i]
    out = out[size // 2 - HOP // 2:][:frames * HOP] * HOP / window.sum()
    cycles = np.cumsum(np.repeat(hertz, HOP)) / RATE
    pulse = 1 + 0.5 * np.repeat(voicing, HOP) * np.cos(2 * np.pi * cycles)
    return out * pulse


def _inhale(speech, notes, manner, frames, rng):
    """A breath through the first vowel's open tract, ending as its consonants begin."""
    n = int(0.34 * RATE)
    first = speech.syllables[0]
    shape = speech.envelope[int((first.vowel + first.coda) / 2 * FRAME_RATE)]
    gain = np.exp(0.3 * (shape - shape[HERTZ < 5000].mean())) / (1 + (300 / np.maximum(HERTZ, 1)) ** 2)
    spectrum = rfft(rng.standard_normal(n)) * np.interp(np.linspace(0, RATE / 2, n // 2 + 1), HERTZ, gain * np.exp(-HERTZ / 9000))
    ramp = np.sin(np.pi * np.linspace(0, 1, n) ** 1.6) ** 1.5
    out = np.zeros(frames * HOP)
    end = int((LEAD + notes[0].start - min(first.vowel - first.start, 0.2) - 0.04) * RATE)
    start = max(0, end - n)
    out[start:end] = (irfft(spectrum, n) * ramp)[-(end - start):]
    return manner.inhale * 0.05 * out
