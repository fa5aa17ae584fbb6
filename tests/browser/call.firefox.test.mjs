// Firefox as publisher and viewer, with Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';

let server;
let chromium;
let firefox;
let ann;
let ben;
let cleo;

before(async () => {
  server = await startServer();
  [chromium, firefox] = await Promise.all([launchChromium({ fps: 5 }), launchFirefox()]);
});

after(async () => {
  await Promise.all([chromium?.close(), firefox?.close()]);
  await server?.kill();
});

test('two in Firefox and one in Chromium see and hear each other', async () => {
  const join = (browser, name) => Person.join(browser, server, 'hall', name, { camera: { width: 640, height: 360 } });
  const two = async () => [await join(firefox, 'Ann'), await join(firefox, 'Cleo')];
  [[ann, cleo], ben] = await Promise.all([two(), join(chromium, 'Ben')]);
  await Promise.all([ann.seesAndHears(ben, cleo), ben.seesAndHears(ann, cleo), cleo.seesAndHears(ann, ben)]);
});

test('both browsers encrypt with an AEAD', async () => {
  for (const person of [ann, ben, cleo]) assert.match(await person.cipher(), /AEAD_AES/, person.name);
});

test('chat goes both ways', async () => {
  await ann.say('from Firefox');
  await ben.reads('from Firefox');
  await ben.say('from Chromium');
  await ann.reads('from Chromium');
});

test('no page has met an error', () => {
  for (const person of [ann, ben, cleo]) person.assertNoErrors();
});

test('the server ends with 0', () => server.stop());
