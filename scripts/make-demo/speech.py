"""Speech of a flite voice as phones, syllables and spectral envelopes: what singing.py sings with."""
import os
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft
from scipy.io import wavfile
from scipy.ndimage import median_filter
from scipy.signal import resample_poly

from effects import RATE

VOICE = 'slt'
HOP = 220  # samples between envelope frames, 5 ms
SIZE = 2048
BINS = SIZE // 2 + 1
HERTZ = np.arange(BINS) * RATE / SIZE
VOWELS = set('aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw'.split())
UNVOICED = set('p t k f th s sh ch hh pau'.split())
SIBILANTS = set('s z sh zh ch jh'.split())
FRICATION = {'z': 0.5, 'zh': 0.5, 'jh': 0.6, 'v': 0.25, 'dh': 0.25}
ONSETS = {tuple(cluster.split()) for cluster in (
    'p l,p r,b l,b r,t r,t w,d r,k l,k r,k w,g l,g r,f l,f r,th r,sh r,s l,s m,s n,s p,s t,s k,s w,s t r,s p r,s k r').split(',')}


@dataclass
class Syllable:
    """Times are seconds in the speech: consonants before `vowel`, the vowel until `coda`, consonants until `end`."""
    start: float
    vowel: float
    coda: float
    end: float


@dataclass
class Speech:
    envelope: np.ndarray  # [frames, BINS], natural log of power density at unit white noise = 0
    voicing: np.ndarray   # [frames], 0-1
    noise: np.ndarray     # [frames], 0-1, frication added to voiced sound
    syllables: list


def speak(text):
    """Pronounces a text; its syllables are its vowels in order."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'speech.wav')
        command = ['flite', '-voice', VOICE, '--setf', 'duration_stretch=1.25', '-psdur', '-o', path, '-t', text]
        listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rate, samples = wavfile.read(path)
    phones, start = [], 0.0
    for item in listing.split():
        name, end = item.split(':')
        phones.append((name, start, float(end)))
        start = float(end)
    mono = resample_poly(samples / 32768.0, RATE // 100, rate // 100)
    envelope = _envelopes(mono, _pitch(mono))
    voicing, noise, sibilance = (_per_frame(phones, len(envelope), value) for value in (
        lambda p: float(p not in UNVOICED), lambda p: FRICATION.get(p, 0.0), lambda p: float(p in SIBILANTS)))
    _extend_band(envelope, rate / 2, sibilance)
    return Speech(envelope, voicing, noise, _syllables(phones))


def _per_frame(phones, frames, value):
    times = np.arange(frames) * HOP / RATE
    index = np.searchsorted([end for _, _, end in phones], times, 'right').clip(max=len(phones) - 1)
    return np.array([value(phones[i][0]) for i in index])


def _frames(x, size):
    count = len(x) // HOP + 1
    padded = np.pad(x, (size // 2, size + HOP))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP][:count]


def _pitch(x):
    """Hertz per frame by normalised autocorrelation; 200 where there is no period."""
    size = 1536
    window = np.hanning(size)
    spectrum = np.abs(rfft(_frames(x, size) * window, 4096, axis=1)) ** 2
    shortest, longest = RATE // 330, RATE // 110
    correlation = irfft(spectrum, axis=1)[:, :longest] / irfft(np.abs(rfft(window, 4096)) ** 2)[:longest]
    section = correlation[:, shortest:]
    best = section.argmax(1)
    clear = section.max(1) > 0.5 * correlation[:, 0]
    return np.where(median_filter(clear, 5), median_filter(RATE / (best + shortest), 7), 200.0)


def _envelopes(x, pitch):
    """CheapTrick (Morise 2015): a pitch-adaptive window, smoothing over 2/3 f0, then a lifter that removes the ripple."""
    time = (np.arange(SIZE) - SIZE // 2) / RATE
    half = 1.5 / pitch[:, None]
    window = np.where(np.abs(time) < half, 0.5 + 0.5 * np.cos(np.pi * time / half), 0)
    window /= np.sqrt((window ** 2).sum(1, keepdims=True))
    power = np.abs(rfft(_frames(x, SIZE) * window, axis=1)) ** 2 + 1e-10
    total = np.pad(np.cumsum(power, 1), ((0, 0), (1, 0)))
    edges = np.arange(BINS + 1.0)
    span = pitch / 3 * SIZE / RATE
    smooth = np.empty_like(power)
    for i in range(len(power)):
        low, high = np.clip([edges[:-1] + 0.5 - span[i], edges[:-1] + 0.5 + span[i]], 0, BINS)
        smooth[i] = (np.interp(high, edges, total[i]) - np.interp(low, edges, total[i])) / (high - low)
    cepstrum = irfft(np.log(np.maximum(smooth, 1e-10)), axis=1)
    quefrency = np.minimum(np.arange(SIZE), SIZE - np.arange(SIZE)) / RATE
    phase = pitch[:, None] * quefrency
    lifter = np.sinc(phase) * (1.18 - 0.18 * np.cos(2 * np.pi * phase))
    sharpen = np.where((quefrency > 3e-4) & (quefrency < 3e-3), 1.2, 1.0)  # undoes the voice model's averaging of formants
    return rfft(cepstrum * lifter * sharpen, axis=1).real


def _extend_band(envelope, nyquist, sibilance):
    """The voice stops at `nyquist`: continues it with the slope of a voice, flatter in sibilants. In place."""
    first, last = np.searchsorted(HERTZ, [nyquist * 0.6, nyquist * 0.82])
    floor = envelope[:, first:last].mean(1, keepdims=True)
    khz = (HERTZ[last:] - HERTZ[last]) / 1000
    slope = 0.65 - 0.4 * sibilance[:, None]
    fresh = floor - slope * khz - 0.25 * np.maximum(khz - 7, 0)
    blend = np.minimum(1, khz / 0.7)
    envelope[:, last:] = envelope[:, last - 1:last] * (1 - blend) + fresh * blend


def _syllables(phones):
    nuclei = [i for i, (name, _, _) in enumerate(phones) if name in VOWELS]
    speaking = [i for i, (name, _, _) in enumerate(phones) if name != 'pau']
    starts = [speaking[0]]
    for left, right in zip(nuclei, nuclei[1:]):
        starts.append(right - _onset_length([name for name, _, _ in phones[left + 1:right]]))
    ends = starts[1:] + [speaking[-1] + 1]
    return [Syllable(phones[s][1], phones[v][1], phones[v][2], phones[e - 1][2]) for s, v, e in zip(starts, nuclei, ends)]


def _onset_length(consonants):
    """How many of the consonants between two vowels belong to the second one: as many as English allows."""
    for n in (3, 2):
        if tuple(consonants[-n:]) in ONSETS:
            return n
    return int(bool(consonants) and consonants[-1] not in ('ng', 'pau'))
