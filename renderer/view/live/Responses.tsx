import { useEffect, useRef, type JSX } from 'react';
import { Button as AriaButton, GridList, GridListHeader, GridListItem, GridListSection } from 'react-aria-components';
import { effectsOf, shownStrip } from '../../store/rack.ts';
import { responseKey, usesResponse } from '../../store/responses.ts';
import type { LibraryResponse } from '../../store/types.ts';
import { Button, Segmented } from '../parts/controls.tsx';
import { SearchInput } from '../parts/fields.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Menu } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './responses.module.css';
import { useResponseChooser } from './use-response-chooser.ts';
import { channelsInWords } from './words.ts';

/** More than anyone looks through; a search finds the rest. */
const mostShown = 400;
const shows = [{ id: 'all', label: 'All' }, { id: 'favourites', label: 'Favourites' }, { id: 'project', label: 'In use' }];

/** Impulse responses: arrows audition them. */
export function Responses(): JSX.Element {
  const { search, show, isSearching, isImporting, searchResponses, showResponses, setSearching, setDialog } = useStudio((state) => ({
    ...{ search: state.responseSearch, show: state.responseShow, isSearching: state.isSearching, isImporting: state.isImportingResponses },
    ...{ searchResponses: state.searchResponses, showResponses: state.showResponses, setSearching: state.setSearching, setDialog: state.setDialog },
  }));
  const choose = useResponseChooser();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!isSearching) return;
    input.current?.focus();
    setSearching(false);
  }, [isSearching, setSearching]);
  return (
    <aside className={styles.rail} aria-label="Impulse responses">
      <div className={styles.top}>
        <SearchInput label="Search responses" value={search} onChange={searchResponses} keys="Ctrl F" inputRef={input} />
        <Segmented label="Which responses" choices={shows} value={show} onChange={(id) => { showResponses(id as 'all'); }} />
      </div>
      <div className={styles.columns} aria-hidden="true">
        <span>Name</span>
        <span className={styles.channels}>Ch.</span>
        <span className={styles.decay}>RT60</span>
      </div>
      <List />
      <div className={styles.foot}>
        <Button onPress={choose} isDisabled={isImporting}>
          <Icon name="add" />
          {isImporting ? 'Importing' : 'Import'}
        </Button>
        <Button look="quiet" onPress={() => { setDialog('folders'); }}>Folders…</Button>
      </div>
    </aside>
  );
}

/** Where the list has no room, or none is wanted. */
export function FoldedResponses(): JSX.Element {
  const toggleRail = useStudio((state) => state.toggleRail);
  return (
    <div className={styles.folded}>
      <AriaButton aria-label="Show impulse responses" onPress={toggleRail} className={styles.unfold ?? ''}>
        <Icon name="right" />
      </AriaButton>
    </div>
  );
}

function groupName(group: string): string {
  return group.charAt(0).toUpperCase() + group.slice(1);
}

/** Those that are to be shown, by group, in the order in which they come. */
function useGroups(): { groups: [string, LibraryResponse[]][]; more: number } {
  const { responses, show, effects } = useStudio((state) => ({ responses: state.responses.responses, show: state.responseShow, effects: state.monitor?.effects }));
  const all = show === 'project' ? responses.filter(({ response }) => effects?.some((placed) => usesResponse(placed, responseKey(response))) === true) : responses;
  const groups = new Map<string, LibraryResponse[]>();
  for (const each of all.slice(0, mostShown)) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return { groups: [...groups], more: Math.max(0, all.length - mostShown) };
}

function List(): JSX.Element {
  const { heard, audition } = useStudio((state) => {
    const effects = effectsOf(state.monitor, shownStrip(state));
    const effect = (effects[state.slot] ?? effects.find((placed) => placed?.effect.kind === 'reverb'))?.effect;
    return { heard: effect?.kind === 'reverb' ? responseKey(effect.response) : null, audition: state.audition };
  });
  const { groups, more } = useGroups();
  const { search, show } = useStudio((state) => ({ search: state.responseSearch, show: state.responseShow }));
  const empty = search !== '' ? 'Nothing of that name.' : show === 'favourites' ? 'No favourites yet: F marks one.' : show === 'project' ? 'No response is in use.' : 'No responses.';
  const byKey = new Map(groups.flatMap(([, list]) => list.map((each) => [responseKey(each.response), each] as const)));
  return (
    <GridList
      aria-label="Responses, arrow keys audition"
      className={styles.list ?? ''}
      selectionMode="single"
      selectionBehavior="replace"
      disallowEmptySelection={heard !== null}
      selectedKeys={heard === null ? [] : [heard]}
      disabledKeys={[...byKey].filter(([, { fault }]) => fault !== null).map(([key]) => key)}
      onSelectionChange={(keys) => {
        const [key] = keys === 'all' ? [] : [...keys];
        const chosen = byKey.get(String(key));
        if (chosen !== undefined && key !== heard) audition(chosen.response);
      }}
      renderEmptyState={() => <p className={styles.empty}>{empty}</p>}
    >
      {groups.map(([group, list]) => (
        <GridListSection key={group} id={`group ${group}`}>
          <GridListHeader className={styles.group ?? ''}>
            {groupName(group)}
            <span>{list.length}</span>
          </GridListHeader>
          {list.map((each) => <Row key={responseKey(each.response)} response={each} />)}
        </GridListSection>
      ))}
      {more > 0 && <GridListItem id="more" isDisabled textValue={`${more} more`} className={styles.more ?? ''}>{more} more: search for them</GridListItem>}
    </GridList>
  );
}

function Row({ response: { response, name, facts, fault, isFavourite, source } }: { response: LibraryResponse }): JSX.Element {
  const { setFavourite, removeResponse } = useStudio((state) => ({ setFavourite: state.setFavourite, removeResponse: state.removeResponse }));
  return (
    <GridListItem id={responseKey(response)} textValue={name} className={styles.row ?? ''}>
      <span className={styles.name} dir="auto" title={fault ?? (facts === null ? name : `${name}, ${channelsInWords(facts.channels)}, ${facts.seconds.toFixed(2)} s`)}>{name}</span>
      <span className={styles.channels}>{facts?.channels ?? '–'}</span>
      <span className={styles.decay}>{facts?.decaySeconds?.toFixed(2) ?? '–'}</span>
      <AriaButton aria-label={isFavourite ? `${name} is a favourite` : `Make ${name} a favourite`} onPress={() => { setFavourite(response, !isFavourite); }} className={styles.favourite ?? ''} data-on={isFavourite || undefined}>
        <Icon name="star" />
      </AriaButton>
      {source === 'imported' && <Menu label={`What to do with ${name}`} choices={[{ label: 'Delete the imported file', run: () => { removeResponse(response); } }]} />}
    </GridListItem>
  );
}
