// A viewer whose page follows the speaker. All are silent until a test makes one of them speak.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from './lib/chromium.mjs';
import { Person } from './lib/person.mjs';
import { startServer } from './lib/server.mjs';
import { until } from './lib/until.mjs';

/* global document, window */
let server;
let browser;
let ann;
let ben;
let cleo; // who looks

before(async () => {
  server = await startServer();
  browser = await launchChromium({ fps: 5 });
});

after(async () => {
  await browser?.close();
  await server?.kill();
});

// Who is large on Cleo's page, a participant or null.
const large = () => cleo.page.evaluate(() => Number(document.querySelector('.tile[data-large="true"]')?.dataset.participant ?? 0) || null);
const shows = (who) => until(`Cleo's page shows ${who?.name ?? 'nobody'} large`, async () => (await large()) === (who?.id ?? null));

const height = async (who) => (await cleo.slotNow(who))?.height ?? 0;

// One speaks, the others are silent, and the server has noticed.
async function speaks(who) {
  for (const person of [ann, ben, cleo]) await person.speak(person === who);
  await until(`${who.name} is the dominant speaker`, () => cleo.page.evaluate((it) => window.dominant === it, who.id));
}

// Keep who is the dominant speaker in window.dominant of Cleo's page.
const listen = () => cleo.page.evaluate(() => window.plenum.addEventListener('speakers', ({ detail }) => {
  window.dominant = detail.speakers.find(({ dominant }) => dominant)?.participant ?? null;
}));

test('all are alike', async () => {
  const small = { width: 320, height: 240, camera: { width: 640, height: 360 }, quiet: true };
  ann = await Person.join(browser, server, 'hall', 'Ann', small);
  ben = await Person.join(browser, server, 'hall', 'Ben', small);
  cleo = await Person.join(browser, server, 'hall', 'Cleo', { width: 1000, height: 700, quiet: true });
  await listen();
  await cleo.click('#camera'); // nobody has to encode that one
  await Promise.all([cleo.sees(ann), cleo.sees(ben)]);
  assert.equal(await large(), null);
});

test('the key f follows the speaker, who is large in pixels, too', async () => {
  await speaks(ben);
  await cleo.page.keyboard.press('f');
  await until('the page says so', async () => (await cleo.page.getAttribute('#layout', 'aria-pressed')) === 'true');
  await shows(ben);
  await until('the speaker is larger than the other', async () => (await height(ben)) > (await height(ann)) && (await height(ann)) > 0);
  await Promise.all([cleo.sees(ann), cleo.sees(ben)]);
});

test('another speaker, another large picture', async () => {
  await speaks(ann);
  await shows(ann);
  await until('the speaker is larger than the other', async () => (await height(ann)) > (await height(ben)) && (await height(ben)) > 0);
});

test('who speaks themself sees who spoke before', async () => {
  await speaks(cleo);
  await until('Cleo\'s tile says that she speaks', () =>
    cleo.page.evaluate(() => document.querySelector('.tile[data-self="true"]').dataset.speaking === 'true'));
  await shows(ann);
});

test('what is pinned goes first', async () => {
  await cleo.click(`.tile[data-participant="${ben.id}"] .tile-button`);
  await shows(ben);
  await cleo.click(`.tile[data-participant="${ben.id}"] .tile-button`);
  await shows(ann);
});

test('the layout is remembered, and one who joins sees who speaks', async () => {
  await speaks(ben);
  await shows(ben);
  await cleo.reload();
  await shows(ben); // without a word more: the server tells who comes
  await cleo.page.keyboard.press('f');
  await shows(null);
});

test('no page has met an error', () => {
  for (const person of [ann, ben, cleo]) person.assertNoErrors();
});

test('the server ends with 0', () => server.stop());
