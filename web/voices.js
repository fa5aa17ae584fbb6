/** The audio slots: one hidden element each, that plays whoever is behind it. */

export class Voices {
  #root = document.getElementById('voices');
  #elements = new Map(); // slot -> <audio>
  #speaker = '';

  constructor(plenum) {
    plenum.addEventListener('slots', ({ detail }) => {
      for (const slot of detail.slots) if (slot.kind === 'audio') this.#follow(plenum, slot);
    });
    const button = document.getElementById('unblock');
    plenum.addEventListener('blocked', () => (button.hidden = false));
    button.addEventListener('click', () => {
      button.hidden = true;
      plenum.unblock().catch(() => (button.hidden = false));
    });
  }

  /** Play through this loudspeaker ('' = the system's choice), where the browser lets us choose. */
  async output(id) {
    this.#speaker = id;
    await Promise.all([...this.#elements.values()].map((it) => it.setSinkId?.(id)));
  }

  clear() {
    for (const element of this.#elements.values()) element.remove();
    this.#elements.clear();
    document.getElementById('unblock').hidden = true;
  }

  #follow(plenum, slot) {
    let element = this.#elements.get(slot.id);
    if (!element) {
      element = document.createElement('audio');
      element.autoplay = true;
      this.#elements.set(slot.id, element);
      this.#root.append(element);
      if (this.#speaker) element.setSinkId?.(this.#speaker).catch(() => {});
    }
    Object.assign(element.dataset, { slot: slot.id, participant: slot.shown?.participant ?? '' });
    if (slot.stream && element.srcObject !== slot.stream) plenum.play(slot, element);
  }
}
