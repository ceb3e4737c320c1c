"""The vocal arrangement: lead, doubles, a second voice, and their mix."""
import numpy as np

from effects import compress, convolve, db, echo, highpass, lowpass, pan, peak, place, reverb_response, shelf, stereo, to_level
from score import BEAT, HARMONISED, PHRASES, SAMPLES, STEP, seconds, second_voice
from singing import LEAD, Manner, Note, sing
from speech import speak


def _notes(phrase, harmony):
    """Notes of a phrase relative to its first one, and that one's time."""
    _, first_bar, effort, lines = phrase
    start = seconds(first_bar * 16 + lines[0][0])
    notes = []
    for step, steps, key, *slur in lines:
        position = first_bar * 16 + step
        lift = 0.06 * (position % 8 == 0) + 0.012 * (key - 69)
        notes.append(Note(seconds(position) - start, steps * STEP * 0.97, second_voice(position, key) if harmony else key, effort + lift, bool(slur)))
    return notes, start


def _take(rng, phrases, manner, harmony=False):
    track = np.zeros(SAMPLES)
    for index in phrases:
        notes, start = _notes(PHRASES[index], harmony)
        place(track, sing(speak(PHRASES[index][0]), notes, manner, rng), start - LEAD)
    return track


def _channel_strip(x):
    """Cleans, evens out and brightens a voice."""
    x = peak(highpass(x, 120, 3), 320, -2.5, 1.0)
    x = compress(compress(x, 8, 3, 0.004, 0.08), 14, 2.2, 0.02, 0.25)
    harsh = highpass(x, 5500, 3)
    x = x - harsh + compress(harsh, 10, 4, 0.001, 0.05)
    return shelf(peak(x, 3000, 2.5, 0.8), 7500, 4, high=True)


def vocals(rng):
    lead = stereo(_take(rng, range(len(PHRASES)), Manner()))
    doubles = [stereo(_take(rng, HARMONISED, Manner(formant=f, timing=0.014, drift=0.12, inhale=0.0, vibrato=0.3))) for f in (0.97, 1.03)]
    seconds_ = [stereo(_take(rng, HARMONISED, Manner(formant=f, timing=0.012, drift=0.1, inhale=0.0, vibrato=0.3, vibrato_rate=r), harmony=True))
                for f, r in ((0.95, 5.2), (1.01, 5.8))]
    lead = to_level(_channel_strip(lead), -18)
    backing = sum(pan(to_level(_channel_strip(x), g), p) for x, g, p in zip(doubles + seconds_, (-30, -30, -28, -28), (-0.8, 0.8, -0.55, 0.55)))
    dry = lead + lowpass(backing, 7500)
    plate = lowpass(highpass(convolve(dry, reverb_response(rng, 1.5, 0.035, 0.5)), 300), 6000)
    repeats = echo(lead, BEAT * 0.75, 0.32, 3500)
    return dry + db(-14) * plate + 0.3 * repeats
