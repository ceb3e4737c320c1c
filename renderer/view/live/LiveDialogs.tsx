import { useState, type JSX } from 'react';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { stemLabel } from '../../units/stems.ts';
import { Button, IconButton } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './live.module.css';

function useDialog(name: 'feedback' | 'chain' | 'folders' | 'print'): { isOpen: boolean; close: () => void } {
  const { dialog, setDialog } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog }));
  return { isOpen: dialog === name, close: () => { setDialog(null); } };
}

/** Before the input is heard where it may feed back. */
function FeedbackDialog(): JSX.Element {
  const { isOpen, close } = useDialog('feedback');
  const { device, setInput, setHeadphones } = useStudio((state) => ({ device: state.monitor?.device ?? '', setInput: state.setInput, setHeadphones: state.setHeadphones }));
  const open = (hasHeadphones: boolean): void => {
    close();
    if (hasHeadphones) setHeadphones(true);
    setInput({ isMuted: false });
  };
  return (
    <Sheet title="Open the input?" isOpen={isOpen} onClose={close} isAlert size="small">
      <p>{device} may be heard by the microphone. Through a loudspeaker that howls, and can hurt ears and speakers.</p>
      <SheetFoot>
        <Button onPress={() => { open(false); }}>Open it anyway</Button>
        <Button onPress={() => { open(true); }}>I use headphones</Button>
        <Button look="primary" autoFocus onPress={close}>Keep it muted</Button>
      </SheetFoot>
    </Sheet>
  );
}

function NameDialog({ kind, title, label, action, initial, note = '', onName }: { kind: 'chain' | 'print'; title: string; label: string; action: string; initial: string; note?: string; onName: (name: string) => void }): JSX.Element {
  const { isOpen, close } = useDialog(kind);
  return (
    <Sheet title={title} isOpen={isOpen} onClose={close} size="small">
      {note !== '' && <p>{note}</p>}
      <NameForm label={label} action={action} initial={initial} onCancel={close} onName={(name) => { close(); onName(name); }} />
    </Sheet>
  );
}

function NameForm({ label, action, initial, onCancel, onName }: { label: string; action: string; initial: string; onCancel: () => void; onName: (name: string) => void }): JSX.Element {
  const [name, setName] = useState(initial);
  const isNamed = name.trim() !== '';
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isNamed) onName(name.trim());
      }}
    >
      <TextInput label={label} value={name} onChange={setName} autoFocus />
      <SheetFoot>
        <Button onPress={onCancel}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={!isNamed}>{action}</Button>
      </SheetFoot>
    </form>
  );
}

function FoldersDialog(): JSX.Element {
  const { isOpen, close } = useDialog('folders');
  const { folders, canChoose, chooseFolder, addResponseFolder, removeResponseFolder } = useStudio((state) => ({
    ...{ folders: state.responses.folders, canChoose: state.info?.can.chooseFolder === true, chooseFolder: state.chooseFolder },
    ...{ addResponseFolder: state.addResponseFolder, removeResponseFolder: state.removeResponseFolder },
  }));
  const [text, setText] = useState('');
  const path = unquoted(text);
  const add = (folder: string | null): void => {
    if (folder !== null) void addResponseFolder(folder);
    setText('');
  };
  return (
    <Sheet title="Folders of responses" isOpen={isOpen} onClose={close}>
      <p>Their files are listed, and searched for responses that are missing.</p>
      <ul className={styles.folders}>
        {folders.length === 0 && <li>None yet.</li>}
        {folders.map(({ path: folder, fault }) => (
          <li key={folder}>
            <span dir="auto">{folder}{fault !== null && <em> {fault}</em>}</span>
            <IconButton icon="close" label={`No longer list ${folder}`} onPress={() => { removeResponseFolder(folder); }} />
          </li>
        ))}
      </ul>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (looksAbsolute(path)) add(path);
        }}
      >
        <TextInput label="Path of a folder on this machine" value={text} onChange={setText} />
        <SheetFoot>
          {canChoose && <Button onPress={() => { void chooseFolder('A folder of responses').then(add); }}>Choose…</Button>}
          <Button type="submit" isDisabled={!looksAbsolute(path)}>Add</Button>
          <Button look="primary" onPress={close}>Close</Button>
        </SheetFoot>
      </form>
    </Sheet>
  );
}

export function LiveDialogs(): JSX.Element {
  const { source, isSend, chainName, saveChain, print } = useStudio((state) => ({ source: state.source, isSend: state.isSend, chainName: state.chainName, saveChain: state.saveChain, print: state.print }));
  const printed = isSend ? 'the send' : source === 'mix' ? 'the whole mix' : stemLabel(source.replace(/^track:/, ''));
  const initial = isSend ? 'Send, printed' : source === 'mix' ? 'Mix, printed' : `${printed}, printed`;
  return (
    <>
      <FeedbackDialog />
      <NameDialog kind="chain" title="Save the chain" label="Name" action="Save" initial={chainName ?? ''} onName={(name) => { void saveChain(name); }} />
      <NameDialog kind="print" title={`Print ${printed}`} label="Name of the new track" action="Print" initial={initial} note="At the song’s own pitch and tempo; of several tracks, with faders, pan, mute and solo as they are now." onName={(name) => { void print(name); }} />
      <FoldersDialog />
    </>
  );
}
