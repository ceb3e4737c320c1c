import type { JSX } from 'react';
import type { ModelDescriptor, OfferedModel } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { inLaneOrder, stemColour, stemLabel } from '../../units/stems.ts';
import styles from './models.module.css';

interface Facts extends Pick<OfferedModel, 'licence' | 'sources' | 'modes'> {
  bytes: number | null;
  parameters?: ModelDescriptor['parameters'];
}

const modeWords = { full: 'full', 'time-only': 'time only' } as const;

export function ModelFacts({ model: { licence, sources, modes, bytes, parameters = null } }: { model: Facts }): JSX.Element {
  const size = [bytes === null ? 'size not known' : formatBytes(bytes), parameters === null ? '' : `${(parameters / 1e6).toFixed(1)} million parameters`];
  return (
    <dl className={styles.facts}>
      {sources.length > 0 && (
        <div>
          <dt>Stems</dt>
          <dd className={styles.stems}>
            {inLaneOrder(sources).map((name) => (
              <span key={name}>
                <i className={styles.dot} style={{ background: `var(${stemColour(name)})` }} />
                {stemLabel(name)}
              </span>
            ))}
          </dd>
        </div>
      )}
      {modes.length > 0 && (
        <div>
          <dt>Modes</dt>
          <dd>{modes.map((mode) => modeWords[mode]).join(', ')}</dd>
        </div>
      )}
      <div>
        <dt>Size</dt>
        <dd>{size.filter((part) => part !== '').join(', ')}</dd>
      </div>
      <div>
        <dt>Licence</dt>
        <dd>{licence}</dd>
      </div>
    </dl>
  );
}
