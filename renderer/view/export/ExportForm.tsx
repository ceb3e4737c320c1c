import { useState, type JSX } from 'react';
import { exportKinds, exportNames, exportParts, exportProblem, knownPeak, patternProblem, type ExportKind } from '../../store/export-parts.ts';
import type { Explained } from '../../store/faults.ts';
import type { ExportChoice } from '../../store/state.ts';
import type { Project, Settings } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { fileBytes, formats, writtenRate, type FormatName } from '../../units/formats.ts';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { inLaneOrder, stemColour, stemLabel } from '../../units/stems.ts';
import { Button, Check, Picker, Segmented } from '../parts/controls.tsx';
import { Note, TextInput } from '../parts/fields.tsx';
import { FormRow } from '../parts/FormRow.tsx';
import { SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './export.module.css';

const kindLabels: Readonly<Record<ExportKind, string>> = { stems: 'Stems', mix: 'Mix as heard', instrumental: 'Instrumental', acappella: 'A cappella' };
const kindCosts: Readonly<Record<ExportKind, string>> = {
  stems: 'One file each, as separated. Faders and mutes do not touch them.',
  mix: 'One file: faders, pan, mute and solo as they stand now.',
  instrumental: 'One file: all stems but the vocals.',
  acappella: 'One file: the vocals alone.',
};
const rates = [44_100, 48_000, 88_200, 96_000];
const khz = (rate: number): string => `${Number((rate / 1000).toFixed(2))} kHz`;

/** What the fields hold; the folder as it is typed, null for a download. */
interface Draft extends Omit<ExportChoice, 'format' | 'clipMode'> {
  format: FormatName;
  clipMode: NonNullable<ExportChoice['clipMode']>;
}

function firstDraft(project: Project, settings: Settings, kind: ExportKind, omits: readonly string[]): Draft {
  const left = project.stems.filter((name) => !omits.includes(name));
  return {
    kind,
    stems: left.length === 0 ? project.stems : left,
    format: settings.exportFormat ?? 'wav24',
    clipMode: settings.clipMode ?? 'rescale',
    dither: settings.exportDither,
    rate: settings.exportRate,
    pattern: settings.namePattern,
    folder: settings.exportFolder,
  };
}

interface FormProps {
  project: Project;
  refusal: Explained | null;
  onExport: (choice: ExportChoice) => Promise<void>;
  onClose: () => void;
}

export function ExportForm({ project, refusal, onExport, onClose }: FormProps): JSX.Element {
  const { settings, strips, kind, omits, isDesktop } = useStudio((state) => ({
    ...{ settings: state.settings, strips: state.strips, kind: state.exportKind, omits: state.exportOmits },
    isDesktop: state.info?.can.chooseFolder === true,
  }));
  const [draft, setDraft] = useState(() => firstDraft(project, settings, kind, omits));
  const change = (part: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...part }));
  };
  const parts = exportParts(draft.kind, project, draft.stems, strips);
  const problem = exportProblem(draft.kind, project, draft.stems, strips) ?? patternProblem(draft.pattern) ?? folderProblem(draft.folder, isDesktop);
  const rate = writtenRate(draft.format, draft.rate === 'source' ? project.rate : draft.rate);
  const bytes = parts.length * fileBytes(draft.format, project.seconds, rate, project.channels);
  const label = draft.kind === 'stems' ? `Export ${parts.length} ${parts.length === 1 ? 'stem' : 'stems'}` : 'Export';
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === null) void onExport(draft.folder === null ? draft : { ...draft, folder: unquoted(draft.folder) });
      }}
    >
      <KindRows project={project} draft={draft} change={change} />
      <FormatRows project={project} draft={draft} change={change} />
      <FullScaleRow project={project} draft={draft} parts={parts} change={change} />
      <NameRow project={project} draft={draft} parts={parts} change={change} />
      <TargetRow draft={draft} isDesktop={isDesktop} change={change} />
      {refusal !== null && <Note tone="bad">{refusal.text} {refusal.hint}</Note>}
      <SheetFoot note={problem ?? `${parts.length} ${parts.length === 1 ? 'file' : 'files'}, about ${formatBytes(bytes)}`}>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={problem !== null}>{label}</Button>
      </SheetFoot>
    </form>
  );
}

function folderProblem(folder: string | null, isDesktop: boolean): string | null {
  if (folder === null) return isDesktop ? 'Choose a folder.' : null;
  return looksAbsolute(unquoted(folder)) ? null : 'Give the whole path of a folder.';
}

interface RowsProps {
  project: Project;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

function KindRows({ project, draft, change }: RowsProps): JSX.Element {
  const strips = useStudio((state) => state.strips);
  const problem = draft.kind === 'stems' ? null : exportProblem(draft.kind, project, draft.stems, strips);
  return (
    <>
      <FormRow label="What" cost={problem ?? kindCosts[draft.kind]}>
        <Segmented
          label="What to export"
          choices={exportKinds.map((id) => ({ id, label: kindLabels[id] }))}
          value={draft.kind}
          onChange={(id) => { change({ kind: exportKinds.find((each) => each === id) ?? 'stems' }); }}
        />
      </FormRow>
      {draft.kind === 'stems' && (
        <FormRow label="Stems">
          <div role="group" aria-label="Stems to export" className={styles.stems}>
            {inLaneOrder(project.stems).map((name) => (
              <Check
                key={name}
                isOn={draft.stems.includes(name)}
                colour={stemColour(name)}
                onChange={(isOn) => { change({ stems: project.stems.filter((each) => (each === name ? isOn : draft.stems.includes(each))) }); }}
              >
                {stemLabel(name)}
              </Check>
            ))}
          </div>
        </FormRow>
      )}
    </>
  );
}

const families = [['wav24', 'WAV'], ['flac', 'FLAC'], ['mp3', 'MP3'], ['m4a', 'AAC'], ['opus', 'Opus']] as const;
const depths = [['wav16', '16 bit'], ['wav24', '24 bit'], ['wav32f', '32 float']] as const;
const dithers = [
  { id: 'triangular', label: 'Triangular', cost: 'Even noise below the last bit in place of distortion.' },
  { id: 'shaped', label: 'Shaped', cost: 'Moves the noise to where the ear is dull. For the last step before listening only.' },
  { id: 'none', label: 'None', cost: 'Rounds plainly: quiet tails distort a little.' },
] as const;

function FormatRows({ project, draft, change }: RowsProps): JSX.Element {
  const { extension, cost, bits } = formats[draft.format];
  const isWav = extension === 'wav';
  const isFixed = draft.format === 'opus';
  return (
    <>
      <FormRow label="Format" cost={cost}>
        <Segmented
          label="Format"
          choices={families.map(([id, label]) => ({ id, label }))}
          value={isWav ? 'wav24' : draft.format}
          onChange={(id) => { change({ format: families.find(([each]) => each === id)?.[0] ?? 'wav24' }); }}
        />
      </FormRow>
      <FormRow label={isWav ? 'Depth, rate' : 'Rate'}>
        {isWav && (
          <Segmented
            label="Depth"
            choices={depths.map(([id, label]) => ({ id, label }))}
            value={draft.format}
            onChange={(id) => { change({ format: depths.find(([each]) => each === id)?.[0] ?? 'wav24' }); }}
          />
        )}
        <Picker
          label="Sample rate"
          choices={isFixed ? [{ id: 'source', label: '48 kHz' }] : [{ id: 'source', label: `${khz(writtenRate(draft.format, project.rate))}, as the song` }, ...rates.filter((rate) => rate !== project.rate && rate === writtenRate(draft.format, rate)).map((rate) => ({ id: String(rate), label: khz(rate) }))]}
          value={isFixed ? 'source' : String(draft.rate)}
          onChange={(id) => { change({ rate: id === 'source' ? 'source' : Number(id) }); }}
        />
      </FormRow>
      {bits !== null && (
        <FormRow label="Dither" cost={dithers.find(({ id }) => id === draft.dither)?.cost ?? ''}>
          <Segmented label="Dither" choices={dithers} value={draft.dither} onChange={(id) => { change({ dither: dithers.find((each) => each.id === id)?.id ?? 'triangular' }); }} />
        </FormRow>
      )}
    </>
  );
}

/** Asked only where something does, or may, pass full scale in integers. */
function FullScaleRow({ project, draft, parts, change }: RowsProps & { parts: ReturnType<typeof exportParts> }): JSX.Element | null {
  const { bits, label } = formats[draft.format];
  if (bits === null || parts.length === 0) return null;
  const peak = knownPeak(parts, project.report);
  if (peak !== null && peak.db <= 0) return null;
  const choices = [
    { id: 'rescale', label: peak === null ? 'Turn it down' : `All −${Math.max(0.1, peak.db).toFixed(1)} dB`, cost: parts.length > 1 ? 'One gain for all: the stems still add up to the song, a little quieter.' : 'One gain for the whole file, so that nothing clips.' },
    { id: 'clamp', label: 'Clip', cost: 'Samples beyond full scale are cut off.' },
    { id: 'float', label: '32 float', cost: 'Written as 32-bit float WAV instead, which has no ceiling.' },
  ] as const;
  return (
    <Note tone={peak === null ? 'plain' : 'warn'}>
      <p>{peak === null ? `A sum can pass full scale in ${label}. If it does:` : `${stemLabel(peak.name)} peaks at +${peak.db.toFixed(1)} dBFS and would clip in ${label}.`}</p>
      <div className={styles.choice}>
        <Segmented label="Beyond full scale" choices={choices} value={draft.clipMode} onChange={(id) => { change({ clipMode: choices.find((each) => each.id === id)?.id ?? 'rescale' }); }} />
      </div>
      <p className={styles.small}>{choices.find(({ id }) => id === draft.clipMode)?.cost}</p>
    </Note>
  );
}

function NameRow({ project, draft, parts, change }: RowsProps & { parts: ReturnType<typeof exportParts> }): JSX.Element {
  const problem = patternProblem(draft.pattern);
  const names = exportNames(parts, draft.pattern, project.title, formats[draft.format].extension);
  const shown = names.slice(0, 2).join(', ') + (names.length > 2 ? `, and ${names.length - 2} more` : '');
  return (
    <FormRow label="Name" cost={problem ?? `${shown === '' ? '–' : shown}. {song} and {stem} are filled in.`}>
      <TextInput label="Name pattern" isLabelHidden value={draft.pattern} onChange={(pattern) => { change({ pattern }); }} />
    </FormRow>
  );
}

function TargetRow({ draft, isDesktop, change }: { draft: Draft; isDesktop: boolean; change: RowsProps['change'] }): JSX.Element {
  const chooseFolder = useStudio((state) => state.chooseFolder);
  if (isDesktop) {
    const choose = async (): Promise<void> => {
      const folder = await chooseFolder('Export to');
      if (folder !== null) change({ folder });
    };
    return (
      <FormRow label="Folder" cost="Gets a folder of the song’s name.">
        <TextInput label="Folder" isLabelHidden value={draft.folder ?? ''} onChange={(folder) => { change({ folder }); }} />
        <Button onPress={() => { void choose(); }}>Choose…</Button>
      </FormRow>
    );
  }
  return (
    <>
      <FormRow label="To" cost={draft.folder === null ? 'One file as it is, several as a zip.' : 'Gets a folder of the song’s name, on the machine that Stemwright runs on.'}>
        <Segmented
          label="Where to"
          choices={[{ id: 'download', label: 'Download' }, { id: 'folder', label: 'A folder' }]}
          value={draft.folder === null ? 'download' : 'folder'}
          onChange={(id) => { change({ folder: id === 'download' ? null : '' }); }}
        />
      </FormRow>
      {draft.folder !== null && (
        <FormRow label="Folder">
          <TextInput label="Folder" isLabelHidden placeholder="/home/me/Music/Stems" value={draft.folder} onChange={(folder) => { change({ folder }); }} />
        </FormRow>
      )}
    </>
  );
}
