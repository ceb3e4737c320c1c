import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { z } from 'zod';
import { maxMessageBytes, requests, type Answer, type EventData, type EventName } from '../../contract/channels.ts';
import { BridgeRequest, type MenuCommand } from '../../contract/desktop.ts';
import { PaceMessage, type OutputSound } from '../../contract/output.ts';
import { parseJson } from '../../services/json-file.ts';
import type { Studio } from '../../services/studio.ts';
import { ipc, pageAddress } from './names.ts';

export interface BridgeSetting {
  ipcMain: Pick<IpcMain, 'handle' | 'removeHandler' | 'on' | 'removeListener'>;
  contents: Pick<WebContents, 'send' | 'isDestroyed' | 'startDrag'>;
  studio: Pick<Studio, 'answer' | 'listen' | 'output'>;
  /** Path of the picture under the pointer while a stem is dragged out. */
  dragIcon: string;
  /** Told the paths of songs that a person added. */
  onSongs: (paths: readonly string[]) => void;
  log: (line: string) => void;
}

export interface Bridge {
  command(command: MenuCommand): void;
  close(): void;
}

const refusal = { ok: false, code: 'usage', message: 'a message that is no request', hint: 'Reload the page.' } as const;
const OutputArg = PaceMessage.shape.pace.nullable();
/** Of one answer: a tenth of a second, and the page asks a hundred times a second. */
const mostOutputFrames = 4800;
const DragArgs = z.tuple([requests['projects.stemFile'].args.shape.id, requests['projects.stemFile'].args.shape.stem]);

/** Carries requests, answers and events between the page and the studio. */
export function openBridge({ ipcMain, contents, studio, dragIcon, onSongs, log }: BridgeSetting): Bridge {
  let hasRefused = false;
  const refuse = (reason: string): Answer<unknown> => {
    if (!hasRefused) {
      hasRefused = true;
      log(`refused: ${reason}`);
    }
    return refusal;
  };
  const send = (name: string, ...args: unknown[]) => {
    if (!contents.isDestroyed()) {
      contents.send(name, ...args);
    }
  };
  const onDrag = (event: IpcMainEvent, ...args: unknown[]) => {
    const parsed = DragArgs.safeParse(args);
    if (!isFromPage(event, contents) || !parsed.success) {
      refuse('a drag that the page did not begin');
      return;
    }
    const [id, stem] = parsed.data;
    void studio.answer('projects.stemFile', { id, stem }).then((answer) => {
      if (!answer.ok) {
        log(answer.message);
      } else if (!contents.isDestroyed()) {
        contents.startDrag({ file: requests['projects.stemFile'].result.parse(answer.value).path, icon: dragIcon });
      }
    });
  };
  ipcMain.handle(ipc.request, async (event, text: unknown) => {
    if (!isFromPage(event, contents)) {
      return refuse('a request from elsewhere than the page');
    }
    const request = typeof text === 'string' && text.length <= maxMessageBytes ? BridgeRequest.safeParse(parseJson(text)) : null;
    if (request?.success !== true) {
      return refuse(refusal.message);
    }
    const { channel, args } = request.data;
    const answer = await studio.answer(channel, args);
    if (channel === 'queue.add' && answer.ok) {
      onSongs(requests['queue.add'].args.parse(args).paths);
    }
    return answer;
  });
  ipcMain.handle(ipc.output, (event, given: unknown): OutputSound => {
    const pace = isFromPage(event, contents) ? OutputArg.safeParse(given) : null;
    if (pace?.success !== true) {
      refuse('sound that the page did not ask for');
      return null;
    }
    studio.output.setPace(pace.data ?? 1);
    if (pace.data === null) {
      while ((studio.output.readOutput(mostOutputFrames)?.bytes.length ?? 0) > 0);
      return null;
    }
    const sound = studio.output.readOutput(mostOutputFrames);
    return sound === null || sound.bytes.length === 0 ? null : sound;
  });
  ipcMain.on(ipc.drag, onDrag);
  const stopListening = studio.listen(<E extends EventName>(event: E, data: EventData<E>) => {
    send(ipc.event, event, data);
  });
  return {
    command: (command) => {
      send(ipc.command, command);
    },
    close: () => {
      stopListening();
      studio.output.setPace(1);
      ipcMain.removeHandler(ipc.request);
      ipcMain.removeHandler(ipc.output);
      ipcMain.removeListener(ipc.drag, onDrag);
    },
  };
}

/** Only the page itself, in its own window and not in a frame of it. */
function isFromPage({ sender, senderFrame }: IpcMainInvokeEvent | IpcMainEvent, contents: BridgeSetting['contents']): boolean {
  return sender === contents && senderFrame !== null && senderFrame.parent === null && senderFrame.url.startsWith(pageAddress);
}
