import type { JSX } from 'react';
import { Button as AriaButton, Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { Icon, type IconName } from './Icon.tsx';
import styles from './parts.module.css';

export interface MenuChoice {
  label: string;
  run: () => void;
  isDisabled?: boolean;
}

/** A button that opens a list of things to do. */
export function Menu({ label, icon = 'more', choices }: { label: string; icon?: IconName; choices: readonly MenuChoice[] }): JSX.Element {
  return (
    <MenuTrigger>
      <AriaButton aria-label={label} className={`${styles.button ?? ''} ${styles.quiet ?? ''} ${styles.icon ?? ''}`}>
        <Icon name={icon} />
      </AriaButton>
      <Popover className={styles.popover ?? ''}>
        <AriaMenu
          aria-label={label}
          className={styles.menu ?? ''}
          disabledKeys={choices.filter(({ isDisabled }) => isDisabled).map((choice) => choice.label)}
          onAction={(key) => { choices.find((choice) => choice.label === key)?.run(); }}
        >
          {choices.map((choice) => (
            <MenuItem key={choice.label} id={choice.label} className={styles.option ?? ''}>
              {choice.label}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
