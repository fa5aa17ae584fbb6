import { after, before, test } from 'node:test';
import { launchFirefox } from './lib/firefox.mjs';
import { checkLoopback, servePage } from './lib/loopback.mjs';

let browser;
let server;

before(async () => {
  server = await servePage();
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  server.close();
});

test('Firefox sends itself sound and pictures in the test network', () => checkLoopback(browser, server.url));
