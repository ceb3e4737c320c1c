import type { ContextBridge, IpcRenderer, IpcRendererEvent, WebUtils } from 'electron';
import type { Answer } from '../../contract/channels.ts';
import type { BridgeRequest, StudioBridge } from '../../contract/desktop.ts';
import { ipc } from './names.ts';

export interface Renderer {
  contextBridge: Pick<ContextBridge, 'exposeInMainWorld'>;
  ipcRenderer: Pick<IpcRenderer, 'invoke' | 'send' | 'on' | 'removeListener'>;
  webUtils: WebUtils;
}

type PageFile = Parameters<WebUtils['getPathForFile']>[0];

/** Gives the page named functions, and nothing else of Electron. */
export function exposeStudio({ contextBridge, ipcRenderer, webUtils }: Renderer): void {
  const listen = (name: string, listener: (args: unknown[]) => void): (() => void) => {
    // The event leads to `ipcRenderer` and stays here.
    const forward = (_event: IpcRendererEvent, ...args: unknown[]): void => {
      listener(args);
    };
    ipcRenderer.on(name, forward);
    return () => {
      ipcRenderer.removeListener(name, forward);
    };
  };
  const bridge: StudioBridge<PageFile> = {
    request: (channel, args) => ipcRenderer.invoke(ipc.request, JSON.stringify({ channel, args } satisfies BridgeRequest)) as Promise<Answer<unknown>>,
    onEvent: (listener) =>
      listen(ipc.event, ([event, data]) => {
        listener(String(event), data);
      }),
    onCommand: (listener) =>
      listen(ipc.command, ([command]) => {
        listener(command);
      }),
    pathOf: (file) => webUtils.getPathForFile(file),
    startDrag: (project, stem) => {
      ipcRenderer.send(ipc.drag, project, stem);
    },
    takeOutput: (pace) => ipcRenderer.invoke(ipc.output, pace),
  };
  contextBridge.exposeInMainWorld('studio', bridge);
}
