// WHIP and WHEP as small clients of a browser speak them: one page publishes by fetch, others play, and a room's
// page sees them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window, document, navigator, fetch, AudioContext, GainNode, OscillatorNode, RTCPeerConnection */

let server;
let browser;
let ann;
let camera;

// Runs in the page: one POST, and what belongs to it.
function client() {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const type = 'application/trickle-ice-sdpfrag';
  let location;
  let etag;
  let volume;

  async function post(path) {
    await pc.setLocalDescription();
    const response = await fetch(path, {
      method: 'POST', body: pc.localDescription.sdp, headers: { 'content-type': 'application/sdp' },
    });
    if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
    location = response.headers.get('location');
    etag = response.headers.get('etag');
    await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    return Number(location.split('/')[3].split('-')[0]);
  }

  const line = (name, sdp) => new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)[0];
  const fragment = (sdp, more = '') =>
    `${line('group', sdp)}\r\n${line('ice-ufrag', sdp)}\r\n${line('ice-pwd', sdp)}\r\nm=audio 9 RTP/AVP 0\r\n${line('mid', sdp)}\r\n${more}`;
  const patch = (body, match) =>
    fetch(location, { method: 'PATCH', body, headers: { 'content-type': type, 'if-match': match } });

  return window.client = {
    pc,
    // The camera, and a tone with the rhythm of speech (an even one is noise to the server) for speaks() to turn off.
    async publish(path) {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const rhythm = new OscillatorNode(audio, { type: 'square', frequency: 1.3 });
      const syllables = new GainNode(audio, { gain: 0.26 });
      const out = audio.createMediaStreamDestination();
      volume = audio.createGain();
      rhythm.connect(new GainNode(audio, { gain: 0.25 })).connect(syllables.gain);
      tone.connect(syllables).connect(volume).connect(out);
      tone.start();
      rhythm.start();
      stream.addTrack(out.stream.getAudioTracks()[0]);
      for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
      return post(path);
    },
    speaks(does) {
      volume.gain.value = does ? 1 : 0;
    },
    async play(path) {
      window.streams = new Set();
      pc.ontrack = ({ streams: [stream] }) => {
        window.streams.add(stream.id);
        window.player ??= Object.assign(document.createElement('video'), { autoplay: true });
        window.player.srcObject = stream; // nothing is decoded that nobody plays
      };
      for (const kind of ['audio', 'video']) pc.addTransceiver(kind, { direction: 'recvonly' });
      return post(path);
    },
    async trickle() {
      while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => { setTimeout(resolve, 20); });
      const { sdp } = pc.localDescription;
      return (await patch(fragment(sdp, `${line('candidate', sdp)}\r\na=end-of-candidates\r\n`), etag)).status;
    },
    async restart() {
      const before = pc.remoteDescription.sdp;
      await pc.setLocalDescription(await pc.createOffer({ iceRestart: true }));
      const response = await patch(fragment(pc.localDescription.sdp), '*');
      const fresh = await response.text();
      const sdp = before.replace(/^a=ice-ufrag:.*$/gm, line('ice-ufrag', fresh)).replace(/^a=ice-pwd:.*$/gm, line('ice-pwd', fresh));
      await pc.setRemoteDescription({ type: 'answer', sdp });
      const renewed = response.headers.get('etag') !== etag;
      etag = response.headers.get('etag');
      return [response.status, renewed];
    },
    async end() {
      return (await fetch(location, { method: 'DELETE' })).status;
    },
    // What arrives of each kind, and whose it is: the CSRC is the track's number.
    async received() {
      const list = [];
      for (const receiver of pc.getReceivers()) {
        const stats = [...(await receiver.getStats()).values()].find((it) => it.type === 'inbound-rtp');
        const [csrc] = receiver.getContributingSources().sort((a, b) => b.timestamp - a.timestamp);
        list.push({ kind: receiver.track.kind, csrc: csrc?.source, grows: stats?.framesDecoded ?? stats?.totalAudioEnergy ?? 0 });
      }
      return list;
    },
    async pair() {
      const stats = [...(await pc.getStats()).values()];
      return stats.find(({ type: it }) => it === 'transport')?.selectedCandidatePairId;
    },
  };
}

// A page of the server that has no scripts of its own.
async function open(what, path) {
  const page = await browser.open(`${server.url}health`);
  await page.evaluate(client);
  const id = await page.evaluate(([method, target]) => window.client[method](target), [what, path]);
  const ask = (method, argument) => page.evaluate(([it, given]) => window.client[it](given), [method, argument]);
  return { page, id, name: path, ask };
}

// Whether both sound and pictures of that participant came in the last second, and no one else's.
async function plays(viewer, participant) {
  const tracks = await ann.page.evaluate((id) => window.plenum.roster.get(id)?.tracks.map(({ track }) => track), participant);
  const before = await viewer.ask('received');
  await new Promise((resolve) => { setTimeout(resolve, 1000); });
  const now = await viewer.ask('received');
  return now.length === 2 && now.every(({ csrc, grows }, i) => tracks?.includes(csrc) && grows > before[i].grows);
}

before(async () => {
  server = await startServer();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

test('what is published by one POST is seen and heard in the room', async () => {
  ann = await Person.join(browser, server, 'hall', 'Ann');
  camera = await open('publish', '/whip/hall?name=Stage');
  await ann.seesAndHears(camera);
  const { name, tracks } = await ann.page.evaluate((id) => window.plenum.roster.get(id), camera.id);
  assert.equal(name, 'Stage');
  assert.deepEqual(tracks.map(({ source }) => source), ['mic', 'camera']);
});

test('candidates by PATCH, and an ICE restart', async () => {
  assert.equal(await camera.ask('trickle'), 204);
  const before = await camera.ask('pair');
  assert.deepEqual(await camera.ask('restart'), [200, true]);
  await until('another pair of candidates', async () => (await camera.ask('pair')) !== before);
  await ann.seesAndHears(camera);
  assert.equal(await camera.ask('trickle'), 204);
});

test('a player of one participant gets that one, as one stream', async () => {
  for (const { id } of [camera, ann]) {
    const viewer = await open('play', `/whep/hall/${id}`);
    await until(`sound and pictures of ${id}`, () => plays(viewer, id));
    assert.equal(await viewer.page.evaluate(() => window.streams.size), 1);
    assert.equal(await viewer.ask('end'), 200);
    await viewer.page.close();
  }
});

test('the programme follows who speaks, and the player is in the room', async () => {
  const viewer = await open('play', '/whep/hall');
  const guest = await open('publish', '/whip/hall?name=Guest');
  await until('Ann is told of the player', async () => (await ann.people()).includes(viewer.id));
  await ann.click('#mic');
  for (const [speaker, silent] of [[camera, guest], [guest, camera], [camera, guest]]) {
    await silent.ask('speaks', false);
    await speaker.ask('speaks', true);
    await until(`sound and pictures of ${speaker.id}`, () => plays(viewer, speaker.id));
  }
  assert.equal(await viewer.ask('end'), 200);
  await until('Ann is told that it went', async () => !(await ann.people()).includes(viewer.id));
  await guest.page.close();
});

test('DELETE, or closing the connection, is leaving', async () => {
  assert.equal(await camera.ask('end'), 200);
  await until('Ann is told', async () => !(await ann.people()).includes(camera.id));
  const other = await open('publish', '/whip/hall');
  await ann.sees(other);
  await other.page.evaluate(() => window.client.pc.close());
  await until('Ann is told', async () => !(await ann.people()).includes(other.id));
  ann.assertNoErrors();
  await server.stop();
});
