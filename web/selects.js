/** The lists from which devices are chosen; the lobby and the dialog in the call show the same. */

const LABELS = { mic: 'Microphone', camera: 'Camera', speaker: 'Speaker' };

/** Keeps selects for the kinds there are in `root`, up to date with `devices`. */
export class Selects {
  #root;
  #devices;
  #selects = new Map();

  /** @param {(kind: string, id: string) => void} onchoose */
  constructor(root, devices, onchoose) {
    this.#root = root;
    this.#devices = devices;
    const speakers = 'setSinkId' in HTMLMediaElement.prototype;
    for (const kind of speakers ? ['mic', 'camera', 'speaker'] : ['mic', 'camera']) {
      const label = document.createElement('label');
      const select = document.createElement('select');
      select.dataset.device = kind;
      select.addEventListener('change', () => onchoose(kind, select.value));
      label.append(LABELS[kind], select);
      root.append(label);
      this.#selects.set(kind, select);
    }
    devices.addEventListener('change', () => this.draw());
    this.draw();
  }

  async draw() {
    const list = await this.#devices.list();
    for (const [kind, select] of this.#selects) {
      const known = list[kind].map(({ deviceId, label }, i) => new Option(label || `${LABELS[kind]} ${i + 1}`, deviceId));
      select.replaceChildren(...(known.length ? known : [new Option('Default', '')]));
      select.disabled = known.length < 2;
      const current = this.#devices.current(kind);
      if (list[kind].some(({ deviceId }) => deviceId === current)) select.value = current;
      select.closest('label').hidden = kind === 'speaker' && known.length === 0;
    }
  }
}
