import { useEffect, useRef } from 'react';
import { useStudio } from '../studio-context.ts';

/** Fetches what this page has exported without a folder, as soon as it is ready. */
export function useDownloads(): void {
  const ready = useStudio(({ tasks, ownExports }) => tasks.filter(({ id, download }) => download !== null && ownExports.includes(id)));
  const fetched = useRef(new Set<string>());
  useEffect(() => {
    for (const { id, download } of ready) {
      if (download === null || fetched.current.has(id)) continue;
      fetched.current.add(id);
      const link = document.createElement('a');
      link.href = download;
      link.download = '';
      link.click();
    }
  }, [ready]);
}
