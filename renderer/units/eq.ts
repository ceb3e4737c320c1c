/** A biquad of the RBJ cookbook, as the contract has it. */
export interface Band {
  kind: 'lowpass' | 'highpass' | 'bandpass' | 'notch' | 'peak' | 'lowshelf' | 'highshelf';
  hz: number;
  q: number;
  gainDb: number;
  isOn: boolean;
}

type Coefficients = readonly [b0: number, b1: number, b2: number, a0: number, a1: number, a2: number];

function coefficients({ kind, hz, q, gainDb }: Band, rate: number): Coefficients {
  const w = (2 * Math.PI * Math.min(hz, 0.49 * rate)) / rate;
  const [cos, alpha, a] = [Math.cos(w), Math.sin(w) / (2 * q), 10 ** (gainDb / 40)];
  const root = 2 * Math.sqrt(a) * alpha;
  switch (kind) {
    case 'lowpass':
      return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2, 1 + alpha, -2 * cos, 1 - alpha];
    case 'highpass':
      return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha];
    case 'bandpass':
      return [alpha, 0, -alpha, 1 + alpha, -2 * cos, 1 - alpha];
    case 'notch':
      return [1, -2 * cos, 1, 1 + alpha, -2 * cos, 1 - alpha];
    case 'peak':
      return [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a];
    case 'lowshelf':
      return [a * (a + 1 - (a - 1) * cos + root), 2 * a * (a - 1 - (a + 1) * cos), a * (a + 1 - (a - 1) * cos - root), a + 1 + (a - 1) * cos + root, -2 * (a - 1 + (a + 1) * cos), a + 1 + (a - 1) * cos - root];
    case 'highshelf':
      return [a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos), a * (a + 1 + (a - 1) * cos - root), a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root];
  }
}

/** What all bands that are on do together at a frequency, dB. */
export function gainAt(bands: readonly Band[], hz: number, rate: number): number {
  const w = (2 * Math.PI * hz) / rate;
  const power = (c0: number, c1: number, c2: number): number => {
    const re = c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w);
    const im = c1 * Math.sin(w) + c2 * Math.sin(2 * w);
    return re * re + im * im;
  };
  return bands
    .filter(({ isOn }) => isOn)
    .reduce((sum, band) => {
      const [b0, b1, b2, a0, a1, a2] = coefficients(band, rate);
      return sum + 10 * Math.log10(Math.max(1e-20, power(b0, b1, b2)) / power(a0, a1, a2));
    }, 0);
}

const butterworth = Math.SQRT1_2;

/** A response's cuts as bands: 12 dB an octave. */
export function cutBands(lowCutHz: number | null, highCutHz: number | null): Band[] {
  return [
    ...(lowCutHz === null ? [] : [{ kind: 'highpass' as const, hz: lowCutHz, q: butterworth, gainDb: 0, isOn: true }]),
    ...(highCutHz === null ? [] : [{ kind: 'lowpass' as const, hz: highCutHz, q: butterworth, gainDb: 0, isOn: true }]),
  ];
}
