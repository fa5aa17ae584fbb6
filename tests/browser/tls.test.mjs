// http.tls = auto: a call over HTTPS with the certificate that the server makes.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';

const folder = path.join(tmpdir(), 'tls');
const set = { 'http.tls': 'auto', 'http.tls_dir': folder };
let server;
let browser;

before(async () => {
  server = await startServer({ set });
  browser = await launchChromium({ fps: 5 });
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

test('two people meet over HTTPS', async () => {
  const [ann, ben] = await Promise.all(['Ann', 'Ben'].map((name) => Person.join(browser, server, 'hall', name, { camera: { width: 320, height: 180 } })));
  await ann.seesAndHears(ben);
});

test('the certificate is kept, and the key is its owner\'s alone', async () => {
  assert.ok(existsSync(folder));
  assert.equal(statSync(folder).mode & 0o077, 0);
  await server.stop();
});
