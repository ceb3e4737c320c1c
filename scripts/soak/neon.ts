/** The NEON kernels and the layers above them, built for aarch64 and run under QEMU: `npm run soak neon`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { which } from '../setup/packages.mjs';
import { root } from '../setup/paths.mjs';

const compiler = 'aarch64-linux-gnu-g++';
const emulator = 'qemu-aarch64';
const native = join(root, 'native');
const out = join(root, 'build', 'neon');

const run = (command: string, args: string[], env = process.env): boolean => spawnSync(command, args, { cwd: native, stdio: 'inherit', env }).status === 0;

/** Sources below a folder of native/, those of other instruction sets left out. */
function sourcesOf(folder: string): string[] {
  const names = readdirSync(join(native, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.cpp') && !/_(?:sse41|avx2|avx512|avx512bf16|amx)\.cpp$/.test(name)).map((name) => join(folder, name));
}

/** As native/cmake/isa.cmake has it. */
const flagsOf = (source: string): string[] => (source.endsWith('_neonbf16.cpp') ? ['-march=armv8.2-a+bf16'] : []);

function build(): boolean {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  // Beside nothing else of /usr/include, which is another machine's.
  symlinkSync('/usr/include/doctest', join(out, 'doctest'));
  const layers = ['conv', 'conv1d', 'dconv', 'line_conv', 'norm', 'partition', 'winograd', 'attention'].map((name) => `nn/${name}.cpp`);
  const tests = ['main.cpp', 'dsp/fft_test.cpp', 'kernels/kernels_test.cpp', 'kernels/convolution_test.cpp', 'kernels/softmax_test.cpp', ...['conv', 'dconv', 'line_conv', 'winograd'].map((name) => `nn/${name}_test.cpp`)];
  const sources = [...['core', 'kernels'].flatMap(sourcesOf), ...layers, 'dsp/fft.cpp', ...tests.map((name) => `tests/${name}`)];
  const defines = ['-DSTEMWRIGHT_HAVE_NEON', '-DSTEMWRIGHT_HAVE_NEONBF16', `-DSTEMWRIGHT_FIXTURES="${join(native, 'tests', 'fixtures')}"`, `-DSTEMWRIGHT_ASSETS="${join(root, 'assets')}"`];
  const objects = sources.map((source) => join(out, `${source.replaceAll('/', '_')}.o`));
  const isCompiled = sources.every((source, index) => run(compiler, ['-std=c++20', '-O2', '-ffp-contract=off', ...flagsOf(source), ...defines, '-I.', `-I${out}`, '-c', source, '-o', objects[index] ?? '']));
  return isCompiled && run(compiler, ['-static', ...objects, '-o', join(out, 'tests')]);
}

if (which(compiler) === undefined || which(emulator) === undefined) {
  process.stderr.write(`${compiler} or ${emulator} is missing: apt-get install g++-aarch64-linux-gnu qemu-user\n`);
  process.exitCode = 1;
} else {
  process.exitCode = build() && run(emulator, [join(out, 'tests'), '--no-intro'], { ...process.env, STEMWRIGHT_ISA: 'neon' }) ? 0 : 1;
}
