// Writes THIRD_PARTY.md: what is used and why, and the licence texts of all that ships, from the packages' own files.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

/**
 * @typedef {{ version: string, license?: string, dev?: boolean, optional?: boolean, devOptional?: boolean, link?: boolean }} Entry
 * @typedef {{ name: string, version: string, licence: string, folder: string }} Package
 */

const folder = join(root, 'scripts', 'third-party');
export const file = join(root, 'THIRD_PARTY.md');

/** @param {string} path @returns {unknown} */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** @param {string} path */
const nameOf = (path) => path.replace(/^.*node_modules\//, '');

/** @param {readonly string[]} texts */
const unique = (texts) => [...new Set(texts)].sort();

/** @param {[path: string, entry: Entry]} entry @returns {Package} */
function asPackage([path, { version, license = '' }]) {
  if (license === '') throw new Error(`${path}: package-lock.json names no licence`);
  return { name: nameOf(path), version, licence: license, folder: join(root, path) };
}

/**
 * What the package's own files say, without what differs in them invisibly.
 * @param {Package} of
 */
function licenceText({ name, licence, folder: place }) {
  const files = readdirSync(place).filter((entry) => /^(?:licen[cs]e|copying|notice)/i.test(entry)).sort();
  if (files.length === 0) return `${name} has no licence file; its package.json says ${licence}.`;
  return files.map((entry) => readFileSync(join(place, entry), 'utf8').replaceAll('\r', '').replaceAll(/[ \t]+$/gm, '').trim()).join('\n\n');
}

/** One section for each text, with the packages that it is of. @param {Package[]} packages */
function licenceTexts(packages) {
  /** @type {Map<string, string[]>} */
  const byText = new Map();
  for (const each of packages) {
    const text = licenceText(each);
    byText.set(text, [...(byText.get(text) ?? []), `${each.name} ${each.version}`]);
  }
  return [...byText].map(([text, names]) => `### ${unique(names).join(', ')}\n\n\`\`\`text\n${text}\n\`\`\``).join('\n\n');
}

/** @returns {string} what THIRD_PARTY.md has to say now */
export function thirdParty() {
  const manifest = /** @type {{ dependencies: Record<string, string>, devDependencies: Record<string, string> }} */ (readJson(join(root, 'package.json')));
  const lock = /** @type {{ packages: Record<string, Entry> }} */ (readJson(join(root, 'package-lock.json')));
  const reasons = /** @type {Record<string, string>} */ (readJson(join(folder, 'reasons.json')));
  const direct = { ...manifest.dependencies, ...manifest.devDependencies };
  const strays = Object.keys(reasons).filter((name) => !(name in direct));
  if (strays.length > 0) throw new Error(`scripts/third-party/reasons.json: ${strays.join(', ')} is not in package.json`);

  const entries = Object.entries(lock.packages).filter(([path, { link }]) => path !== '' && link !== true);
  const shipped = entries.filter(([, { dev, optional, devOptional }]) => dev !== true && optional !== true && devOptional !== true).map(asPackage);
  /** @param {string} name */
  const row = (name) => {
    const path = `node_modules/${name}`;
    const entry = lock.packages[path];
    const why = reasons[name];
    if (entry === undefined || why === undefined) throw new Error(`scripts/third-party/reasons.json: say why there is ${name}`);
    const { version, licence } = asPackage([path, entry]);
    return `| ${name} ${version} | ${licence} | ${why} |`;
  };
  const fill = {
    runtime: Object.keys(manifest.dependencies).map(row).join('\n'),
    development: Object.keys(manifest.devDependencies).map(row).join('\n'),
    brought: shipped.filter(({ name }) => !(name in direct)).map(({ name, version, licence }) => `| ${name} ${version} | ${licence} |`).join('\n'),
    electron: direct['electron'] ?? '',
    licences: unique(entries.filter(([, { dev }]) => dev === true).flatMap(([, { license = [] }]) => license)).join(', '),
    texts: licenceTexts(shipped),
  };
  const template = readFileSync(join(folder, 'template.md'), 'utf8');
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, /** @type {keyof typeof fill} */ name) => fill[name]);
}

if (import.meta.filename === process.argv[1]) writeFileSync(file, thirdParty());
