"""From float stems to a master whose sixteen-bit stems add up to its mix, sample for sample."""
import numpy as np
from scipy.signal import cheby2, lfilter, resample_poly, sosfilt

from effects import RATE, compression_gain, db, limiter_gain

TARGET_LUFS = -14.0
CEILING_DB = -1.5    # below the promised -1 dBFS, with room for the rounding of four stems
FULL_SCALE = 32768
GRID = 2              # fifteen bits: FLAC stores the unused sixteenth for nothing, which keeps the song small
BANDWIDTH = 15000      # above it there is nothing to hear and a quarter of the file size


def loudness(x):
    """Integrated loudness in LUFS (ITU-R BS.1770-4), x [2, samples] at 44.1 kHz."""
    shelf_b, shelf_a = [1.5308412300, -2.6509799952, 1.1690790799], [1.0, -1.6636551132, 0.7125954281]
    pass_b, pass_a = [1.0, -2.0, 1.0], [1.0, -1.9891696736, 0.9891990357]
    weighted = lfilter(pass_b, pass_a, lfilter(shelf_b, shelf_a, x))
    block, hop = int(0.4 * RATE), int(0.1 * RATE)
    power = np.array([(weighted[:, i:i + block] ** 2).mean(1).sum() for i in range(0, x.shape[1] - block, hop)])
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    return -0.691 + 10 * np.log10(power[power > power.mean() * 0.1].mean())


def band_limit(x):
    return sosfilt(cheby2(14, 90, BANDWIDTH + 1200, fs=RATE, output='sos'), x)


def balance(stems, targets):
    """Brings each stem to its own loudness in LUFS."""
    return [s * db(target - loudness(s)) for s, target in zip(stems, targets)]


def silence(stems, windows, fade=0.35):
    """Fades each stem out before and in after its (start, end) seconds; zeros between. In place."""
    n = stems[0].shape[1]
    for stem, spans in zip(stems, windows):
        for start, end in spans:
            a, b, f = int(start * RATE), min(int(end * RATE), n), int(fade * RATE)
            stem[:, a:b] = 0
            if a > f:
                stem[:, a - f:a] *= np.cos(np.linspace(0, np.pi / 2, f)) ** 2
    return stems


def master(stems):
    """One gain curve for all stems: glue compression, then loudness and limiter together. -> int32 stems on the 16-bit scale."""
    mix = sum(stems)
    peak_db = 20 * np.log10(np.abs(mix).max())
    glue = compression_gain(mix, peak_db - 10, 1.8, 0.03, 0.2)
    stems, mix = [s * glue for s in stems], mix * glue
    gain = db(TARGET_LUFS - loudness(mix))
    for _ in range(12):
        limited = limiter_gain(_true_peaks(mix * gain), CEILING_DB) * gain
        gain *= db(TARGET_LUFS - loudness(mix * limited))
    return [GRID * np.round(s * limited * (FULL_SCALE / GRID)).astype(np.int32) for s in stems]


def _true_peaks(x):
    """Largest magnitude between neighbouring samples, from four-fold oversampling."""
    fine = np.abs(resample_poly(x, 4, 1, axis=1))
    return np.maximum(np.abs(x), fine.reshape(2, -1, 4).max(2))
