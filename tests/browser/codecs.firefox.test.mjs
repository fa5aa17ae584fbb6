// Firefox, which has no RED and takes no dependency descriptor, in rooms of other codecs than VP8. It has H.264 only
// with a plug-in that it would have to download.
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { launchFirefox } from './lib/firefox.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

const camera = { width: 640, height: 360 };
let chromium;
let firefox;

before(async () => {
  [chromium, firefox] = await Promise.all([launchChromium({ fps: 5 }), launchFirefox()]);
});

after(() => Promise.all([chromium?.close(), firefox?.close()]));

for (const codec of ['VP9', 'AV1']) {
  describe(codec, () => {
    let server;
    let ann;
    let ben;
    let cleo;

    before(async () => {
      server = await startServer({ set: { 'room.video_codecs': codec, 'room.red': 'on' } });
    });

    after(async () => {
      await Promise.all([ann, ben, cleo].map((person) => person?.page.close()));
      await server?.kill();
    });

    test('two in Firefox and one in Chromium see and hear each other', async () => {
      const join = (browser, name) => Person.join(browser, server, 'hall', name, { camera });
      const two = async () => [await join(firefox, 'Ann'), await join(firefox, 'Cleo')];
      [[ann, cleo], ben] = await Promise.all([two(), join(chromium, 'Ben')]);
      await Promise.all([ann.seesAndHears(ben, cleo), ben.seesAndHears(ann, cleo), cleo.seesAndHears(ann, ben)]);
      for (const [viewer, other] of [[ann, ben], [ben, ann], [cleo, ann]]) await viewer.slotOf(other, 'camera', { codec });
    });

    test('pictures move between key frames', async () => {
      for (const [viewer, other] of [[ann, ben], [ben, ann], [ben, cleo], [cleo, ann]]) {
        const between = async () => ((it) => it.frames - it.keys)(await viewer.slotOf(other));
        const before = await between();
        await until(`${viewer.name} sees ${other.name} move`, async () => (await between()) > before + 10, { also: () => viewer.account() });
      }
    });

    test('nobody met an error, and the server ends with 0', async () => {
      for (const person of [ann, ben, cleo]) person.assertNoErrors();
      await server.stop();
    });
  });
}
