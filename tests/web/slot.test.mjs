import assert from 'node:assert/strict';
import { test } from 'node:test';
import { before, newest, Slot } from '../../web/slot.js';

const ann = { track: 11, participant: 1, name: 'Ann', source: 'camera' };
const ben = { track: 22, participant: 2, name: 'Ben', source: 'camera' };
const roster = (track) => [ann, ben].find((it) => it.track === track) ?? null;

test('timestamps wrap', () => {
  for (const [a, b, expected] of [
    [1, 2, true], [2, 1, false], [5, 5, false], [0xfffffff0, 5, true], [5, 0xfffffff0, false], [0, 0x7fffffff, true],
  ]) assert.equal(before(a, b), expected, `${a} before ${b}`);
});

test('the newest contributing source', () => {
  assert.equal(newest([]), null);
  assert.equal(newest([{ source: 1, timestamp: 5 }, { source: 2, timestamp: 9 }, { source: 3, timestamp: 7 }]).source, 2);
});

// A step is [what happens, who is shown after it, is somebody awaited]: `tell` is the server's event, `see` is
// [CSRC, RTP timestamp] of the stream.
const told = (who, timestamp, why = 'filled') => ({ tell: { ...who, why, timestamp } });
const empty = (why = 'empty') => ({ tell: { track: null, participant: null, name: null, source: null, why, timestamp: 0 } });
const histories = {
  'the event comes first: nobody is shown until the media is there': [
    [told(ann, 1000), null, true],
    [{ see: [null, null] }, null, true],
    [{ see: [11, 1000] }, 'Ann', false],
  ],
  'after a switch the old picture carries no name': [
    [told(ann, 1000), null, true],
    [{ see: [11, 1000] }, 'Ann', false],
    [told(ben, 9000), null, true],
    [{ see: [11, 8000] }, null, true],
    [{ see: [22, 9000] }, 'Ben', false],
  ],
  'the media comes first: its name is taken from the roster': [
    [told(ann, 1000), null, true],
    [{ see: [11, 1000] }, 'Ann', false],
    [{ see: [22, 9000] }, 'Ben', true],
    [told(ben, 9000), 'Ben', false],
  ],
  'media of somebody unknown is nobody\'s until the event tells': [
    [told(ann, 1000), null, true],
    [{ see: [33, 9000] }, null, true],
    [told({ track: 33, participant: 3, name: 'Cleo', source: 'camera' }, 9000), 'Cleo', false],
  ],
  'without CSRCs the timestamp decides': [
    [told(ann, 1000), null, true],
    [{ see: [null, 999] }, null, true],
    [{ see: [null, 1000] }, 'Ann', false],
    [told(ben, 5), null, true],
    [{ see: [null, 0xffffff00] }, null, true],
    [{ see: [null, 6] }, 'Ben', false],
  ],
  'an emptied slot shows nobody, whatever its last packets say': [
    [told(ann, 1000), null, true],
    [{ see: [11, 1000] }, 'Ann', false],
    [empty('hidden'), null, false],
    [{ see: [11, 1100] }, null, false],
    [told(ann, 20000), 'Ann', false],
  ],
  'who cannot be shown is known, but neither shown nor awaited, whatever the last packets say': [
    [told(ann, 1000), null, true],
    [{ see: [11, 1000] }, 'Ann', false],
    [told(ann, 2000, 'bandwidth'), null, false],
    [{ see: [11, 2000] }, null, false],
    [{ see: [null, 2000] }, null, false],
    [told(ben, 2000, 'no codec'), null, false],
    [{ see: [22, 2000] }, null, false],
    [told(ann, 20000), null, true],
    [{ see: [11, 20000] }, 'Ann', false],
  ],
  'another layer of the same is no switch': [
    [told(ann, 1000), null, true],
    [{ see: [11, 1000] }, 'Ann', false],
    [told(ann, 5000), 'Ann', false],
  ],
};

for (const [name, steps] of Object.entries(histories)) {
  test(name, () => {
    const slot = new Slot(4, 'video');
    for (const [step, shown, pending] of steps) {
      const was = slot.shown?.track;
      if (step.tell) slot.tell(step.tell);
      else assert.equal(slot.see(...step.see, roster), slot.shown?.track !== was, 'tells whether it changed');
      assert.equal(slot.shown?.name ?? null, shown, JSON.stringify(step));
      assert.equal(slot.pending, pending, JSON.stringify(step));
    }
  });
}

test('who cannot be shown is named', () => {
  const slot = new Slot(4, 'video');
  slot.tell(told(ann, 1000, 'no layer').tell);
  assert.deepEqual([slot.told.participant, slot.told.track, slot.why], [ann.participant, ann.track, 'no layer']);
});

test('the reason is kept', () => {
  const slot = new Slot(4, 'video');
  slot.tell(empty('no codec').tell);
  assert.deepEqual([slot.why, slot.told.track], ['no codec', null]);
});
