// What the page tells the server of itself: whom the viewer wants to see, how large, and whether at all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global document, window, performance, WebSocket */
const small = { width: 320, height: 240, camera: { width: 640, height: 360 }, quiet: true };
const PHONE = { width: 390, height: 800 };
const DESK = { width: 1000, height: 700 };

let server;
let browser;
let ann;
let ben;
let cleo; // who looks, at one at a time

before(async () => {
  server = await startServer();
  browser = await launchChromium({ fps: 5 });
  ann = await Person.join(browser, server, 'hall', 'Ann', small);
  ben = await Person.join(browser, server, 'hall', 'Ben', small);
  cleo = await Person.join(browser, server, 'hall', 'Cleo', { ...DESK, link: '?video=1', quiet: true });
  await cleo.click('#camera'); // nobody has to encode that one
  await Promise.all([ann.hide(true), ben.hide(true)]); // so that what they send is for Cleo alone
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

const pin = (who) => cleo.click(`.tile[data-participant="${who.id}"] .tile-button`);

test('who joined first is in the only slot', async () => {
  await cleo.sees(ann);
  assert.equal(await cleo.tile(ben, 'camera', 'picture'), false);
});

test('who is pinned takes it, and nothing more is sent by the other', async () => {
  await pin(ben);
  await cleo.sees(ben);
  await ann.sends();
  await until('Ann looks like nobody', () => cleo.tile(ann, 'camera', 'avatar'));
  await cleo.slotOf(ben, 'camera', { height: 360 }); // as large as the tile
});

test('it stays there when it is no longer pinned', async () => {
  await pin(ben);
  await until('nobody is large', () => cleo.page.evaluate(() => document.querySelector('[data-large="true"]') === null));
  await cleo.sees(ben);
});

test('until somebody else speaks', async () => {
  await ann.speak(true);
  await cleo.sees(ann);
  await ann.speak(false);
});

test('a pane that covers all pictures on a small screen stops them, and they come back', async () => {
  await cleo.page.setViewportSize(PHONE);
  await cleo.sees(ann);
  await cleo.click('#who');
  await until('the server knows', async () => (await cleo.whys()).every((why) => why === 'hidden'));
  await until('Cleo gets no pictures', async () => !(await cleo.gets(ann, 'camera')));
  await cleo.click('#side-close');
  await cleo.sees(ann);
});

test('on a large one it covers nothing', async () => {
  await cleo.page.setViewportSize(DESK);
  await cleo.click('#who');
  await cleo.sees(ann);
  await cleo.click('#side-close');
});

// Ms from the change of the window's size until the server is told, as the page sees it.
function delay() {
  return cleo.page.evaluate(() => new Promise((resolve) => {
    const { send } = WebSocket.prototype;
    let changed = null;
    window.addEventListener('resize', () => (changed ??= performance.now()), { once: true });
    WebSocket.prototype.send = function (data) {
      send.call(this, data);
      if (changed === null || JSON.parse(data).method !== 'view') return;
      WebSocket.prototype.send = send;
      resolve(performance.now() - changed);
    };
  }));
}

test('the server hears of another size within 100 ms', async () => {
  const delays = [];
  await until('that once', async () => { // a machine with other things to do may be late now and then
    const told = delay();
    await cleo.page.setViewportSize({ ...DESK, width: delays.length % 2 ? 1000 : 800 });
    delays.push(await told);
    return delays.at(-1) < 100;
  }, { also: async () => ` (ms: ${delays})` });
});

test('a window that is hidden gets no pictures, and what it had when it is seen again', async () => {
  await cleo.hide(true);
  await Promise.all([ann.sends(), ben.sends()]);
  await cleo.hide(false);
  await cleo.sees(ann);
});

test('no page has met an error', () => {
  for (const person of [ann, ben, cleo]) person.assertNoErrors();
});

test('the server ends with 0', () => server.stop());
