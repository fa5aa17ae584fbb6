import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callFacts } from '../../web/panel.js';

const facts = (stats) => Object.fromEntries(callFacts(stats));

test('figures of the call as a whole', () => {
  const server = { rtt: 30.4, estimate: 2_500_000, allotted: 600_400, remb: 0 };
  assert.deepEqual(facts({ up: 1_234_000, down: 0, rtt: 21, available: null, server }), {
    Sending: '1.2 Mbit/s',
    Receiving: '0 kbit/s',
    'Round trip': '21 ms',
    'Upload capacity': '–',
    'Download capacity': '2.5 Mbit/s',
    'Download planned': '600 kbit/s',
  });
});

test('what the server has told by REMB is there where it did', () => {
  assert.equal(facts({ server: { remb: 450_000 } })['Upload allowed'], '450 kbit/s');
  assert.ok(!('Upload allowed' in facts({ server: { remb: 0 } })));
});

test('the server may have said nothing', () => {
  const before = facts({ up: null, down: null, rtt: null, available: 300_000, server: null });
  assert.deepEqual(
    [before['Round trip'], before['Upload capacity'], before['Download capacity'], before['Download planned']],
    ['–', '300 kbit/s', '–', '–'],
  );
});
