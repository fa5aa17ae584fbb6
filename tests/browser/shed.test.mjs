// A server that has too much to do, on purpose: pictures go, sound does not, and nobody new comes in. How it all comes
// back, which takes its time, is in test_sfu_shed.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { keepBusy } from './lib/checks.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global document, window */
const LIMIT = 50; // percent: the lowest there is
const PAUSED = 'Paused: the server has too much to do';

const small = { link: '?audio=1&video=2', width: 640, height: 480, camera: { width: 320, height: 180 } };
const people = [];
let server;
let browser;
let load;
let eve; // comes too late

before(async () => {
  server = await startServer({ preset: 'asan', set: { 'limits.load': LIMIT, 'rtc.workers': 1 } });
  browser = await launchChromium({ fps: 5 });
  for (const name of ['Ann', 'Ben']) people.push(await Person.join(browser, server, 'hall', name, small));
});

after(async () => {
  load?.stop();
  await browser?.close();
  await server?.kill();
});

const health = async () => (await fetch(new URL('health', server.url))).json();
const also = async () => `, ${JSON.stringify(await health())}, ${load?.rate()} checks a second`;
const others = (person) => people.filter((it) => it !== person);

// What the other's tile says instead of a picture.
const hint = (person, other) => person.page.evaluate((id) =>
  document.querySelector(`.tile[data-participant="${id}"] .avatar p`)?.textContent, other.id);

test('with little to do it leaves out nothing', async () => {
  await Promise.all(people.map((person) => person.seesAndHears(...others(person))));
});

test('with too much to do it pauses every picture, and the page says why', async () => {
  load = await keepBusy(server, LIMIT + 15);
  for (const person of people) {
    const [other] = others(person);
    await until(`${person.name} is shown no picture`, async () => (await hint(person, other)) === PAUSED, { also, every: 50 });
    assert.ok((await person.whys()).includes('overload'));
  }
  load.aim(LIMIT - 5); // so it stays as it is
  assert.match(server.log(), /media worker 0 is \d+ % busy: video is /);
});

test('sound goes on, without pictures', async () => {
  await Promise.all(people.map(async (person) => {
    await person.hears(...others(person));
    assert.equal(await person.gets(...others(person), 'camera'), false);
  }));
});

test('who comes now is refused, and told so', async () => {
  eve = await Person.open(browser, server, 'hall', 'Eve', small);
  await eve.knock();
  const words = await until('Eve is told', () => eve.page.evaluate(() => {
    const error = document.querySelector('#join-error');
    return !error.hidden && error.textContent;
  }), { also, every: 50 });
  assert.equal(words, 'The server has too much to do to let anybody in at the moment. Try again in a few seconds.');
  assert.equal(await eve.page.evaluate(() => document.body.dataset.state), 'lobby');
  const body = await readFile(new URL('../sdp/chromium-viewer-1-1.sdp', import.meta.url));
  const refused = await fetch(new URL('whep/hall', server.url), { method: 'POST', headers: { 'content-type': 'application/sdp' }, body });
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after'), /^\d+$/);
  const { shed, turned_away: turnedAway, participants } = await health();
  assert.match(shed, /^(video|audio)$/);
  assert.deepEqual([turnedAway, participants], [2, 3]); // one of whom is the load
  assert.deepEqual(await people[0].people(), people.map(({ id }) => id));
});

test('nobody renegotiated, nobody met an error', async () => {
  for (const person of [...people, eve]) person.assertNoErrors();
  for (const person of people) assert.equal(await person.page.evaluate(() => window.probe.connections.length), 1, person.name);
});

test('the server frees everything and ends with 0', () => {
  load.stop();
  return server.stop();
});
