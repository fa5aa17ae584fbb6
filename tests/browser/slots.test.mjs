// More people than slots, who are silent until a test makes them speak, on a server that is built with
// AddressSanitizer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

let server;
let browser;
const people = [];

before(async () => {
  server = await startServer({ preset: 'asan' });
  browser = await launchChromium({ fps: 5 });
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

// Of whom pictures arrive at this person now, in order of number.
async function shown(person) {
  const before = await person.received();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const frames = new Map(before.map(({ mid, frames: count }) => [mid, count]));
  return (await person.received())
    .filter((it) => it.source === 'camera' && it.frames > frames.get(it.mid))
    .map(({ participant }) => participant)
    .sort((a, b) => a - b);
}

const sees = (viewer, ...others) => {
  const wanted = others.map(({ id }) => id);
  return until(`${viewer.name} is shown ${others.map(({ name }) => name)} and no one else`,
    async () => String(await shown(viewer)) === String(wanted));
};

const small = { link: '?audio=1&video=2', width: 640, height: 480, camera: { width: 320, height: 180 } };

test('while nobody speaks, the first who joined fill the slots', async () => {
  for (const name of ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve']) {
    people.push(await Person.join(browser, server, 'hall', name, { ...small, quiet: true }));
  }
  const [ann, ben, cleo, dan, eve] = people;
  await Promise.all([sees(eve, ann, ben), sees(dan, ann, ben), sees(ann, ben, cleo)]);
});

test('one who leaves frees the slot for the next', async () => {
  const [ann, ben, cleo, dan, eve] = people;
  await ann.leave();
  await Promise.all([sees(eve, ben, cleo), sees(dan, ben, cleo), sees(ben, cleo, dan)]);
});

test('who speaks is heard by all, and takes the place of the last who is shown', async () => {
  const [, ben, cleo, dan, eve] = people;
  await eve.speak(true);
  await Promise.all([ben, cleo, dan].map((it) => it.hears(eve)));
  await Promise.all([
    sees(ben, dan, eve), // Dan took Ann's place, which was the first
    sees(cleo, dan, eve),
    sees(dan, cleo, eve),
    sees(eve, ben, cleo), // nobody is shown to themself
  ]);
});

test('the next speaker moves nobody who sees them already', async () => {
  const [, ben, cleo, dan, eve] = people;
  await eve.speak(false);
  await dan.speak(true);
  await Promise.all([ben, cleo, eve].map((it) => it.hears(dan)));
  await Promise.all([sees(ben, dan, eve), sees(cleo, dan, eve), sees(dan, cleo, eve), sees(eve, cleo, dan)]);
});

test('nobody renegotiated, nobody met an error', async () => {
  for (const person of people) {
    person.assertNoErrors();
    assert.equal(await person.page.evaluate(() => window.probe.connections.length), 1, person.name);
  }
});

test('the server frees everything and ends with 0', () => server.stop());
