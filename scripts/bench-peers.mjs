// Builds the rivals that `stemwright bench --peers` runs beside us. Needs Debian's libzita-convolver-dev.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

const folder = join(root, 'build', 'peers');
const options = ['-DSTEMWRIGHT_PEERS=ON', '-DSTEMWRIGHT_ADDON=OFF', '-DSTEMWRIGHT_TESTS=OFF'];

for (const args of [
  ['--preset', 'release', '-B', folder, ...options],
  ['--build', folder, '--target', 'stemwright_convolution_peers'],
]) {
  const { status } = spawnSync('cmake', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    process.stderr.write('the rivals cannot be built: apt-get install libzita-convolver-dev cmake ninja-build g++\n');
    process.exit(1);
  }
}
