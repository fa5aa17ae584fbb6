import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff, pause } from '../../web/backoff.js';

test('delays double up to a ceiling, and start again', () => {
  const backoff = new Backoff({ first: 100, most: 450, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5].map(() => backoff.next()), [100, 200, 400, 450, 450]);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('each delay is between half of its ceiling and the ceiling', () => {
  for (const [random, delay] of [[0, 50], [0.5, 75], [0.999, 99.95]]) {
    assert.equal(new Backoff({ first: 100, random: () => random }).next(), delay);
  }
});

test('a pause ends early when it is aborted, before or meanwhile', async () => {
  const began = performance.now();
  await pause(60_000, AbortSignal.abort());
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 10);
  await pause(60_000, controller.signal);
  assert.ok(performance.now() - began < 5000);
});
