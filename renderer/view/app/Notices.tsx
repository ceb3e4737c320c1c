import { useEffect, useState, type JSX } from 'react';
import type { Notice } from '../../store/state.ts';
import { Button, IconButton } from '../parts/controls.tsx';
import { Details } from '../parts/fields.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useStudio } from '../studio-context.ts';
import styles from './app.module.css';

const shownMs = 6000;
const icons = { ok: 'done', warn: 'warn', bad: 'bad' } as const;

export function Notices(): JSX.Element {
  const notices = useStudio((state) => state.notices);
  return (
    <div className={styles.notices} role="region" aria-label="Notices">
      {notices.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

/** Goes by itself unless it tells of a fault, is pointed at or has the focus. */
function Toast({ notice: { id, tone, text, hint, action, details } }: { notice: Notice }): JSX.Element {
  const dismiss = useStudio((state) => state.dismiss);
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld || tone === 'bad') return undefined;
    const timer = setTimeout(() => {
      dismiss(id);
    }, shownMs);
    return () => {
      clearTimeout(timer);
    };
  }, [dismiss, id, isHeld, tone]);
  const hold = (held: boolean) => (): void => {
    setHeld(held);
  };
  return (
    <div className={styles.notice} role={tone === 'bad' ? 'alert' : 'status'} onPointerEnter={hold(true)} onPointerLeave={hold(false)} onFocus={hold(true)} onBlur={hold(false)}>
      <span className={styles[tone]}>
        <Icon name={icons[tone]} />
      </span>
      <div className={styles.noticeText}>
        {text} {hint !== '' && <span className={styles.hint}>{hint}</span>}
        {details !== '' && (
          <Details>
            <code className={styles.code}>{details}</code>
          </Details>
        )}
      </div>
      {action !== null && <Button onPress={() => { dismiss(id, true); }}>{action.label}</Button>}
      <IconButton icon="close" label="Close" onPress={() => { dismiss(id); }} />
    </div>
  );
}
