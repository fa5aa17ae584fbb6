// A link that becomes narrow in the middle of a call, and wide again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { publish } from './lib/synthetic.mjs';
import { until } from './lib/until.mjs';

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
  home = await launchChromium({ fps: 5 });
  away = await launchChromium({ fps: 5, link });
  publisher = publish(server, 'hall');
});

after(async () => {
  await away?.close();
  await home?.close();
  await publisher?.stop();
  await server?.kill();
  link?.close();
});

// Until that many seconds of Ben's and Cleo's time have been recorded, or that is so.
const passed = (seconds, so = () => false) => until(`${seconds} s have been recorded`,
  async () => (await ben.courseOf(ann)).seconds > seconds || so(), { every: 500 });
const height = async (person) => (await person.slotNow(ann))?.height;
const top = (person) => until(`${person.name} has the top layer`, async () =>
  (await height(person)) === 720 && (await person.figures(ann)).layer === 2);

test('both have the top layer', async () => {
  [ben, cleo] = [await Person.join(away, server, 'hall', 'Ben', viewer), await Person.join(home, server, 'hall', 'Cleo', viewer)];
  ann = await publisher.seenBy(ben);
  for (const person of [ben, cleo]) { // they look on
    await person.click('#camera');
    await person.click('#mic');
  }
  for (const person of [ben, cleo]) {
    await person.seesAndHears(ann);
    await person.pin(ann);
  }
  await Promise.all([ben, cleo].map(top));
  for (const person of [ben, cleo]) await person.record();
});

test('where the link becomes narrow, a lower layer comes and sound goes on', async () => {
  await passed(3);
  link.change({ toThere: { kbit: 300 } });
  await until('Ben has a lower layer', async () => (await height(ben)) < 720);
  await passed(20);
  const [picture, sound] = [await ben.courseOf(ann), await ben.courseOf(ann, 'mic')];
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.6, JSON.stringify(sound));
  const { layer, why } = await ben.figures(ann);
  assert.ok(layer < 2 && why === 'filled', `${layer} ${why}`);
});

test('the picture keeps moving on the narrow link', async () => {
  await ben.record();
  await passed(10);
  const [picture, sound] = [await ben.courseOf(ann), await ben.courseOf(ann, 'mic')];
  assert.ok(picture.frames / picture.seconds > 3 && picture.frozen < 0.05, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.1, JSON.stringify(sound));
});

test('where it is wide again, the top layer comes back', async () => {
  await ben.record();
  link.change({ toThere: { kbit: null } });
  await top(ben);
  const [picture, sound] = [await ben.courseOf(ann), await ben.courseOf(ann, 'mic')];
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(sound.concealed < 0.1, JSON.stringify(sound));
});

test('who was not behind that link has noticed nothing', async () => {
  const [picture, sound] = [await cleo.courseOf(ann), await cleo.courseOf(ann, 'mic')];
  assert.deepEqual(picture.heights, [720]);
  assert.ok(picture.longest < 1 && picture.frozen < 0.05, JSON.stringify(picture)); // other work of this machine stops it as well
  assert.ok(sound.concealed < 0.5, JSON.stringify(sound));
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ben, cleo]) person.assertNoErrors();
  await server.stop();
});
