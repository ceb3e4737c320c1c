import { useState, type JSX } from 'react';
import { formatBytes } from '../../units/bytes.ts';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { Button } from '../parts/controls.tsx';
import { Note, TextInput } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';
import { useOnline } from '../use-online.ts';
import { InstalledModel } from './InstalledModel.tsx';
import styles from './models.module.css';
import { OfferedModel } from './OfferedModel.tsx';

/** What separates: what is here, what can be had, and how good it is. */
export function Models(): JSX.Element {
  const { models, offered, isConnected } = useStudio((state) => ({ models: state.models, offered: state.offered, isConnected: state.isConnected }));
  const isOnline = useOnline();
  const missing = offered.filter(({ installed }) => !installed);
  const bytes = models.reduce((sum, model) => sum + model.bytes, 0);
  return (
    <>
      <div className={styles.bar}>
        <h1 className={styles.title}>Models</h1>
        <span className={styles.sum}>{models.length === 0 ? '–' : `${models.length} on this machine, ${formatBytes(bytes)}`}</span>
      </div>
      <div className={styles.scroll}>
        <div className={styles.page}>
          {!isConnected && <Note tone="bad">No connection to the studio. Trying again.</Note>}
          <ul className={styles.list} aria-label="Models on this machine">
            {models.map((model) => (
              <InstalledModel key={model.id} model={model} />
            ))}
          </ul>
          <Import />
          {missing.length > 0 && (
            <section aria-labelledby="offered-title" className={styles.section}>
              <h2 id="offered-title" className={styles.heading}>Can be downloaded</h2>
              {!isOnline && <Note tone="warn">This machine is offline. On one that is not, download the weights and import the files here.</Note>}
              <ul className={styles.list}>
                {missing.map((model) => (
                  <OfferedModel key={model.id} model={model} isOnline={isOnline} />
                ))}
              </ul>
            </section>
          )}
        </div>
      </div>
    </>
  );
}

function Import(): JSX.Element {
  const { canChoose, isImporting, isConnected, chooseModel, importModel, importModelFiles } = useStudio((state) => ({
    ...{ canChoose: state.info?.can.chooseFiles === true, isImporting: state.isImporting, isConnected: state.isConnected },
    ...{ chooseModel: state.chooseModel, importModel: state.importModel, importModelFiles: state.importModelFiles },
  }));
  const [text, setText] = useState('');
  const path = unquoted(text);
  const choose = (): void => {
    if (canChoose) void chooseModel();
    else browse(importModelFiles);
  };
  return (
    <section aria-labelledby="import-title" className={styles.section}>
      <h2 id="import-title" className={styles.heading}>Import</h2>
      <p>Demucs v4 weights: a .th, a .safetensors, or the .yaml of a bag with its files beside it. Drop them anywhere, choose a file or give a path. RoFormer, MDX and Core ML models are not supported.</p>
      <form
        className={styles.import}
        onSubmit={(event) => {
          event.preventDefault();
          if (!looksAbsolute(path) || isImporting) return;
          void importModel(path);
          setText('');
        }}
      >
        <Button onPress={choose} isDisabled={isImporting || !isConnected}>Choose a file…</Button>
        <TextInput label="Path of a model" isLabelHidden placeholder="/path/of/a/model.th" value={text} onChange={setText} />
        <Button type="submit" isDisabled={!looksAbsolute(path) || isImporting || !isConnected}>{isImporting ? 'Importing' : 'Import'}</Button>
      </form>
      <p role="status">{isImporting ? 'Reading the file and checking it against the engine.' : ''}</p>
    </section>
  );
}

function browse(take: (files: File[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.th,.safetensors,.yaml,.yml';
  input.onchange = () => {
    take([...(input.files ?? [])]);
  };
  input.click();
}
