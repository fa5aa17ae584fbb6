// Coming, going and talking on a server with two workers that is built with
// ThreadSanitizer: rooms that lie on one of them, and rooms that lie on both.
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';

let browser;

before(async () => {
  browser = await launchChromium({ fps: 5 });
});

after(() => browser?.close());

for (const [title, spread] of [['rooms on a worker each', 0], ['rooms on both workers', 1]]) {
  describe(title, () => {
    let server;
    const people = [];

    before(async () => {
      server = await startServer({ preset: 'tsan', set: { 'rtc.workers': 2, 'rtc.spread': spread } });
    });

    after(async () => {
      await Promise.all(people.map(({ page }) => page.close()));
      await server?.kill();
    });

    async function join(room, name) {
      const person = await Person.join(browser, server, room, name, { width: 640, height: 480, camera: { width: 320, height: 180 } });
      people.push(person);
      return person;
    }

    test('two rooms, with comings, goings and a chat', async () => {
      const [ann, ben, cleo, dan] = await Promise.all([
        join('one', 'Ann'), join('one', 'Ben'), join('two', 'Cleo'), join('two', 'Dan'),
      ]);
      await Promise.all([ann.seesAndHears(ben), ben.seesAndHears(ann), cleo.seesAndHears(dan), dan.seesAndHears(cleo)]);
      await ann.say('hello');
      await ben.reads('hello');
      await ann.click('#chat'); // it covers the pictures in a window as small as this one: none would come
      await ben.reload();
      await ann.seesAndHears(ben);
      await dan.leave();
      await ann.click('#mic');
      await ben.leave();
      for (const person of [ann, ben, cleo, dan]) person.assertNoErrors();
      await ann.leave();
      await cleo.leave();
      await Promise.all(people.splice(0).map(({ page }) => page.close()));
    });

    test('the server ends in the middle of a call, with 0', async () => {
      const [ann, ben] = await Promise.all([join('one', 'Ann'), join('one', 'Ben')]);
      await Promise.all([ann.seesAndHears(ben), ben.seesAndHears(ann)]);
      await server.stop();
    });
  });
}
