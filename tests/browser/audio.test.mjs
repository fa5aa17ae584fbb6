// Redundant audio (RED) between those who have it and those who do not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

const small = { width: 640, height: 480, camera: { width: 320, height: 180 }, watched: true };

let server;
let browser;
let ann; // has RED
let ben; // so has he, and hears one at a time
let cleo; // has not

before(async () => {
  server = await startServer({ preset: 'asan', set: { 'room.red': 'on' } });
  browser = await launchChromium({ fps: 5 });
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

const join = (name, options) => Person.join(browser, server, 'hall', name, { ...small, ...options });
const hears = (person, other) => until(`${person.name} hears ${other.name}`, () => person.gets(other, 'mic'));

// What the latest packets with the other's voice were: 'audio/red' or 'audio/opus'.
async function typesOf(person, other) {
  const { mid } = await person.slotOf(other, 'mic');
  return [...new Set((await person.frameList(mid)).slice(-10).map(({ type }) => type))];
}

test('those with RED and those without hear each other', async () => {
  ann = await join('Ann');
  ben = await join('Ben', { link: '?audio=1' });
  cleo = await join('Cleo', { lacks: ['red'] });
  await Promise.all([hears(ann, ben), hears(ann, cleo), hears(cleo, ann), hears(cleo, ben)]);
});

test('each gets what it knows of what the other sends', async () => {
  assert.deepEqual(await typesOf(ann, ben), ['audio/red']);
  assert.deepEqual(await typesOf(ann, cleo), ['audio/opus']); // she sends no other
  assert.deepEqual(await typesOf(cleo, ann), ['audio/opus']); // without the earlier frames
});

test('one slot carries RED and Opus by turns', async () => {
  for (const [silent, heard, type] of [[ann, cleo, 'audio/opus'], [cleo, ann, 'audio/red'], [ann, cleo, 'audio/opus']]) {
    await silent.click('#mic');
    await hears(ben, heard);
    await until(`Ben gets ${type}`, async () => String(await typesOf(ben, heard)) === type);
    await silent.click('#mic');
  }
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ann, ben, cleo]) person.assertNoErrors();
  await server.stop();
});
