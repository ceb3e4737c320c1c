export interface Options {
  /** Electron's binary, to run the studio in it; null: in the browser. */
  electron: string | null;
  home: 'empty' | 'library';
}
