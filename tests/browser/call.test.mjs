// A call as people have it, from joining to leaving.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

let server;
let browser;
let ann;
let ben;
let cleo;
let dan;

before(async () => {
  server = await startServer({ set: { 'signaling.grace': 300 } }); // a busy machine takes its time until Ann is back
  browser = await launchChromium({ fps: 5 });
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

const join = (name) => Person.join(browser, server, 'hall', name, { camera: { width: 640, height: 360 } });

test('three people see and hear each other', async () => {
  [ann, ben, cleo] = await Promise.all(['Ann', 'Ben', 'Cleo'].map(join));
  await Promise.all([ann.seesAndHears(ben, cleo), ben.seesAndHears(ann, cleo), cleo.seesAndHears(ann, ben)]);
});

test('media is encrypted with an AEAD', async () => {
  for (const person of [ann, ben, cleo]) assert.match(await person.cipher(), /AEAD_AES/);
});

test('nobody is sent their own sound or pictures', async () => {
  for (const person of [ann, ben, cleo]) {
    const own = (await person.received()).filter(({ participant }) => participant === person.id);
    assert.deepEqual(own, []);
  }
});

test('a fourth who joins late sees and hears all, and is seen', async () => {
  dan = await join('Dan');
  await Promise.all([dan.seesAndHears(ann, ben, cleo), ann.sees(dan), ben.sees(dan), cleo.sees(dan)]);
});

test('a muted microphone is silent to the others, and they are told', async () => {
  await ann.click('#mic');
  const micOff = (person) => person.page.evaluate((id) =>
    document.querySelector(`.tile[data-participant="${id}"]`).dataset.mic === 'off', ann.id);
  await until('Ben is told that Ann is muted', () => micOff(ben));
  await until('Ben no longer hears Ann', async () => !(await ben.gets(ann, 'mic')));
  await ann.click('#mic');
  await until('Ben is told that Ann is not muted', async () => !(await micOff(ben)));
  await ben.hears(ann);
});

test('a camera that is turned off gives way to the name, and comes back', async () => {
  await ann.click('#camera');
  await until('Ben sees no picture of Ann', () => ben.tile(ann, 'camera', 'avatar'));
  await ann.click('#camera');
  await ben.sees(ann);
});

test('a shared screen is seen by all, beside the camera, until it ends', async () => {
  await ben.click('#share');
  await Promise.all([ann.sees(ben, 'screen'), cleo.sees(ben, 'screen'), dan.sees(ben, 'screen')]);
  await ann.sees(ben);
  await ben.click('#share');
  await until('the screen is gone', async () => !(await ann.tile(ben, 'screen')));
});

test('chat reaches all', async () => {
  const text = 'Hello <b>all</b> & everyone \u{1f44b}';
  await cleo.say(text);
  await Promise.all([ann, ben, cleo, dan].map((person) => person.reads(text)));
});

test('one who reloads the page comes back as somebody new', async () => {
  const old = ben.id;
  await ben.reload();
  assert.notEqual(ben.id, old);
  await Promise.all([ben.seesAndHears(ann, cleo, dan), ann.sees(ben)]);
  await until('nobody of the old number is left', async () => !(await ann.people()).includes(old));
});

test('a cut WebSocket does not end the call, and nothing is missed', async () => {
  const { id } = ann;
  await ann.page.evaluate(() => window.probe.setOnline(false));
  await ann.state('reconnecting');
  await ben.say('while you were away');
  const before = await ann.frames();
  await until('pictures go on', async () => (await ann.frames()) > before + 5);
  await until('Ben still gets the pictures of Ann', () => ben.gets(ann, 'camera'));
  assert.ok((await ben.people()).includes(id));
  await ann.page.evaluate(() => window.probe.setOnline(true));
  await ann.state('joined');
  await ann.reads('while you were away');
  assert.equal(await ann.page.evaluate(() => window.plenum.participant), id);
  assert.equal(await ann.page.evaluate(() => window.probe.connections.length), 1);
  await ann.say('back');
  await ben.reads('back');
  ann.page.errors = ann.page.errors.filter((text) => !text.includes('127.0.0.1:9'));
});

test('nobody renegotiated when others came and went', async () => {
  for (const person of [ann, cleo, dan]) {
    assert.equal(await person.page.evaluate(() => window.probe.connections.length), 1, person.name);
  }
});

test('one who leaves is gone for the others, whose call goes on', async () => {
  await dan.leave();
  await until('Ann has no tile of Dan', async () => !(await ann.tile(dan)));
  await Promise.all([ann.seesAndHears(ben, cleo), cleo.seesAndHears(ann, ben)]);
});

test('no page has met an error', () => {
  for (const person of [ann, ben, cleo, dan]) person.assertNoErrors();
});

test('the server tells the clients and ends with 0', async () => {
  await server.stop();
});
