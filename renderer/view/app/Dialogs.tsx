import { useState, type JSX } from 'react';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { SaveDialog } from '../bench/SaveDialog.tsx';
import { ExportDialog } from '../export/ExportDialog.tsx';
import { useKeyActions } from '../keys/use-keys.ts';
import { LiveDialogs } from '../live/LiveDialogs.tsx';
import { ProjectDialogs } from '../library/ProjectDialogs.tsx';
import { PresetDialog } from '../presets/PresetDialog.tsx';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { RemoveModelDialog } from '../models/RemoveModelDialog.tsx';
import { Button, Switch } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './app.module.css';

const groups = ['Play', 'Lanes', 'Live', 'Studio'] as const;

function HelpDialog(): JSX.Element {
  const { dialog, setDialog, areLettersOn, setSettings } = useStudio((state) => ({
    ...{ dialog: state.dialog, setDialog: state.setDialog, areLettersOn: state.settings.letterShortcuts, setSettings: state.setSettings },
  }));
  const actions = useKeyActions();
  return (
    <Sheet title="All keys" size="wide" isOpen={dialog === 'help'} onClose={() => { setDialog(null); }}>
      <div className={styles.keys}>
        {groups.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map(({ keys, label }) => (
                  <div key={label}>
                    <dt><kbd>{keys}</kbd></dt>
                    <dd>{label}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p>F6 goes from region to region, Shift F6 back. In the queue Alt with ↑ ↓ moves a song; in the library F2 renames one and Delete deletes it.</p>
      <p>On a fader: arrows 0.5 dB, Backspace or a double click to 0 dB, Shift while dragging for fine steps.</p>
      <div className={styles.letters}>
        <Switch label="Single letters are shortcuts" isOn={areLettersOn} onChange={(letterShortcuts) => { setSettings({ letterShortcuts }); }} />
        Single letters are shortcuts
      </div>
      <SheetFoot>
        <Button look="primary" onPress={() => { setDialog(null); }}>Close</Button>
      </SheetFoot>
    </Sheet>
  );
}

function PathDialog(): JSX.Element {
  const { dialog, setDialog, addPaths } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog, addPaths: state.addPaths }));
  const [text, setText] = useState('');
  const path = unquoted(text);
  return (
    <Sheet title="Add by path" isOpen={dialog === 'path'} onClose={() => { setDialog(null); }}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!looksAbsolute(path)) return;
          setDialog(null);
          setText('');
          void addPaths([path]);
        }}
      >
        <TextInput label="Path of a song or a folder on this machine" value={text} onChange={setText} autoFocus />
        <SheetFoot>
          <Button onPress={() => { setDialog(null); }}>Cancel</Button>
          <Button look="primary" type="submit" isDisabled={!looksAbsolute(path)}>Add</Button>
        </SheetFoot>
      </form>
    </Sheet>
  );
}

export function Dialogs(): JSX.Element {
  return (
    <>
      <HelpDialog />
      <PathDialog />
      <ExportDialog />
      <ProjectDialogs />
      <RemoveModelDialog />
      <PresetDialog />
      <SaveDialog />
      <LiveDialogs />
      <SettingsDialog />
    </>
  );
}
