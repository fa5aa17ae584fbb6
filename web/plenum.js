/**
 * Plenum's client: one object that joins a room, sends microphone, camera and screen, and receives the others
 * in a fixed number of slots. README.md shows a client in twenty lines; the protocol is in signaling/README.md.
 *
 *   import { Plenum } from './plenum.js';
 *   const plenum = new Plenum();
 *   await plenum.join({ room: 'lobby', name: 'Ann' });
 */

import { digest } from './digest.js';
import { Media } from './media.js';
import { PlenumError } from './rpc.js';
import { Session } from './session.js';
import { Slot } from './slot.js';

export { PlenumError, Slot };

/** Ms between two looks at who is in the slots: while somebody is awaited, and otherwise. */
const LOOK_SOON = 50;
const LOOK = 200;
/** Ms that the server has for a sign of life after the network has changed. */
const PROMPT = 4_000;

/** Where the server of this page listens. */
export function socketUrl(page = location) {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/ws`;
}

/** Why this browser cannot be in a call, or null: `insecure` (no https, not localhost) or `webrtc`. */
export function obstacle() {
  if (typeof RTCPeerConnection === 'undefined') return 'webrtc';
  return isSecureContext ? null : 'insecure';
}

/**
 * Events, all CustomEvents with a `detail`:
 * - `state` `{state, error}`: see `state`; `error` is set where a call ended against the user's will
 * - `roster` `{joined: [entry], left: [{participant, reason}], updated: [entry], count}`; also after each (re)join
 * - `slots` `{slots: [Slot]}`: those whose `told`, `shown`, `why` or `stream` changed
 * - `speakers` `{speakers: [{participant, name, level, dominant}]}`, loudest first; one at the most is `dominant`, the
 *   one to be shown large
 * - `chat` `{id, time, from, name, text, to}`
 * - `rooms` `{rooms: [{room, count}]}`
 * - `media` `{state, reason, message}`: `connecting`, `connected`, `interrupted` (being mended), `gone` (being
 *   made anew), `failed` (the server refuses the offer)
 * - `local` `{source, track, muted, ended}`: what this side sends has changed; `ended`: by device or browser
 * - `shutdown` `{reason, retry_after}`
 * - `blocked` `{}`: the browser wants a click before it plays sound; call `unblock()` in its handler
 */
export class Plenum extends EventTarget {
  /** Own id in the room, and the room's name; null outside of one. */
  participant = null;
  room = null;
  name = null;
  /** Head count of the room; the roster below may hold fewer of a large one. */
  count = 0;
  /** participant -> `{participant, name, tracks: [{track, source, kind, muted, name}]}`. */
  roster = new Map();
  /** slot -> Slot. */
  slots = new Map();

  #session;
  #media;
  #iceServers = [];
  #path = null; // state of the last `media` event
  #view = new Map();
  #elements = new Set(); // that could not play
  #last = null; // digest
  #looking = null; // timer
  #abort = new AbortController(); // our listeners

  /**
   * @param {object} [options]
   * @param {{audio: number, video: number}} [options.slots] how many voices and pictures to receive at a time
   * @param {number} [options.timeout] ms until a request without a reply fails
   */
  constructor({ slots = {}, timeout = 10_000 } = {}) {
    super();
    this.#session = new Session({
      timeout,
      on: {
        state: (state, error) => this.#stateTold(state, error),
        entered: (result) => this.#entered(result),
        notified: (method, params) => this.#notified(method, params),
      },
    });
    this.#media = new Media({
      slots: { audio: slots.audio ?? 3, video: slots.video ?? 9 },
      call: (method, params) => this.#call(method, params),
      on: {
        state: (detail) => this.#pathTold(detail),
        local: (detail) => this.#emit('local', detail),
        agreed: ({ slots: told }) => this.#adopt(told),
        gone: () => this.#release(),
      },
    });
  }

  /** `idle`, `connecting` (socket), `open` (not in a room), `joined`, `reconnecting`, `ended`. */
  get state() {
    return this.#session.state;
  }

  /** Open the socket, and keep it open until leave(). join() does this by itself; the list of rooms needs it. */
  async connect(url = socketUrl()) {
    if (this.#abort.signal.aborted || this.state === 'idle') this.#listen();
    await this.#session.connect(url);
  }

  /** The public rooms: `[{room, count}]`. With `subscribe`, the `rooms` event follows each change. */
  rooms(subscribe = true) {
    return this.#session.rooms(subscribe);
  }

  /**
   * Join a room. Resolves when this side is a member; media connects meanwhile (event `media`).
   * @param {object} to
   * @param {string} to.room 1..64 of A-Z a-z 0-9 . _ -
   * @param {string} to.name to show to the others
   * @param {string} [to.token] where the server demands one
   * @param {string} [to.url] of the server's /ws; default: the server that the page came from
   */
  async join({ url, room, name, token }) {
    await this.connect(url);
    await this.#session.join(token ? { room, name, token } : { room, name });
  }

  /** Say goodbye and close everything. Local tracks belong to who made them: stop() them there. */
  leave() {
    return this.#session.leave();
  }

  #call(method, params) {
    return this.#session.call(method, params);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #listen() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const moved = () => {
      this.#session.hurry();
      this.#session.check(PROMPT);
      if (this.state === 'joined') this.restart().catch(() => {}); // made good when the socket is back
    };
    globalThis.addEventListener?.('online', moved, { signal });
    const { connection } = navigator;
    let type = connection?.type;
    const changed = () => {
      if (connection.type === type) return; // only the estimates of speed have changed
      type = connection.type;
      moved();
    };
    connection?.addEventListener?.('change', changed, { signal });
    globalThis.addEventListener?.('pagehide', () => this.leave(), { signal });
  }

  /* --- What the server tells -------------------------------------------------------------------------------- */

  #stateTold(state, error) {
    if (state === 'ended') this.#clear();
    this.#emit('state', { state, error });
    if (state !== 'joined') return;
    if (this.#media.peer) this.#heal();
    else this.#media.renew(this.#iceServers);
  }

  /** The result of a `join`, be it the first, a resumed or a new one. */
  #entered({ participant, resumed, room, name, ice_servers: iceServers, count, participants }) {
    if (!resumed) this.#media.close();
    Object.assign(this, { participant, room, name, count });
    this.#iceServers = iceServers;
    const here = new Set(participants.map((it) => it.participant));
    const left = [...this.roster.keys()].filter((it) => !here.has(it));
    const joined = participants.filter((it) => !this.roster.has(it.participant));
    const updated = participants.filter((it) => this.roster.has(it.participant));
    this.roster = new Map(participants.map((entry) => [entry.participant, entry]));
    this.#emit('roster', { joined, left: left.map((id) => ({ participant: id, reason: 'left' })), updated, count });
    if (!resumed) return;
    this.#media.tell().catch(() => {}); // what we wished for while the socket was down
    this.#tellView().catch(() => {});
  }

  #clear() {
    this.#abort.abort();
    this.#media.close();
    Object.assign(this, { participant: null, room: null, name: null, count: 0 });
    this.roster.clear();
    this.slots.clear();
    this.#view.clear();
  }

  #notified(method, params) {
    if (method === 'roster') this.#rosterTold(params);
    else if (method === 'slots') this.#slotsTold(params.slots);
    else if (method === 'media') this.#mediaTold(params);
    else if (method === 'encodings') this.#media.want(params.tracks);
    else this.#emit(method, params);
  }

  #rosterTold({ joined = [], left = [], updated = [], count }) {
    for (const entry of [...joined, ...updated]) this.roster.set(entry.participant, entry);
    for (const { participant } of left) this.roster.delete(participant);
    this.count = count;
    this.#emit('roster', { joined, left, updated, count });
  }

  #slotsTold(entries) {
    const changed = [];
    for (const entry of entries) {
      const slot = this.slots.get(entry.slot);
      if (!slot) continue;
      slot.tell(entry);
      changed.push(slot);
    }
    if (changed.length) this.#emit('slots', { slots: changed });
    this.#look();
  }

  #mediaTold({ state, reason }) {
    this.#pathTold({ state, reason });
    if (state === 'gone') this.#media.renew();
  }

  /** Ask the streams who is in them: exact, where the event is early or late. */
  #look() {
    clearTimeout(this.#looking);
    const changed = [...this.slots.values()].filter((slot) => slot.look((track) => this.#findTrack(track)));
    if (changed.length) this.#emit('slots', { slots: changed });
    const soon = [...this.slots.values()].some((slot) => slot.pending);
    if (this.#media.peer) this.#looking = setTimeout(() => this.#look(), soon ? LOOK_SOON : LOOK);
  }

  #findTrack(track) {
    for (const { participant, name, tracks } of this.roster.values()) {
      const found = tracks.find((it) => it.track === track);
      if (found) return { track, participant, name, source: found.source };
    }
    return null;
  }

  /* --- Media ------------------------------------------------------------------------------------------------ */

  /**
   * Send this track as `mic`, `camera`, `screen` or `screen_audio`; null sends nothing and tells the others so.
   * Before join() as well as in the call, where it needs no negotiation. A camera that is to be off should be
   * published as null and its track stopped: then its light goes out.
   */
  publish(source, track) {
    return this.#media.publish(source, track);
  }

  /** Mute without giving the device up: silence (or black) goes out, and the others are told. */
  mute(source, muted) {
    return this.#media.mute(source, muted);
  }

  /** Do the others get nothing of this source? */
  muted(source) {
    return this.#media.muted(source);
  }

  /** What is published: source -> `{track: MediaStreamTrack | null, muted: boolean, id: number | null}`. */
  get local() {
    return this.#media.local;
  }

  /**
   * Tell how each slot is shown: `[{slot, hidden, width, height, fps, priority, pin, source}]`; size in device
   * pixels, `fps` the most frames a second that are of use, higher `priority` first where bandwidth is short.
   */
  async view(slots) {
    const changed = slots.filter((it) => JSON.stringify(this.#view.get(it.slot)) !== JSON.stringify(it));
    for (const it of changed) this.#view.set(it.slot, it);
    if (!changed.length) return;
    try {
      await this.#tellView(changed);
    } catch (error) {
      if (error.reason === 'no_participant') for (const it of changed) this.#view.delete(it.slot); // none of it holds
      throw error;
    }
  }

  /** Say something to all, or to one participant. `{id, time}`. */
  chat(text, to = null) {
    return this.#call('chat', to === null ? { text } : { text, to });
  }

  /** Be called otherwise from now on. */
  async rename(name) {
    await this.#session.rename(name);
    this.name = name;
  }

  /** A page of who is here: `{count, participants, next}`. */
  participants({ after, limit } = {}) {
    return this.#call('participants', { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) });
  }

  /** See digest.js for the browser's half; `server` is the result of the protocol's `stats`, or null. */
  async stats() {
    const { peer } = this.#media;
    if (!peer) return null;
    const slots = new Map([...this.slots.values()].map((slot) => [slot.mid, slot.id]));
    const [report, server] = await Promise.all([peer.pc.getStats(), this.#call('stats', {}).catch(() => null)]);
    this.#last = digest([...report.values()], { ...peer.names(), slots }, this.#last);
    return { ...this.#last, server };
  }

  /** Play a slot in an element; a browser that wants a click first is told by `blocked`. */
  async play(slot, element) {
    try {
      await slot.attach(element);
      this.#elements.delete(element);
    } catch (error) {
      if (error.name !== 'NotAllowedError') return; // AbortError: the element has got another stream meanwhile
      this.#elements.add(element);
      this.#emit('blocked', {});
    }
  }

  /** In the handler of a click: play what was blocked. */
  async unblock() {
    const elements = [...this.#elements];
    this.#elements.clear();
    await Promise.all(elements.map((it) => it.play()));
  }

  /** Find a new path for the media, as after a change of network. Done by itself where the browser notices. */
  restart() {
    return this.#media.negotiate(true);
  }

  #heal() {
    return this.#media.heal(() => this.state === 'joined');
  }

  #pathTold(detail) {
    const known = detail.state === 'connected' && this.#path === 'connected'; // ICE, DTLS and the server tell
    this.#path = detail.state;
    if (!known) this.#emit('media', detail);
    if (detail.state === 'interrupted') this.#heal();
  }

  async #tellView(slots = [...this.#view.values()]) {
    if (slots.length && this.state !== 'ended' && this.#media.agreed) await this.#call('view', { slots });
  }

  /** The slots of an answer, and whoever receives them. */
  #adopt(told) {
    const slots = told.map(({ slot: id, mid, kind }) => {
      const slot = this.slots.get(id) ?? new Slot(id, kind);
      slot.mid = mid;
      slot.bind(this.#media.peer.receiver(mid));
      this.slots.set(id, slot);
      return slot;
    });
    this.#emit('slots', { slots });
    this.#tellView().catch(() => {}); // told again when the socket is back
    this.#look();
  }

  #release() {
    clearTimeout(this.#looking);
    this.#last = null;
    const slots = [...this.slots.values()];
    for (const slot of slots) slot.bind(null);
    if (slots.length) this.#emit('slots', { slots });
  }
}
