"""The song as data: tempo, form, chords, melody and words. Positions are sixteenths from the start."""
from effects import RATE

TITLE = 'Drum and Bass and Me'
KEY = 'D major'
TEMPO = 122
BEAT = 60 / TEMPO
STEP = BEAT / 4
BAR = 4 * BEAT
BARS = 14                      # the last chord falls on bar 14 and rings
SECONDS = (BARS + 1) * BAR + 0.4
SAMPLES = int(SECONDS * RATE)

INTRO, VERSE, CHORUS, BREAK, FINAL, ENDING = range(0, 2), range(2, 6), range(6, 10), range(10, 12), range(12, 14), range(14, 15)

# Chord tones above the bass, per half bar: (bass key, pitch classes, colour last).
_CHORDS = {
    'D': (38, (2, 6, 9, 4)), 'G': (31, (7, 11, 2, 9)), 'Gmaj7': (31, (7, 11, 2, 6)), 'A': (33, (9, 1, 4, 11)), 'Asus': (33, (9, 2, 4, 7)),
    'Bm7': (35, (11, 2, 6, 9)), 'Em7': (28, (4, 7, 11, 2)), 'F#m7': (30, (6, 9, 1, 4)), 'D/F#': (30, (6, 2, 9, 4)),
}
_FORM = ['D D', 'Gmaj7 Asus',
         'D D', 'Bm7 Bm7', 'Gmaj7 Gmaj7', 'Em7 Asus',
         'G G', 'A A', 'F#m7 Bm7', 'Em7 A',
         'Bm7 Bm7', 'G A',
         'G D/F#', 'Bm7 Asus', 'D D']
HALF_BARS = [name for bar in _FORM for name in bar.split()]


def seconds(position):
    """Time of a sixteenth; the off-sixteenths sit slightly late."""
    whole = int(position // 1)
    return (position + (0.07 if whole % 2 else 0.0)) * STEP


def chord(position):
    """(bass key, pitch classes) in force at a position."""
    return _CHORDS[HALF_BARS[min(int(position) // 8, len(HALF_BARS) - 1)]]


SCALE = (2, 4, 6, 7, 9, 11, 1)


# Sung phrases: (words, first bar, effort, notes); notes are (step, length, key[, 'slur']), steps counted from the first bar.
# 'evry' is how the voice has to be told to sing two syllables.
PHRASES = [
    ('Four in the morning, the room starts to hum', 2, 0.55,
     [(0, 4, 66), (4, 2, 64), (6, 2, 62), (8, 3, 66), (11, 3, 64), (14, 2, 62),
      (16, 4, 62), (20, 2, 62), (22, 1, 64), (23, 4, 66), (27, 3, 59, 'slur')]),
    ('light on the window, a beat of a drum', 4, 0.62,
     [(0, 4, 67), (4, 2, 66), (6, 2, 64), (8, 3, 67), (11, 3, 66), (14, 2, 64),
      (16, 4, 66), (20, 2, 67), (22, 1, 67), (23, 6, 69)]),
    ('So pull it apart and hear evry line', 6, 0.85,
     [(-2, 2, 69), (0, 4, 71), (4, 2, 69), (6, 2, 69), (8, 5, 74), (14, 2, 69),
      (16, 4, 73), (20, 2, 74), (22, 1, 73), (23, 4, 76), (27, 4, 73, 'slur')]),
    ('each little heartbeat keeping in time', 8, 0.85,
     [(0, 4, 69), (4, 2, 73), (6, 2, 73), (8, 3, 74), (11, 4, 71),
      (16, 3, 71), (19, 2, 69), (21, 2, 67), (23, 4, 69), (27, 4, 73, 'slur')]),
    ('just the drum and the bass and me', 10, 0.6,
     [(4, 2, 66), (6, 2, 64), (8, 4, 66), (12, 2, 64), (14, 2, 62), (16, 4, 67), (20, 2, 66), (22, 5, 64)]),
    ('so put it together and let it all shine', 12, 0.92,
     [(-2, 2, 69), (0, 4, 71), (4, 2, 69), (6, 2, 69), (8, 3, 74), (11, 3, 69), (14, 2, 73),
      (16, 3, 74), (19, 2, 73), (21, 2, 71), (23, 9, 76), (32, 11, 74, 'slur')]),
]
HARMONISED = (2, 3, 5)         # phrases with a double and a second voice


def second_voice(position, key):
    """The nearest chord tone at least a minor third below."""
    tones = chord(position)[1]
    return next(k for k in range(key - 3, key - 13, -1) if k % 12 in tones)


# Drums: sixteenths of a bar with velocities.
KICK = {'verse': {0: 112, 7: 84, 10: 104}, 'chorus': {0: 118, 3: 86, 6: 104, 10: 114, 13: 84}, 'break': {0: 116, 3: 94, 6: 108, 11: 104, 14: 90}}
HOOK = [(0, 81), (3, 78), (6, 76), (8, 74), (11, 76), (14, 78)]


def section(number):
    names = ((INTRO, 'intro'), (VERSE, 'verse'), (CHORUS, 'chorus'), (BREAK, 'break'), (FINAL, 'chorus'), (ENDING, 'ending'))
    return next(name for bars, name in names if number in bars)
