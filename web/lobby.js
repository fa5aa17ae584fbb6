/** Before the call: who we are, which room, and how we look and sound. */

import { memory } from './devices.js';
import { setIcon } from './icons.js';
import { Meter } from './meter.js';
import { showError } from './notice.js';
import { obstacle } from './plenum.js';
import { Selects } from './selects.js';
import { callWords, devicesWords, obstacleWords } from './words.js';

const ROOM = /^[A-Za-z0-9._-]{1,64}$/;
const ADJECTIVES = ['amber', 'brisk', 'calm', 'clear', 'early', 'gentle', 'green', 'lucid', 'quiet', 'silver', 'warm', 'wide'];
const NOUNS = ['atrium', 'bridge', 'cedar', 'delta', 'forum', 'harbor', 'island', 'lantern', 'meadow', 'orchard', 'river', 'summit'];

const pick = (list) => list[Math.floor(Math.random() * list.length)];
/** A name for a room that probably nobody else is in. */
const someRoom = () => `${pick(ADJECTIVES)}-${pick(NOUNS)}-${10 + Math.floor(Math.random() * 90)}`;

/** What the link says: `{room, token, audio, video}` of `#room?token=...&video=25`; null where it does not. */
export function link(hash = location.hash) {
  const [room, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const params = new URLSearchParams(query);
  const count = (key) => (/^\d{1,2}$/.test(params.get(key) ?? '') ? Number(params.get(key)) : null);
  let name = room;
  try {
    name = decodeURIComponent(room);
  } catch {
    /* a stray % stays as it is */
  }
  return { room: name || null, token: params.get('token'), audio: count('audio'), video: count('video') };
}

export class Lobby {
  #devices;
  #onjoin;
  #name = document.getElementById('name');
  #room = document.getElementById('room');
  #button = document.getElementById('join');
  #error = document.getElementById('join-error');
  #preview = document.getElementById('preview');
  #meter = new Meter((level) => {
    document.getElementById('meter').style.transform = `scaleX(${level})`;
  });
  #shown = true;

  /** @param {(to: {room, name, token}) => Promise<void>} onjoin rejects with what is to be said in words */
  constructor(devices, onjoin) {
    this.#devices = devices;
    this.#onjoin = onjoin;
    this.#name.value = memory.get('name') ?? '';
    this.#room.value = link().room ?? someRoom();
    addEventListener('hashchange', () => (this.#room.value = link().room ?? this.#room.value));
    this.#room.addEventListener('input', () => (this.#room.value = this.#room.value.replace(/\s/g, '-')));
    for (const kind of ['mic', 'camera']) {
      document.getElementById(`preview-${kind}`).addEventListener('click', () => this.#toggle(kind));
    }
    new Selects(document.getElementById('lobby-devices'), devices, (kind, id) => devices.choose(kind, id));
    devices.addEventListener('change', () => this.#draw());
    document.getElementById('join-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#join();
    });
    this.#draw();
  }

  /** Show it (again), with words on why, or hide it. */
  show(shown, words = null) {
    this.#shown = shown;
    document.getElementById('lobby').hidden = !shown;
    showError(this.#error, words);
    this.#draw();
    if (shown) (this.#name.value ? this.#button : this.#name).focus();
  }

  /** The public rooms. */
  rooms(rooms) {
    const items = rooms.map(({ room, count }) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.room = room;
      button.setAttribute('aria-label', `Room ${room}, ${count} here`);
      const people = document.createElement('b');
      people.textContent = count;
      button.append(room, people);
      button.addEventListener('click', () => {
        this.#room.value = room;
        (this.#name.value ? this.#button : this.#name).focus();
      });
      const item = document.createElement('li');
      item.append(button);
      return item;
    });
    document.getElementById('rooms').replaceChildren(...items);
    document.getElementById('rooms-section').hidden = items.length === 0;
  }

  async #join() {
    const name = this.#name.value.trim();
    const room = this.#room.value.trim();
    this.#mark(this.#name, name !== '');
    this.#mark(this.#room, ROOM.test(room));
    if (!name) return this.#refuse('Tell the others your name.', this.#name);
    if (!ROOM.test(room)) return this.#refuse('A room has 1 to 64 letters, digits, dots, dashes or underscores.', this.#room);
    memory.set('name', name);
    this.#button.disabled = true;
    this.#button.textContent = 'Joining…';
    showError(this.#error, null);
    try {
      await this.#onjoin({ room, name, token: link().token });
    } catch (error) {
      this.#refuse(callWords(error), this.#button);
    }
    this.#button.disabled = false;
    this.#button.textContent = 'Join';
  }

  #mark(input, valid) {
    input.setAttribute('aria-invalid', String(!valid));
  }

  #refuse(words, focus) {
    showError(this.#error, words);
    focus.focus();
  }

  async #toggle(kind) {
    const button = document.getElementById(`preview-${kind}`);
    button.disabled = true;
    if (this.#devices.tracks[kind]) this.#devices.close(kind);
    else await this.#devices.open(kind);
    button.disabled = false;
    button.focus();
  }

  #draw() {
    const { tracks, errors } = this.#devices;
    const { camera, mic } = tracks;
    if (this.#preview.srcObject?.getTracks()[0] !== camera) {
      this.#preview.srcObject = camera && new MediaStream([camera]);
    }
    this.#preview.parentElement.dataset.picture = camera !== null;
    this.#meter.follow(this.#shown ? mic : null);
    for (const kind of ['mic', 'camera']) {
      const button = document.getElementById(`preview-${kind}`);
      const on = tracks[kind] !== null;
      button.setAttribute('aria-pressed', String(on));
      setIcon(button, on ? kind : `${kind}-off`);
    }
    const blocked = obstacle();
    showError(document.getElementById('device-error'), blocked ? obstacleWords(blocked) : devicesWords(errors));
    this.#button.hidden = blocked === 'webrtc';
  }
}
