import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initials, sends } from '../../web/face.js';
import { level } from '../../web/meter.js';

test('initials', () => {
  for (const [name, expected] of [
    ['Ann', 'A'], ['Ada Lovelace', 'AL'], ['  ada   king lovelace ', 'AL'], ['élodie', 'É'], ['😀 x', '😀X'], ['', ''], ['李 明', '李明'],
  ]) assert.equal(initials(name), expected, name);
});

test('what somebody sends', () => {
  const entry = (...tracks) => ({ tracks: tracks.map(([source, muted]) => ({ source, muted })) });
  assert.deepEqual(sends(entry()), { mic: false, camera: false, screen: false });
  assert.deepEqual(sends(entry(['mic', true], ['camera', false])), { mic: false, camera: true, screen: false });
  assert.deepEqual(sends(entry(['camera', true], ['camera', false])), { mic: false, camera: true, screen: false });
});

test('the level of silence is 0, that of a loud tone 1', () => {
  const tone = (amplitude) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 5));
  assert.equal(level(new Float32Array(1024)), 0);
  assert.equal(level(tone(1)), 1);
  const quiet = level(tone(0.01));
  assert.ok(quiet > 0.1 && quiet < 0.5, String(quiet));
});
