// Firefox sends what somebody looks at, as large as it is looked at, and nothing else.
import { after, before, test } from 'node:test';
import { launchFirefox } from './lib/firefox.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let ann; // whose camera it is
let ben; // who looks

before(async () => {
  server = await startServer();
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

test('who is alone sends no pictures', async () => {
  ann = await Person.join(browser, server, 'hall', 'Ann');
  await ann.sends();
});

test('who comes sees the picture, in as many layers as are looked at', async () => {
  ben = await Person.join(browser, server, 'hall', 'Ben', { width: 360, height: 260 });
  await ben.click('#camera');
  await ben.seesAndHears(ann);
  await ann.sends('q');
});

test('a hidden tab gets sound only, and no pictures are sent for it', async () => {
  await ben.hide(true);
  await ann.sends();
  await ben.hears(ann);
});

test('they are there when somebody looks again', async () => {
  await ben.hide(false);
  await ben.sees(ann);
});

test('no page has met an error', () => {
  for (const person of [ann, ben]) person.assertNoErrors();
});

test('the server ends with 0', () => server.stop());
