// Links that lose packets: what is lost comes again, and the picture goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

const large = { link: '?video=1', width: 1280, height: 760 };

let link;
let server;
let home; // where the server is
let away; // at the other end of the link
let ann; // at home
let ben; // away

before(async () => {
  link = await connect({ delay: 20, jitter: 5 });
  server = await startServer(linked);
  home = await launchChromium({ fps: 15 });
  away = await launchChromium({ fps: 15, link });
});

after(async () => {
  await away?.close();
  await home?.close();
  await server?.kill();
  link?.close();
});

// What the viewer goes through in 20 s of the publisher's pictures, and what it costs the server.
async function watch(viewer, publisher) {
  const then = await viewer.figures(publisher);
  await viewer.record();
  await until('20 s have been recorded', async () => (await viewer.courseOf(publisher)).seconds > 20, { every: 1000 });
  const [seen, now] = [await viewer.courseOf(publisher), await viewer.figures(publisher)];
  const gain = (field) => now[field] - then[field];
  return { ...seen, layer: now.layer, sent: gain('packets'), nacked: gain('nacked'), again: gain('retransmitted') };
}

const top = (viewer, publisher) => until(`${viewer.name} has the top layer`, async () =>
  (await viewer.slotOf(publisher))?.height === 720 && (await viewer.figures(publisher)).layer === 2);

test('Ben sees Ann in the top layer', async () => {
  ann = await Person.join(home, server, 'hall', 'Ann', large);
  ben = await Person.join(away, server, 'hall', 'Ben', large);
  await ben.click('#camera'); // he looks on
  await ben.seesAndHears(ann);
  await top(ben, ann);
});

for (const percent of [5, 10]) {
  test(`${percent} % of what goes to a viewer is lost, and the picture goes on`, async () => {
    link.change({ toThere: { loss: percent } });
    const seen = await watch(ben, ann);
    const told = JSON.stringify(seen);
    assert.ok(seen.frozen < 0.05 && seen.longest < 1, told);
    assert.ok(seen.frames / seen.seconds > 12, told);
    assert.equal(seen.layer, 2, told); // random loss is no congestion
    assert.ok(seen.again > seen.sent * percent / 200 && seen.nacked >= seen.again, told); // half of it at least was video
  });
}

test('5 % of what a publisher sends is lost, and the picture goes on', async () => {
  link.change({ toThere: { loss: 0 } });
  await ann.click('#camera');
  await ben.click('#camera');
  await ann.seesAndHears(ben);
  await top(ann, ben);
  link.change({ toHere: { loss: 5 } });
  const before = (await ben.figures()).tracks.find(({ source }) => source === 'camera').layers;
  const seen = await watch(ann, ben);
  const after = (await ben.figures()).tracks.find(({ source }) => source === 'camera').layers;
  const told = JSON.stringify({ ...seen, before, after });
  assert.ok(seen.frozen < 0.05 && seen.longest < 1, told);
  assert.ok(seen.frames / seen.seconds > 12, told);
  assert.ok(after[2].nacks > before[2].nacks, told);
  assert.equal(seen.again, 0, told); // what was repaired on the way up does not have to be on the way down
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ann, ben]) person.assertNoErrors();
  await server.stop();
});
