import { useCallback, useEffect, type JSX } from 'react';
import { paintDecay } from '../../canvas/response.ts';
import { responseKey } from '../../store/responses.ts';
import { plainResponse, type PlacedEffect, type ResponseEdit, type ResponseFacts, type ReverbEffect } from '../../store/types.ts';
import { cutBands } from '../../units/eq.ts';
import { formatDb } from '../../units/levels.ts';
import { Button, IconToggle, Switch } from '../parts/controls.tsx';
import { Note } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';
import { useCanvas } from '../use-canvas.ts';
import { BandRows, Curve } from './EqPanel.tsx';
import styles from './live.module.css';
import { OptionalParam, Param } from './Param.tsx';
import { ResponseWave } from './ResponseWave.tsx';
import { frequency, level, linear, logarithmic, orOff } from './scales.ts';
import { useResponseChooser } from './use-response-chooser.ts';
import { channelsInWords } from './words.ts';

const milliseconds = ['ms', 'milliseconds'] as const;
const percent = ['%', 'percent'] as const;
const scales = {
  preDelay: linear(0, 500, 0, 1, milliseconds),
  width: linear(0, 200, 100, 1, percent),
  stretch: logarithmic(25, 400, 100, (value) => `${Math.round(value)} %`),
  attack: linear(0, 1000, 0, 1, milliseconds),
  decay: orOff(logarithmic(0.05, 30, 30, (value) => `${value.toFixed(2)} s`), 'most'),
  lowCut: orOff(frequency, 'least'),
  highCut: orOff(frequency, 'most'),
};
const newBand = { kind: 'peak', hz: 1000, q: 1, gainDb: 0, isOn: true } as const;

/** The response of the selected convolution, what is done to it, and how loud it is. */
export function ReverbPanel({ placed, effect, onChange }: { placed: PlacedEffect; effect: ReverbEffect; onChange: (effect: ReverbEffect) => void }): JSX.Element {
  const { described, describeResponse } = useStudio((state) => ({ described: state.described, describeResponse: state.describeResponse }));
  const { response, edit } = effect;
  const key = responseKey(response);
  useEffect(() => {
    describeResponse(response, edit);
  }, [describeResponse, response, edit]);
  const known = described?.key === key ? described : null;
  const fault = placed.fault ?? known?.fault ?? null;
  const file = known?.file ?? null;
  const change = (to: Partial<ResponseEdit>): void => {
    onChange({ ...effect, edit: { ...edit, ...to } });
  };
  return (
    <>
      <Head placed={placed} effect={effect} known={known?.edited ?? null} onChange={change} />
      {fault === null ? (
        <>
          {file === null ? <div className={styles.wave} /> : <ResponseWave file={file} edit={edit} onChange={change} />}
          <Figures edited={known?.edited ?? null} edit={edit} />
        </>
      ) : (
        <Missing fault={fault} isHeard={placed.fault === null} />
      )}
      <Params effect={effect} onChange={onChange} onEdit={change} />
    </>
  );
}

function Head({ placed, effect: { edit, normalize }, known, onChange }: { placed: PlacedEffect; effect: ReverbEffect; known: ResponseFacts | null; onChange: (change: Partial<ResponseEdit>) => void }): JSX.Element {
  const name = known?.name ?? placed.reverb?.name ?? '';
  const loudness = placed.reverb === null || normalize === 'none' ? '' : `, level ${formatDb(placed.reverb.responseGainDb)}`;
  const words = known === null ? '–' : `${channelsInWords(known.channels)}, ${known.seconds.toFixed(2)} s${loudness}`;
  const isPlain = JSON.stringify(edit) === JSON.stringify(plainResponse);
  return (
    <div className={styles.bar}>
      <h2 className={styles.responseName} dir="auto">{name}</h2>
      <span className={`${styles.dim ?? ''} ${styles.grow ?? ''}`}>{words}</span>
      <IconToggle icon="reverse" label="Reverse the response" keys="" isOn={edit.isReversed} onChange={() => { onChange({ isReversed: !edit.isReversed }); }} />
      <Button look="quiet" isDisabled={isPlain} onPress={() => { onChange(plainResponse); }}>Undo edits</Button>
    </div>
  );
}

/** A response that is not where it was, or cannot be used. */
function Missing({ fault, isHeard }: { fault: string; isHeard: boolean }): JSX.Element {
  const choose = useResponseChooser();
  const setDialog = useStudio((state) => state.setDialog);
  return (
    <div className={styles.missingPanel}>
      <Note tone="bad">
        <p>{fault} {isHeard ? 'It sounds as it was read, until sound is opened again.' : 'This effect is left out: what goes in comes out dry.'} Another response can be chosen at the left.</p>
        <div className={styles.missingActions}>
          <Button onPress={choose}>Import the file…</Button>
          <Button onPress={() => { setDialog('folders'); }}>Add its folder…</Button>
        </div>
      </Note>
    </div>
  );
}

function Figures({ edited, edit }: { edited: ResponseFacts | null; edit: ResponseEdit }): JSX.Element {
  const decay = edited?.decay;
  const canvas = useCanvas(
    useCallback(
      (element: HTMLCanvasElement) => {
        paintDecay(element, decay ?? []);
      },
      [decay],
    ),
  );
  const spoken = (decay ?? []).map(({ hz, seconds }) => `${Math.round(hz)} Hz ${seconds === null ? 'too short to tell' : `${seconds.toFixed(2)} seconds`}`).join(', ');
  return (
    <div className={styles.two}>
      <figure>
        <figcaption>RT60 by octave, s</figcaption>
        <div><canvas ref={canvas} role="img" aria-label={`RT60 by octave: ${spoken}`} /></div>
      </figure>
      <figure>
        <figcaption>Wet EQ <span>20 Hz to 20 kHz, ±24 dB</span></figcaption>
        <div><Curve bands={[...cutBands(edit.lowCutHz, edit.highCutHz), ...edit.bands]} label="Response of the cuts and bands of the wet sound" /></div>
      </figure>
    </div>
  );
}

function Params({ effect, onChange, onEdit }: { effect: ReverbEffect; onChange: (effect: ReverbEffect) => void; onEdit: (change: Partial<ResponseEdit>) => void }): JSX.Element {
  const { edit } = effect;
  const toDbOrNull = (db: number): number | null => (db === -Infinity ? null : db);
  return (
    <div className={styles.paramsArea}>
      <div className={styles.params} role="group" aria-label="Convolution">
        <Param label="Dry" scale={level} value={effect.dryDb ?? -Infinity} onChange={(db) => { onChange({ ...effect, dryDb: toDbOrNull(db) }); }} />
        <Param label="Pre-delay" scale={scales.preDelay} value={edit.preDelaySeconds * 1000} onChange={(ms) => { onEdit({ preDelaySeconds: ms / 1000 }); }} />
        <OptionalParam label="Low cut" scale={scales.lowCut} off="least" value={edit.lowCutHz} onChange={(lowCutHz) => { onEdit({ lowCutHz }); }} />
        <Param label="Wet" scale={level} value={effect.wetDb ?? -Infinity} onChange={(db) => { onChange({ ...effect, wetDb: toDbOrNull(db) }); }} />
        <Param label="Stretch" scale={scales.stretch} value={edit.stretch * 100} isCentred onChange={(value) => { onEdit({ stretch: value / 100 }); }} />
        <OptionalParam label="High cut" scale={scales.highCut} off="most" value={edit.highCutHz} onChange={(highCutHz) => { onEdit({ highCutHz }); }} />
        <Param label="Width" scale={scales.width} value={edit.width * 100} isCentred onChange={(value) => { onEdit({ width: value / 100 }); }} />
        <Param label="Attack" scale={scales.attack} value={edit.attackSeconds * 1000} onChange={(ms) => { onEdit({ attackSeconds: ms / 1000 }); }} />
        <OptionalParam label="Decay" scale={scales.decay} off="most" value={edit.decaySeconds} onChange={(decaySeconds) => { onEdit({ decaySeconds }); }} />
      </div>
      <div className={styles.paramRow}>
        <Switch label="Dry gives way to wet" isOn={effect.isDryCompensated} onChange={(isDryCompensated) => { onChange({ ...effect, isDryCompensated }); }} />
        <span className={styles.dim}>Dry gives way to wet, as loud as before</span>
        <span className={styles.grow} />
        <Button look="quiet" isDisabled={edit.bands.length >= 2} onPress={() => { onEdit({ bands: [...edit.bands, newBand] }); }}>Add a band</Button>
        <Button look="quiet" isDisabled={edit.bands.length === 0} onPress={() => { onEdit({ bands: edit.bands.slice(0, -1) }); }}>Remove a band</Button>
      </div>
      {edit.bands.length > 0 && <BandRows bands={edit.bands} onChange={(bands) => { onEdit({ bands }); }} />}
    </div>
  );
}
