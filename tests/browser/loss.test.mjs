// Links that lose packets: what is lost comes again, and the picture goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { publish } from './lib/synthetic.mjs';
import { again, until } from './lib/until.mjs';

const large = { link: '?video=1', width: 1280, height: 760 };

let link;
let server;
let home; // where the server is
let away; // at the other end of the link
let publisher; // at home, and then away
let shown; // as its viewer knows it
let ann; // at home
let ben; // away

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

// What the viewer goes through in 8 s of the other's pictures, and what it costs the server.
async function watchOnce(viewer, other) {
  const then = await viewer.figures(other);
  await viewer.record();
  await until('8 s have been recorded', async () => (await viewer.courseOf(other)).seconds > 8, { every: 500 });
  const [seen, now] = [await viewer.courseOf(other), await viewer.figures(other)];
  const gain = (field) => now[field] - then[field];
  return { ...seen, layer: now.layer, sent: gain('packets'), nacked: gain('nacked'), again: gain('retransmitted') };
}

// There are 8 s in which the picture hardly stands still, has more frames a second than that, and which check()
// accepts: what else this machine does stops pictures as well, but passes by.
const watch = (viewer, other, fps, check) => again(async () => {
  const seen = await watchOnce(viewer, other);
  const told = JSON.stringify(seen);
  assert.ok(seen.frozen < 0.05 && seen.longest < 1, told);
  assert.ok(seen.frames / seen.seconds > fps, told);
  await check(seen, told);
}, 4);

// The viewer has the publisher's pictures as large as they are, and sends none.
async function look(viewer) {
  const who = await publisher.seenBy(viewer);
  await viewer.click('#camera');
  await viewer.seesAndHears(who);
  await viewer.pin(who);
  await until(`${viewer.name} has the top layer`, async () =>
    (await viewer.slotNow(who))?.height === 720 && (await viewer.figures(who)).layer === 2);
  return who;
}

test('Ben sees the publisher in the top layer', async () => {
  ben = await Person.join(away, server, 'hall', 'Ben', large);
  shown = await look(ben);
});

for (const percent of [5, 10]) {
  test(`${percent} % of what goes to a viewer is lost, and the picture goes on`, async () => {
    link.change({ toThere: { loss: percent } });
    await watch(ben, shown, 20, (seen, told) => {
      assert.equal(seen.layer, 2, told); // random loss is no congestion
      assert.ok(seen.again > seen.sent * percent / 200 && seen.nacked >= seen.again, told); // half of it at least was video
    });
  });
}

test('5 % of what a publisher sends is lost, and the picture goes on', async () => {
  link.change({ toThere: { loss: 0 } });
  ben.assertNoErrors();
  await ben.page.close();
  await publisher.stop();
  publisher = publish(server, 'yard', { link });
  ann = await Person.join(home, server, 'yard', 'Ann', large);
  shown = await look(ann);
  link.change({ toHere: { loss: 5 } });
  await watch(ann, shown, 20, (seen, told) => {
    assert.equal(seen.layer, 2, told);
    assert.ok(seen.nacked > seen.sent / 40, told); // what the server lacks the viewer does, too
    assert.ok(seen.again < seen.nacked / 4, told); // but it comes by the server asking for it
  });
});

test('5 % of what a browser sends is lost, and the picture goes on', async () => {
  await publisher.stop();
  ben = await Person.join(away, server, 'yard', 'Ben', large);
  await ann.sees(ben);
  await ann.pin(ben);
  await watch(ann, ben, 3, async (seen, told) => { // of 5
    const { layers } = (await ben.figures()).tracks.find(({ source }) => source === 'camera');
    assert.ok(layers.some(({ nacks }) => nacks > 0), told + JSON.stringify(layers));
  });
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ann, ben]) person.assertNoErrors();
  await server.stop();
});
