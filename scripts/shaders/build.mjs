// Shaders -> SPIR-V -> MSL, checked, and both as one C++ file: node scripts/shaders/build.mjs OUT_DIR
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { variants } from './variants.mjs';

/**
 * What is read of `spirv-cross --reflect`.
 * @typedef {object} Reflection
 * @property {{ workgroup_size: number[] }[]} entryPoints
 * @property {{ binding: number }[]} [ssbos]
 * @property {{ binding: number, type: string, block_size: number }[]} ubos
 * @property {Record<string, { members: { name: string, offset: number }[] }>} types
 *
 * @typedef {Awaited<ReturnType<typeof compile>>} Built
 */

const run = promisify(execFile);
const target = 'vulkan1.2';
const sources = fileURLToPath(new URL('../../shaders/', import.meta.url));
const argsBinding = 15;
/** Defines that ask something of the device. */
const flags = { HALF: 'kHalf', SUBGROUP: 'kSubgroup', MATRIX: 'kMatrix', EMULATED: 'kHalf' };

/** @param {string} program @param {string[]} args */
async function tool(program, args) {
  try {
    return (await run(program, args, { maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && error.code === 'ENOENT') throw new Error(`${program} is missing: node scripts/setup.mjs run`);
    throw new Error(`${error.message}\n${'stdout' in error ? String(error.stdout) : ''}`);
  }
}

/**
 * @param {import('./variants.mjs').Variant} variant
 * @param {string} folder
 */
async function compile({ name, source, defines }, folder) {
  const spirv = join(folder, `${name}.spv`);
  const metal = join(folder, `${name}.metal`);
  await assemble(spirv, source, defines);
  await tool('spirv-val', ['--target-env', target, spirv]);
  const isMatrix = defines['MATRIX'] !== undefined;
  if (!isMatrix) {
    await tool('spirv-cross', [
      spirv, '--msl', '--msl-version', '30000', '--msl-decoration-binding', '--msl-force-native-arrays',
      '--rename-entry-point', 'main', name, 'comp', '--output', metal,
    ]);
  }
  // SPIRV-Cross knows no cooperative matrices: it reads the interface of the same code without them.
  const plain = isMatrix ? join(folder, `${name}.plain.spv`) : spirv;
  if (isMatrix) {
    await assemble(plain, source, { ...defines, EMULATED: 1 });
  }
  /** @type {unknown} */
  const reflected = JSON.parse(await tool('spirv-cross', [plain, '--reflect']));
  const reflection = /** @type {Reflection} */ (reflected);
  return { name, defines, words: await readFile(spirv), metal: isMatrix ? '' : await readFile(metal, 'utf8'), ...interfaceOf(reflection, name) };
}

/** @param {string} spirv @param {string} source @param {Record<string, string | number>} defines */
async function assemble(spirv, source, defines) {
  const macros = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
  await tool('glslangValidator', ['-V', '--target-env', target, `-I${sources}`, ...macros, '-o', spirv, join(sources, `${source}.comp`)]);
}

/**
 * What the host must know: workgroup size, storage buffers 0 ... n - 1, and the argument block's members.
 * @param {Reflection} reflection
 * @param {string} name
 */
function interfaceOf(reflection, name) {
  const bindings = (reflection.ssbos ?? []).map(({ binding }) => binding).sort((a, b) => a - b);
  if (bindings.some((binding, index) => binding !== index)) {
    throw new Error(`${name}: storage buffers must be bound to 0, 1, 2 ... but are at ${bindings.join(', ')}`);
  }
  const [block] = reflection.ubos;
  if (block?.binding !== argsBinding || reflection.ubos.length !== 1) throw new Error(`${name}: one argument block at ${argsBinding}`);
  const members = reflection.types[block.type]?.members ?? [];
  return { local: reflection.entryPoints[0]?.workgroup_size ?? [], bindings: bindings.length, argBytes: block.block_size, members };
}

/** @param {Buffer} bytes */
function words(bytes) {
  const all = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let text = '';
  for (let i = 0; i < all.length; i += 12) text += `${[...all.subarray(i, i + 12)].map((word) => `0x${word.toString(16)}u`).join(',')},\n`;
  return text;
}

/** MSVC takes no string literal beyond 16 KB: characters as pieces. @param {string} text */
function literal(text) {
  const lines = text.split('\n').map((line) => JSON.stringify(`${line}\n`));
  return lines.length === 0 ? '""' : lines.join('\n');
}

/** Of all that runs on a device. @param {Built[]} built */
function digest(built) {
  const hash = createHash('sha256');
  for (const { name, words: code, metal } of built) hash.update(name).update(code).update(metal);
  return hash.digest('hex').slice(0, 16);
}

/** @param {Built[]} built */
function cpp(built) {
  const parts = ['// Written by scripts/shaders/build.mjs.', '#include "gpu/shader.h"', '', 'namespace stemwright::gpu {', 'namespace {'];
  for (const one of built) {
    parts.push(`constexpr std::uint32_t ${one.name}_spirv[] = {\n${words(one.words)}};`);
    parts.push(`constexpr char ${one.name}_msl[] =\n${literal(one.metal)};`);
    parts.push(`constexpr ShaderMember ${one.name}_members[] = {${one.members.map((member) => `{"${member.name}", ${member.offset}}`).join(', ')}};`);
  }
  parts.push('constexpr Shader kShaders[] = {');
  for (const one of built) {
    const needs = Object.entries(flags).flatMap(([define, flag]) => (one.defines[define] === undefined ? [] : [flag]));
    parts.push(
      `{"${one.name}", ${one.name}_spirv, {${one.name}_msl, sizeof(${one.name}_msl) - 1}, {${one.local.join(', ')}}, ${one.bindings}, ${one.argBytes}, ` +
        `${needs.join(' | ') || '0'}, ${one.name}_members},`,
    );
  }
  parts.push('};', '}  // namespace', 'std::span<const Shader> shaders() noexcept { return kShaders; }', `std::string_view shadersDigest() noexcept { return "${digest(built)}"; }`, '}  // namespace stemwright::gpu', '');
  return parts.join('\n');
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/shaders/build.mjs OUT_DIR');
await mkdir(folder, { recursive: true });
/** @type {Built[]} */
const built = [];
const left = variants.map((variant, index) => ({ variant, index }));
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      built[next.index] = await compile(next.variant, folder);
    }
  }),
);
await writeFile(join(folder, 'shaders.cpp.part'), cpp(built));
await rename(join(folder, 'shaders.cpp.part'), join(folder, 'shaders.cpp'));
