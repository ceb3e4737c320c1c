import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A sound server whose device is none, for what needs one: it keeps true time, and has two inputs and two outputs. */
export class JackServer {
  readonly #process: ChildProcess;
  readonly name: string;

  private constructor(name: string, process: ChildProcess) {
    this.name = name;
    this.#process = process;
  }

  /** The studio that is started next finds it by the variable that this sets. */
  static async start(): Promise<JackServer> {
    const name = `stemwright-e2e-${process.pid}`;
    const server = spawn('jackd', ['-n', name, '-r', '-d', 'dummy', '-r', '48000', '-p', '256', '-C', '2', '-P', '2'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    const started = new Promise<void>((resolve, reject) => {
      const read = (data: Buffer): void => {
        log += data.toString();
        if (log.includes('JACK server starting')) resolve();
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.once('error', () => { reject(new Error('jackd is missing: apt-get install jackd2')); });
      server.once('exit', () => { reject(new Error(`jackd ended:\n${log.slice(-2000)}`)); });
    });
    await started;
    process.env['JACK_DEFAULT_SERVER'] = name;
    return new JackServer(name, server);
  }

  async stop(): Promise<void> {
    delete process.env['JACK_DEFAULT_SERVER'];
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
