import { useEffect, useRef, type JSX } from 'react';
import { Sparkline } from '../../canvas/sparkline.ts';
import { useFrame } from '../frame.ts';
import { useStudioStore } from '../studio-context.ts';
import { figures, ownersText, type Figure } from './figures.ts';
import styles from './meters.module.css';
import { useHardware } from './use-hardware.ts';

/** How often figures are written anew; lines move with every frame. */
const writeSeconds = 0.25;

/** What the engine and the machine do now, outside of React. */
export function Meters(): JSX.Element {
  const store = useStudioStore();
  const panel = useRef<HTMLElement>(null);
  const lines = useRef(new Map<string, Sparkline>());
  const written = useRef(0);
  useHardware();
  useEffect(() => {
    const made = lines.current;
    for (const { id, least } of figures) {
      const canvas = panel.current?.querySelector<HTMLCanvasElement>(`canvas[data-figure="${id}"]`) ?? null;
      if (canvas !== null && least !== undefined) made.set(id, new Sparkline(canvas, least));
    }
    return () => {
      made.clear();
    };
  }, []);
  useFrame((now) => {
    const { soundLoad, hardware } = store.getState();
    const [sound, machine] = [soundLoad(), hardware()];
    const isDue = now - written.current >= writeSeconds;
    for (const figure of figures) {
      const line = lines.current.get(figure.id);
      if (isDue) {
        const value = figure.value?.(sound, machine) ?? null;
        if (value === null) line?.clear();
        else line?.add(now, value);
        write(panel.current, figure, figure.text(sound, machine), figure.isBad?.(sound, machine) ?? false);
      }
      line?.show(now);
    }
    if (!isDue) return;
    written.current = now;
    const owners = panel.current?.querySelector('[data-owners]') ?? null;
    const text = ownersText(machine);
    if (owners !== null && owners.textContent !== text) owners.textContent = text;
  });
  return (
    <section ref={panel} aria-labelledby="meters-title" className={styles.meters}>
      <h2 id="meters-title" className={styles.title}>Now</h2>
      <dl>
        {figures.map(({ id, label, least }) => (
          <div key={id} className={styles.row}>
            <dt>{label}</dt>
            <dd>
              {least !== undefined && <canvas data-figure={id} aria-hidden="true" className={styles.line} />}
              <span data-value={id} className={styles.value}>–</span>
            </dd>
          </div>
        ))}
      </dl>
      <p data-owners className={styles.owners}>–</p>
    </section>
  );
}

function write(panel: HTMLElement | null, { id }: Figure, text: string, isBad: boolean): void {
  const element = panel?.querySelector<HTMLElement>(`[data-value="${id}"]`) ?? null;
  if (element === null) return;
  if (element.textContent !== text) element.textContent = text;
  element.toggleAttribute('data-bad', isBad);
}
