// A person in a call: drives the page as a user does, and tells what arrives.
import assert from 'node:assert/strict';
import { course } from './course.mjs';
import { probe } from './probe.mjs';
import { until } from './until.mjs';

/* global document, window, Event */
export class Person {
  // Opens the page in that browser. link: what follows the room in it, such as '?video=2'; lacks, camera,
  // watched and quiet: see probe.mjs.
  static async open(browser, server, room, name, { link = '', lacks, camera, watched, quiet, ...options } = {}) {
    const init = { init: probe, initOptions: { lacks, camera, watched, quiet } };
    const page = await browser.open(`${server.url}#${room}${link}`, { ...init, ...options });
    return new Person(page, name);
  }

  // The same, and joins.
  static async join(...args) {
    const person = await Person.open(...args);
    await person.enter();
    return person;
  }

  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  // Asks to be let in, from the lobby.
  async knock() {
    await until(`${this.name} has camera and microphone`, () =>
      this.page.evaluate(() => document.querySelector('#preview')?.srcObject != null), { every: 50 });
    await this.page.evaluate((name) => {
      const input = document.querySelector('#name');
      input.value = name;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }, this.name);
    await this.page.click('#join');
  }

  // From the lobby into the call, until sound and pictures can flow.
  async enter() {
    await this.knock();
    await this.state('joined');
    await until(`${this.name} is connected`, () =>
      this.page.evaluate(() => document.querySelector('#call').dataset.media === 'connected'), { every: 50 });
    this.id = await this.page.evaluate(() => window.plenum.participant);
  }

  state(state) {
    return until(`${this.name} is ${state}`, () => this.page.evaluate((it) => document.body.dataset.state === it, state), { every: 50 });
  }

  // What comes in: [{participant, source, kind, codec, mid, frames, keys, energy, packets, width, height, age}], whose it is by
  // CSRC and roster. What nobody is behind has participant null.
  async received() {
    const { streams, tracks } = await this.page.evaluate(async () => ({
      streams: await window.probe.streams(),
      tracks: [...window.plenum.roster.values()].flatMap(({ participant, tracks: own }) =>
        own.map(({ track, source }) => ({ track, source, participant }))),
    }));
    const owner = new Map(tracks.map((it) => [it.track, it]));
    return streams
      .filter(({ out }) => !out)
      .map((it) => ({ ...it, participant: owner.get(it.csrc)?.participant ?? null, source: owner.get(it.csrc)?.source ?? null }));
  }

  // Whether pictures (source camera, screen) or sound (mic) of the other arrive within a second from now: frames
  // decoded, energy heard, in a slot whose CSRC is the other's all the while.
  async gets(other, source) {
    const of = (list) => list.filter((it) => it.participant === other.id && it.source === source);
    const grown = (now, then) => then && (source === 'mic' ? now.energy > then.energy : now.frames > then.frames);
    let before = of(await this.received());
    for (const end = Date.now() + 1000; before.length;) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const last = Date.now() >= end; // a second has passed before this look, however long it takes
      const after = of(await this.received());
      if (after.some((now) => grown(now, before.find(({ mid }) => mid === now.mid)))) return true;
      if (last) return false;
      before = before.filter(({ mid }) => after.some((now) => now.mid === mid));
    }
    return false;
  }

  // What this person sends as that source: one for each layer.
  async sent(source) {
    return this.page.evaluate(async (it) => {
      const mid = window.probe.connections.at(-1).getTransceivers()[['mic', 'camera', 'screen', 'screen_audio'].indexOf(it)].mid;
      return (await window.probe.streams()).filter((stream) => stream.out && stream.mid === mid);
    }, source);
  }

  // The slot in which the other's pictures or voice arrive, as of received(), once it is like that ({ height: 360 }):
  // nothing may arrive for a while on a machine with other things to do.
  slotOf(other, source = 'camera', like = {}) {
    const fits = (slot) => slot && Object.entries(like).every(([field, value]) => slot[field] === value);
    const what = Object.entries(like).map(([field, value]) => `, ${field} ${value}`).join('');
    return until(`${this.name} gets the ${source} of ${other.name}${what}`, async () => {
      const slot = await this.slotNow(other, source);
      return fits(slot) && slot;
    }, { also: () => this.account() });
  }

  // The same at this moment, or undefined.
  async slotNow(other, source = 'camera') {
    return (await this.received()).find((it) => it.participant === other.id && it.source === source && it.age < 3000);
  }

  // For errors: what each slot shows, as it arrives and as the server says, and what it thinks of the network.
  async account() {
    const slots = (await this.received()).filter(({ packets }) => packets).map(({ mid, participant, source, codec, age, frames, keys, packets, height }) =>
      JSON.stringify({ mid, participant, source, codec, age: age && Math.round(age), frames, keys, packets, height }));
    const { rtt, estimate, allotted } = (await this.figures()) ?? {}; // none without a connection
    const network = JSON.stringify({ rtt, estimate, allotted });
    return `, pictures: ${(await this.whys()).join(' ')}, network: ${network}, slots:\n${slots.join('\n')}`;
  }

  // What arrives in that slot, frame by frame, since the beginning: [{number, type, size}]. The person has to be watched.
  frameList(mid) {
    return this.page.evaluate((it) => window.probe.frames(it), mid);
  }

  // What the server says of this person's media: the result of the protocol's `stats`. With another: of the slot in
  // which that one's pictures or voice go out, or undefined.
  async figures(other, source = 'camera') {
    const [figures, track] = await this.page.evaluate(async ([id, it]) => [
      (await window.plenum.stats()).server,
      window.plenum.roster.get(id)?.tracks.find((track) => track.source === it)?.track ?? 0,
    ], [other?.id, source]);
    return other ? figures.slots.find((slot) => slot.track === track) : figures;
  }

  // Begins to note what arrives, and tells what has arrived since then in the slot with the other's pictures or voice:
  // see course.mjs.
  record() {
    return this.page.evaluate(() => window.probe.record());
  }

  async courseOf(other, source = 'camera') {
    return until(`something is recorded of the ${source} of ${other.name}`, async () => {
      const { mid } = await this.slotOf(other, source);
      return course(await this.page.evaluate(() => window.probe.recorded()), mid);
    });
  }

  // Why each slot of that kind shows what it shows, as the server says.
  whys(kind = 'video') {
    return this.page.evaluate((it) => [...window.plenum.slots.values()].filter((slot) => slot.kind === it).map(({ why }) => why), kind);
  }

  // Waits until this side has sent these layers of its camera for 2 s, and not a byte of another.
  async sends(...rids) {
    const moments = [];
    const sent = () => {
      const before = moments.findLast(({ at }) => at <= moments.at(-1).at - 2000);
      return before && moments.at(-1).layers
        .filter((now) => now.bytes > (before.layers.find(({ rid }) => rid === now.rid)?.bytes ?? 0))
        .map(({ rid }) => rid ?? 'camera').sort().join(' ');
    };
    await until(`${this.name} sends ${rids.join(' and ') || 'no pictures'}`, async () => {
      moments.push({ at: Date.now(), layers: await this.sent('camera') });
      return sent() === rids.sort().join(' ');
    }, { also: async () => `, but "${sent()}"` });
  }

  // What the page does when its tab is hidden, or seen again.
  hide(hidden) {
    return this.page.evaluate((it) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => it });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  }

  // Someone who joined quiet begins to speak, or stops.
  speak(on) {
    return this.page.evaluate((it) => window.probe.speak(it), on);
  }

  async seesAndHears(...others) {
    for (const other of others) { // one at a time: looking costs the browser something, too
      await this.sees(other);
      await this.hears(other);
    }
  }

  hears(other) {
    return until(`${this.name} hears ${other.name}`, () => this.gets(other, 'mic'), { also: () => this.account() });
  }

  // Both arrives and is shown in a tile with the other's name on it.
  async sees(other, source = 'camera') {
    const also = () => this.account();
    await until(`${this.name} gets the ${source} of ${other.name}`, () => this.gets(other, source), { also });
    await until(`${this.name} is shown the ${source} of ${other.name}`, () => this.tile(other, source, 'picture'));
  }

  // Whether there is a tile of that kind; state: picture, avatar or covered, or any (null).
  tile({ id }, source = 'camera', state = null) {
    return this.page.evaluate((wanted) => {
      const tile = document.querySelector(`.tile[data-participant="${wanted.id}"][data-source="${wanted.source}"]`);
      return tile !== null && (wanted.state === null || tile.dataset.state === wanted.state);
    }, { id, source, state });
  }

  // Makes the other's picture the large one.
  pin(other) {
    return this.click(`.tile[data-participant="${other.id}"][data-source="camera"] button`);
  }

  async people() {
    return this.page.evaluate(() => [...window.plenum.roster.values()].map(({ participant }) => participant).sort((a, b) => a - b));
  }

  cipher() {
    return this.page.evaluate(() => window.probe.cipher());
  }

  // See probe.mjs.
  path() {
    return this.page.evaluate(() => window.probe.path());
  }

  candidates() {
    return this.page.evaluate(() => window.probe.candidates());
  }

  // Frames that the page has decoded so far, of all slots together.
  async frames() {
    return (await this.received()).reduce((sum, { kind, frames }) => sum + (kind === 'video' ? frames : 0), 0);
  }

  async say(text) {
    await this.page.evaluate((it) => {
      if (document.querySelector('#chat-pane').hidden) document.querySelector('#chat').click();
      document.querySelector('#chat-text').value = it;
      document.querySelector('#chat-send').click();
    }, text);
  }

  reads(text) {
    return until(`${this.name} reads "${text}"`, () =>
      this.page.evaluate((it) => [...document.querySelectorAll('#messages p')].some((p) => p.textContent === it), text));
  }

  click(selector) {
    return this.page.evaluate((it) => document.querySelector(it).click(), selector);
  }

  async reload() {
    await this.page.reload();
    await this.enter();
  }

  async leave() {
    await this.click('#leave');
    await this.state('lobby');
  }

  assertNoErrors() {
    assert.deepEqual(this.page.errors, [], this.name);
  }
}
