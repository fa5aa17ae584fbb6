/** The stage: everybody's tiles, where they stand, and what the server is told of their sizes. */

import { capacity, grid, LANDSCAPE, PORTRAIT, spotlight } from './grid.js';
import { memory } from './devices.js';
import { sends } from './face.js';
import { Focus } from './focus.js';
import { seat, tileKey, view } from './seating.js';
import { Tile } from './tile.js';
import { slotWords } from './words.js';

const GAP = 8;
/** Ms between two words to the server about sizes: a picture that grows is to be there within 100. */
const APART = 70;
/** A speaker quieter than this (0 loud .. 127) gets no ring. */
const AUDIBLE = 70;

export class Stage {
  #plenum;
  #root = document.getElementById('stage');
  #more = document.getElementById('more');
  #alone = document.getElementById('alone');
  #tiles = new Map();
  #layout = document.getElementById('layout');
  #pin = null; // {participant, source}
  #focus = new Focus();
  #followed = null; // {participant, source}: shown large as the speaker
  #own = new Map(); // source -> MediaStream
  #side = document.getElementById('side');
  #large = null; // key of the tile that is
  #frame = null;
  #timer = null;
  #told = -Infinity; // when the server last heard of sizes

  constructor(plenum) {
    this.#plenum = plenum;
    for (const type of ['slots', 'roster', 'local']) plenum.addEventListener(type, () => this.update());
    plenum.addEventListener('speakers', ({ detail }) => this.#speak(detail.speakers));
    this.#layout.addEventListener('click', () => this.#follow(!this.#following));
    this.#follow(memory.get('layout') === 'speaker');
    new ResizeObserver(() => this.update()).observe(this.#root);
    new ResizeObserver(() => this.update()).observe(this.#side); // it may cover the stage, see #away
    document.addEventListener('visibilitychange', () => this.#tellView());
  }

  /** Draw anew in the next frame. */
  update() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.#plenum.participant !== null) this.#draw();
    });
    if (document.hidden) this.#tellView(); // no frames come then
  }

  /** Take everything down after the call. */
  clear() {
    clearTimeout(this.#timer);
    for (const tile of this.#tiles.values()) tile.remove();
    this.#tiles.clear();
    this.#own.clear();
    this.#focus.clear();
    this.#pin = this.#followed = this.#large = null;
  }

  /** Large is who speaks, else all are alike. */
  get #following() {
    return this.#layout.dataset.on === 'true';
  }

  #follow(on) {
    this.#layout.dataset.on = on;
    this.#layout.setAttribute('aria-pressed', String(on));
    memory.set('layout', on ? 'speaker' : 'grid');
    this.update();
  }

  get #slots() {
    return [...this.#plenum.slots.values()].filter(({ kind }) => kind === 'video');
  }

  #box() {
    const { clientWidth: width, clientHeight: height } = this.#root;
    return { width, height, gap: GAP, narrow: width < height ? PORTRAIT : LANDSCAPE };
  }

  #seats(places) {
    const { participant: self, roster, local } = this.#plenum;
    return seat({
      self,
      places,
      people: roster.values(),
      slots: this.#slots,
      sharing: local.get('screen').track !== null,
      pin: this.#pin && tileKey(this.#pin.participant, this.#pin.source),
      focus: this.#followed && tileKey(this.#followed.participant, 'camera'),
    });
  }

  #focusOn() {
    const { participant: self, roster } = this.#plenum;
    const seen = this.#slots.map(({ told }) => told.participant).filter((it) => it !== null);
    const participant = this.#focus.among([...seen, ...roster.keys()].filter((it) => it !== self));
    this.#followed = this.#following && participant !== null ? { participant, source: 'camera' } : null;
  }

  #draw() {
    const box = this.#box();
    const most = this.#slots.length + 4;
    this.#focusOn();
    let places = capacity({ ...box, least: box.width < 600 ? 130 : 190, most: Math.max(most, 4) });
    let seats = this.#seats(places);
    if (seats.large !== null) {
      places = spotlight({ ...box, count: most }).boxes.length + 1;
      seats = this.#seats(places);
    }
    if (this.#pin && !seats.tiles.some((it) => it.participant === this.#pin.participant && it.source === this.#pin.source)) {
      this.#pin = null; // whoever it was has left, or has ended the screen
    }
    if (this.#followed && seats.large !== tileKey(this.#followed.participant, 'camera')) this.#followed = null; // a screen is large
    this.#keep(seats.tiles);
    this.#arrange(seats, box);
    for (const tile of this.#tiles.values()) this.#fill(tile, tile.key === seats.large);
    this.#more.hidden = seats.more === 0;
    this.#more.textContent = `+ ${seats.more} more`;
    this.#alone.hidden = this.#plenum.count > 1 || seats.tiles.length > 1;
    this.places = places;
    this.#large = seats.large;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tellView(), Math.max(0, this.#told + APART - performance.now()));
  }

  /** Make the tiles that are new, remove those that nobody has any more. */
  #keep(wanted) {
    const keys = new Map(wanted.map((it) => [tileKey(it.participant, it.source), it]));
    for (const [key, tile] of this.#tiles) {
      if (keys.has(key)) continue;
      tile.remove();
      this.#tiles.delete(key);
    }
    for (const [key, { participant, source }] of keys) {
      if (this.#tiles.has(key)) continue;
      const tile = new Tile(participant, source, participant === this.#plenum.participant, (it) => this.#togglePin(it));
      this.#tiles.set(key, tile);
    }
    for (const key of keys.keys()) { // the order of the keyboard is that of the eye
      const { root } = this.#tiles.get(key);
      if (root.parentNode !== this.#root) this.#root.append(root);
    }
  }

  #arrange({ large, tiles }, box) {
    const keys = tiles.map((it) => tileKey(it.participant, it.source));
    if (large !== null) {
      const others = keys.filter((key) => key !== large);
      const { main, boxes } = spotlight({ ...box, count: others.length });
      this.#tiles.get(large).place(main, { whole: main.width < main.height * LANDSCAPE });
      others.forEach((key, i) => this.#tiles.get(key).place(boxes[i] ?? { x: 0, y: 0, width: 0, height: 0 }));
      return;
    }
    const ownKey = tileKey(this.#plenum.participant, 'camera');
    const floats = keys.length === 2 && keys.includes(ownKey);
    const inGrid = floats ? keys.filter((key) => key !== ownKey) : keys;
    const { boxes } = grid({ ...box, count: inGrid.length });
    inGrid.forEach((key, i) => this.#tiles.get(key).place(boxes[i]));
    if (!floats) return;
    const width = Math.round(Math.min(240, Math.max(110, box.width * 0.22)));
    const height = Math.round((width * 9) / 16);
    const under = boxes[0];
    const x = under.x + under.width - width - 12;
    this.#tiles.get(ownKey).place({ x, y: under.y + under.height - height - 12, width, height }, { floating: true });
  }

  /** Its picture, and what it says. */
  #fill(tile, large) {
    const { participant: self, name: ownName, roster } = this.#plenum;
    const own = tile.participant === self;
    const entry = roster.get(tile.participant);
    const slot = own ? null : this.#slotOf(tile);
    const on = own ? this.#ownState() : entry ? sends(entry) : { mic: true, camera: true, screen: true };
    if (own) tile.play(this.#ownStream(tile.source), null);
    else if (!slot || !on[tile.source]) tile.play(null, slot?.id ?? null);
    else if (slot.pending || slot.why !== 'filled') tile.cover(slot.id);
    else tile.play(slot.stream, slot.id);
    tile.label({
      name: own ? ownName : (entry?.name ?? slot?.told.name ?? ''),
      micOff: !on.mic,
      pinned: this.#pin !== null && tileKey(this.#pin.participant, this.#pin.source) === tile.key,
      large,
      hint: slot && slot.why !== 'filled' ? slotWords(slot.why) : '',
    });
  }

  #slotOf({ participant, source }) {
    const of = (it) => it?.participant === participant && it.source === source;
    return this.#slots.find(({ shown }) => of(shown)) ?? this.#slots.find(({ told }) => of(told)) ?? null;
  }

  #ownState() {
    return { mic: !this.#plenum.muted('mic'), camera: !this.#plenum.muted('camera'), screen: true };
  }

  #ownStream(source) {
    const { track } = this.#plenum.local.get(source);
    if (!track) return null;
    const old = this.#own.get(source);
    if (old?.getTracks()[0] === track) return old;
    const stream = new MediaStream([track]);
    this.#own.set(source, stream);
    return stream;
  }

  #speak(speakers) {
    if (this.#focus.heard(speakers, this.#plenum.participant)) this.update();
    const loud = new Set(speakers.filter(({ level }) => level < AUDIBLE).map(({ participant }) => participant));
    for (const tile of this.#tiles.values()) tile.speaking = tile.source === 'camera' && loud.has(tile.participant);
  }

  #togglePin({ participant, source, key }) {
    const pinned = this.#pin && tileKey(this.#pin.participant, this.#pin.source) === key;
    this.#pin = pinned ? null : { participant, source };
    this.update();
  }

  /** The speaker, where there is a picture to ask for. */
  get #followedPicture() {
    const entry = this.#plenum.roster.get(this.#followed?.participant);
    return entry && !sends(entry).camera ? null : this.#followed;
  }

  /** Nobody sees the pictures: the tab is hidden, or a pane covers all of them, as on a small screen. */
  get #away() {
    return document.hidden || (this.#side.offsetWidth > 0 && getComputedStyle(this.#side).position === 'absolute');
  }

  #tellView() {
    const { participant: self, state } = this.#plenum;
    if (state !== 'joined') return;
    this.#told = performance.now();
    const ratio = devicePixelRatio;
    const pixels = ({ width, height }) => ({ width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const tiles = [...this.#tiles.values()].filter(({ participant, size }) => participant !== self && size?.width > 0);
    const slots = this.#slots;
    const usual = tiles[0]?.size ?? { width: this.#root.clientWidth, height: this.#root.clientHeight };
    const told = view({
      slots,
      sizes: new Map(tiles.map((tile) => [tile.key, pixels(tile.size)])),
      usual: pixels(usual),
      places: Math.max(1, (this.places ?? slots.length) - 1),
      pin: this.#pin?.participant === self ? null : (this.#pin ?? this.#followedPicture),
      large: this.#large,
      away: this.#away,
    });
    this.#plenum.view(told).catch(() => {}); // told again when the socket is back
  }
}
