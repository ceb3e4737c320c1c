import { useState, type JSX } from 'react';
import type { Explained } from '../../store/faults.ts';
import type { Project } from '../../store/types.ts';
import { Sheet } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';
import { ExportForm } from './ExportForm.tsx';
import { ExportRun } from './ExportRun.tsx';

/** Writes a finished song as files: first what and how, then how far it is. */
export function ExportDialog(): JSX.Element {
  const { dialog, finished, setDialog } = useStudio((state) => ({ dialog: state.dialog, finished: state.finished, setDialog: state.setDialog }));
  const isOpen = dialog === 'export' && finished !== null;
  return (
    <Sheet title={`Export ${finished?.title ?? ''}`} isOpen={isOpen} onClose={() => { setDialog(null); }}>
      {finished !== null && <Body project={finished} onClose={() => { setDialog(null); }} />}
    </Sheet>
  );
}

function Body({ project, onClose }: { project: Project; onClose: () => void }): JSX.Element {
  const startExport = useStudio((state) => state.startExport);
  const [stage, setStage] = useState<'form' | 'run'>('form');
  const [refusal, setRefusal] = useState<Explained | null>(null);
  if (stage === 'run') return <ExportRun onClose={onClose} />;
  return (
    <ExportForm
      project={project}
      refusal={refusal}
      onClose={onClose}
      onExport={async (choice) => {
        const problem = await startExport(choice);
        setRefusal(problem);
        if (problem === null) setStage('run');
      }}
    />
  );
}
