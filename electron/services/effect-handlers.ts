import { chainSlots } from '../contract/effects.ts';
import { StemwrightError } from '../contract/errors.ts';
import type { Part, Services } from './services.ts';

/** Chains of effects under a name. */
export function chainHandlers({ chains, monitor, emit }: Pick<Services, 'chains' | 'monitor' | 'emit'>): Part<'chains'> {
  const changed = (): null => {
    emit('chains', chains.list());
    return null;
  };
  return {
    'chains.list': () => chains.list(),
    'chains.save': ({ name, strip }) => {
      const effects = monitor.effectsOf(strip);
      if (effects.every((effect) => effect === null)) {
        throw new StemwrightError('usage', 'there is no effect in this chain', 'Put one there first.');
      }
      return chains.save({ name, effects: effects.slice(0, chainSlots) }).then(changed);
    },
    'chains.apply': ({ name, strip }) => monitor.setChain(strip, chains.get(name).effects),
    'chains.remove': ({ name }) => chains.remove(name).then(changed),
  };
}

export function responseHandlers({ responses, uploads, monitor }: Pick<Services, 'responses' | 'uploads' | 'monitor'>): Part<'responses'> {
  const nothing = (work: Promise<void>): Promise<null> => work.then(() => null);
  return {
    'responses.list': (filter) => responses.list(filter),
    'responses.describe': ({ response, edit }) => responses.describe(response, edit),
    'responses.import': async ({ paths }) => {
      try {
        const made = await responses.import(paths);
        await monitor.findResponses();
        return made;
      } finally {
        await Promise.all(paths.map((path) => uploads.release(path)));
      }
    },
    'responses.remove': ({ response }) => nothing(responses.remove(response)),
    'responses.setFavourite': ({ response, isFavourite }) => nothing(responses.setFavourite(response, isFavourite)),
    'responses.addFolder': ({ path }) => nothing(responses.addFolder(path).then(() => monitor.findResponses())),
    'responses.removeFolder': ({ path }) => nothing(responses.removeFolder(path)),
  };
}
