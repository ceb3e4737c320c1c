import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JackServer } from '../pages/jack.ts';
import { expectMix, LivePage } from '../pages/live.ts';
import { convolve, makeResponse, makeTone } from '../pages/songs.ts';
import { level, listen, pitchOf, stemsOf } from '../pages/sound.ts';
import { expect, finishedSong, test } from '../pages/test.ts';

test.describe('with a finished song', () => {
  test.use({ home: 'library' });

  test('a stem through a response that was dropped sounds as the convolution says, dry and wet', async ({ studio }) => {
    test.slow();
    const page = await studio.open();
    await studio.openProject(finishedSong);
    await studio.lane('Vocals').getByRole('button', { name: 'Solo Vocals' }).click();
    const live = new LivePage(studio);
    await live.show();
    await live.choose('Vocals');
    const response = await makeResponse(studio.file('Tunnel.wav'), { seconds: 0.05 });
    await studio.drop(studio.file('Tunnel.wav'));
    await live.isPrepared('Tunnel');
    await live.engine.getByText('As it is', { exact: true }).click();
    await live.type('Dry', '-inf');
    await live.type('Wet', '0');

    const vocals = (await stemsOf(studio.shell.home)).get('vocals') ?? new Float32Array();
    const parts = new Map([['dry', vocals], ['wet', convolve(vocals, response)]]);
    // From where there is singing.
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await studio.button('Play').click();
    await studio.button('Loop').click();
    await expectMix(studio, parts, { dry: 0, wet: 1 });
    await live.type('Dry', '-6');
    await expectMix(studio, parts, { dry: 10 ** (-6 / 20), wet: 1 });

    await test.step('bypassed it is the stem itself', async () => {
      await live.effect('Convolution').focus();
      await page.keyboard.press('b');
      await expect(live.effect('Convolution')).toContainText('Bypassed');
      await expectMix(studio, parts, { dry: 1, wet: 0 });
      await page.keyboard.press('b');
    });

    await test.step('as send it is heard beside the stem, as loud as it is sent', async () => {
      await page.keyboard.press('b');
      await page.getByText('Send', { exact: true }).click();
      await live.responses.getByRole('row', { name: 'Tunnel' }).click();
      await live.isPrepared('Tunnel');
      await live.engine.getByText('As it is', { exact: true }).click();
      await expectMix(studio, parts, { dry: 1, wet: 1 });
      await live.type('Send', '-6');
      await expectMix(studio, parts, { dry: 1, wet: 10 ** (-6 / 20) });
      await page.getByText('Insert', { exact: true }).click();
      await live.effect('Convolution').focus();
      await page.keyboard.press('b');
    });

    await test.step('another time it is there again', async () => {
      await studio.shell.stop();
      await studio.open();
      await studio.openProject(finishedSong);
      await live.show();
      await live.choose('Vocals');
      await live.isPrepared('Tunnel');
      await expect(live.parameter('Wet')).toHaveAttribute('aria-valuetext', '0 decibels');
    });
  });

  test('arrows audition responses, F marks one, and effects are moved and removed by keys', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const live = new LivePage(studio);
    await live.show();
    await live.addReverb();
    await live.add('EQ');
    await expect(live.effect('EQ')).toHaveAttribute('aria-current', 'true');
    await live.effect('Convolution').click();
    await live.responses.getByRole('row', { name: 'Concert hall' }).click();
    await page.keyboard.press('ArrowDown');
    await live.isPrepared('Plate');
    await page.keyboard.press('ArrowDown');
    await live.isPrepared('Living room');
    await page.keyboard.press('f');
    await page.getByText('Favourites', { exact: true }).click();
    await expect(live.responses.getByRole('row')).toHaveCount(2);
    await live.effect('Convolution').focus();
    await page.keyboard.press('Alt+ArrowRight');
    await expect(live.chain.getByRole('button', { name: /^(?:EQ|Convolution): / })).toHaveText([/^EQ/, /^Convolution/]);
    await live.effect('Convolution').press('Delete');
    await expect(live.effect('Convolution')).toBeHidden();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(live.effect('Convolution')).toBeVisible();
  });

  test('a chain is kept under a name, changed, and had again', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const live = new LivePage(studio);
    await live.show();
    await live.add('Gain');
    await live.type('Gain', '3');
    await studio.button('Save or remove a chain preset').click();
    await page.getByRole('menuitem', { name: 'Save this chain…' }).click();
    await studio.dialog('Save the chain').getByRole('textbox').fill('Louder');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: /^Louder/ })).toBeVisible();
    await live.type('Gain', '-9');
    await expect(page.getByText('edited', { exact: true })).toBeVisible();
    await studio.button('Save or remove a chain preset').click();
    await page.getByRole('menuitem', { name: 'Back to the preset' }).click();
    await expect(live.effect('Gain')).toContainText('+3.0 dB');
    await page.getByRole('button', { name: /^Louder/ }).click();
    await page.getByRole('option', { name: 'No preset' }).click();
    await live.choose('Drums');
    await page.getByRole('button', { name: /^No preset/ }).click();
    await page.getByRole('option', { name: 'Louder' }).click();
    await expect(live.effect('Gain')).toContainText('+3.0 dB');
  });

  test('a stem is printed through its chain to a new track', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const live = new LivePage(studio);
    await live.show();
    await live.choose('Drums');
    await live.add('Gain');
    await live.type('Gain', '-6');
    await studio.button('Print to stem').click();
    await studio.dialog('Print Drums').getByRole('textbox').fill('Soft drums');
    await page.keyboard.press('Enter');
    await expect(page.getByText('Soft drums is printed.')).toBeVisible({ timeout: 60_000 });
    await page.keyboard.press('Control+1');
    await expect(studio.lane('Soft drums')).toBeVisible();
    const stems = await stemsOf(studio.shell.home);
    const printed = await readFile(join(studio.shell.home, 'data/projects', finishedSong, 'prints/Soft drums.f32'));
    const drums = stems.get('drums') ?? new Float32Array();
    const samples = new Float32Array(new Uint8Array(printed).buffer);
    expect(level(samples) / level(drums)).toBeCloseTo(10 ** (-6 / 20), 3);
  });

  test('the ends of a loop go to beats when asked', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    await expect(page.getByRole('button', { name: /^Tempo: \d/ })).toBeVisible({ timeout: 60_000 });
    await studio.button('Loops snap to beats').click();
    const [project = ''] = (await readdir(join(studio.shell.home, 'data/projects'))).filter((name) => !name.startsWith('.'));
    const { now } = JSON.parse(await readFile(join(studio.shell.home, 'data/projects', project, 'rhythm.json'), 'utf8')) as { now: { beats: number[] } };
    const box = await page.getByRole('img', { name: /^Time ruler/ }).boundingBox();
    if (box === null) throw new Error('the ruler is not shown');
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.41, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.68, y, { steps: 4 });
    await page.mouse.up();
    for (const [name, near] of [['Loop start', 0.41 * 12], ['Loop end', 0.68 * 12]] as const) {
      const at = Number(await page.getByRole('slider', { name }).getAttribute('aria-valuenow'));
      expect(Math.min(...now.beats.map((beat) => Math.abs(beat - at))), name).toBeLessThan(0.001);
      expect(Math.abs(at - near), name).toBeLessThan(0.3);
    }
    await studio.button('Return to start').click();
    await page.keyboard.press('}');
    const next = now.beats.find((beat) => beat > 0.03) ?? NaN;
    await expect.poll(() => studio.position()).toBeCloseTo(next, 2);
  });
});

test('pitch and tempo are heard, each by itself', async ({ studio }) => {
  test.slow();
  const page = await studio.open();
  await studio.drop(await makeTone(studio.file('Tone.wav'), { seconds: 20, hz: 440 }));
  await studio.button('Separate').click();
  await studio.finished();
  await studio.lane('Original').getByRole('button', { name: 'Solo Original' }).click();
  await studio.button('Play').click();
  await expect.poll(async () => pitchOf(await listen(page, 0.5)), { timeout: 30_000 }).toBeCloseTo(440, 0);
  const change = async (button: RegExp, name: string, figure: string): Promise<void> => {
    await page.getByRole('button', { name: button }).click();
    await new LivePage(studio).type(name, figure);
    await page.keyboard.press('Escape');
  };
  await change(/^Key: /, 'Pitch', '12');
  await expect.poll(async () => Math.abs(pitchOf(await listen(page, 0.5)) - 880), { timeout: 30_000 }).toBeLessThan(3);
  await change(/^Key: /, 'Pitch', '0');
  await change(/^Tempo: /, 'Tempo', '50');
  await studio.button('Return to start').click();
  await expect(async () => {
    const first = await listen(page, 1);
    const second = await listen(page, 1);
    expect(Math.abs(pitchOf(second) - 440)).toBeLessThan(3);
    const heard = first.samples.length / 2 / first.rate;
    expect((second.position - first.position) / heard).toBeCloseTo(0.5, 1);
  }).toPass({ timeout: 60_000 });
});

test.describe('with a sound device', () => {
  test.use({ home: 'library' });
  let server: JackServer;
  test.beforeAll(async () => {
    server = await JackServer.start();
  });
  test.afterAll(() => server.stop());

  test('it is listed, plays, and its input stays muted until feedback is ruled out', async ({ studio }) => {
    const page = await studio.open();
    await studio.openProject(finishedSong);
    const live = new LivePage(studio);
    await live.show();
    await live.engine.getByRole('button', { name: /Sound device$/ }).click();
    await page.getByRole('option', { name: /JACK/ }).first().click();
    await expect(page.getByRole('button', { name: /^Sound: .*48 kHz/ })).toBeVisible();
    await studio.button('Play').click();
    await expect.poll(() => studio.position()).toBeGreaterThan(0.5);
    await studio.button('Pause').click();

    await live.engine.getByText('Mono', { exact: true }).click();
    await expect(live.engine.getByText('Feedback guard')).toBeVisible();
    await live.choose('Live input');
    const mute = page.getByRole('button', { name: 'Mute input' });
    await expect(mute).toHaveAttribute('aria-pressed', 'true');
    await mute.click();
    const dialog = page.getByRole('alertdialog');
    await expect(dialog.getByRole('button', { name: 'Keep it muted' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(mute).toHaveAttribute('aria-pressed', 'true');
    await mute.click();
    await dialog.getByRole('button', { name: 'I use headphones' }).click();
    await expect(mute).toHaveAttribute('aria-pressed', 'false');
    await mute.click();
    await mute.click();
    await expect(dialog).toBeHidden();
    await expect(mute).toHaveAttribute('aria-pressed', 'false');
  });
});
