import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Encodings, encodingsFor } from '../../web/encodings.js';

// An RTCRtpSender as far as it matters: what setParameters() may change, and that it is slow and can fail.
class Sender {
  encodings;
  calls = 0;
  busy = false;
  refusals = 0;

  constructor(...encodings) {
    this.encodings = encodings;
  }

  getParameters() {
    return { transactionId: String(this.calls), encodings: structuredClone(this.encodings) };
  }

  async setParameters({ transactionId, encodings }) {
    assert.equal(this.busy, false, 'one at a time');
    assert.equal(transactionId, String(this.calls), 'of what was read last');
    this.calls++;
    this.busy = true;
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.busy = false;
    if (this.refusals-- > 0) throw new DOMException('negotiating', 'InvalidStateError');
    this.encodings = encodings;
  }

  get active() {
    return this.encodings.map(({ active = true }) => active);
  }
}

const camera = () => new Sender(
  { rid: 'q', scaleResolutionDownBy: 4, active: true },
  { rid: 'h', scaleResolutionDownBy: 2, active: true },
  { rid: 'f', scaleResolutionDownBy: 1, active: true },
);

test('nothing but `active` changes, and only where it is news', async () => {
  const sender = camera();
  const encodings = new Encodings(sender);
  for (const [layers, calls] of [
    [[true, true, true], 0],
    [[true, false, true], 1],
    [[true, false, true], 1],
    [[false, false, false], 2],
    [[true, true, false], 3],
  ]) {
    await encodings.want(layers);
    assert.deepEqual(sender.active, layers);
    assert.deepEqual(sender.encodings.map(({ active, ...rest }) => rest), camera().encodings.map(({ active, ...rest }) => rest));
    assert.equal(sender.calls, calls, String(layers));
  }
});

test('a single stream', async () => {
  const sender = new Sender({ maxBitrate: 2_500_000 }); // `active` may be left out by a browser
  const encodings = new Encodings(sender);
  await encodings.want([true]);
  assert.equal(sender.calls, 0);
  await encodings.want([false]);
  assert.deepEqual(sender.active, [false]);
});

test('wishes that follow each other: one at a time, the last one holds', async () => {
  const sender = camera();
  const encodings = new Encodings(sender);
  encodings.want([true, true, false]);
  encodings.want([false, false, false]);
  await encodings.want([true, false, true]);
  assert.deepEqual(sender.active, [true, false, true]);
  assert.equal(sender.calls, 1);
});

test('a browser that is busy is asked again', async () => {
  const sender = camera();
  sender.refusals = 2;
  await new Encodings(sender).want([true, false, false]);
  assert.deepEqual(sender.active, [true, false, false]);
});

test('one that cannot goes on sending all', async () => {
  const sender = camera();
  sender.refusals = Infinity;
  await new Encodings(sender).want([false, false, false]);
  assert.deepEqual(sender.active, [true, true, true]);
  const old = { getParameters: () => ({}), setParameters: () => assert.fail('nothing to set') };
  await new Encodings(old).want([false]);
});

test('a layer that is not named goes on', async () => {
  const sender = camera();
  await new Encodings(sender).want([true, false]);
  assert.deepEqual(sender.active, [true, false, true]);
});

test('as many as are worth it, each half as wide as the next', () => {
  for (const [width, height, expected] of [
    [1920, 1080, '480x270 960x540 1920x1080'],
    [1280, 720, '320x180 640x360 1280x720'],
    [720, 1280, '180x320 360x640 720x1280'],
    [960, 540, '240x135 480x270 960x540'],
    [640, 480, '320x240 640x480'],
    [640, 360, '320x180 640x360'],
    [480, 270, '240x135 480x270'],
    [320, 240, '320x240'],
    [1, 1, '1x1'],
  ]) {
    const sizes = encodingsFor({ width, height }).map(({ scaleResolutionDownBy: by }) => `${width / by}x${height / by}`);
    assert.equal(sizes.join(' '), expected);
  }
  assert.deepEqual(encodingsFor({}), encodingsFor({ width: 1280, height: 720 }));
});

test('the bit rate goes by the size', () => {
  const rates = encodingsFor().map(({ maxBitrate }) => maxBitrate);
  assert.equal(rates[2], 1_800_000);
  assert.ok(rates[1] > 450_000 && rates[1] < 600_000 && rates[0] > 120_000 && rates[0] < 180_000, String(rates));
  assert.equal(encodingsFor({ width: 640, height: 360 })[1].maxBitrate, rates[1]);
});

const track = (width, height) => ({ getSettings: () => ({ width, height }) });
const scales = (sender) => sender.encodings.filter(({ active }) => active).map((it) => it.scaleResolutionDownBy);

test('a small camera has fewer, and the largest stands in for those that it lacks', async () => {
  const sender = camera();
  const encodings = new Encodings(sender);
  await encodings.fit(track(640, 360));
  assert.equal(encodings.count, 2);
  assert.deepEqual(sender.active, [true, true, false]);
  assert.deepEqual(scales(sender), [2, 1]);
  for (const [wanted, active] of [
    [[true, false, true], [true, true, false]],
    [[true, false, false], [true, false, false]],
    [[false, false, false], [false, false, false]],
    [[false, false, true], [false, true, false]],
  ]) {
    await encodings.want(wanted);
    assert.deepEqual(sender.active, active, String(wanted));
  }
  await encodings.fit(track(320, 180));
  assert.deepEqual(sender.active, [true, false, false]);
  assert.deepEqual(scales(sender), [1]);
});

test('another camera: other encodings, what is wanted stays', async () => {
  const sender = camera();
  const encodings = new Encodings(sender);
  await encodings.want([true, false, true]);
  await encodings.fit(track(320, 240));
  await encodings.fit(track(1280, 720));
  assert.deepEqual(sender.active, [true, false, true]);
  assert.deepEqual(scales(sender), [4, 1]);
});
