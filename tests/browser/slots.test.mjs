// More people than slots, on a server that is built with AddressSanitizer.
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

test('the first who joined fill the slots', async () => {
  for (const name of ['Ann', 'Ben', 'Cleo', 'Dan', 'Eve']) {
    people.push(await Person.join(browser, server, 'hall', name, { link: '?audio=1&video=2', width: 640, height: 480 }));
  }
  const [ann, ben, cleo, dan, eve] = people;
  await sees(eve, ann, ben);
  await sees(dan, ann, ben);
  await sees(ann, ben, cleo);
});

test('each hears one of the others', async () => {
  for (const person of people) {
    const audio = (await person.received()).filter(({ kind }) => kind === 'audio');
    assert.equal(audio.length, 1);
    assert.notEqual(audio[0].participant, person.id);
    await until(`${person.name} hears somebody`, async () => {
      const [{ energy }] = (await person.received()).filter(({ kind }) => kind === 'audio');
      return energy > audio[0].energy;
    });
  }
});

test('one who leaves frees the slot for the next', async () => {
  const [ann, ben, cleo, dan, eve] = people;
  await ann.leave();
  await sees(eve, ben, cleo);
  await sees(dan, ben, cleo);
  await sees(ben, cleo, dan);
});

test('nobody renegotiated, nobody met an error', async () => {
  for (const person of people) {
    person.assertNoErrors();
    assert.equal(await person.page.evaluate(() => window.probe.connections.length), 1, person.name);
  }
});

test('the server frees everything and ends with 0', () => server.stop());
