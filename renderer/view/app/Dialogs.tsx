import { useState, type JSX, type ReactNode } from 'react';
import { Dialog, Heading, Input, Modal, ModalOverlay, TextField, Label } from 'react-aria-components';
import { useKeyActions } from '../keys/use-keys.ts';
import { Button, Switch } from '../parts/controls.tsx';
import parts from '../parts/parts.module.css';
import { useStudio } from '../studio-context.ts';
import styles from './app.module.css';

function Sheet({ title, isOpen, children }: { title: string; isOpen: boolean; children: ReactNode }): JSX.Element {
  const setDialog = useStudio((state) => state.setDialog);
  return (
    <ModalOverlay isOpen={isOpen} isDismissable onOpenChange={(open) => { if (!open) setDialog(null); }} className={parts.scrim ?? ''}>
      <Modal className={parts.dialog ?? ''}>
        <Dialog className={parts.dialogBody ?? ''}>
          <Heading slot="title" level={2} className={parts.dialogTitle ?? ''}>{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

const groups = ['Play', 'Lanes', 'Studio'] as const;

function HelpDialog(): JSX.Element {
  const { dialog, setDialog, areLettersOn, setSettings } = useStudio((state) => ({
    ...{ dialog: state.dialog, setDialog: state.setDialog, areLettersOn: state.settings.letterShortcuts, setSettings: state.setSettings },
  }));
  const actions = useKeyActions();
  return (
    <Sheet title="All keys" isOpen={dialog === 'help'}>
      <div className={styles.keys}>
        {groups.map((group) => (
          <section key={group} aria-label={group}>
            <h3>{group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map(({ keys, label }) => (
                  <div key={keys}>
                    <dt><kbd>{keys}</kbd></dt>
                    <dd>{label}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p>On a fader: arrows 0.5 dB, Backspace or a double click to 0 dB, Shift while dragging for fine steps.</p>
      <div className={styles.letters}>
        <Switch label="Single letters are shortcuts" isOn={areLettersOn} onChange={(letterShortcuts) => { setSettings({ letterShortcuts }); }} />
        Single letters are shortcuts
      </div>
      <div className={parts.dialogFoot}>
        <Button look="primary" onPress={() => { setDialog(null); }}>Close</Button>
      </div>
    </Sheet>
  );
}

const looksAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path);
/** Shells and file managers copy paths in quotes. */
const unquoted = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/, '$2');

function PathDialog(): JSX.Element {
  const { dialog, setDialog, addPaths } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog, addPaths: state.addPaths }));
  const [text, setText] = useState('');
  const path = unquoted(text);
  return (
    <Sheet title="Add by path" isOpen={dialog === 'path'}>
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
        <TextField value={text} onChange={setText} autoFocus>
          <Label>Path of a song or a folder on this machine</Label>
          <Input className={parts.input ?? ''} spellCheck="false" />
        </TextField>
        <div className={parts.dialogFoot}>
          <Button onPress={() => { setDialog(null); }}>Cancel</Button>
          <Button look="primary" type="submit" isDisabled={!looksAbsolute(path)}>Add</Button>
        </div>
      </form>
    </Sheet>
  );
}

export function Dialogs(): JSX.Element {
  return (
    <>
      <HelpDialog />
      <PathDialog />
    </>
  );
}
