// Publishers send what somebody looks at, as large as it is looked at, and nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global document, window */
const SMALL = { width: 360, height: 260 };
const LARGE = { width: 1280, height: 800 };

let server;
let browser;
let ann; // whose camera it is
let ben; // who looks

before(async () => {
  server = await startServer();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

// Of the picture that Ben gets.
async function height() {
  return (await ben.received()).find(({ participant, source }) => participant === ann.id && source === 'camera')?.height ?? 0;
}

// Whether Ben knows that Ann's camera is on.
const camera = (on) => until(`Ben knows that Ann's camera is ${on ? 'on' : 'off'}`, () => ben.page.evaluate(([id, wanted]) =>
  window.plenum.roster.get(id).tracks.some(({ source, muted }) => source === 'camera' && !muted) === wanted, [ann.id, on]));

test('who is alone sends no pictures', async () => {
  ann = await Person.join(browser, server, 'hall', 'Ann');
  await ann.sends();
});

test('who comes sees the picture, and a small box is sent the small layer only', async () => {
  ben = await Person.join(browser, server, 'hall', 'Ben', SMALL);
  await ben.click('#camera'); // nobody has to encode that one
  await ben.seesAndHears(ann);
  await ann.sends('q');
  await until('the picture is small', async () => (await height()) <= 180);
});

test('a larger box brings the large layer back', async () => {
  const before = await height();
  await ben.page.setViewportSize(LARGE);
  await until('the picture has grown', async () => (await height()) > before * 2);
  await ann.sends('f', 'q');
});

test('and a smaller one stops it again', async () => {
  await ben.page.setViewportSize(SMALL);
  await ann.sends('q');
  await ben.sees(ann);
});

test('a hidden tab gets sound only, and no pictures are sent for it', async () => {
  await ben.hide(true);
  await ann.sends();
  await ben.hears(ann);
  await until('Ben gets no pictures', async () => !(await ben.gets(ann, 'camera')));
});

test('a camera that is turned on while nobody looks is not sent', async () => {
  const bytes = async () => (await ann.sent('camera')).reduce((sum, layer) => sum + layer.bytes, 0);
  const before = await bytes();
  await ann.click('#camera');
  await camera(false);
  await ann.click('#camera');
  await camera(true);
  await ann.sends();
  assert.equal(await bytes(), before);
});

test('it is there when somebody looks again', async () => {
  await ben.hide(false);
  await ben.sees(ann);
  await ann.sends('q');
});

test('a connection that had to be made anew is told what is wanted, too', async () => {
  await ann.page.evaluate(() => window.probe.connections.at(-1).close());
  await ann.page.evaluate(() => window.plenum.restart().catch(() => {}));
  await until('Ann has another connection', () => ann.page.evaluate(() =>
    window.probe.connections.length > 1 && document.querySelector('#call').dataset.media === 'connected'));
  await ben.sees(ann);
  await ann.sends('q');
});

test('when the last one leaves it stops', async () => {
  await ben.leave();
  await ann.sends();
});

test('no page has met an error', () => {
  for (const person of [ann, ben]) person.assertNoErrors();
});

test('the server ends with 0', () => server.stop());
