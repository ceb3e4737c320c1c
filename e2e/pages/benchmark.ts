import { expect, type Locator } from '@playwright/test';
import type { StudioPage } from './studio.ts';

/** The benchmark view of a studio. */
export class BenchmarkPage {
  readonly #studio: StudioPage;

  constructor(studio: StudioPage) {
    this.#studio = studio;
  }

  async show(): Promise<void> {
    await this.#studio.page.keyboard.press('Control+3');
    await expect(this.#studio.page.getByRole('heading', { name: 'Results' })).toBeVisible();
    await expect(this.#studio.button('Run FFT')).toBeEnabled();
  }

  get table(): Locator {
    return this.#studio.page.getByRole('grid', { name: 'Benchmark results' });
  }

  /** Of a figure, by its name. */
  row(name: string): Locator {
    return this.table.locator('tr', { has: this.#studio.page.getByRole('rowheader', { name: new RegExp(`^${name}(?: busy.*)?$`) }) });
  }

  /** Short groups may have ended by then. */
  async run(group: string): Promise<void> {
    const runs = this.#studio.page.locator('[data-run]');
    const before = (await runs.count()) === 0 ? '' : await runs.getAttribute('data-run');
    await this.#studio.button(`Run ${group}`).click();
    await expect(runs).not.toHaveAttribute('data-run', before ?? '');
  }

  async ended(): Promise<void> {
    await expect(this.#studio.button('Stop')).toBeDisabled({ timeout: 120_000 });
  }

  async compareWith(name: RegExp): Promise<void> {
    await this.#studio.page.getByRole('button', { name: /Compare with$/ }).click();
    await this.#studio.page.getByRole('option', { name }).click();
  }
}
