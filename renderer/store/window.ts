import type { Window, WindowSlice } from './arrangement.ts';
import type { Parts } from './state.ts';

/** Seconds; and a lane is at most so many times as wide as what it shows, as browsers hold boxes up to 2^25 px. */
const narrowest = 0.05;
const mostPages = 4000;
/** Of the window: what is left of the playhead after a page, and around a loop that is zoomed to. */
const lead = 0.02;
const zoomFactor = 1.5;
const margin = 0.05;

/** The window inside a song of this length. */
export function held({ start, span }: Window, seconds: number): Window {
  const least = Math.min(seconds, Math.max(narrowest, seconds / mostPages));
  const width = Math.min(Math.max(span, least), seconds);
  return { start: Math.min(Math.max(0, start), seconds - width), span: width };
}

export function createWindowSlice({ player, set, get }: Parts): WindowSlice {
  const seconds = (): number => get().song?.seconds ?? 0;
  const show = (window: Window): void => {
    const next = held(window, seconds());
    const { start, span } = get().window;
    if (next.start !== start || next.span !== span) set({ window: next });
  };
  let lastSeen = 0;
  return {
    ...{ window: { start: 0, span: 0 }, isFollowing: true, isOriginalOpen: false, spectra: [] },
    zoom: (factor, about) => {
      const { start, span } = get().window;
      const width = held({ start, span: span * factor }, seconds()).span;
      if (span > 0) show({ start: about - ((about - start) * width) / span, span: width });
    },
    zoomStep: (way) => {
      const { start, span } = get().window;
      const at = player.position();
      get().zoom(zoomFactor ** way, at >= start && at <= start + span ? at : start + span / 2);
    },
    scroll: (start) => {
      show({ start, span: get().window.span });
    },
    fit: () => {
      set({ window: { start: 0, span: seconds() } });
    },
    zoomToLoop: () => {
      const { loop, window } = get();
      const whole = { start: 0, span: seconds() };
      const span = loop === null ? 0 : loop[1] - loop[0];
      const around = loop === null ? whole : held({ start: loop[0] - span * margin, span: span * (1 + 2 * margin) }, seconds());
      const isShown = Math.abs(around.start - window.start) < 1e-6 && Math.abs(around.span - window.span) < 1e-6;
      set({ window: isShown ? whole : around });
    },
    follow: () => {
      const { window, isFollowing } = get();
      const { start, span } = window;
      const at = player.position();
      const isInside = (place: number): boolean => place >= start && place <= start + span;
      // Who has scrolled away from the playhead is left there.
      if (isFollowing && !isInside(at) && isInside(lastSeen)) show({ start: at - span * lead, span });
      lastSeen = at;
    },
    toggleFollowing: () => {
      set(({ isFollowing }) => ({ isFollowing: !isFollowing }));
    },
    toggleOriginal: () => {
      set(({ isOriginalOpen }) => ({ isOriginalOpen: !isOriginalOpen }));
    },
    setSpectrum: (names, isOn) => {
      set(({ spectra }) => ({ spectra: [...spectra.filter((name) => !names.includes(name)), ...(isOn ? names : [])] }));
    },
  };
}
