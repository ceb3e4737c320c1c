import { useState, type JSX } from 'react';
import { Button } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './presets.module.css';

export function PresetDialog(): JSX.Element {
  const { dialog, setDialog } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog }));
  const close = (): void => {
    setDialog(null);
  };
  return (
    <Sheet title="Save these choices" size="small" isOpen={dialog === 'preset'} onClose={close}>
      <Body onClose={close} />
    </Sheet>
  );
}

function Body({ onClose }: { onClose: () => void }): JSX.Element {
  const { presets, savePreset } = useStudio((state) => ({ presets: state.presets, savePreset: state.savePreset }));
  const [text, setText] = useState('');
  const name = text.trim();
  const isTaken = presets.some((preset) => preset.name === name);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (name === '') return;
        onClose();
        void savePreset(name);
      }}
    >
      <TextInput label="Name" value={text} onChange={(value) => { setText(value.slice(0, 200)); }} autoFocus />
      <p>{isTaken ? 'Replaces the preset of that name.' : 'Keeps model, mode, stems, quality, export format and folder.'}</p>
      <SheetFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={name === ''}>{isTaken ? 'Replace' : 'Save'}</Button>
      </SheetFoot>
    </form>
  );
}
