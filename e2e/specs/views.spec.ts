import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { clippedTexts } from '../pages/layout.ts';
import { expect, test } from '../pages/test.ts';
import { views } from '../pages/views.ts';

async function violations(page: Page): Promise<string[]> {
  // To read the style sheets of shadow trees it would write them anew, which the page's policy refuses.
  const found = await new AxeBuilder({ page }).options({ preload: false }).analyze();
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

    test('says to a screen reader what it shows', async ({ studio }) => {
      const page = await studio.open();
      await show(studio);
      const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
      await expect((await dialog.isVisible()) ? dialog : page.getByRole('main')).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
    });
  });
}

test.describe('what stays in every view', () => {
  test.use({ home: 'library' });

  test('says to a screen reader what it shows', async ({ studio }) => {
    const page = await studio.open();
    await expect(page.getByRole('banner')).toMatchAriaSnapshot({ name: 'header.aria.yml' });
    await expect(page.getByRole('complementary', { name: 'Queue and library' })).toMatchAriaSnapshot({ name: 'rail.aria.yml' });
    await expect(page.getByRole('complementary', { name: 'Separation settings' })).toMatchAriaSnapshot({ name: 'inspector.aria.yml' });
  });
});
