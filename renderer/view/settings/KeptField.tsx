import { useState, type JSX } from 'react';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { Button } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';

interface KeptFieldProps {
  label: string;
  value: string;
  placeholder?: string;
  problemOf: (text: string) => string | null;
  onKeep: (text: string) => void;
}

/** Keeps what was typed when it is left or on Enter, if it is in order. */
export function KeptField({ label, value, placeholder = '', problemOf, onKeep }: KeptFieldProps): JSX.Element {
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? value;
  const problem = draft === null ? null : problemOf(draft);
  return (
    <TextInput
      label={label}
      isLabelHidden
      placeholder={placeholder}
      value={text}
      problem={problem}
      onChange={setDraft}
      onDone={() => {
        if (draft === null || problem !== null) return;
        setDraft(null);
        if (draft !== value) onKeep(draft);
      }}
    />
  );
}

interface FolderFieldProps {
  label: string;
  value: string | null;
  /** Shown where none is chosen. */
  fallback: string;
  onChange: (folder: string | null) => void;
}

export function FolderField({ label, value, fallback, onChange }: FolderFieldProps): JSX.Element {
  const { canChoose, chooseFolder } = useStudio((state) => ({ canChoose: state.info?.can.chooseFolder === true, chooseFolder: state.chooseFolder }));
  const choose = async (): Promise<void> => {
    const folder = await chooseFolder(label);
    if (folder !== null) onChange(folder);
  };
  return (
    <>
      <KeptField
        label={label}
        value={value ?? ''}
        placeholder={fallback}
        problemOf={(text) => (text.trim() === '' || looksAbsolute(unquoted(text)) ? null : 'Give the whole path of a folder.')}
        onKeep={(text) => { onChange(text.trim() === '' ? null : unquoted(text)); }}
      />
      {canChoose && <Button onPress={() => { void choose(); }}>Choose…</Button>}
      {value !== null && <Button look="quiet" aria-label={`Forget the ${label.toLowerCase()}`} onPress={() => { onChange(null); }}>Forget</Button>}
    </>
  );
}
