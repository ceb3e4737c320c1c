import { useState, type JSX } from 'react';
import type { ModelDescriptor } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { Button, Picker } from '../parts/controls.tsx';
import { Details } from '../parts/fields.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useStudio } from '../studio-context.ts';
import { ModelFacts } from './ModelFacts.tsx';
import styles from './models.module.css';
import { qualityTables } from './quality.ts';
import { QualityTable } from './QualityTable.tsx';

const checkWords = { running: 'Reading the whole file', sound: 'Unchanged since it was installed', damaged: 'Not as it was installed' } as const;

export function InstalledModel({ model }: { model: ModelDescriptor }): JSX.Element {
  const { id, name, description, builtIn, version, sources, bytes } = model;
  const { chosen, check, setOptions, verifyModel, setDialog } = useStudio((state) => ({
    ...{ chosen: state.settings.lastOptions.model, check: state.checks[id] },
    ...{ setOptions: state.setOptions, verifyModel: state.verifyModel, setDialog: state.setDialog },
  }));
  const isUsable = sources.length > 0;
  return (
    <li className={styles.model}>
      <div className={styles.about}>
        <h2 className={styles.name}>
          {name}
          <span className={styles.quiet}> {[version === null ? '' : `version ${version}`, builtIn ? 'in the box, a preview' : ''].filter((part) => part !== '').join(', ')}</span>
        </h2>
        <p className={isUsable ? '' : styles.bad}>{description}</p>
        <ModelFacts model={model} />
        <Limits model={model} />
        <div className={styles.actions}>
          <Button isDisabled={!isUsable || chosen === id} onPress={() => { setOptions({ model: id, stems: null }); }}>{chosen === id ? 'Used for the next songs' : 'Use for the next songs'}</Button>
          <Button look="quiet" aria-label={`Verify ${name}`} isDisabled={check === 'running'} onPress={() => { verifyModel(id); }}>Verify</Button>
          {!builtIn && <Button look="quiet" aria-label={`Remove ${name}, ${formatBytes(bytes)}`} onPress={() => { setDialog('removeModel', id); }}>Remove…</Button>}
          <span role="status" className={check === 'damaged' ? styles.bad : styles.check}>
            {check === 'sound' && <Icon name="done" />}
            {check === undefined ? '' : checkWords[check]}
          </span>
        </div>
      </div>
      <Quality model={model} />
    </li>
  );
}

function Limits({ model: { limits, trainingSources } }: { model: ModelDescriptor }): JSX.Element | null {
  if (limits.length + trainingSources.length === 0) return null;
  return (
    <>
      {limits.length > 0 && (
        <Details label="What it cannot do">
          <ul className={styles.bullets}>
            {limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </Details>
      )}
      {trainingSources.length > 0 && (
        <Details label="What it was trained on">
          <ul className={styles.bullets}>
            {trainingSources.map(({ name, use, licence }) => (
              <li key={name}>{name}: {use}. {licence}.</li>
            ))}
          </ul>
        </Details>
      )}
    </>
  );
}

function Quality({ model }: { model: ModelDescriptor }): JSX.Element {
  const tables = qualityTables(model);
  const [title, setTitle] = useState('');
  const table = tables.find((each) => each.title === title) ?? tables[0];
  return (
    <div className={styles.measured}>
      {table === undefined ? (
        <p className={styles.quiet}>Nobody has measured this model yet. <code>scripts/evaluate</code> does.</p>
      ) : (
        <>
          {tables.length > 1 && <Picker label="Measured on" choices={tables.map((each) => ({ id: each.title, label: each.title }))} value={table.title} onChange={setTitle} />}
          <QualityTable table={table} isCaptionHidden={tables.length > 1} />
        </>
      )}
    </div>
  );
}
