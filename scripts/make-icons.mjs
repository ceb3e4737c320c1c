// Draws assets/icons/icon.svg as PNGs. Needs an ffmpeg with librsvg, as Debian's.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

const folder = join(root, 'assets', 'icons');
/** In pixels: what is dragged out, what Linux installs, what macOS and Windows make theirs of. */
const sizes = { 'drag.png': 64, 'linux/256x256.png': 256, 'linux/512x512.png': 512, 'icon.png': 1024 };

for (const [name, size] of Object.entries(sizes)) {
  execFileSync('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-width', String(size), '-height', String(size), '-i', join(folder, 'icon.svg'), '-frames:v', '1', '-update', '1'],
    ...['-pix_fmt', 'rgba', '-pred', 'mixed', '-bitexact', join(folder, name)],
  ]);
}
