import type { JSX, ReactNode } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, FieldError, Input, Label, NumberField, SearchField, TextField } from 'react-aria-components';
import { Icon } from './Icon.tsx';
import styles from './parts.module.css';

interface TextInputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Said below the field; the field counts as wrong then. */
  problem?: string | null;
  placeholder?: string;
  isLabelHidden?: boolean;
  isDisabled?: boolean;
  autoFocus?: boolean;
  /** When it is left, or on Enter. */
  onDone?: () => void;
}

export function TextInput({ label, value, onChange, problem = null, placeholder = '', isLabelHidden = false, isDisabled = false, autoFocus = false, onDone }: TextInputProps): JSX.Element {
  return (
    <TextField
      {...(isLabelHidden ? { 'aria-label': label } : {})}
      value={value}
      onChange={onChange}
      isInvalid={problem !== null}
      isDisabled={isDisabled}
      autoFocus={autoFocus}
      onBlur={() => onDone?.()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onDone?.();
        else event.continuePropagation();
      }}
      className={styles.textField ?? ''}
    >
      {!isLabelHidden && <Label className={styles.fieldLabel ?? ''}>{label}</Label>}
      <Input className={styles.input ?? ''} spellCheck="false" autoComplete="off" placeholder={placeholder} dir="auto" />
      {problem !== null && <FieldError className={styles.problem ?? ''}>{problem}</FieldError>}
    </TextField>
  );
}

export function SearchInput({ label, value, onChange, keys, inputRef }: { label: string; value: string; onChange: (value: string) => void; keys: string; inputRef: React.Ref<HTMLInputElement> }): JSX.Element {
  return (
    <SearchField aria-label={label} value={value} onChange={onChange} className={styles.search ?? ''}>
      <Icon name="search" />
      <Input ref={inputRef} className={styles.searchInput ?? ''} placeholder={label} spellCheck="false" autoComplete="off" />
      {value === '' ? (
        <kbd>{keys}</kbd>
      ) : (
        <AriaButton aria-label="Clear the search" className={styles.clear ?? ''}>
          <Icon name="close" />
        </AriaButton>
      )}
    </SearchField>
  );
}

export function NumberInput({ label, value, least, most, onChange }: { label: string; value: number; least: number; most: number; onChange: (value: number) => void }): JSX.Element {
  return (
    <NumberField
      aria-label={label}
      value={value}
      minValue={least}
      maxValue={most}
      step={1}
      formatOptions={{ useGrouping: false }}
      onChange={(next) => { if (Number.isFinite(next)) onChange(next); }}
      className={styles.textField ?? ''}
    >
      <Input className={styles.input ?? ''} />
    </NumberField>
  );
}

/** What only some want to read, folded. */
export function Details({ label = 'Details', children }: { label?: string; children: ReactNode }): JSX.Element {
  return (
    <Disclosure className={styles.details ?? ''}>
      <AriaButton slot="trigger" className={styles.detailsButton ?? ''}>
        <Icon name="right" />
        {label}
      </AriaButton>
      <DisclosurePanel>{children}</DisclosurePanel>
    </Disclosure>
  );
}

/** Said inside the panel that it is about. */
export function Note({ tone, children }: { tone: 'warn' | 'bad' | 'plain'; children: ReactNode }): JSX.Element {
  return (
    <div className={`${styles.note ?? ''} ${styles[tone] ?? ''}`} role={tone === 'bad' ? 'alert' : 'note'}>
      <Icon name={tone === 'warn' ? 'warn' : 'bad'} />
      <div>{children}</div>
    </div>
  );
}
