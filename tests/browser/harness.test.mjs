import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { checkLoopback, servePage } from './lib/loopback.mjs';

let browser;
let server;

before(async () => {
  server = await servePage();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  server.close();
});

test('Chromium sends itself sound and pictures in the test network', () => checkLoopback(browser, server.url));
