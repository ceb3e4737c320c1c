import type { JSX } from 'react';
import { formatBytes } from '../../units/bytes.ts';
import { Button } from '../parts/controls.tsx';
import { Sheet, SheetFoot } from '../parts/Sheet.tsx';
import { useStudio } from '../studio-context.ts';

export function RemoveModelDialog(): JSX.Element {
  const { dialog, model, isOffered, setDialog, removeModel } = useStudio((state) => ({
    ...{ dialog: state.dialog, setDialog: state.setDialog, removeModel: state.removeModel },
    model: state.models.find(({ id }) => id === state.dialogSubject),
    isOffered: state.offered.some(({ id }) => id === state.dialogSubject),
  }));
  const close = (): void => {
    setDialog(null);
  };
  return (
    <Sheet title={`Remove ${model?.name ?? ''}?`} size="small" isAlert isOpen={dialog === 'removeModel' && model !== undefined} onClose={close}>
      {model !== undefined && (
        <>
          <p>
            Deletes {formatBytes(model.bytes)} from this machine. Songs that it has separated stay as they are. {isOffered ? 'It can be downloaded again.' : 'The file it was imported from is not touched.'}
          </p>
          <SheetFoot>
            <Button autoFocus onPress={close}>Keep it</Button>
            <Button look="primary" onPress={() => { close(); removeModel(model.id); }}>Remove {formatBytes(model.bytes)}</Button>
          </SheetFoot>
        </>
      )}
    </Sheet>
  );
}
