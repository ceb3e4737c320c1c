"""Plays notes through fluidsynth, one instrument at a time, without its reverb and chorus."""
import os
import struct
import subprocess
import tempfile

import numpy as np

from effects import RATE

FONT = '/usr/share/sounds/sf3/FluidR3Mono_GM.sf3'
DRUMS = 128
TICKS = 2000  # per second: 1,000 per beat at 120 beats per minute


def _varlen(value):
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def _midi(program, notes, drums):
    """notes: (start seconds, duration seconds, key, velocity 1-127) -> a standard MIDI file."""
    channel = 9 if drums else 0
    events = []
    for start, duration, key, velocity in notes:
        on, off = round(max(start, 0) * TICKS), round((max(start, 0) + duration) * TICKS)
        events += [(on, 1, bytes([0x90 | channel, key, int(np.clip(velocity, 1, 127))])), (max(off, on + 1), 0, bytes([0x80 | channel, key, 0]))]
    body, now = b'\0\xff\x51\x03' + (500000).to_bytes(3, 'big') + bytes([0, 0xC0 | channel, program]), 0
    for tick, _, message in sorted(events):
        body += _varlen(tick - now) + message
        now = tick
    body += b'\0\xff\x2f\0'
    return b'MThd' + struct.pack('>IHHH', 6, 0, 1, TICKS // 2) + b'MTrk' + struct.pack('>I', len(body)) + body


def play(program, notes, samples, drums=False):
    """Float64 [2, samples]. Release tails past the end are cut."""
    with tempfile.TemporaryDirectory() as folder:
        song, out = os.path.join(folder, 'song.mid'), os.path.join(folder, 'out.raw')
        with open(song, 'wb') as file:
            file.write(_midi(program, notes, drums))
        command = ['fluidsynth', '-q', '-ni', '-R', '0', '-C', '0', '-g', '0.6', '-r', str(RATE), '-o', 'synth.polyphony=256',
                   '-o', 'synth.dynamic-sample-loading=1', '-T', 'raw', '-O', 'float', '-F', out, FONT, song]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        data = np.fromfile(out, '<f4').reshape(-1, 2)
    track = np.zeros((2, samples))
    n = min(samples, len(data))
    track[:, :n] = data[:n].T
    return track
