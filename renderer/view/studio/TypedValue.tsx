import { useState, type JSX } from 'react';
import styles from './studio.module.css';

interface TypedValueProps {
  label: string;
  text: string;
  /** Null: what was typed says nothing. */
  parse: (text: string) => number | null;
  onChange: (value: number) => void;
}

/** A figure that turns into a field when it is pressed. Enter takes what was typed, Escape leaves it. */
export function TypedValue({ label, text, parse, onChange }: TypedValueProps): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null);
  if (typed === null) {
    return (
      <button type="button" className={styles.value} aria-label={`Type ${label}, now ${text}`} onClick={() => { setTyped(text); }}>
        {text}
      </button>
    );
  }
  const isWrong = parse(typed) === null;
  const take = (): void => {
    const value = parse(typed);
    setTyped(null);
    if (value !== null && typed !== text) onChange(value);
  };
  return (
    <input
      className={styles.valueInput}
      aria-label={label}
      aria-invalid={isWrong}
      value={typed}
      autoFocus
      spellCheck={false}
      onFocus={(event) => {
        event.currentTarget.select();
      }}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
      }}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        else if (event.key === 'Escape') setTyped(null);
      }}
    />
  );
}
