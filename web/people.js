/** Who is here: the roster as a list, and the rest of a large room page by page. */

import { colour, initials, sends } from './face.js';
import { icon } from './icons.js';
import { notice } from './notice.js';
import { callWords } from './words.js';

/** Ms between two drawings of a list that changes all the time. */
const REDRAW = 300;

function mark(name, label, off) {
  const element = document.createElement('span');
  element.className = off ? 'state off' : 'state';
  element.title = label;
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  element.append(icon(name));
  return element;
}

export class People {
  #plenum;
  #onwrite;
  #list = document.getElementById('people');
  #more = document.getElementById('people-more');
  #paged = new Map(); // those of a large room that the roster does not hold
  #next; // undefined: nothing asked yet; null: no more
  #open = false;
  #timer = null;

  /** @param {(entry: {participant, name}) => void} onwrite the user wants to write to this one */
  constructor(plenum, onwrite) {
    this.#plenum = plenum;
    this.#onwrite = onwrite;
    for (const type of ['roster', 'local']) {
      plenum.addEventListener(type, ({ detail }) => {
        for (const { participant } of detail.left ?? []) this.#paged.delete(participant);
        this.#soon();
      });
    }
    this.#more.addEventListener('click', () => this.#page());
  }

  set open(open) {
    this.#open = open;
    if (open) this.#draw();
  }

  clear() {
    this.#paged.clear();
    this.#next = undefined;
    this.#list.replaceChildren();
  }

  #soon() {
    if (!this.#open || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#open) this.#draw();
    }, REDRAW);
  }

  async #page() {
    try {
      const { participants, next } = await this.#plenum.participants({ after: this.#next });
      for (const entry of participants) this.#paged.set(entry.participant, entry);
      this.#next = next ?? null;
      this.#draw();
    } catch (error) {
      notice(callWords(error), 'error');
    }
  }

  #draw() {
    const { roster, count, participant: self } = this.#plenum;
    const all = new Map([...this.#paged, ...roster]);
    const sorted = [...all.values()].sort(
      (a, b) => (b.participant === self) - (a.participant === self) || a.name.localeCompare(b.name),
    );
    const top = this.#list.scrollTop;
    this.#list.replaceChildren(...sorted.map((entry) => this.#row(entry, entry.participant === self)));
    this.#list.scrollTop = top;
    this.#more.hidden = all.size >= count || this.#next === null;
  }

  #row(entry, own) {
    const row = document.createElement('li');
    row.dataset.participant = entry.participant;
    const face = document.createElement('span');
    face.className = 'face';
    face.textContent = initials(entry.name);
    face.setAttribute('aria-hidden', 'true');
    colour(face, entry.participant);
    const who = document.createElement('span');
    who.className = 'who';
    who.textContent = entry.name;
    if (own) {
      const you = document.createElement('small');
      you.textContent = ' (you)';
      who.append(you);
    }
    row.append(face, who);
    if (!own) row.append(this.#writeButton(entry));
    const on = own ? { mic: !this.#plenum.muted('mic'), camera: !this.#plenum.muted('camera'), screen: !this.#plenum.muted('screen') } : sends(entry);
    Object.assign(row.dataset, { mic: on.mic ? 'on' : 'off', camera: on.camera ? 'on' : 'off' });
    if (on.screen) row.append(mark('screen', 'Shares the screen', false));
    row.append(
      mark(on.camera ? 'camera' : 'camera-off', on.camera ? 'Camera on' : 'Camera off', !on.camera),
      mark(on.mic ? 'mic' : 'mic-off', on.mic ? 'Microphone on' : 'Microphone off', !on.mic),
    );
    return row;
  }

  #writeButton({ participant, name }) {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-label', `Write to ${name}`);
    button.title = `Write to ${name}`;
    button.append(icon('chat'));
    button.addEventListener('click', () => this.#onwrite({ participant, name }));
    return button;
  }
}
