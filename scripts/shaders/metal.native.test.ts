import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { clang } from '../setup/packages.mjs';
import { root } from '../setup/paths.mjs';

/** No Metal compiler runs here: Clang checks types against declarations of our own, of what is used alone. */
const declarations = join(root, 'native', 'tests', 'metal', 'include');
const built = join(root, 'build', 'release', 'shaders');
const folder = mkdtempSync(join(tmpdir(), 'metal-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What Clang says of a file; '' when it is right. */
function faults(args: string[]): string {
  try {
    execFileSync(clang() ?? 'clang', ['-fsyntax-only', '-isystem', declarations, ...args], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
}

/** OpenCL's vectors have no constructors: functions take their place. */
function asOpenCl(text: string): string {
  return text.replaceAll(/\b(float|half|uint|int)([234])\(/g, 'make_$1$2(').replace('using namespace metal;', '');
}

function checkShader(text: string): string {
  const file = join(folder, 'shader.metal');
  writeFileSync(file, asOpenCl(text));
  const language = ['-x', 'clcpp', '-cl-std=clc++2021', '-cl-no-stdinc', '-cl-single-precision-constant', '-target', 'spirv64', '-Xclang', '-cl-ext=+cl_khr_fp16'];
  return faults([...language, file]);
}

describe('Metal and BNNS, as far as a machine without them can tell', () => {
  it('every generated shader has right types and address spaces, and each buffer index once', () => {
    const files = readdirSync(built).filter((name) => name.endsWith('.metal'));
    expect(files.length).toBeGreaterThan(20);
    for (const name of files) {
      const text = readFileSync(join(built, name), 'utf8');
      expect(checkShader(text), name).toBe('');
      const indices = [...text.matchAll(/\[\[buffer\((\d+)\)\]\]/g)].map(([, index]) => Number(index));
      expect(new Set(indices).size, name).toBe(indices.length);
      expect(indices).toContain(15);
    }
  }, 120_000);

  it('finds what is wrong in one', () => {
    const text = readFileSync(join(built, 'add_f32.metal'), 'utf8');
    expect(checkShader(text.replace('_47.a[i]', '_47.b[i]'))).toMatch(/no member named 'b'/);
    expect(checkShader(text.replace('device OutputBuffer&', 'constant OutputBuffer&'))).toMatch(/not assignable|const|constant/);
  });

  it.each(['gpu/metal/metal_device.mm', 'nn/apple/bnns_network.mm'])('%s is Objective-C++ that fits the declarations', (file) => {
    const include = ['-I', join(root, 'native'), '-I', root];
    const language = ['-x', 'objective-c++', '-std=c++20', '-fobjc-runtime=macosx-14.0', '-fobjc-arc', '-fblocks', '-Wall', '-Wextra', '-Werror'];
    expect(faults([...language, ...include, join(root, 'native', file)])).toBe('');
  });
});
