import { useEffect, useEffectEvent, useRef, type JSX } from 'react';
import { drawSparklines, Sparkline, stillSeconds } from '../../canvas/sparkline.ts';
import { surfaceOf } from '../../canvas/surface.ts';
import { writeText } from '../frame.ts';
import { useStudioStore } from '../studio-context.ts';
import { figures, ownersText, type Figure } from './figures.ts';
import styles from './meters.module.css';

/** How often the machine is asked, and figures are written anew. */
const lookMs = 1000;
const writeSeconds = 0.5;
const lineHeight = 16;

/**
 * What the engine and the machine do now, outside of React. All lines are on one canvas, which is painted when they have moved by
 * one of the screen's pixels: about four times a second, in a frame of its own.
 */
export function Meters(): JSX.Element {
  const store = useStudioStore();
  const panel = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const lines = useRef(new Map<string, { line: Sparkline; top: number }>());
  const written = useRef(-Infinity);
  useEffect(() => {
    const look = (): void => {
      // Without a connection the last figures stay; the status line tells.
      store.getState().lookAtHardware().catch(() => undefined);
    };
    look();
    const timer = setInterval(look, lookMs);
    return () => {
      clearInterval(timer);
    };
  }, [store]);
  const show = useEffectEvent((now: number) => {
    const { soundLoad, hardware } = store.getState();
    if (now - written.current >= writeSeconds) {
      written.current = now;
      const [sound, machine] = [soundLoad(), hardware()];
      for (const figure of figures) {
        const line = lines.current.get(figure.id)?.line;
        const value = figure.value?.(sound, machine) ?? null;
        if (value === null) line?.clear();
        else line?.add(now, value);
        write(panel.current, figure, figure.text(sound, machine), figure.isBad?.(sound, machine) ?? false);
      }
      writeText(panel.current?.querySelector('[data-owners]') ?? null, ownersText(machine));
    }
    const surface = canvas.current === null ? null : surfaceOf(canvas.current);
    if (surface !== null) drawSparklines(surface, lines.current.values(), lineHeight, now);
  });
  useEffect(() => {
    const [element, made] = [canvas.current, lines.current];
    if (element === null) return undefined;
    let width = 0;
    const place = (): void => {
      width = element.clientWidth;
      for (const { id, least } of figures) {
        const row = panel.current?.querySelector<HTMLElement>(`[data-row="${id}"]`) ?? null;
        if (row === null || least === undefined) continue;
        made.set(id, { line: made.get(id)?.line ?? new Sparkline(least), top: row.offsetTop + (row.offsetHeight - lineHeight) / 2 });
      }
    };
    const sizes = new ResizeObserver(place);
    sizes.observe(element);
    place();
    let [timer, frame] = [0, 0];
    const paint = (now: number): void => {
      show(now / 1000);
      timer = window.setTimeout(() => {
        frame = requestAnimationFrame(paint);
      }, 1000 * Math.min(writeSeconds, stillSeconds(width, window.devicePixelRatio)));
    };
    frame = requestAnimationFrame(paint);
    return () => {
      sizes.disconnect();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      made.clear();
    };
  }, []);
  return (
    <section ref={panel} aria-labelledby="meters-title" className={styles.meters}>
      <h2 id="meters-title" className={styles.title}>Now</h2>
      <div className={styles.figures}>
        <canvas ref={canvas} aria-hidden="true" className={styles.lines} />
        <dl>
          {figures.map(({ id, label, least }) => (
            <div key={id} data-row={id} data-line={least !== undefined || undefined} className={styles.row}>
              <dt>{label}</dt>
              <dd data-value={id}>–</dd>
            </div>
          ))}
        </dl>
      </div>
      <p data-owners className={styles.owners}>–</p>
    </section>
  );
}

function write(panel: HTMLElement | null, { id }: Figure, text: string, isBad: boolean): void {
  const element = panel?.querySelector<HTMLElement>(`[data-value="${id}"]`) ?? null;
  writeText(element, text);
  element?.toggleAttribute('data-bad', isBad);
}
