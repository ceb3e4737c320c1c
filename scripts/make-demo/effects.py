"""Mixing tools. Audio is float64 [2, samples] at RATE unless a function says mono."""
import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

RATE = 44100


def db(decibels):
    return 10.0 ** (decibels / 20.0)


def stereo(mono):
    return np.stack([mono, mono])


def highpass(x, hertz, order=2):
    return sosfilt(butter(order, hertz, 'high', fs=RATE, output='sos'), x)


def lowpass(x, hertz, order=2):
    return sosfilt(butter(order, hertz, 'low', fs=RATE, output='sos'), x)


def peak(x, hertz, gain_db, q=1.0):
    """Peaking biquad after R. Bristow-Johnson's Audio EQ Cookbook."""
    a, w = 10.0 ** (gain_db / 40.0), 2 * np.pi * hertz / RATE
    alpha, cosine = np.sin(w) / (2 * q), np.cos(w)
    b = np.array([1 + alpha * a, -2 * cosine, 1 - alpha * a])
    return lfilter(b, [1 + alpha / a, -2 * cosine, 1 - alpha / a], x)


def shelf(x, hertz, gain_db, high):
    """Low or high shelf of slope 1, from the same cookbook."""
    a, w = 10.0 ** (gain_db / 40.0), 2 * np.pi * hertz / RATE
    cosine, s = (-1 if high else 1) * np.cos(w), np.sqrt(2.0 * a) * np.sin(w)
    sign = -1 if high else 1
    b = a * np.array([(a + 1) - (a - 1) * cosine + s, sign * 2 * ((a - 1) - (a + 1) * cosine), (a + 1) - (a - 1) * cosine - s])
    d = np.array([(a + 1) + (a - 1) * cosine + s, -sign * 2 * ((a - 1) + (a + 1) * cosine), (a + 1) + (a - 1) * cosine - s])
    return lfilter(b / d[0], d / d[0], x)


def pan(x, position):
    """Equal-power balance; position -1 (left) to 1 (right), unity in the centre."""
    angle = (position + 1) * np.pi / 4
    return x * np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]])


def width(x, amount):
    mid, side = (x[0] + x[1]) / 2, (x[0] - x[1]) / 2 * amount
    return np.stack([mid + side, mid - side])


def level(x):
    """RMS of the parts that sound: 50 ms windows within 30 dB of the loudest."""
    n = RATE // 20
    power = (x[:, : x.shape[1] // n * n] ** 2).mean(0).reshape(-1, n).mean(1)
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))


def to_level(x, target_db):
    return x * (db(target_db) / level(x))


def envelope(x, attack, release):
    """Peak envelope [samples] over both channels; attack and release in seconds."""
    step = 32
    detector = np.abs(x).max(0)
    detector = np.pad(detector, (0, -len(detector) % step)).reshape(-1, step).max(1)
    up, down = (np.exp(-step / RATE / t) for t in (attack, release))
    out, state = np.empty_like(detector), 0.0
    for i, value in enumerate(detector):
        c = up if value > state else down
        state = c * state + (1 - c) * value
        out[i] = state
    return np.interp(np.arange(x.shape[1]), np.arange(len(out)) * step + step / 2, out)


def compression_gain(x, threshold_db, ratio, attack=0.008, release=0.12):
    over = 20 * np.log10(envelope(x, attack, release) + 1e-9) - threshold_db
    return db(-np.maximum(over, 0) * (1 - 1 / ratio))


def compress(x, below_peak_db, ratio, attack=0.008, release=0.12):
    """Threshold relative to the signal's own peak, so that it works at any level."""
    threshold = 20 * np.log10(np.abs(x).max() + 1e-9) - below_peak_db
    return x * compression_gain(x, threshold, ratio, attack, release)


def limiter_gain(x, ceiling_db, hold=0.004):
    """Look-ahead gain that keeps |x| at or below the ceiling once applied."""
    need = np.minimum(1.0, db(ceiling_db) / np.maximum(np.abs(x).max(0), 1e-9))
    n = int(hold * RATE) | 1
    held = -maximum_filter1d(-need, 2 * n + 1)
    return uniform_filter1d(held, n)


def saturate(x, drive_db):
    peak_value = np.abs(x).max() + 1e-12
    return np.tanh(x / peak_value * db(drive_db)) / np.tanh(db(drive_db)) * peak_value


def reverb_response(rng, seconds, predelay=0.015, damping=0.5):
    """Decaying noise in four bands, the highest dying `damping` times as fast in duration, plus early reflections."""
    n = int(seconds * 1.1 * RATE)
    t = np.arange(n) / RATE
    response = np.zeros((2, n))
    for low, high, share in ((150, 600, 1.0), (600, 2500, 0.95), (2500, 6500, (1 + damping) / 2), (6500, 12000, damping)):
        band = sosfilt(butter(1, [low, high], 'band', fs=RATE, output='sos'), rng.standard_normal((2, n)))
        response += band * np.exp(-6.9 * t / (seconds * share))
    response *= np.minimum(1, t / 0.012)
    for _ in range(10):
        response[rng.integers(2), int(rng.uniform(0.004, 0.05) * RATE)] += rng.choice([-1, 1]) * rng.uniform(2, 5)
    response = np.pad(response, ((0, 0), (int(predelay * RATE), 0)))
    return response / np.sqrt((response ** 2).sum() / 2)


def convolve(x, response):
    return oaconvolve(x, response, axes=1)[:, : x.shape[1]]


def echo(x, seconds, feedback, cut=4500):
    """Ping-pong echoes only (no dry signal)."""
    out, tap, n = np.zeros_like(x), lowpass(highpass(x, 300), cut), int(seconds * RATE)
    for k in range(1, 5):
        tap = tap[::-1] * feedback
        out[:, n * k:] += pan(tap, 0.7 if k % 2 else -0.7)[:, : x.shape[1] - n * k]
    return out


def chorus(x, rng, depth=0.0015, rate=0.5):
    n = np.arange(x.shape[1])
    wet = []
    for channel in x:
        delay = (0.012 + depth * np.sin(2 * np.pi * (rate * n / RATE + rng.random()))) * RATE
        wet.append(np.interp(n - delay, n, channel))
    return x + 0.6 * np.stack(wet)


def place(track, sound, seconds, gain=1.0):
    """Adds `sound` into `track` in place; what falls outside is dropped."""
    start = int(round(seconds * RATE))
    cut = max(0, -start)
    n = min(sound.shape[-1] - cut, track.shape[-1] - start - cut)
    if n > 0:
        track[..., start + cut:start + cut + n] += gain * sound[..., cut:cut + n]
