import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callWords, devicesWords, deviceWords, goneWords } from '../../web/words.js';

const error = (name) => ({ name });

test('errors of devices', () => {
  const rows = [
    [null, 'mic', null],
    [error('NotAllowedError'), 'camera', /may not use the camera/],
    [error('NotAllowedError'), 'screen', null], // the user has changed their mind
    [error('NotFoundError'), 'mic', /No microphone/],
    [error('OverconstrainedError'), 'mic', /No microphone/],
    [error('NotReadableError'), 'camera', /in use/],
    [error('SecurityError'), 'camera', /https/],
    [error('AbortError'), 'mic', /unplugged/],
    [error('StrangeError'), 'mic', /StrangeError/],
  ];
  for (const [of, kind, words] of rows) {
    const said = deviceWords(of, kind);
    if (words === null) assert.equal(said, null);
    else assert.match(said, words);
  }
});

test('what is wrong with the page is said once, what is wrong with devices for each', () => {
  assert.match(devicesWords({ mic: error('NotAllowedError'), camera: error('NotAllowedError') }), /^[^.]*microphone and camera\./);
  assert.match(devicesWords({ mic: error('NotFoundError'), camera: error('NotReadableError') }), /No microphone.*camera is in use/);
  assert.equal(devicesWords({ mic: null, camera: null }), null);
});

test('errors of calls; the server\'s own words where there are none of ours', () => {
  assert.match(callWords({ reason: 'room_full', message: 'x' }), /full/);
  assert.match(callWords({ reason: 'busy', message: 'x' }), /too much to do/);
  assert.match(callWords({ reason: 'unauthorized', message: 'x' }), /invitation/);
  assert.equal(callWords({ reason: 'something_new', message: 'Use the other door.' }), 'Use the other door.');
  assert.equal(callWords({ reason: 'toString', message: 'x' }), 'x');
});

test('why somebody has gone', () => {
  for (const [reason, words] of [['left', 'left'], ['timeout', 'lost the connection'], ['new', 'left']]) {
    assert.equal(goneWords(reason), words);
  }
});
