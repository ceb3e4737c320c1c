import { useState, type JSX } from 'react';
import { formatDay } from '../../units/dates.ts';
import { Button } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './bench.module.css';

export function SaveDialog(): JSX.Element {
  const { dialog, setDialog } = useStudio((state) => ({ dialog: state.dialog, setDialog: state.setDialog }));
  const close = (): void => {
    setDialog(null);
  };
  return (
    <Sheet title="Save this run" size="small" isOpen={dialog === 'saveBenchmarks'} onClose={close}>
      <Body onClose={close} />
    </Sheet>
  );
}

function Body({ onClose }: { onClose: () => void }): JSX.Element {
  const { figures, saveBenchmarks } = useStudio((state) => ({ figures: state.benchmarks?.results.reduce((sum, { entries }) => sum + entries.length, 0) ?? 0, saveBenchmarks: state.saveBenchmarks }));
  const [text, setText] = useState(() => formatDay(new Date().toISOString(), new Date(0)));
  const name = text.trim();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (name === '') return;
        onClose();
        void saveBenchmarks(name);
      }}
    >
      <TextInput label="Name" value={text} onChange={(value) => { setText(value.slice(0, 200)); }} autoFocus />
      <p>{figures} figures are kept with the date, and can be compared with later ones.</p>
      <SheetFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={name === ''}>Save</Button>
      </SheetFoot>
    </form>
  );
}
