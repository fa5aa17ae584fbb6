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

// The latest packets with the other's voice are all of that type, 'audio/red' or 'audio/opus'.
async function gets(person, other, type) {
  const { mid } = await person.slotOf(other, 'mic');
  await until(`${person.name} gets ${other.name} as ${type}`, async () =>
    (await person.frameList(mid)).slice(-10).every((frame) => frame.type === type));
}

test('those with RED and those without hear each other', async () => {
  [ann, ben, cleo] = await Promise.all([join('Ann'), join('Ben', { link: '?audio=1' }), join('Cleo', { lacks: ['red'] })]);
  await Promise.all([ann.hears(ben), ann.hears(cleo), cleo.hears(ann), cleo.hears(ben)]);
});

test('each gets what it knows, whatever the other sends', async () => {
  await gets(ann, ben, 'audio/red');
  await gets(ann, cleo, 'audio/red'); // made of the Opus that she sends
  await gets(cleo, ann, 'audio/opus'); // without the earlier frames
});

test('what is made has the frame before in it', async () => {
  const { mid } = await ann.slotOf(cleo, 'mic');
  const totals = async () => {
    const [{ bytes, packets }] = await cleo.sent('mic');
    const frames = await ann.frameList(mid);
    return { bytes, packets, count: frames.length, size: frames.reduce((sum, { size }) => sum + size, 0) };
  };
  const before = await totals();
  let sent; // bytes a packet
  let got;
  await until('what has come is half as large again as what was sent', async () => {
    const now = await totals();
    sent = (now.bytes - before.bytes) / (now.packets - before.packets);
    got = (now.size - before.size) / (now.count - before.count);
    return now.count >= before.count + 100 && got > sent * 1.5;
  }, { also: async () => `: ${sent} bytes a packet, then ${got}` });
});

test('one slot carries RED that is made and such that comes, by turns', async () => {
  for (const [silent, heard] of [[ann, cleo], [cleo, ann], [ann, cleo]]) {
    await silent.click('#mic');
    await ben.hears(heard);
    await gets(ben, heard, 'audio/red');
    await silent.click('#mic');
  }
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ann, ben, cleo]) person.assertNoErrors();
  await server.stop();
});
