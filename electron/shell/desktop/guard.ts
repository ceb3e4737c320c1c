import type { Session, WebContents } from 'electron';
import { pageAddress } from './names.ts';

type Guarded = Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'webRequest'>;

/** Copying text, after a click: nothing else is asked of the browser's own devices. */
const granted: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

const isPage = (address: string | undefined) => address?.startsWith(pageAddress) === true;

/** Takes from the pages of a session what the studio does not use: permissions, devices, and every address but its own. */
export function guardSession(session: Guarded): void {
  session.setPermissionRequestHandler((_contents, permission, decide, { requestingUrl }) => {
    decide(granted.has(permission) && isPage(requestingUrl));
  });
  session.setPermissionCheckHandler((_contents, permission, _origin, { requestingUrl }) => granted.has(permission) && isPage(requestingUrl));
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !isPage(url) && !/^(?:blob|data|devtools):/.test(url) });
  });
}

/** Keeps a window on the page it was opened with. */
export function guardContents(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  const refuse = (event: { preventDefault: () => void }) => {
    event.preventDefault();
  };
  contents.on('will-navigate', refuse);
  contents.on('will-frame-navigate', refuse);
  contents.on('will-redirect', refuse);
  contents.on('will-attach-webview', refuse);
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
