/**
 * Where a file of a packaged program lies for those who cannot look into its archive: the system's loader, ffmpeg, the
 * engine. A path that leads into no archive stays as it is.
 */
export function unpacked(path: string): string {
  return path.replace(/([\\/]app\.asar)(?=[\\/])/, '$1.unpacked');
}
