import { useId, type JSX, type ReactNode } from 'react';
import {
  Button as AriaButton,
  CheckboxButton,
  CheckboxField,
  Label,
  Link,
  ListBox,
  ListBoxItem,
  Popover,
  RadioButton,
  RadioField,
  RadioGroup,
  Select,
  SelectValue,
  Slider,
  SliderOutput,
  SliderThumb,
  SliderTrack,
  SwitchButton,
  SwitchField,
  ToggleButton,
  type ButtonProps,
} from 'react-aria-components';
import { Icon, type IconName } from './Icon.tsx';
import styles from './parts.module.css';

interface Look {
  look?: 'primary' | 'quiet';
  isBig?: boolean;
}

const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(' ');

/** @param why it cannot be pressed now, for those who see no tooltip; null: it can */
export function Button({ look, isBig = false, why = null, isDisabled = false, ...props }: ButtonProps & Look & { why?: string | null }): JSX.Element {
  const id = useId();
  return (
    <>
      <AriaButton {...props} isDisabled={isDisabled || why !== null} {...(why === null ? {} : { 'aria-describedby': id })} className={classes(styles.button, look && styles[look], isBig && styles.big)} />
      {why !== null && <span id={id} hidden>{why}</span>}
    </>
  );
}

/** Goes to an address of the shell's, which sends a file. */
export function LinkButton({ href, children }: { href: string; children: ReactNode }): JSX.Element {
  return <Link href={href} download className={classes(styles.button, styles.link)}>{children}</Link>;
}

/** A button that shows a picture; the label is said, and shown on hover with its key. */
export function IconButton({ icon, label, keys, onPress, isDisabled = false }: { icon: IconName; label: string; keys?: string; onPress: () => void; isDisabled?: boolean }): JSX.Element {
  return (
    <span title={keys === undefined ? label : `${label}  ${keys}`}>
      <AriaButton aria-label={label} onPress={onPress} isDisabled={isDisabled} className={classes(styles.button, styles.quiet, styles.icon)}>
        <Icon name={icon} />
      </AriaButton>
    </span>
  );
}

export function IconToggle({ icon, label, keys, isOn, onChange, isDisabled = false }: { icon: IconName; label: string; keys: string; isOn: boolean; onChange: () => void; isDisabled?: boolean }): JSX.Element {
  return (
    <span title={`${label}  ${keys}`}>
      <ToggleButton aria-label={label} isSelected={isOn} onChange={onChange} isDisabled={isDisabled} className={classes(styles.button, styles.quiet, styles.icon)}>
        <Icon name={icon} />
      </ToggleButton>
    </span>
  );
}

export interface Choice {
  id: string;
  label: string;
  isDisabled?: boolean;
}

/** Up to five short choices, side by side. */
export function Segmented({ label, choices, value, onChange }: { label: string; choices: readonly Choice[]; value: string; onChange: (id: string) => void }): JSX.Element {
  return (
    <RadioGroup aria-label={label} value={value} onChange={onChange} orientation="horizontal" className={classes(styles.segmented)}>
      {choices.map(({ id, label: text, isDisabled = false }) => (
        <RadioField key={id} value={id} isDisabled={isDisabled} className={classes(styles.choice)}>
          <RadioButton className={classes(styles.segment)}>{text}</RadioButton>
        </RadioField>
      ))}
    </RadioGroup>
  );
}

export function Switch({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }): JSX.Element {
  return (
    <SwitchField aria-label={label} isSelected={isOn} onChange={onChange}>
      <SwitchButton className={classes(styles.switch)}>
        <span className={styles.switchTrack} />
      </SwitchButton>
    </SwitchField>
  );
}

/** More choices than fit side by side. */
export function Picker({ label, choices, value, look, onChange }: { label: string; choices: readonly Choice[]; value: string; look?: 'quiet'; onChange: (id: string) => void }): JSX.Element {
  return (
    <Select
      aria-label={label}
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
      className={classes(styles.select)}
    >
      <AriaButton className={classes(styles.field, look && styles.quietField)}>
        <SelectValue />
        <Icon name="down" />
      </AriaButton>
      <Popover className={classes(styles.popover)}>
        <ListBox>
          {choices.map(({ id, label: text }) => (
            <ListBoxItem key={id} id={id} textValue={text} className={classes(styles.option)}>
              {text}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

export function Range({ label, value, least, most, step, show, onChange }: { label: string; value: number; least: number; most: number; step: number; show: (value: number) => string; onChange: (value: number) => void }): JSX.Element {
  return (
    <Slider aria-label={label} value={value} minValue={least} maxValue={most} step={step} onChange={onChange} className={classes(styles.slider)}>
      <Label className={classes(styles.visuallyHidden)}>{label}</Label>
      <SliderTrack className={classes(styles.sliderTrack)}>
        <SliderThumb className={classes(styles.sliderThumb)} />
      </SliderTrack>
      <SliderOutput className={classes(styles.sliderValue)}>{() => show(value)}</SliderOutput>
    </Slider>
  );
}

/** @param fraction 0 to 1 */
export function Bar({ label, fraction, text }: { label: string; fraction: number; text: string }): JSX.Element {
  return (
    <div className={styles.bar} role="progressbar" aria-label={label} aria-valuenow={Math.round(fraction * 100)} aria-valuemin={0} aria-valuemax={100} aria-valuetext={text}>
      <i style={{ transform: `scaleX(${fraction})` }} />
    </div>
  );
}

/** @param colour a token, of a stem */
export function Check({ isOn, colour, onChange, children }: { isOn: boolean; colour?: string; onChange: (isOn: boolean) => void; children: string }): JSX.Element {
  return (
    <CheckboxField isSelected={isOn} onChange={onChange}>
      <CheckboxButton className={classes(styles.check)}>
        <span className={styles.box}>{isOn && <Icon name="done" />}</span>
        {colour !== undefined && <i className={styles.swatch} style={{ background: `var(${colour})` }} />}
        {children}
      </CheckboxButton>
    </CheckboxField>
  );
}

export function Hidden({ children }: { children: ReactNode }): JSX.Element {
  return <span className={styles.visuallyHidden}>{children}</span>;
}
