import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest } from '../../web/digest.js';

const names = {
  mids: new Map([['1', 'camera']]),
  tracks: new Map([['t7', '7']]),
  slots: new Map([['7', 3], ['8', 4]]),
};

const report = (at, { sent = 0, received = 0, packets = 0, lost = 0 } = {}) => [
  { id: 'T', type: 'transport', timestamp: at, selectedCandidatePairId: 'P' },
  { id: 'X', type: 'candidate-pair', timestamp: at, bytesSent: 1e9, bytesReceived: 1e9, nominated: true },
  { id: 'P', type: 'candidate-pair', timestamp: at, bytesSent: sent, bytesReceived: received, currentRoundTripTime: 0.0214 },
  { id: 'C', type: 'codec', timestamp: at, mimeType: 'video/VP8' },
  { id: 'O', type: 'outbound-rtp', timestamp: at, mid: '1', rid: 'h', bytesSent: sent, frameWidth: 640, frameHeight: 360,
    codecId: 'C', remoteId: 'R', qualityLimitationReason: 'cpu' },
  { id: 'R', type: 'remote-inbound-rtp', timestamp: at, fractionLost: 0.25, roundTripTime: 0.03, jitter: 0.005 },
  { id: 'I', type: 'inbound-rtp', timestamp: at, kind: 'video', mid: '8', bytesReceived: received, packetsReceived: packets,
    packetsLost: lost, jitter: 0.0123, freezeCount: 2, codecId: 'C' },
  { id: 'J', type: 'inbound-rtp', timestamp: at, kind: 'video', trackIdentifier: 't7' },
];

test('the first digest has no rates', () => {
  const first = digest(report(1000, { sent: 5000 }), names, null);
  assert.deepEqual([first.up, first.down, first.sending[0].bitrate, first.receiving[0].lost], [null, null, null, null]);
  assert.equal(first.rtt, 21);
});

test('rates and losses are those since the digest before', () => {
  const first = digest(report(1000, { sent: 1000, received: 2000, packets: 100, lost: 5 }), names, null);
  const second = digest(report(3000, { sent: 26_000, received: 52_000, packets: 190, lost: 15 }), names, first);
  assert.deepEqual([second.up, second.down], [100_000, 200_000]);
  const camera = second.sending[0];
  assert.deepEqual(
    [camera.source, camera.rid, camera.codec, camera.width, camera.bitrate, camera.lost, camera.rtt, camera.limited],
    ['camera', 'h', 'VP8', 640, 100_000, 0.25, 30, 'cpu'],
  );
  const four = second.receiving.find((it) => it.slot === 4);
  assert.deepEqual([four.bitrate, four.lost, four.jitter, four.freezes], [200_000, 0.1, 12, 2]);
});

test('slots are known by mid or else by the track, and are in order', () => {
  assert.deepEqual(digest(report(1000), names, null).receiving.map((it) => it.slot), [3, 4]);
});

test('a counter that started again gives no negative rate', () => {
  const first = digest(report(1000, { sent: 9000, received: 9000, packets: 90 }), names, null);
  const second = digest(report(2000, { sent: 10, received: 10, packets: 1 }), names, first);
  assert.deepEqual([second.up, second.receiving[1].bitrate, second.receiving[1].lost], [0, 0, null]);
});

test('what was repeated is not counted twice', () => {
  const sent = (at, bytesSent, retransmittedBytesSent) =>
    [{ id: 'O', type: 'outbound-rtp', timestamp: at, mid: '1', bytesSent, retransmittedBytesSent }];
  const first = digest(sent(1000, 1000, 500), names, null);
  assert.equal(digest(sent(2000, 4000, 2500), names, first).sending[0].bitrate, 8000);
});

test('an empty report is an empty digest', () => {
  const empty = digest([], names, null);
  assert.deepEqual([empty.up, empty.sending, empty.receiving], [null, [], []]);
});
