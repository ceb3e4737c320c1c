import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { describe, expect, it } from 'vitest';
import { includeFaults } from './check-includes.mjs';
import { registeredSuites, testCases, testFaults } from './check-tests.mjs';
import { root } from './setup/paths.mjs';

describe('the C++ include check', () => {
  const core = { 'core/result.h': '#pragma once\n' };

  it('passes what the arrows allow', () => {
    expect(includeFaults({ ...core, 'dsp/stft.cpp': '#include "core/result.h"\n#include <vector>\n' })).toEqual([]);
  });

  it.each([
    ['a forbidden folder', { ...core, 'nn/conv.h': '', 'core/arena.h': '#include "nn/conv.h"' }, 'core may not include nn'],
    ['a forbidden folder in angle brackets', { 'nn/conv.h': '', 'dsp/fft.h': '#include <nn/conv.h>' }, 'dsp may not include nn'],
    ['an indented include', { 'pcm/track.h': '', 'dsp/fft.h': '#if 1\n  # include "pcm/track.h"\n#endif' }, 'dsp may not include pcm'],
    ['the kernels from the models', { 'kernels/gemm.h': '', 'models/graph.cpp': '#include "kernels/gemm.h"' }, 'models may not include kernels'],
    ['anything but session and core in the addon', { 'pcm/track.h': '', 'addon/track.cpp': '#include "pcm/track.h"' }, 'addon may not include pcm'],
    ['a relative path', { ...core, 'core/arena.h': '#include "result.h"' }, 'is not a path below native/'],
    ['a folder that nobody knows', { 'misc/a.h': '' }, 'no place among the arrows'],
  ])('refuses %s', (_what, sources, fault) => {
    expect(includeFaults(sources as Record<string, string>)).toEqual([expect.stringContaining(fault)]);
  });

  describe('for one instruction set', () => {
    const kernel = {
      'kernels/simd.h': '#include <cstddef>\n#include <immintrin.h>\n',
      'kernels/gemm/gemm_impl.h': '#include "kernels/gemm/gemm.h"\n',
      'kernels/gemm/gemm.h': '#include <cstdint>\n',
      'kernels/gemm/gemm_avx2.cpp': '#include "kernels/simd.h"\n#include "kernels/gemm/gemm_impl.h"\n',
    };

    it('passes the own folder, the headers of all kernels and plain headers', () => {
      expect(includeFaults(kernel)).toEqual([]);
    });

    it('refuses inline library code, also when it comes through another header', () => {
      const direct = { ...kernel, 'kernels/gemm/gemm_avx2.cpp': '#include <algorithm>\n' };
      const indirect = { ...kernel, 'kernels/gemm/gemm.h': '#include <vector>\n' };
      const core = { ...kernel, 'core/tensor.h': '', 'kernels/gemm/gemm_avx2.cpp': '#include "core/tensor.h"\n' };
      for (const sources of [direct, indirect, core]) expect(includeFaults(sources)).toHaveLength(1);
    });
  });
});

describe('the native test check', () => {
  const good = 'TEST_SUITE("dsp") {\n  TEST_CASE("a { brace") { if (true) { f("}"); } }\n}\n';

  it('passes tests in the suite of their folder', () => {
    expect(testFaults({ 'dsp/fft_test.cpp': good }, ['dsp'])).toEqual([]);
  });

  it('knows where a suite ends', () => {
    expect(testCases(`${good}TEST_CASE("after") {}`).map(({ suite }) => suite)).toEqual(['dsp', undefined]);
  });

  it('is not misled by comments and literals', () => {
    const text = `TEST_SUITE("dsp") {\n// } TEST_CASE("no")\n/* } */ char c = '}'; auto r = R"(})";\n  TEST_CASE("x") {}\n}`;
    expect(testCases(text)).toEqual([{ line: 4, suite: 'dsp' }]);
  });

  it.each([
    ['a test outside every suite', { 'dsp/a_test.cpp': 'TEST_CASE("x") {}' }, ['dsp'], 'is in no suite'],
    ['a test in another suite', { 'nn/a_test.cpp': good }, ['nn'], 'is in dsp, not in TEST_SUITE("nn")'],
    ['a suite that ctest does not run', { 'dsp/a_test.cpp': good }, [], 'ctest does not run this suite'],
    ['a suite without tests', { 'dsp/a_test.cpp': good }, ['dsp', 'rt'], 'holds no test'],
    ['a test file without tests', { 'dsp/a_test.cpp': good, 'dsp/b_test.cpp': 'int x;' }, ['dsp'], 'holds no TEST_CASE'],
    ['tests under a name that is not compiled', { 'dsp/a_test.cpp': good, 'dsp/helper.h': good }, ['dsp'], 'must end in _test.cpp'],
  ])('refuses %s', (_what, sources, registered, fault) => {
    expect(testFaults(sources as Record<string, string>, registered)).toEqual([expect.stringContaining(fault)]);
  });

  it('reads the suites from the CMake file', () => {
    const cmake = readFileSync(join(root, 'native', 'tests', 'CMakeLists.txt'), 'utf8');
    expect(registeredSuites(cmake)).toContain('core');
  });
});

/** The rules that these files break, by the project's own configuration. */
async function broken(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'arrows-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, text] of Object.entries({ 'package.json': '{"dependencies":{"zod":"*"}}', ...files })) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const options = await extractOptions(join(root, '.dependency-cruiser.cjs'));
    const tops = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))];
    const { output } = await cruise(tops, { ...options, baseDir: folder, validate: true });
    if (typeof output === 'string') throw new Error(output);
    return [...new Set(output.summary.violations.map(({ rule }) => rule.name))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the import arrows of TypeScript', () => {
  const empty = 'export const x = 1;\n';
  const from = (path: string) => `import { x } from '${path}';\nexport const y = x;\n`;

  it('pass what they allow', async () => {
    const files = {
      'electron/contract/a.ts': `import { z } from 'zod';\nexport const x = z;\n`,
      'electron/media/a.ts': `import { x as n } from './b.ts';\nimport { x } from '../contract/a.ts';\nimport 'node:fs';\nexport const y = [x, n];\n`,
      'electron/media/b.ts': empty,
      'electron/services/a.ts': `import { y } from '../media/a.ts';\nexport const x = y;\n`,
      'electron/cli/a.ts': from('../services/a.ts'),
    };
    expect(await broken(files)).toEqual([]);
  });

  it.each([
    ['contract to media', { 'electron/contract/a.ts': from('../media/a.ts'), 'electron/media/a.ts': empty }, 'electron-contract'],
    ['contract to Node', { 'electron/contract/a.ts': `import 'node:fs';\n` }, 'electron-contract-is-pure'],
    ['media to engine', { 'electron/media/a.ts': from('../engine/a.ts'), 'electron/engine/a.ts': empty }, 'electron-media'],
    ['a type from engine to services', { 'electron/engine/a.ts': `import type { T } from '../services/a.ts';\nexport const x: T = 1;\n`, 'electron/services/a.ts': 'export type T = number;\n' }, 'electron-engine'],
    ['cli to engine', { 'electron/cli/a.ts': from('../engine/a.ts'), 'electron/engine/a.ts': empty }, 'electron-cli'],
    ['renderer to services', { 'renderer/store/a.ts': from('../../electron/services/a.ts'), 'electron/services/a.ts': empty }, 'renderer-store'],
    ['view to client', { 'renderer/view/a.ts': from('../client/a.ts'), 'renderer/client/a.ts': empty }, 'renderer-view'],
    ['a folder that nobody knows', { 'electron/helpers/a.ts': from('./b.ts'), 'electron/helpers/b.ts': empty }, 'a-known-place'],
    ['a cycle', { 'electron/media/a.ts': from('./b.ts'), 'electron/media/b.ts': `export { y as x } from './a.ts';\n` }, 'no-cycles'],
  ])('refuse %s', async (_what, files, rule) => {
    expect(await broken(files as Record<string, string>)).toEqual([rule]);
  });
});
