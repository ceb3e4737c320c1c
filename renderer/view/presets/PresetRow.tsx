import type { JSX } from 'react';
import { samePreset } from '../../store/presets.ts';
import { Picker } from '../parts/controls.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './presets.module.css';

const own = '';

/** Choices under a name; what was used last stays until another is chosen. */
export function PresetRow(): JSX.Element {
  const { presets, current, setDialog, choosePreset, removePreset } = useStudio((state) => ({
    ...{ presets: state.presets, setDialog: state.setDialog, choosePreset: state.choosePreset, removePreset: state.removePreset },
    current: state.presets.find((preset) => samePreset(preset, state.settings))?.name ?? own,
  }));
  return (
    <div className={styles.row}>
      <span className={styles.label}>Preset</span>
      <div className={styles.control}>
        <Picker
          label="Preset"
          choices={[...(current === own ? [{ id: own, label: presets.length === 0 ? 'None saved' : 'Own choices' }] : []), ...presets.map(({ name }) => ({ id: name, label: name }))]}
          value={current}
          onChange={(name) => { if (name !== own) choosePreset(name); }}
        />
        <Menu
          label="Save or remove a preset"
          choices={[
            { label: 'Save these choices…', run: () => { setDialog('preset'); } },
            { label: current === own ? 'Remove' : `Remove ${current}`, run: () => { removePreset(current); }, isDisabled: current === own },
          ]}
        />
      </div>
    </div>
  );
}
