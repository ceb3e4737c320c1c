const known = ['vocals', 'drums', 'bass', 'guitar', 'piano', 'other', 'original', 'residual'] as const;
type Known = (typeof known)[number];

const isKnown = (name: string): name is Known => (known as readonly string[]).includes(name);

/** The order of lanes: the singer first, what is left last. Names that we do not know stand before "other". */
export function inLaneOrder(names: readonly string[]): string[] {
  const place = (name: string): number => (isKnown(name) ? known.indexOf(name) : known.indexOf('other') - 0.5);
  return [...names].sort((a, b) => place(a) - place(b));
}

/** The custom property of a stem's colour, which never changes its meaning; "no_vocals" and unknown names take that of "other". */
export function stemColour(name: string): `--stem-${Known}` {
  return `--stem-${isKnown(name) ? name : 'other'}`;
}

/** "vocals" is "Vocals", "no_vocals" is "No vocals". */
export function stemLabel(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
