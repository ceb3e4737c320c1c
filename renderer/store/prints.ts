import type { Args } from '../client/contract.ts';
import type { PrintsSlice, RackState } from './live.ts';
import { originalName, residualName } from './song.ts';
import type { Parts, StudioState } from './state.ts';
import { heardGain } from './strips.ts';

type Source = Args<'projects.print'>['source'];
interface Track {
  kind: 'original' | 'stem' | 'print' | 'residual';
  name: string;
}

/** Why the chain that is shown cannot be printed; null: it can. */
export function printProblem({ source, isSend, finished }: Pick<RackState, 'source' | 'isSend'> & Pick<StudioState, 'finished'>, isEmpty: boolean): string | null {
  if (finished === null) return 'Open a finished song first.';
  if (source === 'input' && !isSend) return 'The live input is not part of the song: choose a stem, the whole mix or a send.';
  return isEmpty ? 'There is no effect in this chain yet.' : null;
}

function trackOf(name: string, state: Pick<StudioState, 'song'>): Track {
  const isPrint = state.song?.lanes.some((lane) => lane.name === name && lane.isPrint) === true;
  return { kind: name === originalName || name === residualName ? name : isPrint ? 'print' : 'stem', name };
}

/** Of buses, all lanes with the gains that they are heard at. */
function sourceOf(state: StudioState): Source {
  const { source, isSend, strips } = state;
  if (!isSend && source !== 'mix') return trackOf(source.replace(/^track:/, ''), state);
  const tracks = Object.keys(strips).flatMap((name) => {
    const gain = heardGain(strips, name);
    return gain === 0 ? [] : [{ ...trackOf(name, state), gain, pan: strips[name]?.pan ?? 0 }];
  });
  return { kind: isSend ? 'send' : 'master', tracks };
}

export function createPrintsSlice({ client, get }: Parts): PrintsSlice {
  const tell = (name: string): void => {
    get().notify('ok', `${name} is being printed.`, 'How far it is, is shown above the chain in the live view.');
  };
  return {
    print: (name) =>
      get().attempt(async () => {
        const id = get().finished?.id;
        const source = sourceOf(get());
        if (id === undefined) return;
        if ('tracks' in source && source.tracks.length === 0) {
          get().notify('warn', 'Nothing can be heard: every lane is muted or silent.', 'A bus is printed as it is heard: open a lane first.');
          return;
        }
        // What was turned a moment ago may still be on its way.
        await get().rackSettled();
        await client.request('projects.print', { id, source, name });
        tell(name);
      }),
    printAgain: (name) => {
      void get().attempt(async () => {
        const id = get().finished?.id;
        if (id === undefined) return;
        await client.request('projects.printAgain', { id, name });
        tell(name);
      });
    },
    removePrint: (name) => {
      const id = get().finished?.id;
      if (id === undefined) return;
      const remove = (): void => {
        void get().attempt(async () => { get().refresh(await client.request('projects.removePrint', { id, name })); });
      };
      get().notify('warn', `${name} is removed from the song in a moment.`, 'Its samples are deleted.', { label: 'Keep it', run: () => undefined, otherwise: remove });
    },
  };
}
