import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '../pages/test.ts';

// What a browser sends by itself, and what it lets other sites see. What a liar sends is tested beside the shell.
test.skip(({ electron }) => electron !== null, 'there is no server then');

async function startSite(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another site</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

test('another site gets nothing, even if it knows the address', async ({ studio, context }) => {
  const page = await studio.open();
  const address = page.url();
  const site = await startSite();
  try {
    const other = await context.newPage();
    await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    const got = await other.evaluate(async (target) => {
      const socket = new WebSocket(`${target.replace('http', 'ws')}ws`);
      const opened = new Promise((resolve) => {
        socket.onopen = () => { resolve('open'); };
        socket.onerror = () => { resolve('refused'); };
      });
      const load = (tag: 'script' | 'img', file: string): Promise<unknown> => new Promise((resolve) => {
        const element = Object.assign(document.createElement(tag), { src: target + file });
        element.onload = () => { resolve('loaded'); };
        element.onerror = () => { resolve('refused'); };
        document.body.append(element);
      });
      const reach = (options: RequestInit): Promise<string> => fetch(`${target}upload?name=evil.wav`, options).then(() => 'answered', () => 'refused');
      return {
        socket: await opened,
        script: await load('script', 'assets/sound-recorder.js'),
        read: await reach({}),
        write: await reach({ method: 'PUT', body: 'x' }),
      };
    }, address);
    expect(got).toEqual({ socket: 'refused', script: 'refused', read: 'refused', write: 'refused' });

    await other.setContent(`<iframe src="${address}"></iframe>`);
    await other.waitForTimeout(500);
    const framed = other.frames().find((frame) => frame !== other.mainFrame());
    expect(await framed?.locator('body').textContent().catch(() => '')).not.toContain('Studio');
  } finally {
    site.close();
  }
  await expect(studio.queue.getByRole('row')).toHaveCount(1);
  await expect(studio.queue).toContainText('Songs wait here');
});

test('a name that another site made resolve here is refused', async ({ studio, context }) => {
  const page = await studio.open();
  const { pathname, port } = new URL(page.url());
  const rebound = await context.newPage();
  const response = await rebound.goto(`http://rebound.example:${port}${pathname}`);
  expect(response?.status()).toBe(403);
  expect(await rebound.content()).not.toContain('Studio');
});

test('a wrong token is refused', async ({ studio, context }) => {
  const page = await studio.open();
  const { origin } = new URL(page.url());
  const other = await context.newPage();
  for (const path of ['/', '/studio/', `/${'A'.repeat(32)}/`]) {
    expect((await other.goto(origin + path))?.status(), path).toBe(403);
  }
});

test('scripts from outside the page do not run', async ({ studio }) => {
  const page = await studio.open();
  const blocked = await page.evaluate(async () => {
    const violated = new Promise<string>((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => { resolve(effectiveDirective); });
    });
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "owned";' }));
    return { directive: await violated, title: document.title };
  });
  expect(blocked.directive).toBe('script-src-elem');
  expect(blocked.title).not.toBe('owned');
  // Told, as it should be.
  expect(studio.faults.splice(0)).toHaveLength(1);
});
