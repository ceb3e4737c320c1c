'use strict';

/**
 * Folder to the folders that it may import. A folder may always import itself.
 * @type {Record<string, string[]>}
 */
const arrows = {
  'electron/contract': [],
  'electron/weights': ['electron/contract'],
  'electron/engine': ['electron/contract'],
  'electron/media': ['electron/contract'],
  'electron/services': ['electron/contract', 'electron/weights', 'electron/engine', 'electron/media'],
  'electron/shell': ['electron/contract', 'electron/services'],
  'electron/cli': ['electron/contract', 'electron/services', 'electron/shell/browser'],
  'renderer/client': ['electron/contract'],
  'renderer/units': [],
  'renderer/store': ['renderer/client', 'renderer/units'],
  'renderer/canvas': ['renderer/units'],
  'renderer/view': ['renderer/store', 'renderer/canvas', 'renderer/units'],
};

/** Puts the page together, and so knows all of it. */
const page = 'renderer/main.tsx';

/** Folders that may use no npm package beyond these, and no module of Node. */
const pure = { 'electron/contract': ['zod'], 'renderer/units': [] };

const test = '\\.test\\.tsx?$';
const app = '^(?:electron|renderer|scripts)/';

const arrowRules = Object.entries(arrows).map(([from, to]) => ({
  name: from.replace('/', '-'),
  comment: `${from} may import ${to.join(', ') || 'nothing'}`,
  severity: /** @type {const} */ ('error'),
  from: { path: `^${from}/`, pathNot: test },
  to: { path: app, pathNot: [from, ...to].map((folder) => `^${folder}/`) },
}));

const pureRules = Object.entries(pure).map(([from, packages]) => ({
  name: `${from.replace('/', '-')}-is-pure`,
  comment: `${from} runs anywhere: ${packages.join(', ') || 'no package'}, and nothing of Node`,
  severity: /** @type {const} */ ('error'),
  from: { path: `^${from}/`, pathNot: test },
  to: {
    dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'core'],
    pathNot: packages.map((name) => `node_modules/${name}/`),
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...arrowRules,
    ...pureRules,
    {
      name: 'a-known-place',
      comment: 'every module lies in one of the folders of docs/architecture.md',
      severity: 'error',
      from: { path: '^(?:electron|renderer)/', pathNot: [`^${page}$`, ...Object.keys(arrows).map((folder) => `^${folder}/`)] },
      to: {},
    },
    {
      name: 'electron-only-in-shell',
      comment: 'everything else runs in plain Node too; its types are free for all',
      severity: 'error',
      from: { path: app, pathNot: '^electron/shell/desktop/' },
      to: { path: '^(?:electron$|node_modules/electron/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'renderer-is-a-browser',
      severity: 'error',
      from: { path: '^renderer/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-packages-at-run-time',
      severity: 'error',
      from: { path: '^(?:electron|renderer)/', pathNot: test },
      // Electron runs the program, and is not among the packages that it runs with.
      to: { path: '^(?!electron$|node_modules/electron/)', dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectJSDocImports: true,
    enhancedResolveOptions: { conditionNames: ['import', 'require', 'node', 'types'], exportsFields: ['exports'] },
  },
};
