/** The statistics panel: what is sent and received, once a second while it is open. */

import { limitWords, whyWords } from './words.js';

const EVERY = 1000;

const dash = '–';
const known = (value) => value !== null && value !== undefined;
const rate = (bits) => (!known(bits) ? dash : bits < 995_000 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`);
const time = (ms) => (!known(ms) ? dash : ms > 0 && ms < 1 ? '< 1 ms' : `${Math.round(ms)} ms`);
const percent = (part) => (known(part) ? `${(100 * part).toFixed(1)} %` : dash);
const number = (value) => (known(value) ? String(Math.round(value)) : dash);
const size = ({ width, height }) => (width ? `${width} × ${height}` : dash);
const cipher = (name) => name.replace(/^AEAD_/, '').replaceAll('_', ' ');

const SOURCES = { mic: 'Microphone', camera: 'Camera', screen: 'Screen', screen_audio: 'Sound of the screen' };
const LAYERS = { q: 'small', h: 'medium', f: 'large' };
const layerOrder = Object.keys(LAYERS);

/** The layer that comes, the lowest being 1, and the one that is to come in its place. */
function layerText({ layer, target }) {
  const name = (it) => (known(it) ? String(it + 1) : dash);
  return known(target) && target !== layer ? `${name(layer)} → ${name(target)}` : name(layer);
}

/** Of the call as a whole. */
export function callFacts({ up, down, rtt, available, server }) {
  return [
    ['Sending', rate(up)],
    ['Receiving', rate(down)],
    ['Round trip', time(rtt ?? server?.rtt)],
    ['Upload capacity', rate(available)],
    ...(server?.remb ? [['Upload allowed', rate(server.remb)]] : []),
    ['Download capacity', rate(server?.estimate || null)],
    ['Download planned', rate(server?.allotted)],
  ];
}

/* --- What the panel holds: cards `{key, title, rate, note, idle, data, facts: [[term, value]]}` --------------- */

/** One for each stream that goes out, and for each layer that could. */
function sentCards({ sending }, local) {
  return sending
    .filter(({ source }) => local.get(source)?.track)
    .sort((a, b) => (a.source === b.source ? layerOrder.indexOf(a.rid) - layerOrder.indexOf(b.rid) : 0))
    .map((it) => ({
      key: `${it.source} ${it.rid}`,
      title: it.rid ? `${SOURCES[it.source]}, ${LAYERS[it.rid] ?? it.rid}` : SOURCES[it.source],
      rate: it.active ? rate(it.bitrate) : '',
      note: it.active ? limitWords(it.limited) : 'Not sent: nobody needs it at the moment',
      idle: !it.active,
      data: { source: it.source, rid: it.rid ?? '' },
      facts: !it.active ? [] : [
        ...(it.kind === 'video' ? [['Picture', size(it)], ['Frames a second', number(it.fps)]] : []),
        ['Codec', it.codec ?? dash],
        ['Lost', percent(it.lost)],
        ['Jitter', time(it.jitter)],
        ['Asked for again', number(it.nacks)],
        ...(it.kind === 'video' ? [['Key frames asked', number(it.plis)]] : []),
      ],
    }));
}

function slotFacts(slot, it, figures) {
  const video = slot.kind === 'video';
  return [
    ...(video ? [['Picture', size(it)], ['Frames a second', number(it.fps)], ['Layer', layerText(figures)]] : []),
    ['Planned', rate(figures.allotted)],
    ['Codec', it.codec ?? dash],
    ['Lost', percent(it.lost)],
    ['Jitter', time(it.jitter)],
    ...(video ? [['Sent again', number(figures.retransmitted)], ['Key frames asked', number(it.plis)], ['Freezes', number(it.freezes)]] : []),
  ];
}

/** One for each slot that shows somebody, or says why it does not. */
function receivedCards({ receiving, server }, slots) {
  return slots.filter(({ told, why }) => told.track !== null || why === 'muted').map((slot) => {
    const it = receiving.find((entry) => entry.slot === slot.id) ?? {};
    const figures = server?.slots?.find((entry) => entry.slot === slot.id) ?? {};
    const filled = slot.why === 'filled';
    const of = { camera: '', mic: ': voice' }[slot.told.source] ?? `: ${(SOURCES[slot.told.source] ?? '').toLowerCase()}`;
    return {
      key: `slot ${slot.id}`,
      title: slot.told.name === null ? 'Nobody' : `${slot.told.name}${of}`,
      rate: filled ? rate(it.bitrate) : '',
      note: whyWords(slot.why),
      idle: !filled,
      data: { slot: slot.id },
      facts: filled ? slotFacts(slot, it, figures) : [],
    };
  });
}

/** Of the slots that show nobody: how many there are. */
function emptyText(slots) {
  const empty = slots.filter(({ told, why }) => told.track === null && why === 'empty').length;
  const hidden = slots.filter(({ why }) => why === 'hidden').length;
  const places = (count) => `${count} ${count === 1 ? 'place' : 'places'}`;
  return [empty && `${places(empty)} free`, hidden && `${places(hidden)} not looked at: nothing is sent for them`].filter(Boolean).join(', ');
}

/* --- Drawing: what is there stays, and only its text changes --------------------------------------------------- */

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function element(tag, parent, className = '') {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

/** A list of terms and values. */
class Facts {
  #terms = '';
  #values = [];

  constructor(parent) {
    this.root = element('dl', parent);
  }

  set(pairs) {
    const terms = pairs.map(([term]) => term).join('\n');
    if (terms !== this.#terms) {
      this.#terms = terms;
      this.root.replaceChildren();
      this.#values = pairs.map(([term]) => {
        const pair = element('div', this.root);
        element('dt', pair).textContent = term;
        return element('dd', pair);
      });
    }
    pairs.forEach(([, value], i) => write(this.#values[i], value));
  }
}

class Card {
  constructor(parent) {
    this.root = element('article', parent);
    const head = element('header', this.root);
    this.title = element('b', head);
    this.rate = element('span', head);
    this.note = element('p', this.root);
    this.facts = new Facts(this.root);
  }

  set({ title, rate: text, note, idle, data, facts }) {
    write(this.title, title);
    write(this.rate, text);
    write(this.note, note);
    this.note.hidden = !note;
    Object.assign(this.root.dataset, { idle, ...data });
    this.facts.set(facts);
  }
}

class Section {
  #cards = new Map();

  constructor(parent, title) {
    const root = element('section', parent);
    element('h3', root).textContent = title;
    this.list = element('div', root);
    this.rest = element('p', root, 'rest');
  }

  set(cards, rest = '') {
    for (const [key, card] of this.#cards) {
      if (cards.some((it) => it.key === key)) continue;
      card.root.remove();
      this.#cards.delete(key);
    }
    cards.forEach((it, i) => {
      if (!this.#cards.has(it.key)) this.#cards.set(it.key, new Card(this.list));
      const card = this.#cards.get(it.key);
      card.set(it);
      if (this.list.children[i] !== card.root) this.list.insertBefore(card.root, this.list.children[i]);
    });
    write(this.rest, rest);
    this.rest.hidden = !rest;
  }
}

export class Panel {
  #plenum;
  #root = document.getElementById('stats-pane');
  #none = element('p', this.#root);
  #all = element('div', this.#root);
  #facts = new Facts(this.#all);
  #sent = new Section(this.#all, 'You send');
  #received = new Section(this.#all, 'You receive');
  #cipher = element('p', this.#all, 'rest');
  #timer = null;

  constructor(plenum) {
    this.#plenum = plenum;
    this.#none.textContent = 'No media connection at the moment.';
  }

  set open(open) {
    clearInterval(this.#timer);
    if (!open) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), EVERY);
  }

  async #draw() {
    const stats = await this.#plenum.stats().catch(() => null);
    this.#none.hidden = stats !== null;
    this.#all.hidden = stats === null;
    if (!stats) return;
    const { server } = stats;
    const slots = [...this.#plenum.slots.values()];
    this.#facts.set(callFacts(stats));
    write(this.#cipher, server?.srtp ? `Encrypted with ${cipher(server.srtp)}.` : '');
    this.#sent.set(sentCards(stats, this.#plenum.local));
    this.#received.set(receivedCards(stats, slots), emptyText(slots));
  }
}
