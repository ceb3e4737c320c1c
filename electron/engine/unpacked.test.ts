import { expect, it } from 'vitest';
import { unpacked } from './unpacked.ts';

it.each([
  ['/opt/Stemwright/resources/app.asar/build/x.node', '/opt/Stemwright/resources/app.asar.unpacked/build/x.node'],
  ['C:\\Stemwright\\resources\\app.asar\\assets\\', 'C:\\Stemwright\\resources\\app.asar.unpacked\\assets\\'],
  ['/opt/resources/app.asar.unpacked/x.node', '/opt/resources/app.asar.unpacked/x.node'],
  ['/home/me/my-app.asar/x', '/home/me/my-app.asar/x'],
  ['/work/stemwright/assets/', '/work/stemwright/assets/'],
])('%s', (path, where) => {
  expect(unpacked(path)).toBe(where);
});
