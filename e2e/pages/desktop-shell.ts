import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../scripts/setup/paths.mjs';
import { environment, type Shell } from './shell.ts';
import { recordSound } from './sound.ts';

/** The studio in Electron. */
export class DesktopShell implements Shell {
  readonly home: string;
  readonly #binary: string;
  #app: ElectronApplication | undefined;

  constructor(home: string, binary: string) {
    this.home = home;
    this.#binary = binary;
  }

  async start(): Promise<Page> {
    // Root has no sandbox to give.
    const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const env = { ...(await environment(this.home)), XDG_CONFIG_HOME: join(this.home, 'electron') };
    this.#app = await _electron.launch({ executablePath: this.#binary, args: [...flags, root], env });
    const page = await this.#app.firstWindow();
    await recordSound(page);
    await page.reload();
    return page;
  }

  /** By a signal: a window that is closed while a song is separated asks first. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#app?.process();
    this.#app = undefined;
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
