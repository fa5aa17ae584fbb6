// Firefox at the end of a link that loses packets, and that becomes narrow and wide again. It is here and the server
// at the other end, as Firefox finds no candidates without a default route, which the link gives: this file is not
// called *.firefox.test.mjs as it would get another one then.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchFirefox } from './lib/firefox.mjs';
import { connect, linked } from './lib/link.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { publish } from './lib/synthetic.mjs';
import { until } from './lib/until.mjs';

let link;
let server;
let browser;
let publisher; // beside the server
let ann; // as Ben knows it
let ben; // who looks on

before(async () => {
  link = await connect({ delay: 20, jitter: 5, serverThere: true });
  server = await startServer({ ...linked, link });
  publisher = publish(server, 'hall', { link });
  browser = await launchFirefox();
});

after(async () => {
  await browser?.close();
  await publisher?.stop();
  await server?.kill();
  link?.close();
});

const height = async () => (await ben.slotOf(ann))?.height;
const top = () => until('Ben has the top layer', async () => (await height()) === 720 && (await ben.figures(ann)).layer === 2);
const passed = (seconds) => until(`${seconds} s have been recorded`,
  async () => (await ben.courseOf(ann)).seconds > seconds, { every: 500 });

// Begins, and waits until so many seconds are there.
const record = async (seconds) => {
  await ben.record();
  await passed(seconds);
};
const sound = () => ben.courseOf(ann, 'mic');

test('Ben has the top layer', async () => {
  ben = await Person.join(browser, server, 'hall', 'Ben', { link: '?video=1', width: 1280, height: 760 });
  ann = await publisher.seenBy(ben);
  await ben.click('#camera');
  await ben.click('#mic');
  await ben.seesAndHears(ann);
  await ben.pin(ann);
  await top();
});

test('5 % of what goes to Firefox is lost, and the picture goes on', async () => {
  link.change({ toHere: { loss: 5 } });
  const then = await ben.figures(ann);
  let picture;
  for (let i = 0; i < 3 && !(picture?.frozen < 0.05 && picture.longest < 1); i++) { // what else this machine does passes by
    await record(12);
    picture = await ben.courseOf(ann);
  }
  const now = await ben.figures(ann);
  const [sent, again] = [now.packets - then.packets, now.retransmitted - then.retransmitted];
  const told = JSON.stringify({ ...picture, layer: now.layer, sent, again });
  assert.ok(picture.frozen < 0.05 && picture.longest < 1, told);
  assert.ok(picture.frames / picture.seconds > 20, told);
  assert.equal(now.layer, 2, told); // random loss is no congestion
  assert.ok(again > sent / 40, told); // half of what is lost at least is video
});

test('where the link becomes narrow, a lower layer comes and sound goes on', async () => {
  await record(2);
  link.change({ toHere: { kbit: 300, loss: 0 } });
  await until('Ben has a lower layer', async () => (await height()) < 720);
  await passed(12);
  const [picture, heard] = [await ben.courseOf(ann), await sound()];
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(heard.concealed < 0.6, JSON.stringify(heard));
  const [{ estimate }, { layer, why }] = [await ben.figures(), await ben.figures(ann)];
  assert.ok(layer < 2 && why === 'filled', `${layer} ${why} ${estimate}`);
});

test('the picture keeps moving on the narrow link', async () => {
  await record(8);
  const [picture, heard] = [await ben.courseOf(ann), await sound()];
  assert.ok(picture.frames / picture.seconds > 3 && picture.frozen < 0.05, JSON.stringify(picture));
  assert.ok(heard.concealed < 0.1, JSON.stringify(heard));
});

test('where it is wide again, the top layer comes back', async () => {
  await ben.record();
  link.change({ toHere: { kbit: null } });
  await top();
  const [picture, heard] = [await ben.courseOf(ann), await sound()];
  assert.ok(picture.longest < 1, JSON.stringify(picture));
  assert.ok(heard.concealed < 0.1, JSON.stringify(heard));
});

test('nobody met an error, and the server ends with 0', async () => {
  ben.assertNoErrors();
  await server.stop();
});
