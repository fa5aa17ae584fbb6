// Cameras of all sizes: whoever looks large gets all that the camera has, and the layers below it are real.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window */
const LARGE = { width: 1400, height: 900 };
const SMALL = { width: 360, height: 260 };

let server;
let browser;
let ben; // who looks

before(async () => {
  server = await startServer();
  browser = await launchChromium();
  ben = await Person.join(browser, server, 'hall', 'Ben', LARGE);
  await ben.click('#camera'); // nobody has to encode that one
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

// Heights of the layers of which any frame was sent, by rid.
async function sentHeights(person) {
  const sent = await person.sent('camera');
  return Object.fromEntries(sent.filter(({ frames }) => frames > 0).map(({ rid, height }) => [rid, height]));
}

const gets = (ann, height) => ben.slotOf(ann, 'camera', { height });

for (const { camera, heights } of [
  { camera: { width: 1280, height: 720 }, heights: { q: 180, h: 360, f: 720 } },
  { camera: { width: 640, height: 480 }, heights: { q: 240, h: 480 } },
  { camera: { width: 640, height: 360 }, heights: { q: 180, h: 360 } },
  { camera: { width: 320, height: 180 }, heights: { q: 180 } },
]) {
  test(`${camera.width} x ${camera.height}`, async () => {
    const ann = await Person.join(browser, server, 'hall', 'Ann', { ...SMALL, camera });
    await ben.sees(ann);
    await gets(ann, camera.height);
    await until('each layer that Ann sends is as high as it should be', async () =>
      Object.entries(await sentHeights(ann)).every(([rid, height]) => height === heights[rid]), { also: async () => JSON.stringify(await sentHeights(ann)) });
    await ben.page.setViewportSize(SMALL);
    await gets(ann, heights.q);
    await ann.sends('q');
    await ben.page.setViewportSize(LARGE);
    await gets(ann, camera.height);
    ann.assertNoErrors();
    await ann.page.close();
    await until('Ann has gone', () => ben.page.evaluate(() => window.plenum.count === 1));
  });
}

test('nobody met an error, and the server ends with 0', async () => {
  ben.assertNoErrors();
  await server.stop();
});
