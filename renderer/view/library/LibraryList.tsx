import { useMemo, type JSX } from 'react';
import { Button as AriaButton, GridList, GridListItem } from 'react-aria-components';
import { foundProjects } from '../../store/library.ts';
import { librarySorts, type LibrarySort } from '../../store/state.ts';
import type { ProjectSummary } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { formatDay } from '../../units/dates.ts';
import { inLaneOrder, stemColour } from '../../units/stems.ts';
import { formatLength } from '../../units/time.ts';
import { Picker } from '../parts/controls.tsx';
import { Details } from '../parts/fields.tsx';
import { Menu, type MenuChoice } from '../parts/Menu.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './library.module.css';

const sortLabels: Readonly<Record<LibrarySort, string>> = { newest: 'Newest', title: 'Title', length: 'Length', size: 'Size' };

/** Every song that has been separated, with what became of its files. */
export function LibraryList(): JSX.Element {
  const { library, search, sort, shown, setSort, showProject, showPage, setDialog } = useStudio((state) => ({
    ...{ library: state.library, search: state.search, sort: state.sort, shown: state.shown },
    ...{ setSort: state.setSort, showProject: state.showProject, showPage: state.showPage, setDialog: state.setDialog },
  }));
  const { projects, damaged } = library;
  const found = useMemo(() => foundProjects(projects, search, sort), [projects, search, sort]);
  const isEmpty = projects.length + damaged.length === 0;
  return (
    <section aria-label="Library" className={styles.library}>
      <h2 className={styles.section}>
        Library
        <span className={styles.end}>
          {isEmpty ? 'empty' : <Picker label="Sort by" look="quiet" choices={librarySorts.map((id) => ({ id, label: sortLabels[id] }))} value={sort} onChange={(id) => { setSort(librarySorts.find((each) => each === id) ?? 'newest'); }} />}
        </span>
      </h2>
      {isEmpty ? (
        <p className={styles.note}>Finished songs stay here with their stems and settings.</p>
      ) : (
        <div
          onKeyDown={(event) => {
            const id = event.target instanceof Element && event.target.matches('[role="row"]') ? event.target.getAttribute('data-key') : null;
            const dialog = ({ Delete: 'delete', F2: 'rename' } as const)[event.key];
            if (id !== null && dialog !== undefined) setDialog(dialog, id);
          }}
        >
          <GridList
            aria-label="Library"
            items={found}
            dependencies={[shown?.id, sort]}
            onAction={(id) => {
              showPage('studio');
              if (id !== shown?.id) void showProject(String(id));
            }}
            renderEmptyState={() => <p className={styles.note}>No song matches “{search}”.</p>}
            className={styles.list ?? ''}
          >
            {(project) => (
              <GridListItem textValue={project.title} className={styles.item ?? ''} {...(shown?.id === project.id ? { 'data-current': true } : {})}>
                <Row project={project} sort={sort} />
              </GridListItem>
            )}
          </GridList>
        </div>
      )}
      {damaged.map(({ folder, message }) => (
        <Damaged key={folder} folder={folder} message={message} />
      ))}
    </section>
  );
}

function Row({ project, sort }: { project: ProjectSummary; sort: LibrarySort }): JSX.Element {
  const { title, seconds, createdAt, bytes, stems, missing, sourceMissing } = project;
  const setDialog = useStudio((state) => state.setDialog);
  return (
    <>
      <div className={styles.first}>
        <span className={styles.title} dir="auto">{title}</span>
        <span className={styles.figure}>{formatLength(seconds)}</span>
        <RowMenu project={project} />
      </div>
      <div className={styles.first}>
        {missing.length > 0 ? (
          <span className={styles.missing} title={missing.join(', ')}>{missing.length === 1 ? 'A file is missing' : `${missing.length} files are missing`}</span>
        ) : sourceMissing ? (
          <AriaButton className={styles.locate ?? ''} onPress={() => { setDialog('relocate', project.id); }}>Song moved. Locate…</AriaButton>
        ) : (
          <span className={styles.second}>{sort === 'size' ? formatBytes(bytes) : formatDay(createdAt)}</span>
        )}
        <span className={styles.dots} role="img" aria-label={stems.join(', ')}>
          {inLaneOrder(stems).map((name) => (
            <i key={name} style={{ background: `var(${stemColour(name)})` }} />
          ))}
        </span>
      </div>
    </>
  );
}

function RowMenu({ project: { id, title, sourceMissing } }: { project: ProjectSummary }): JSX.Element {
  const { can, showProject, setDialog, revealProject } = useStudio((state) => ({
    ...{ can: state.info?.can, showProject: state.showProject, setDialog: state.setDialog, revealProject: state.revealProject },
  }));
  const choices: MenuChoice[] = [
    { label: 'Open', run: () => { void showProject(id); } },
    { label: 'Rename…', run: () => { setDialog('rename', id); } },
    { label: 'Show in folder', run: () => { revealProject(id); }, isDisabled: can?.reveal !== true },
    ...(sourceMissing ? [{ label: 'Locate the song…', run: () => { setDialog('relocate', id); } }] : []),
    { label: 'Delete…', run: () => { setDialog('delete', id); }, isDisabled: can?.trash !== true },
  ];
  return (
    <span className={styles.more}>
      <Menu label={`What to do with ${title}`} choices={choices} />
    </span>
  );
}

function Damaged({ folder, message }: { folder: string; message: string }): JSX.Element {
  return (
    <div className={styles.damaged}>
      <span className={styles.missing}>A project that cannot be opened</span>
      <Details>
        <p className={styles.second}>{folder}: {message}</p>
      </Details>
    </div>
  );
}
