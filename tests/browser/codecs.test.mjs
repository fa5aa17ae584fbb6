// Each video codec in a room of its own, and several in one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global RTCRtpSender, RTCRtpReceiver */
const wide = { width: 1100, height: 800 };
const middle = { width: 640, height: 480 };
const narrow = { width: 360, height: 230 };
const camera = { width: 1024, height: 576 }; // Chromium sends three layers of it, and each is even

let browser;
let missing; // codec -> why this browser cannot do it

before(async () => {
  browser = await launchChromium({ fps: 5 });
  missing = await lacking(['VP9', 'H264', 'AV1']);
});

after(() => browser?.close());

// Builds of Chromium differ in what they encode and decode.
async function lacking(codecs) {
  const page = await browser.open('chrome://version');
  const [sends, receives] = await page.evaluate(() =>
    [RTCRtpSender, RTCRtpReceiver].map((it) => it.getCapabilities('video').codecs.map(({ mimeType }) => mimeType)));
  await page.close();
  const reason = (codec) => {
    const lists = [[sends, 'RTCRtpSender'], [receives, 'RTCRtpReceiver']];
    const [list, of] = lists.find(([it]) => !it.includes(`video/${codec}`)) ?? [];
    return list ? `${of}.getCapabilities('video') of this browser is without ${codec}: ${[...new Set(list)]}` : null;
  };
  return new Map(codecs.map((codec) => [codec, reason(codec)]));
}

const join = (server, name, options) => Person.join(browser, server, 'hall', name, { ...narrow, camera, ...options });

// The picture of the other as it arrives has that height (a key frame of another layer has been decoded), and goes on.
async function seesAtHeight(viewer, other, height) {
  await viewer.slotOf(other, 'camera', { height });
  await viewer.sees(other);
}

for (const codec of ['VP9', 'H264', 'AV1']) {
  describe(codec, () => {
    let server;
    let ann;
    let ben;
    let cleo;

    const check = (name, what) => test(name, async (t) => (missing.get(codec) ? t.skip(missing.get(codec)) : what()));

    before(async () => {
      server = await startServer({ set: { 'room.video_codecs': codec } });
    });

    after(async () => {
      await Promise.all([ann, ben, cleo].map((person) => person?.page.close()));
      await server?.kill();
    });

    check('two see and hear each other', async () => {
      [ann, ben] = await Promise.all([join(server, 'Ann'), join(server, 'Ben', { watched: true })]);
      await Promise.all([ann.seesAndHears(ben), ben.seesAndHears(ann)]);
      await Promise.all([ann.slotOf(ben, 'camera', { codec }), ben.slotOf(ann, 'camera', { codec })]);
    });

    check('the camera has three layers', async () => {
      const layers = () => ann.sent('camera');
      await until('three layers', async () => (await layers()).length === 3);
      assert.deepEqual((await layers()).map(({ rid }) => rid).sort(), ['f', 'h', 'q']);
      for (const layer of (await layers()).filter(({ frames }) => frames > 0)) assert.equal(layer.codec, codec);
    });

    check('the picture is as large as the window wants it', async () => {
      await ben.page.setViewportSize(wide);
      await seesAtHeight(ben, ann, 576);
      await ben.page.setViewportSize(narrow);
      await seesAtHeight(ben, ann, 144);
      await ben.page.setViewportSize(wide);
      await seesAtHeight(ben, ann, 576);
    });

    // H.264 goes without the descriptor. Chromium counts the frames of its three streams together; a lost one more.
    // A probe repeats packets that came before: then Chromium hands a frame on once more, and drops it further on. A busy
    // machine leaves seconds of frames out; numbers that have nothing to do with each other are thousands apart.
    if (codec !== 'H264') check('frame numbers go on from layer to layer', async () => {
      const { mid } = await ben.slotOf(ann);
      const numbers = () => ben.frameList(mid).then((list) => [...new Set(list.map(({ number }) => number))]);
      const steps = (list) => list.slice(1).map((number, i) => number - list[i]);
      await until('20 frames', async () => (await numbers()).length > 20);
      const list = await numbers();
      for (const step of steps(list)) assert.ok(step > 0 && step < 500, String(list));
    });

    check('one who joins late gets a key frame', async () => {
      await Promise.all([ann, ben].map(({ page }) => page.setViewportSize(middle))); // the narrow one has room for two
      cleo = await join(server, 'Cleo', middle);
      await Promise.all([cleo.sees(ann), cleo.sees(ben), ann.sees(cleo), ben.sees(cleo)]);
      assert.ok((await cleo.slotOf(ann)).keys > 0);
    });

    check('a camera comes back', async () => {
      await ann.click('#camera');
      await until('Ben sees no picture of Ann', () => ben.tile(ann, 'camera', 'avatar'));
      await ben.sees(cleo);
      await ann.click('#camera');
      await Promise.all([ben.sees(ann), cleo.sees(ann)]);
      await ben.slotOf(ann, 'camera', { codec });
    });

    check('nobody met an error, and the server ends with 0', async () => {
      for (const person of [ann, ben, cleo]) person.assertNoErrors();
      await server.stop();
    });
  });
}

describe('several codecs in one room', () => {
  const small = { ...middle, camera: { width: 640, height: 360 } };
  let server;
  let ann; // sends AV1
  let ben; // sends VP8, since he has no AV1
  let cleo; // as Ann, with room for one picture
  let dan; // as Ben

  const check = (name, what) => test(name, async (t) => (missing.get('AV1') ? t.skip(missing.get('AV1')) : what()));
  const codecs = (person) => new Set(person.map(({ codec }) => codec));

  before(async () => {
    server = await startServer({ set: { 'room.video_codecs': 'AV1 VP8' } });
  });

  after(() => server?.kill());

  check('each sends the first of the list that it has', async () => {
    ann = await join(server, 'Ann', small); // before Ben: it is her whom a single slot shows
    ben = await join(server, 'Ben', { ...small, lacks: ['AV1'] });
    await Promise.all([ann.seesAndHears(ben), ben.hears(ann)]);
    await until('Ann sends pictures', async () => codecs(await ann.sent('camera')).has('AV1'));
    assert.deepEqual([...codecs(await ann.sent('camera'))], ['AV1']);
    assert.deepEqual([...codecs(await ben.sent('camera'))], ['VP8']);
    await ann.slotOf(ben, 'camera', { codec: 'VP8' });
  });

  check('who lacks the codec is told so', async () => {
    await until('Ben is told "no codec"', async () => (await ben.whys()).includes('no codec'));
    assert.equal(await ben.slotNow(ann), undefined);
    assert.ok(await ben.tile(ann, 'camera'));
    assert.ok(!(await ben.tile(ann, 'camera', 'picture')));
  });

  check('one slot shows one codec after the other', async () => {
    cleo = await join(server, 'Cleo', { ...small, link: '?video=1' });
    await cleo.sees(ann);
    const { mid } = await cleo.slotOf(ann, 'camera', { codec: 'AV1' });
    await ann.click('#camera');
    await cleo.sees(ben);
    await cleo.slotOf(ben, 'camera', { mid, codec: 'VP8' });
    await ann.click('#camera');
  });

  check('a slot that was told "no codec" shows the next who fits', async () => {
    dan = await join(server, 'Dan', { ...small, lacks: ['AV1'] });
    await Promise.all([ben.sees(dan), dan.sees(ben), ann.sees(dan)]);
    await cleo.leave();
    await ann.leave();
    await until('nothing is without a codec for Ben', async () => !(await ben.whys()).includes('no codec'));
    await Promise.all([ben.seesAndHears(dan), dan.seesAndHears(ben)]);
  });

  check('nobody met an error, and the server ends with 0', async () => {
    for (const person of [ann, ben, cleo, dan]) person.assertNoErrors();
    await server.stop();
  });
});
