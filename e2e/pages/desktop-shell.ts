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

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    await app?.close();
  }

  async kill(): Promise<void> {
    const child = this.#app?.process();
    this.#app = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
