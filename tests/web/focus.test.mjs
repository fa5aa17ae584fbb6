import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Focus } from '../../web/focus.js';

const SELF = 9;
const dominant = (participant, ...others) => [
  ...others.map((it) => ({ participant: it, level: 20, dominant: false })),
  { participant, level: 30, dominant: true },
];

// A step is [what the server tells, who is here, who is large after it].
const histories = {
  'nobody else is here': [[[], [], null], [dominant(SELF), [], null]],
  'before anyone has spoken it is the first, who then stays': [[[], [3, 4], 3], [[], [2, 3, 4], 3]],
  'who is dominant, not who is loudest': [[dominant(4, 5, 3), [3, 4, 5], 4], [dominant(5, 4), [3, 4, 5], 5]],
  'the viewer is not shown to themself, and moves nobody': [
    [dominant(4), [3, 4], 4], [dominant(SELF, 3), [3, 4], 4], [dominant(3), [3, 4], 3],
  ],
  'silence moves nobody': [[dominant(4), [3, 4], 4], [[], [3, 4], 4], [[{ participant: 3, level: 10 }], [3, 4], 4]],
  'one who leaves gives way to another': [[dominant(4), [3, 4], 4], [[], [3], 3], [[], [], null]],
  'one who is told before they are known is large as soon as they are': [[dominant(7), [3], 3], [[], [3, 7], 7]],
  'a server that does not tell who is dominant': [[[{ participant: 4, level: 3 }], [3, 4], 3]],
};

for (const [name, steps] of Object.entries(histories)) {
  test(name, () => {
    const focus = new Focus();
    steps.forEach(([speakers, here, expected], i) => {
      focus.heard(speakers, SELF);
      assert.equal(focus.among(here), expected, `step ${i}`);
    });
  });
}

test('tells whether there is anything to draw', () => {
  const focus = new Focus();
  for (const [speakers, news] of [
    [[], false], [dominant(4), true], [dominant(4, 5), false], [dominant(SELF), false], [dominant(5), true],
  ]) assert.equal(focus.heard(speakers, SELF), news, JSON.stringify(speakers));
});

test('another call begins without anyone', () => {
  const focus = new Focus();
  focus.heard(dominant(4), SELF);
  focus.clear();
  assert.equal(focus.among([3, 4]), 3);
});
