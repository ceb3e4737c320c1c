import { toFault } from '../client/contract.ts';
import { exportParts } from './export-parts.ts';
import { explain } from './faults.ts';
import type { ExportSlice, Parts } from './state.ts';

export function createExportSlice({ client, set, get }: Parts): ExportSlice {
  return {
    exportKind: 'stems',
    exportOmits: [],
    ownExports: [],
    startExport: async ({ kind, stems, format, clipMode, dither, rate, pattern, folder }) => {
      const { finished, strips, setSettings } = get();
      if (finished === null) return null;
      set({ exportKind: kind, exportOmits: finished.stems.filter((name) => !stems.includes(name)) });
      setSettings({ exportFormat: format, clipMode, exportDither: dither, exportRate: rate, namePattern: pattern, exportFolder: folder });
      const parts = exportParts(kind, finished, stems, strips);
      try {
        const { task } = await client.request('projects.export', { project: finished.id, parts, format, clipMode, dither, rate, pattern, folder });
        set(({ ownExports }) => ({ ownExports: [...ownExports, task] }));
        return null;
      } catch (error) {
        return explain(toFault(error));
      }
    },
  };
}
