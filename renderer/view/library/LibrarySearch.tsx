import { useEffect, useRef, type JSX } from 'react';
import { SearchInput } from '../parts/fields.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './library.module.css';

/** Ctrl F comes here from everywhere. */
export function LibrarySearch(): JSX.Element {
  const { search, isSearching, setSearch, setSearching } = useStudio((state) => ({ search: state.search, isSearching: state.isSearching, setSearch: state.setSearch, setSearching: state.setSearching }));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!isSearching) return;
    input.current?.focus();
    input.current?.select();
    setSearching(false);
  }, [isSearching, setSearching]);
  return (
    <div className={styles.search}>
      <SearchInput label="Search songs" keys="Ctrl F" value={search} onChange={setSearch} inputRef={input} />
    </div>
  );
}
