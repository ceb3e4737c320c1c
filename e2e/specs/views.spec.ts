import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { clippedTexts } from '../pages/layout.ts';
import { expect, test } from '../pages/test.ts';
import { views } from '../pages/views.ts';

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.map(({ id, impact, nodes }) => `${id} (${impact ?? ''}): ${nodes.map(({ html }) => html).join(' ')}`);
}

for (const { name, home, show } of views) {
  test.describe(name, () => {
    test.use({ home });

    test('can be read and used by all, in both themes', async ({ studio }) => {
      const page = await studio.open();
      await show(studio);
      for (const theme of ['dark', 'light'] as const) {
        await studio.setTheme(theme);
        expect(await violations(page), theme).toEqual([]);
      }
      expect(await clippedTexts(page)).toEqual([]);
    });
  });
}
