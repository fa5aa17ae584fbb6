import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Encodings } from '../../web/encodings.js';

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
