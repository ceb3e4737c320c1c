import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventName } from '../contract/channels.ts';
import { defaultQueueOptions as options } from '../contract/queue.ts';
import { openTestStudio, type TestStudio } from './testing-studio.ts';

let opened: TestStudio;
afterEach(() => opened.close());

async function value(channel: string, args: unknown): Promise<unknown> {
  const answer = await opened.studio.answer(channel, args);
  return answer.ok ? answer.value : answer;
}

describe('what a shell can do', () => {
  it('is told to the page, and done', async () => {
    const asked: unknown[] = [];
    opened = await openTestStudio({
      shell: 'desktop',
      chooseFolder: (title) => Promise.resolve(asked.push(title) > 0 ? '/music' : null),
      chooseFiles: (title, kind) => Promise.resolve(asked.push(title, kind) > 0 ? ['/music/a.wav'] : []),
    });
    expect(await value('app.info', null)).toMatchObject({ can: { chooseFolder: true, chooseFiles: true, dragOut: true, reveal: false, trash: false }, modelsFolder: join(opened.data, 'models') });
    expect(await value('system.chooseFolder', { title: 'Export to' })).toEqual({ path: '/music' });
    expect(await value('system.chooseFiles', { title: 'Open', kind: 'model' })).toEqual({ paths: ['/music/a.wav'] });
    expect(asked).toEqual(['Export to', 'Open', 'model']);
  });

  it('is refused where it cannot, and nothing is lost', async () => {
    opened = await openTestStudio({ shell: 'browser' });
    const id = await opened.addProject('Song');
    expect(await value('app.info', null)).toMatchObject({ can: { chooseFolder: false, chooseFiles: false, dragOut: false, reveal: false, trash: false } });
    expect(await value('projects.delete', { id })).toMatchObject({ code: 'usage', hint: expect.stringContaining(join(opened.data, 'projects', 'Song')) as string });
    expect(await value('projects.reveal', { id })).toMatchObject({ code: 'usage' });
    await access(join(opened.data, 'projects', 'Song', 'project.json'));
  });
});

describe('another folder for models', () => {
  it('is made, and counts at once', async () => {
    opened = await openTestStudio();
    const events: EventName[] = [];
    opened.studio.listen((event) => events.push(event));
    const folder = join(opened.folder, 'my', 'models');
    expect(await value('settings.set', { modelsFolder: folder })).toMatchObject({ modelsFolder: folder });
    expect(await value('app.info', null)).toMatchObject({ modelsFolder: folder });
    expect(events).toEqual(['settings', 'models']);
  });

  it('is refused where nothing can be written', async () => {
    opened = await openTestStudio();
    await writeFile(join(opened.folder, 'file'), '');
    expect(await value('settings.set', { modelsFolder: join(opened.folder, 'file', 'models') })).toMatchObject({ ok: false, code: 'output' });
    expect(await value('settings.get', null)).toMatchObject({ modelsFolder: null });
  });
});

it.each([{ memoryBudgetBytes: 2 ** 30 }, { threads: 1 }])('%j changes what is foretold', async (change) => {
  opened = await openTestStudio();
  const events: EventName[] = [];
  opened.studio.listen((event) => events.push(event));
  await value('settings.set', change);
  expect(events).toEqual(['settings', 'plans']);
});

it('models of other kinds are refused in a line', async () => {
  opened = await openTestStudio();
  const roFormer = join(opened.folder, 'bs_roformer.safetensors');
  const header = Buffer.from(JSON.stringify({ 'band_split.to_features.0.0.gamma': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(roFormer, Buffer.concat([length, header, Buffer.alloc(4)]));
  const coreMl = join(opened.folder, 'model.mlpackage');
  await mkdir(coreMl);
  await writeFile(join(coreMl, 'Manifest.json'), '{}');
  const onnx = join(opened.folder, 'UVR-MDX-NET.onnx');
  await writeFile(onnx, Buffer.from([0x08, 0x07, 0x12, 0x07, ...Buffer.from('pytorch')]));
  for (const [path, what] of [[roFormer, 'a RoFormer model, which is not supported'], [coreMl, 'a Core ML package, which is not supported'], [onnx, 'an ONNX or Core ML model, which is not supported']] as const) {
    expect(await value('models.import', { path, name: null })).toMatchObject({ ok: false, code: 'model', message: expect.stringContaining(what) as string });
  }
});

it('a project with a part that is being done anew is not deleted', async () => {
  opened = await openTestStudio();
  const id = await opened.addProject('Song');
  await value('projects.redo', { id, start: 0, end: 500, stems: ['drums'], options });
  expect(await value('projects.redo', { id, start: 0, end: 5000, stems: ['drums'], options })).toMatchObject({ code: 'usage' });
  expect(await value('projects.redo', { id, start: 0, end: 500, stems: ['lead vocals'], options })).toMatchObject({ code: 'usage', message: 'the model has no stem "lead vocals"' });
  await value('queue.start', null);
  expect(await value('projects.delete', { id })).toMatchObject({ code: 'usage', hint: 'Cancel that first.' });
});
