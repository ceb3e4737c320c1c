import type { JSX, ReactNode } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import styles from './parts.module.css';

interface SheetProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** A question that must be answered: nothing but its buttons and Escape closes it. */
  isAlert?: boolean;
  size?: 'small' | 'wide';
  children: ReactNode;
}

/** A dialog: holds the focus while it is open, and gives it back. Its content is mounted anew each time. */
export function Sheet({ title, isOpen, onClose, isAlert = false, size, children }: SheetProps): JSX.Element {
  return (
    <ModalOverlay isOpen={isOpen} isDismissable={!isAlert} onOpenChange={(open) => { if (!open) onClose(); }} className={styles.scrim ?? ''}>
      <Modal className={`${styles.dialog ?? ''} ${size === undefined ? '' : (styles[size] ?? '')}`}>
        <Dialog role={isAlert ? 'alertdialog' : 'dialog'} className={styles.dialogBody ?? ''}>
          <Heading slot="title" level={2} className={styles.dialogTitle ?? ''}>{title}</Heading>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** The two ways out, at the right; at the left what they would do. */
export function SheetFoot({ note, children }: { note?: ReactNode; children: ReactNode }): JSX.Element {
  return (
    <div className={styles.dialogFoot}>
      <span className={styles.dialogNote}>{note}</span>
      {children}
    </div>
  );
}
