import { expect, type Locator } from '@playwright/test';
import { fit, listen, type Stems } from './sound.ts';
import type { StudioPage } from './studio.ts';

/** The live view: responses, chain, engine. */
export class LivePage {
  readonly studio: StudioPage;

  constructor(studio: StudioPage) {
    this.studio = studio;
  }

  get responses(): Locator {
    return this.studio.page.getByRole('grid', { name: 'Responses, arrow keys audition' });
  }

  get chain(): Locator {
    return this.studio.page.getByRole('list', { name: 'Effects, in the order of the sound' });
  }

  get engine(): Locator {
    return this.studio.page.getByRole('complementary', { name: 'Engine and meters' });
  }

  async show(): Promise<void> {
    await this.studio.page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Live' }).click();
    await expect(this.responses.getByRole('row', { name: 'Concert hall' })).toBeVisible();
    await expect(this.engine.getByRole('region', { name: 'Sound' })).not.toContainText('Not open');
  }

  /** What goes through the chain: "Whole mix", "Live input", or a stem. */
  async choose(source: string): Promise<void> {
    await this.studio.page.getByRole('button', { name: 'What goes through the chain' }).click();
    await this.studio.page.getByRole('option', { name: source, exact: true }).click();
  }

  async add(effect: 'Convolution' | 'EQ' | 'Gain' | 'Limiter'): Promise<void> {
    await this.studio.button('Add an effect').click();
    await this.studio.page.getByRole('menuitem', { name: effect, exact: true }).click();
    await expect(this.effect(effect)).toBeVisible();
  }

  /** With the first response, once it is prepared. */
  async addReverb(): Promise<void> {
    await this.add('Convolution');
    await this.isPrepared('Concert hall');
  }

  async isPrepared(response: string): Promise<void> {
    await expect(this.effect('Convolution')).toContainText(response);
    await expect(this.studio.page.getByRole('img', { name: `Waveform of ${response}` })).toBeVisible();
  }

  effect(name: string): Locator {
    return this.chain.getByRole('button', { name: new RegExp(`^${name}: `) });
  }

  parameter(name: string): Locator {
    return this.studio.page.getByRole('slider', { name, exact: true });
  }

  /** Types a parameter's figure. */
  async type(name: string, figure: string): Promise<void> {
    await this.studio.page.getByRole('button', { name: new RegExp(`^Type ${name}, now`) }).click();
    const field = this.studio.page.getByRole('textbox', { name, exact: true });
    await field.fill(figure);
    await field.press('Enter');
  }
}

/** Listens until dry and wet sound are as loud as they should be. */
export async function expectMix(studio: StudioPage, parts: Stems, gains: { dry: number; wet: number }): Promise<void> {
  await expect(async () => {
    const found = fit(await listen(studio.page, 1), parts, gains);
    expect(found.gains['dry'], 'dry').toBeCloseTo(gains.dry, 2);
    expect(found.gains['wet'], 'wet').toBeCloseTo(gains.wet, 2);
    expect(found.rest, 'what neither explains').toBeLessThan(0.01);
  }).toPass({ timeout: 60_000 });
}
