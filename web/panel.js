/** The statistics panel: what is sent and received, once a second while it is open. */

const EVERY = 1000;

const dash = '–';
const rate = (bits) => (bits === null || bits === undefined ? dash : bits < 995_000 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`);
const time = (ms) => (ms === null || ms === undefined ? dash : `${Math.round(ms)} ms`);
const percent = (part) => (part === null || part === undefined ? dash : `${(100 * part).toFixed(1)} %`);
const number = (value) => (value === null || value === undefined ? dash : String(Math.round(value)));
const size = ({ width, height }) => (width ? `${width} × ${height}` : dash);

function element(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

function facts(pairs) {
  const list = element('dl');
  for (const [term, value] of pairs) {
    const pair = element('div');
    pair.append(element('dt', term), element('dd', value));
    list.append(pair);
  }
  return list;
}

/** rows: `{cells: [text], idle, key}` */
function table(title, heads, rows) {
  const head = element('tr');
  for (const text of heads) {
    const cell = element('th', text);
    cell.scope = 'col';
    head.append(cell);
  }
  const made = element('table');
  made.append(element('thead'), element('tbody'));
  made.tHead.append(head);
  for (const { cells, idle, data } of rows) {
    const row = element('tr');
    Object.assign(row.dataset, { idle, ...data });
    row.append(...cells.map((text) => element('td', text)));
    made.tBodies[0].append(row);
  }
  const scroll = element('div');
  scroll.className = 'scroll';
  scroll.append(made);
  return [element('h3', title), scroll];
}

export class Panel {
  #plenum;
  #root = document.getElementById('stats-pane');
  #timer = null;

  constructor(plenum) {
    this.#plenum = plenum;
  }

  set open(open) {
    clearInterval(this.#timer);
    if (!open) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), EVERY);
  }

  async #draw() {
    const stats = await this.#plenum.stats().catch(() => null);
    if (!stats) return this.#root.replaceChildren(element('p', 'No media connection at the moment.'));
    const { server } = stats;
    this.#root.replaceChildren(
      facts([
        ['Up', rate(stats.up)],
        ['Down', rate(stats.down)],
        ['Round trip', time(stats.rtt ?? server?.rtt)],
        ['Uplink estimate', rate(stats.available)],
        ['Downlink estimate', server?.estimate ? rate(server.estimate) : dash],
        ['Cipher', server?.srtp ? server.srtp.replace(/^AEAD_/, '').replaceAll('_', ' ') : dash],
      ]),
      ...table(
        'Sent',
        ['Source', 'Layer', 'Codec', 'Size', 'fps', 'Rate', 'Loss', 'Limited by'],
        stats.sending.map((it) => this.#sentRow(it)),
      ),
      ...table(
        'Received',
        ['Slot', 'Who', 'Codec', 'Size', 'fps', 'Rate', 'Loss', 'Jitter', 'Freezes', 'Layer'],
        [...this.#plenum.slots.values()].map((slot) => this.#slotRow(slot, stats)),
      ),
    );
  }

  #sentRow(it) {
    const limited = it.limited && it.limited !== 'none' ? it.limited : dash;
    return {
      cells: [it.source ?? dash, it.rid ?? dash, it.codec ?? dash, size(it), number(it.fps), rate(it.bitrate), percent(it.lost), limited],
      idle: !it.bitrate,
      data: { source: it.source, rid: it.rid ?? '' },
    };
  }

  #slotRow(slot, { receiving, server }) {
    const it = receiving.find((entry) => entry.slot === slot.id) ?? {};
    const known = server?.slots?.find((entry) => entry.slot === slot.id);
    const who = slot.told.name === null ? `(${slot.why})` : slot.told.source === 'screen' ? `${slot.told.name}: screen` : slot.told.name;
    return {
      cells: [
        `${slot.id} ${slot.kind}`, who, it.codec ?? dash, size(it), number(it.fps), rate(it.bitrate), percent(it.lost),
        time(it.jitter), number(it.freezes), known && known.layer >= 0 ? String(known.layer) : dash,
      ],
      idle: slot.told.track === null,
      data: { slot: slot.id },
    };
  }
}
