"""Renders the demo song and its stems. See README.md for what it needs."""
import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import score
from band import bass, drums, other
from effects import RATE
from mastering import FULL_SCALE, balance, band_limit, loudness, master, silence
from speech import VOICE
from vocals import vocals

STEMS = ('drums', 'bass', 'other', 'vocals')
BALANCE = (-17.8, -20.0, -20.5, -18.0)  # LUFS of each stem before the master
SEED = 116
SOURCES = [
    {'name': 'FluidR3Mono GM soundfont', 'package': 'fluidr3mono-gm-soundfont', 'licence': 'MIT',
     'use': 'drums, bass, electric piano, guitars, piano'},
    {'name': f'Flite voice cmu_us_{VOICE}', 'package': 'flite', 'licence': 'CMU BSD-like',
     'use': 'phones and spectral envelopes of the sung words'},
    {'name': 'synthesis in scripts/make-demo', 'licence': 'MIT', 'use': 'singing, kick layer, pad, reverbs'},
]


def silences():
    """(start, end) seconds of digital silence per stem, in the order of STEMS."""
    at = score.seconds
    end = score.SECONDS
    return [[(0, at(score.INTRO[-1] * 16 + 8) - 0.05)],
            [(0, at(score.VERSE[0] * 16) - 0.05)],
            [(at(score.BREAK[0] * 16 + 5), at(score.FINAL[0] * 16) - 0.05)],
            [(0, at(score.VERSE[0] * 16) - 0.6), (end - 0.05, end)]]


def render(seed):
    """int32 [stem][2, samples] on the 16-bit scale."""
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4)]
    stems = [band_limit(make(rng)) for make, rng in zip((drums, bass, other, vocals), streams)]
    fade = np.minimum(1, (score.SAMPLES - np.arange(score.SAMPLES)) / (1.4 * RATE)) ** 2
    return master(silence(balance([s * fade for s in stems], BALANCE), silences()))


def write_flac(path, samples):
    """samples: int32 [2, n] within 16 bits."""
    if np.abs(samples).max() >= FULL_SCALE:
        raise ValueError(f'{path}: clips')
    raw = samples.T.astype('<i2').tobytes()
    packing = ['-8', '-e', '-p', '-A', 'subdivide_tukey(5)', '--no-padding', '--no-seektable']
    layout = ['--endian=little', '--sign=signed', '--channels=2', '--bps=16', f'--sample-rate={RATE}']
    subprocess.run(['flac', '--silent', '--force', *packing, *layout, '-o', str(path), '-'], input=raw, check=True)


def package_version(name):
    return subprocess.run(['dpkg-query', '-W', '-f', '${Version}', name], check=True, capture_output=True, text=True).stdout


def generator_hash():
    """SHA-256 over the sources beside this file: name, zero byte, content, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob('*.py')):
        digest.update(path.name.encode() + b'\0' + path.read_bytes())
    return digest.hexdigest()


def describe(seed, stems, mix):
    tools = {name: package_version(name) for name in ('fluidsynth', 'flite', 'fluidr3mono-gm-soundfont', 'flac')}
    return {
        'title': score.TITLE, 'licence': 'CC0-1.0', 'tempo': score.TEMPO, 'key': score.KEY, 'metre': '4/4',
        'sampleRate': RATE, 'channels': 2, 'bitsPerSample': 16, 'frames': mix.shape[1],
        'loudnessLufs': round(float(loudness(mix / FULL_SCALE)), 2),
        'peakDbfs': round(float(20 * np.log10(np.abs(mix).max() / FULL_SCALE)), 2),
        'sections': [{'name': name, 'start': round(bars[0] * score.BAR, 3)} for name, bars in (
            ('intro', score.INTRO), ('verse', score.VERSE), ('chorus', score.CHORUS), ('break', score.BREAK),
            ('final chorus', score.FINAL), ('ending', score.ENDING))],
        'lyrics': [words.replace('evry', 'every') for words, *_ in score.PHRASES],
        'files': {'mix': 'mix.flac', **{name: f'{name}.flac' for name in STEMS}},
        'sources': SOURCES, 'seed': seed, 'generator': {'folder': 'scripts/make-demo', 'sha256': generator_hash(), 'packages': tools},
    }


def main():
    parser = argparse.ArgumentParser(description='Render the demo song and its four stems.')
    parser.add_argument('--out', type=Path, default=Path(__file__).resolve().parents[2] / 'assets' / 'demo')
    parser.add_argument('--seed', type=int, default=SEED)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    stems = render(options.seed)
    mix = sum(stems)
    for name, samples in zip((*STEMS, 'mix'), (*stems, mix)):
        write_flac(options.out / f'{name}.flac', samples)
    (options.out / 'demo.json').write_text(json.dumps(describe(options.seed, stems, mix), indent=2) + '\n')


if __name__ == '__main__':
    sys.exit(main())
