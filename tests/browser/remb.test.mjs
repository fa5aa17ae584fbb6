// A publisher that negotiates no transport-cc, behind a link of its own: it sends what the server tells it by REMB.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { connect, linked } from './lib/link.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window, navigator, fetch, RTCPeerConnection */

const NARROW = 400; // kbit/s

let link;
let server;
let browser;
let page;

// Runs in the page: WHIP, with all that is about transport-cc taken out of the offer. Returns the answer.
async function publish(path) {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
  for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
  await pc.setLocalDescription();
  const lines = pc.localDescription.sdp.split('\r\n').filter((line) => !/transport-(cc|wide-cc)/.test(line));
  const response = await fetch(path, {
    method: 'POST', body: lines.join('\r\n'), headers: { 'content-type': 'application/sdp' },
  });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(`${response.status}: ${sdp}`);
  await pc.setRemoteDescription({ type: 'answer', sdp });
  window.figures = async () => {
    const stats = [...(await pc.getStats()).values()];
    const of = (type) => stats.find((it) => it.type === type && it.kind === 'video');
    return {
      kbit: (stats.find((it) => it.nominated)?.availableOutgoingBitrate ?? 0) / 1000,
      frames: of('outbound-rtp')?.framesEncoded ?? 0,
      lost: of('remote-inbound-rtp')?.packetsLost ?? 0,
    };
  };
  return sdp;
}

const figures = () => page.evaluate(() => window.figures());
const seconds = (n) => new Promise((resolve) => { setTimeout(resolve, 1000 * n); });

before(async () => {
  link = await connect({ delay: 20 });
  server = await startServer(linked);
  browser = await launchChromium({ fps: 30, loopback: false, link });
  page = await browser.open(`${server.url}health`);
});

after(async () => {
  await browser?.close();
  await server?.kill();
  link?.close();
});

test('it is answered with REMB and the times that this is made of', async () => {
  const sdp = await page.evaluate(publish, '/whip/hall');
  assert.match(sdp, /^a=rtcp-fb:\d+ goog-remb/m);
  assert.match(sdp, /^a=extmap:.*abs-send-time/m);
  assert.doesNotMatch(sdp, /transport-(cc|wide-cc)/);
});

test('its rate rises as long as nothing speaks against it', async () => {
  await until('it may send more than at the start', async () => (await figures()).kbit > 900);
});

test('it keeps below what its network carries, with next to nothing lost', async () => {
  link.change({ toHere: { kbit: NARROW, queue: 400 } });
  await until('it is told to send less', async () => (await figures()).kbit < NARROW);
  const seen = [];
  await until('6 s like that', async () => { // once the queue is empty, and what was lost in it reported
    const before = await figures();
    await seconds(6);
    const { kbit, lost, frames } = await figures();
    const now = { kbit, lost: lost - before.lost, frames: frames - before.frames };
    seen.push(now);
    return now.kbit > NARROW / 4 && now.kbit < NARROW * 1.2 && now.lost <= 10 && now.frames > 30;
  }, { also: async () => `: ${JSON.stringify(seen)}` });
});

test('it comes back up by itself', async () => {
  link.change({ toHere: { kbit: null } });
  await until('it may send more than the narrow link carried', async () => (await figures()).kbit > 2 * NARROW);
});
