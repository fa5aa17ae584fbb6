/** The panel beside the stage; it shows one of its panes at a time, or none. */

const TITLES = { chat: 'Chat', people: 'People', stats: 'Statistics' };
const BUTTONS = { chat: 'chat', people: 'who', stats: 'stats' };

export class Side {
  #root = document.getElementById('side');
  #panes;
  #shown = null;

  /** @param {Record<string, {open: boolean}>} panes `chat`, `people`, `stats`: told when they are seen */
  constructor(panes) {
    this.#panes = panes;
    for (const [pane, id] of Object.entries(BUTTONS)) {
      document.getElementById(id).addEventListener('click', () => this.toggle(pane));
    }
    document.getElementById('side-close').addEventListener('click', () => this.#closeByUser());
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#closeByUser();
    });
  }

  toggle(pane) {
    this.show(this.#shown === pane ? null : pane);
  }

  /** `chat`, `people`, `stats`, or null to close. */
  show(pane) {
    if (this.#shown && this.#shown !== pane) this.#panes[this.#shown].open = false;
    this.#shown = pane;
    this.#root.hidden = pane === null;
    for (const name of Object.keys(TITLES)) {
      document.getElementById(`${name}-pane`).hidden = name !== pane;
      document.getElementById(BUTTONS[name]).setAttribute('aria-expanded', String(name === pane));
    }
    if (pane === null) return;
    this.#root.dataset.pane = pane;
    document.getElementById('side-title').textContent = TITLES[pane];
    this.#panes[pane].open = true;
  }

  #closeByUser() {
    const button = document.getElementById(BUTTONS[this.#shown]);
    this.show(null);
    button.focus();
  }
}
