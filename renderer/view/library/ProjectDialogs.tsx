import { useState, type JSX } from 'react';
import type { ProjectSummary } from '../../store/types.ts';
import { formatBytes } from '../../units/bytes.ts';
import { looksAbsolute, unquoted } from '../../units/paths.ts';
import { Button } from '../parts/controls.tsx';
import { TextInput } from '../parts/fields.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './library.module.css';

/** What the library asks before it changes a project. */
export function ProjectDialogs(): JSX.Element {
  const { dialog, project, setDialog } = useStudio((state) => ({
    ...{ dialog: state.dialog, setDialog: state.setDialog },
    project: state.library.projects.find(({ id }) => id === state.dialogSubject),
  }));
  const close = (): void => {
    setDialog(null);
  };
  const title = project?.title ?? '';
  return (
    <>
      <Sheet title={`Delete ${title}?`} size="small" isAlert isOpen={dialog === 'delete' && project !== undefined} onClose={close}>
        {project !== undefined && <Delete project={project} onClose={close} />}
      </Sheet>
      <Sheet title={`Rename ${title}`} size="small" isOpen={dialog === 'rename' && project !== undefined} onClose={close}>
        {project !== undefined && <Rename project={project} onClose={close} />}
      </Sheet>
      <Sheet title={`Where is ${title} now?`} isOpen={dialog === 'relocate' && project !== undefined} onClose={close}>
        {project !== undefined && <Relocate project={project} onClose={close} />}
      </Sheet>
    </>
  );
}

interface BodyProps {
  project: ProjectSummary;
  onClose: () => void;
}

function Delete({ project: { id, bytes, stems }, onClose }: BodyProps): JSX.Element {
  const deleteProject = useStudio((state) => state.deleteProject);
  return (
    <>
      <p>
        Its {stems.length} stems and its settings, {formatBytes(bytes)}, go to the system’s trash. The song’s own file stays where it is.
      </p>
      <SheetFoot>
        <Button autoFocus onPress={onClose}>Keep it</Button>
        <Button look="primary" onPress={() => { onClose(); deleteProject(id); }}>Move to the trash</Button>
      </SheetFoot>
    </>
  );
}

function Rename({ project: { id, title }, onClose }: BodyProps): JSX.Element {
  const renameProject = useStudio((state) => state.renameProject);
  const [text, setText] = useState(title);
  const name = text.trim();
  const problem = /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) ? 'On one line, please.' : name.length > 200 ? 'At most 200 characters.' : null;
  const isUsable = name !== '' && problem === null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isUsable) return;
        onClose();
        if (name !== title) renameProject(id, name);
      }}
    >
      <TextInput label="Title" value={text} onChange={setText} problem={problem} autoFocus />
      <SheetFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={!isUsable}>Rename</Button>
      </SheetFoot>
    </form>
  );
}

function Relocate({ project: { id, sourcePath }, onClose }: BodyProps): JSX.Element {
  const { canChoose, chooseSong, relocateProject } = useStudio((state) => ({
    ...{ canChoose: state.info?.can.chooseFiles === true, chooseSong: state.chooseSong, relocateProject: state.relocateProject },
  }));
  const [text, setText] = useState(sourcePath ?? '');
  const path = unquoted(text);
  const isUsable = looksAbsolute(path) && path !== sourcePath;
  const choose = async (): Promise<void> => {
    const chosen = await chooseSong('Locate the song');
    if (chosen !== null) setText(chosen);
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isUsable) return;
        onClose();
        void relocateProject(id, path);
      }}
    >
      <p>It was at {sourcePath}. The stems are here and play all the same; the song itself is needed to separate it again.</p>
      <div className={styles.pathRow}>
        <TextInput label="Where it is now" value={text} onChange={setText} autoFocus />
        {canChoose && <Button onPress={() => { void choose(); }}>Choose…</Button>}
      </div>
      <SheetFoot>
        <Button onPress={onClose}>Cancel</Button>
        <Button look="primary" type="submit" isDisabled={!isUsable}>Use this file</Button>
      </SheetFoot>
    </form>
  );
}
