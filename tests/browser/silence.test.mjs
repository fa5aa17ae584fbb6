// Who is silent costs next to nothing, on the way up and on the way down: discontinuous transmission.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window */
const small = { width: 640, height: 480, camera: { width: 320, height: 180 }, quiet: true };
const PACKETS = 150; // three seconds of speech

let browser;

before(async () => {
  browser = await launchChromium({ fps: 5 });
});

after(() => browser?.close());

for (const red of ['off', 'on']) {
  describe(`room.red = ${red}`, () => {
    let server;
    let ann; // who speaks, or does not
    let ben;

    // What Ann has sent, and Ben has got of it, since the last call: {up, down} in bytes of audio.
    let last = { up: 0, down: 0 };
    async function since() {
      const [{ bytes: up }] = await ann.sent('mic');
      const { bytes: down } = (await ben.received()).find(({ participant, source }) => participant === ann.id && source === 'mic');
      const passed = { up: up - last.up, down: down - last.down };
      last = { up, down };
      return passed;
    }

    before(async () => {
      server = await startServer({ set: { 'room.red': red } });
      ann = await Person.join(browser, server, 'hall', 'Ann', small);
      ben = await Person.join(browser, server, 'hall', 'Ben', small);
    });

    after(async () => {
      for (const person of [ann, ben]) await person?.page.close();
      await server?.kill();
    });

    test('DTX and FEC are agreed on', async () => {
      const sdp = await ann.page.evaluate(() => window.probe.connections.at(-1).currentRemoteDescription.sdp);
      assert.match(sdp, /^a=fmtp:\d+ .*useinbandfec=1/m);
      assert.match(sdp, /^a=fmtp:\d+ .*usedtx=1/m);
    });

    test('silence takes less than a tenth of what speech does', async () => {
      await ann.speak(true);
      await ben.hears(ann);
      await since();
      const begun = Date.now();
      const before = (await ann.sent('mic'))[0].packets;
      await until('a while of speech', async () => (await ann.sent('mic'))[0].packets > before + PACKETS);
      const speech = await since();
      const length = Date.now() - begun;
      await ann.speak(false);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // the codec makes sure that it is silence
      await since();
      await new Promise((resolve) => setTimeout(resolve, length));
      const silence = await since();
      const words = `${JSON.stringify(silence)} of silence, ${JSON.stringify(speech)} of speech`;
      assert.ok(silence.up * 10 < speech.up, words);
      assert.ok(silence.down * 10 < speech.down, words);
    });

    test('and who speaks again is heard at once', async () => {
      await ann.speak(true);
      await ben.hears(ann);
    });

    test('nobody met an error, and the server ends with 0', async () => {
      for (const person of [ann, ben]) person.assertNoErrors();
      await server.stop();
    });
  });
}
