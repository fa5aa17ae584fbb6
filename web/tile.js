/** One tile of the stage: a picture or initials, a name, and the button that pins it. */

import { colour, initials } from './face.js';
import { icon, setIcon } from './icons.js';
import { tileKey } from './seating.js';

function element(tag, className, parent) {
  const made = document.createElement(tag);
  made.className = className;
  parent.append(made);
  return made;
}

/** A tile belongs to one source of one participant for its whole life. */
export class Tile {
  #name;
  #micOff;

  /** @param {(tile: Tile) => void} onpin the user wants it large, or no longer so */
  constructor(participant, source, self, onpin) {
    this.participant = participant;
    this.source = source;
    this.key = tileKey(participant, source);
    this.root = document.createElement('article');
    this.root.className = 'tile';
    Object.assign(this.root.dataset, { participant, source, self, state: 'avatar' });
    this.video = element('video', '', this.root);
    this.video.autoplay = this.video.muted = this.video.playsInline = true;
    this.video.disablePictureInPicture = true;
    const avatar = element('div', 'avatar', this.root);
    this.face = element('span', '', avatar);
    this.hint = element('p', '', avatar);
    colour(avatar, participant);
    this.button = element('button', 'tile-button', this.root);
    this.button.type = 'button';
    this.button.addEventListener('click', () => onpin(this));
    element('div', 'pin-mark', this.root).append(icon('pin'));
    const label = element('div', 'label', this.root);
    this.#micOff = element('i', '', label);
    setIcon(this.#micOff, 'mic-off');
    this.#name = element('span', '', label);
  }

  /** Play this stream of a slot (or our own, slot null); a null stream shows the initials. */
  play(stream, slot) {
    if (slot === null) delete this.root.dataset.slot;
    else this.root.dataset.slot = slot;
    this.root.dataset.state = stream ? 'picture' : 'avatar';
    if (this.video.srcObject === stream) return;
    this.video.srcObject = stream;
    if (stream) this.video.play().catch(() => {}); // a newer stream has taken its place
  }

  /** Whether the old picture of its slot has to be covered until the new one is there. */
  cover(slot) {
    this.play(null, slot);
    this.root.dataset.state = 'covered';
  }

  /** @param {{name, micOff, pinned, large, hint}} what it says */
  label({ name, micOff, pinned, large, hint }) {
    const screen = this.source === 'screen';
    const self = this.root.dataset.self === 'true';
    const title = screen ? (self ? 'Your screen' : `${name}: screen`) : self ? `${name} (you)` : name;
    this.face.textContent = screen ? '' : initials(name);
    this.face.hidden = screen;
    this.hint.textContent = hint;
    this.#name.textContent = title;
    this.#micOff.hidden = screen || !micOff;
    Object.assign(this.root.dataset, { pinned, large, mic: micOff ? 'off' : 'on' });
    this.button.setAttribute('aria-pressed', String(pinned));
    this.button.setAttribute('aria-label', `${title}${!screen && micOff ? ', microphone off' : ''}. Show large`);
  }

  /** Place it, in CSS pixels of the stage; `floating` over the others, or with the `whole` picture in it. */
  place({ x, y, width, height }, { floating = false, whole = false } = {}) {
    const { style, dataset } = this.root;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    dataset.floating = floating;
    dataset.whole = whole;
    this.size = { width, height };
  }

  set speaking(on) {
    this.root.dataset.speaking = on;
  }

  remove() {
    this.video.srcObject = null;
    this.root.remove();
  }
}
