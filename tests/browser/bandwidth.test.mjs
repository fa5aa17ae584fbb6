// A link that becomes narrow in the middle of a call, and wide again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { publish } from './lib/synthetic.mjs';
import { again, until } from './lib/until.mjs';

const viewer = { link: '?video=1', width: 1280, height: 760 };

let link;
let server;
let home; // where the server is
let away; // at the other end of the link
let publisher;
let ann; // as they know the publisher: whom they look at
let ben; // who is away
let cleo; // who is not

before(async () => {
  link = await connect({ delay: 20, jitter: 5 });
  server = await startServer(linked);
  [home, away] = await Promise.all([launchChromium({ fps: 5 }), launchChromium({ fps: 5, link })]);
  publisher = publish(server, 'hall');
});

after(async () => {
  await away?.close();
  await home?.close();
  await publisher?.stop();
  await server?.kill();
  link?.close();
});

// Until that many seconds of Ben's time have been recorded.
const passed = (seconds) => until(`${seconds} s have been recorded`,
  async () => (await ben.courseOf(ann)).seconds > seconds, { every: 500 });
const height = async (person) => (await person.slotNow(ann))?.height;
const top = (person) => until(`${person.name} has the top layer`, async () =>
  (await height(person)) === 720 && (await person.figures(ann)).layer === 2);

const lower = () => until('Ben has a lower layer', async () => (await height(ben)) < 720);
const courses = async (person) => [await person.courseOf(ann), await person.courseOf(ann, 'mic')];

// Who is not behind the link, since record().
async function assertUndisturbed(person) {
  const [picture, sound] = await courses(person);
  assert.deepEqual(picture.heights, [720]);
  assert.ok(picture.longest < 1 && picture.frozen < 0.05, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.5, JSON.stringify(sound));
}

test('both have the top layer', async () => {
  [ben, cleo] = await Promise.all([
    Person.join(away, server, 'hall', 'Ben', viewer), Person.join(home, server, 'hall', 'Cleo', viewer),
  ]);
  ann = await publisher.seenBy(ben);
  for (const person of [ben, cleo]) { // they look on
    await person.click('#camera');
    await person.click('#mic');
  }
  await Promise.all([ben, cleo].map(async (person) => {
    await person.seesAndHears(ann);
    await person.pin(ann);
    await top(person);
  }));
});

// What else this machine does stops pictures as well, but passes by: each test does what it is about again if it has to.

test('where the link becomes narrow, a lower layer comes, sound goes on, and others notice nothing', () => again(async () => {
  link.change({ toThere: { kbit: null } });
  for (const person of [ben, cleo]) {
    await top(person);
    await person.record();
  }
  await passed(2);
  link.change({ toThere: { kbit: 300 } });
  await lower();
  await passed(14);
  const [picture, sound] = await courses(ben);
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.6, JSON.stringify(sound));
  const { layer, why } = await ben.figures(ann);
  assert.ok(layer < 2 && why === 'filled', `${layer} ${why}`);
  await assertUndisturbed(cleo);
}));

test('the picture keeps moving on the narrow link', () => again(async () => {
  await ben.record();
  await passed(8);
  const [picture, sound] = await courses(ben);
  assert.ok(picture.frames / picture.seconds > 3 && picture.frozen < 0.05, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.1, JSON.stringify(sound));
}, 4));

test('where it is wide again, the top layer comes back, and others notice nothing', () => again(async () => {
  await top(cleo);
  await cleo.record();
  link.change({ toThere: { kbit: 300 } });
  await lower();
  await ben.record();
  link.change({ toThere: { kbit: null } });
  await top(ben);
  const [picture, sound] = await courses(ben);
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.1, JSON.stringify(sound));
  await assertUndisturbed(cleo);
}));

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ben, cleo]) person.assertNoErrors();
  await server.stop();
});
