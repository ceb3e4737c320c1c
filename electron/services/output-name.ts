const maxNameBytes = 255;
const windowsDevices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * The folder name for a song: its name as far as the platform's file systems take it.
 * @param copy 1 for the name itself, 2 for `name (2)`, …
 */
export function songFolderName(song: string, copy: number, platform: NodeJS.Platform = process.platform): string {
  const name = platform === 'win32' ? forWindows(song) : song;
  const suffix = copy === 1 ? '' : ` (${copy})`;
  const usable = /^\.*$/.test(name) ? 'song' : name;
  return cutToBytes(usable, maxNameBytes - suffix.length) + suffix;
}

function forWindows(name: string): string {
  const plain = name.replaceAll(/[<>:"/\\|?*\u0000-\u001f]/g, '_').replace(/[. ]+$/, '');
  return windowsDevices.test(plain) ? `_${plain}` : plain;
}

/** Cuts between user-perceived characters, so that no half of one is left. */
function cutToBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) {
    return text;
  }
  let bytes = 0;
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > limit) {
      break;
    }
    cut += segment;
  }
  return cut;
}
