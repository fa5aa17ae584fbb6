// Who is silent costs next to nothing, on the way up and on the way down: discontinuous transmission.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global window */
const small = { width: 640, height: 480, camera: { width: 320, height: 180 }, quiet: true };
const PACKETS = 100; // two seconds of speech

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
      [ann, ben] = await Promise.all(['Ann', 'Ben'].map((name) => Person.join(browser, server, 'hall', name, small)));
    });

    after(async () => {
      await Promise.all([ann, ben].map((person) => person?.page.close()));
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
      let silence;
      await since();
      await until('as long a silence', async () => { // once the codec has made sure that it is one
        await new Promise((resolve) => setTimeout(resolve, length));
        silence = await since();
        return silence.up * 10 < speech.up && silence.down * 10 < speech.down;
      }, { also: async () => `: ${JSON.stringify(silence)}, ${JSON.stringify(speech)} of speech` });
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
