// Gets the rivals that `stemwright bench --peers` runs beside us: builds what compares us with FFTW, OpenBLAS and zita-convolver
// (Debian's libfftw3-dev, libopenblas-dev, libzita-convolver-dev), installs ONNX Runtime. Nothing of them is part of the product.
// `--fftconvolver DIR` builds FFTConvolver too, a clone of github.com/HiFi-LoFi/FFTConvolver in DIR.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './setup/paths.mjs';

const folder = join(root, 'build', 'peers');
const { fftconvolver } = parseArgs({ options: { fftconvolver: { type: 'string' } } }).values;
const options = [`-DSTEMWRIGHT_FFTCONVOLVER=${fftconvolver === undefined ? '' : resolve(fftconvolver)}`, '-DSTEMWRIGHT_PEERS=ON', '-DSTEMWRIGHT_ADDON=OFF', '-DSTEMWRIGHT_TESTS=OFF'];

for (const args of [
  ['--preset', 'release', '-B', folder, ...options],
  ['--build', folder, '--target', 'stemwright_peers'],
]) {
  const { status } = spawnSync('cmake', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    process.stderr.write('the rivals cannot be built: apt-get install libfftw3-dev libopenblas-dev libzita-convolver-dev cmake ninja-build g++\n');
    process.exit(1);
  }
}

const onnx = join(folder, 'onnxruntime');
mkdirSync(onnx, { recursive: true });
writeFileSync(join(onnx, 'package.json'), '{ "private": true }\n');
const install = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--save-exact', 'onnxruntime-node@1.30.0'], {
  cwd: onnx,
  stdio: ['ignore', 'ignore', 'inherit'],
  // Its script would fetch CUDA from elsewhere.
  env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
});
if (install.status !== 0) {
  process.stderr.write('ONNX Runtime cannot be installed: is the npm registry within reach?\n');
  process.exit(1);
}
