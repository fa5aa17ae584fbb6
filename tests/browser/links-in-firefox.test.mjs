// Firefox at the end of a link that loses packets, and that becomes narrow and wide again. It is here and the server
// at the other end, as Firefox finds no candidates without a default route, which the link gives: this file is not
// called *.firefox.test.mjs as it would get another one then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { publish } from './lib/synthetic.mjs';
import { again, until } from './lib/until.mjs';

let link;
let server;
let browser;
let other; // beside the server
let publisher; // there, too
let ann; // as Ben knows it
let ben; // who looks on, and then sends as well
let cleo; // who looks on, in the other browser

before(async () => {
  link = await connect({ delay: 20, jitter: 5, serverThere: true });
  server = await startServer({ ...linked, link });
  publisher = publish(server, 'hall', { link });
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  await other?.close();
  await publisher?.stop();
  await server?.kill();
  link?.close();
});

const height = async () => (await ben.slotNow(ann))?.height;
const top = () => until('Ben has the top layer', async () => (await height()) === 720 && (await ben.figures(ann)).layer === 2);
const lower = () => until('Ben has a lower layer', async () => (await height()) < 720);
const passed = (seconds) => until(`${seconds} s have been recorded`,
  async () => (await ben.courseOf(ann)).seconds > seconds, { every: 500 });

// There are 8 s in which the picture hardly stands still, has more frames a second than that, and which check()
// accepts: what else this machine does passes by. It is given what the server says of the slot before and after, too.
const watch = (viewer, whom, fps, check) => again(async () => {
  let picture;
  const then = await viewer.figures(whom);
  await viewer.record();
  await until('8 s have been recorded', async () => (picture = await viewer.courseOf(whom)).seconds > 8, { every: 500 });
  const now = await viewer.figures(whom);
  const told = JSON.stringify({ ...picture, then, now });
  assert.ok(picture.frozen < 0.05 && picture.longest < 1, told);
  assert.ok(picture.frames / picture.seconds > fps, told);
  await check(told, then, now);
}, 4);

// Begins, and waits until so many seconds are there.
const record = async (seconds) => {
  await ben.record();
  await passed(seconds);
};
const sound = () => ben.courseOf(ann, 'mic');

test('Ben has the top layer', async () => {
  ben = await Person.join(browser, server, 'hall', 'Ben', { link: '?video=2', width: 1280, height: 760 });
  ann = await publisher.seenBy(ben);
  await ben.click('#camera');
  await ben.click('#mic');
  await ben.seesAndHears(ann);
  await ben.pin(ann);
  await top();
});

test('5 % of what goes to Firefox is lost, and the picture goes on', async () => {
  link.change({ toHere: { loss: 5 } });
  await watch(ben, ann, 20, (told, then, now) => {
    assert.equal(now.layer, 2, told); // random loss is no congestion
    assert.ok(now.retransmitted - then.retransmitted > (now.packets - then.packets) / 40, told); // half of what is lost at least is video
  });
});

// What Firefox does not get it asks for ten times, and then for a key frame.
test('what is lost of the pictures of another, who came later, comes again as well', async () => {
  link.change({ toHere: { loss: 0 } });
  const second = publish(server, 'hall', { link, name: 'second' });
  try {
    const dan = await second.seenBy(ben);
    await ben.sees(dan);
    await until('Ben has reported on them', async () => (await ben.figures(dan)).jitter > 0);
    link.change({ toHere: { loss: 5 } });
    await watch(ben, dan, 10, (told, then, now) => {
      const gain = (field) => now[field] - then[field];
      assert.ok(gain('lost') > 5, told);
      assert.ok(gain('nacked') < 2 * gain('lost') && gain('plis') < 3, told);
    });
  } finally {
    await second.stop();
  }
});

test('where the link becomes narrow, a lower layer comes and sound goes on', async () => {
  await again(async () => {
    link.change({ toHere: { kbit: null, loss: 0 } });
    await top();
    await record(1);
    link.change({ toHere: { kbit: 300 } });
    await lower();
    await passed(10);
    const [picture, heard] = [await ben.courseOf(ann), await sound()];
    assert.ok(picture.longest < 1, JSON.stringify(picture));
    assert.ok(heard.concealed < 0.6, JSON.stringify(heard));
    const [{ estimate }, { layer, why }] = [await ben.figures(), await ben.figures(ann)];
    assert.ok(layer < 2 && why === 'filled', `${layer} ${why} ${estimate}`);
  });
});

test('the picture keeps moving on the narrow link', async () => {
  await again(async () => {
    await record(6);
    const [picture, heard] = [await ben.courseOf(ann), await sound()];
    assert.ok(picture.frames / picture.seconds > 3 && picture.frozen < 0.05, JSON.stringify(picture));
    assert.ok(heard.concealed < 0.1, JSON.stringify(heard));
  }, 4);
});

test('where it is wide again, the top layer comes back', async () => {
  await again(async () => {
    link.change({ toHere: { kbit: 300 } });
    await lower();
    await ben.record();
    link.change({ toHere: { kbit: null } });
    await top();
    const [picture, heard] = [await ben.courseOf(ann), await sound()];
    assert.ok(picture.longest < 1, JSON.stringify(picture));
    assert.ok(heard.concealed < 0.1, JSON.stringify(heard));
  });
});

test('5 % of what Firefox sends is lost, and the picture goes on', async () => {
  await publisher.stop();
  other = await launchChromium({ fps: 5, link });
  cleo = await Person.join(other, server, 'hall', 'Cleo', { link: '?video=1', width: 640, height: 400 });
  for (const person of [ben, cleo]) await person.click('#camera'); // his on, hers off
  await cleo.sees(ben);
  link.change({ toThere: { loss: 5 } });
  await watch(cleo, ben, 10, async (told) => {
    const { layers } = (await ben.figures()).tracks.find(({ source }) => source === 'camera');
    assert.ok(layers.some(({ nacks }) => nacks > 0), told + JSON.stringify(layers));
  });
});

test('nobody met an error, and the server ends with 0', async () => {
  for (const person of [ben, cleo]) person.assertNoErrors();
  await server.stop();
});
