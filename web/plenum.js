/**
 * Plenum's client: one object that joins a room, sends microphone, camera and screen, and receives the others
 * in a fixed number of slots. README.md shows a client in twenty lines; the protocol is in signaling/README.md.
 *
 *   import { Plenum } from './plenum.js';
 *   const plenum = new Plenum();
 *   await plenum.join({ room: 'lobby', name: 'Ann' });
 */

import { Backoff, pause } from './backoff.js';
import { digest } from './digest.js';
import { Peer, SOURCES } from './peer.js';
import { PlenumError, Rpc } from './rpc.js';
import { Slot } from './slot.js';

export { PlenumError, Slot };

/** Errors after which coming back is of no use without a human. */
const FINAL = new Set(['unauthorized', 'room_full', 'server_full', 'no_room', 'params', 'already_joined']);
/** Errors that say that the session is gone, but not that the room is closed to us. */
const EXPIRED = new Set(['resume_expired', 'not_joined', 'params', 'no_room']);
/** Ms of silence after which the server is asked for a sign of life, and how long that may take. */
const SILENCE = 15_000;
const SIGN_OF_LIFE = 5_000;
/** Ms between two looks at who is in the slots: while somebody is awaited, and otherwise. */
const LOOK_SOON = 50;
const LOOK = 200;

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
 * - `speakers` `{speakers: [{participant, level}]}`, loudest first
 * - `chat` `{id, time, from, name, text, to}`
 * - `rooms` `{rooms: [{room, count}]}`
 * - `media` `{state, reason, message}`: `connecting`, `connected`, `interrupted` (being mended), `gone` (being
 *   made anew), `failed` (the server refuses the offer)
 * - `local` `{source, track, muted, ended}`: what this side sends has changed; `ended`: by device or browser
 * - `shutdown` `{reason, retry_after}`
 * - `blocked` `{}`: the browser wants a click before it plays sound; call `unblock()` in its handler
 */
export class Plenum extends EventTarget {
  /** `idle`, `connecting` (socket), `open` (not in a room), `joined`, `reconnecting`, `ended`. */
  state = 'idle';
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
  /** source -> `{track: MediaStreamTrack | null, muted: boolean, id: number | null}`. */
  local = new Map(Object.keys(SOURCES).map((source) => [source, { track: null, muted: false, id: null }]));

  #options;
  #url = null;
  #rpc = null;
  #wanted = false; // a socket
  #reconnecting = false;
  #hurry = new AbortController(); // ends the pause before the next attempt
  #notBefore = 0;
  #watching = false; // the list of rooms
  #entry = null; // what to join with, again if need be
  #session = null;
  #event = 0;
  #peer = null;
  #turn = Promise.resolve(); // one offer at a time
  #agreed = false; // the last offer has been answered
  #mending = false;
  #view = new Map();
  #elements = new Set(); // that could not play
  #last = null; // digest
  #timers = [];
  #abort = new AbortController(); // our listeners on window

  /**
   * @param {object} [options]
   * @param {{audio: number, video: number}} [options.slots] how many voices and pictures to receive at a time
   * @param {number} [options.timeout] ms until a request without a reply fails
   */
  constructor({ slots = {}, timeout = 10_000 } = {}) {
    super();
    this.#options = { audio: slots.audio ?? 3, video: slots.video ?? 9, timeout };
  }

  /* --- Socket ----------------------------------------------------------------------------------------------- */

  /** Open the socket, and keep it open until leave(). join() does this by itself; the list of rooms needs it. */
  async connect(url = this.#url ?? socketUrl()) {
    if (this.#wanted) return;
    this.#url = url;
    this.#wanted = true;
    this.#listen();
    this.#set('connecting');
    try {
      await this.#open();
      this.#set('open');
    } catch (error) {
      this.#reconnect();
      throw error;
    }
  }

  /** The public rooms: `[{room, count}]`. With `subscribe`, the `rooms` event follows each change. */
  async rooms(subscribe = true) {
    this.#watching = subscribe;
    const { rooms } = await this.#call('rooms', { subscribe });
    return rooms;
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
    if (!this.#wanted) await this.connect(url);
    const entry = token ? { room, name, token } : { room, name };
    const result = await this.#call('join', entry);
    this.#entry = entry;
    this.#enter(result);
    this.#renew();
  }

  /** Say goodbye and close everything. Local tracks belong to who made them: stop() them there. */
  async leave() {
    const rpc = this.#rpc;
    const joined = this.participant !== null;
    this.#end(null);
    if (joined) await rpc.call('leave', {}, 1000).catch(() => {});
    rpc?.close();
  }

  async #open() {
    const rpc = new Rpc(this.#url, {
      timeout: this.#options.timeout,
      onnotify: (method, params) => rpc === this.#rpc && this.#notified(method, params),
      onclose: () => rpc === this.#rpc && this.#reconnect(),
    });
    this.#rpc = rpc;
    await rpc.opened;
  }

  async #reconnect() {
    if (!this.#wanted || this.#reconnecting) return;
    this.#reconnecting = true;
    this.#set('reconnecting');
    const backoff = new Backoff();
    while (this.#wanted) {
      await pause(Math.max(backoff.next(), this.#notBefore - Date.now()), this.#hurry.signal);
      this.#hurry = new AbortController();
      if (!this.#wanted) break;
      try {
        await this.#open();
        await this.#back();
        break;
      } catch (error) {
        if (FINAL.has(error.reason)) this.#end(error);
        else this.#rpc.drop();
      }
    }
    this.#reconnecting = false;
  }

  /** The socket is new: go on where the old one broke off. */
  async #back() {
    if (this.#watching) {
      const rooms = await this.rooms(true);
      this.#emit('rooms', { rooms });
    }
    if (!this.#entry) return this.#set('open');
    if (this.#session) {
      try {
        const { room } = this.#entry;
        const result = await this.#call('join', { room, resume: this.#session, event: this.#event });
        this.#enter(result);
        this.#tellAgain();
        this.#heal();
        return;
      } catch (error) {
        if (!EXPIRED.has(error.reason)) throw error;
        this.#session = null;
      }
    }
    this.#enter(await this.#call('join', { ...this.#entry, name: this.name }));
    this.#renew();
  }

  /** The result of `join`. */
  #enter({ participant, session, resumed, event, room, ice_servers: iceServers = [], count, participants }) {
    this.#session = session;
    if (!resumed) this.#event = event ?? 0; // what a resumed session missed follows, from our own number on
    this.participant = participant;
    this.room = room;
    if (!resumed) this.name = this.#entry.name;
    this.count = count;
    this.#options.iceServers = iceServers;
    const changes = this.#replaceRoster(participants, count);
    this.#set('joined');
    this.#emit('roster', { ...changes, count });
  }

  /** What the new list changes. A large room's list is partial, and says nothing of those it lacks. */
  #replaceRoster(participants, count) {
    const here = new Set(participants.map((it) => it.participant));
    const lost = participants.length < count ? [] : [...this.roster.keys()].filter((it) => !here.has(it));
    const joined = participants.filter((it) => !this.roster.has(it.participant));
    const updated = participants.filter((it) => this.roster.has(it.participant));
    for (const id of lost) this.roster.delete(id);
    for (const entry of participants) this.roster.set(entry.participant, entry);
    return { joined, left: lost.map((id) => ({ participant: id, reason: 'left' })), updated };
  }

  #end(error) {
    this.#wanted = this.#watching = false;
    this.#hurry.abort();
    this.#abort.abort();
    this.#timers.forEach(clearTimeout);
    this.#dropPeer();
    this.#entry = this.#session = this.participant = this.room = null;
    this.roster.clear();
    this.slots.clear();
    this.#view.clear();
    for (const local of this.local.values()) local.id = null;
    if (error) this.#rpc?.close();
    this.#set('ended', error);
  }

  #call(method, params) {
    if (!this.#rpc) return Promise.reject(new PlenumError('closed', 'Not connected to a server.'));
    return this.#rpc.call(method, params);
  }

  #set(state, error = null) {
    if (state === this.state && !error) return;
    this.state = state;
    this.#emit('state', { state, error });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /* --- What the server tells -------------------------------------------------------------------------------- */

  #notified(method, params) {
    if (params.event !== undefined && this.participant !== null) {
      if (params.event <= this.#event) return; // told before the socket broke
      this.#event = params.event;
    }
    const handlers = {
      roster: (it) => this.#rosterTold(it),
      slots: (it) => this.#slotsTold(it.slots),
      media: (it) => this.#mediaTold(it),
      shutdown: (it) => {
        this.#notBefore = Date.now() + it.retry_after;
        this.#emit('shutdown', it);
      },
    };
    if (handlers[method]) handlers[method](params);
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
    if (state === 'gone') {
      this.#emit('media', { state, reason });
      this.#renew();
    } else {
      this.#emit('media', { state });
    }
  }

  /** Ask the streams who is in them: exact, where the event is early or late. */
  #look() {
    clearTimeout(this.#timers[0]);
    const changed = [...this.slots.values()].filter((slot) => slot.look((track) => this.#findTrack(track)));
    if (changed.length) this.#emit('slots', { slots: changed });
    const soon = [...this.slots.values()].some((slot) => slot.pending);
    if (this.#peer) this.#timers[0] = setTimeout(() => this.#look(), soon ? LOOK_SOON : LOOK);
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
  async publish(source, track) {
    const local = this.local.get(source);
    if (track && source === 'screen' && !track.contentHint) track.contentHint = 'detail';
    local.track = track;
    track?.addEventListener('ended', () => local.track === track && this.#endedOutside(source), { once: true });
    if (track) track.enabled = !local.muted;
    await this.#peer?.send(source, track);
    await this.#tellMuted(source);
    this.#emit('local', { source, track, muted: this.muted(source), ended: false });
  }

  /** Mute without giving the device up: silence (or black) goes out, and the others are told. */
  async mute(source, muted) {
    const local = this.local.get(source);
    local.muted = muted;
    if (local.track) local.track.enabled = !muted;
    this.#emit('local', { source, track: local.track, muted: this.muted(source), ended: false });
    await this.#tellMuted(source);
  }

  /** Do the others get nothing of this source? */
  muted(source) {
    const { track, muted } = this.local.get(source);
    return muted || track === null;
  }

  /** Tell how large each slot is shown: `[{slot, hidden, width, height, pin, source}]`, in device pixels. */
  async view(slots) {
    const changed = slots.filter((it) => JSON.stringify(this.#view.get(it.slot)) !== JSON.stringify(it));
    for (const it of changed) this.#view.set(it.slot, it);
    if (changed.length && this.state === 'joined' && this.#agreed) await this.#call('view', { slots: changed });
  }

  /** Say something to all, or to one participant. `{id, time}`. */
  chat(text, to = null) {
    return this.#call('chat', to === null ? { text } : { text, to });
  }

  /** Be called otherwise from now on. */
  async rename(name) {
    await this.#call('rename', { name });
    this.name = name;
  }

  /** A page of who is here: `{count, participants, next}`. */
  participants({ after, limit } = {}) {
    return this.#call('participants', { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) });
  }

  /** See digest.js for the browser's half; `server` is the result of the protocol's `stats`, or null. */
  async stats() {
    if (!this.#peer) return null;
    const { mids, tracks } = this.#peer.names();
    const slots = new Map([...this.slots.values()].map((slot) => [slot.mid, slot.id]));
    const [report, server] = await Promise.all([
      this.#peer.pc.getStats(),
      this.#call('stats', {}).catch(() => null),
    ]);
    this.#last = digest([...report.values()], { mids, tracks, slots }, this.#last);
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
    return this.#negotiate(true);
  }

  async #endedOutside(source) {
    await this.publish(source, null);
    this.#emit('local', { source, track: null, muted: true, ended: true });
  }

  async #tellMuted(source) {
    const { id } = this.local.get(source);
    if (id === null || this.state !== 'joined') return; // the next offer says it
    await this.#call('publish', { tracks: [{ track: id, muted: this.muted(source) }] });
  }

  /** A resumed session: what we wished for while the socket was down. */
  #tellAgain() {
    const tracks = [...this.local]
      .filter(([, { id }]) => id !== null)
      .map(([source, { id }]) => ({ track: id, muted: this.muted(source) }));
    if (tracks.length) this.#call('publish', { tracks }).catch(() => {});
    if (this.#view.size && this.#agreed) this.#call('view', { slots: [...this.#view.values()] }).catch(() => {});
  }

  /** A new PeerConnection, and the offer for it. */
  async #renew() {
    this.#dropPeer();
    const { audio, video, iceServers } = this.#options;
    const peer = new Peer({ audio, video, iceServers, onpath: (how) => peer === this.#peer && this.#path(how) });
    this.#peer = peer;
    this.#last = null;
    this.#emit('media', { state: 'connecting' });
    await Promise.all([...this.local].map(([source, { track }]) => peer.send(source, track)));
    try {
      await this.#negotiate(false);
    } catch (error) {
      if (peer !== this.#peer || error.reason === 'closed') return; // made good when the socket is back
      this.#emit('media', { state: 'failed', reason: error.reason ?? 'internal', message: error.message });
    }
  }

  #negotiate(restart) {
    const peer = this.#peer;
    const turn = this.#turn.then(async () => {
      if (!peer || peer !== this.#peer) return;
      this.#agreed = false;
      const { sdp, mids } = await peer.offer(restart);
      const tracks = Object.entries(mids).map(([source, mid]) => ({ mid, source, muted: this.muted(source) }));
      const result = await this.#call('offer', { sdp, tracks });
      if (peer !== this.#peer) return;
      this.#adopt(peer, result);
      await peer.answer(result.sdp);
      this.#agreed = true;
      this.#tellAgain();
      this.#look();
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #adopt(peer, { tracks, slots }) {
    for (const { track, source } of tracks) this.local.get(source).id = track;
    const fresh = slots.map(({ slot: id, mid, kind }) => {
      const slot = this.slots.get(id) ?? new Slot(id, kind);
      slot.mid = mid;
      slot.bind(peer.receiver(mid));
      this.slots.set(id, slot);
      return slot;
    });
    this.#emit('slots', { slots: fresh });
  }

  #dropPeer() {
    this.#peer?.close();
    this.#peer = null;
    this.#agreed = false;
    for (const slot of this.slots.values()) slot.bind(null);
    if (this.slots.size) this.#emit('slots', { slots: [...this.slots.values()] });
  }

  #path(how) {
    if (how === 'up') return this.#emit('media', { state: 'connected' });
    this.#emit('media', { state: 'interrupted', reason: how });
    if (how === 'dead') this.#renew();
    else this.#heal();
  }

  /** Mend the media path: ICE restarts first, then from scratch. Waits for the socket where that is down. */
  async #heal() {
    if (this.#mending || !this.#peer || (this.#agreed && this.#peer.works)) return;
    this.#mending = true;
    const backoff = new Backoff({ first: 1000 });
    for (let attempt = 1; this.state === 'joined' && this.#peer; attempt++) {
      if (attempt % 4 === 0) await this.#renew();
      else await this.#negotiate(this.#agreed).catch(() => {});
      if ((await this.#peer?.settle(5000)) && this.#agreed) break;
      await pause(backoff.next());
    }
    this.#mending = false;
  }

  /* --- The browser ------------------------------------------------------------------------------------------ */

  #listen() {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const moved = () => {
      this.#hurry.abort();
      if (this.state === 'joined') this.#checkSocket();
      if (this.state === 'joined' && this.#peer) this.restart().catch(() => {});
    };
    globalThis.addEventListener?.('online', moved, { signal });
    navigator.connection?.addEventListener?.('change', moved, { signal });
    globalThis.addEventListener?.('pagehide', () => this.leave(), { signal });
    const watch = () => {
      if (this.#rpc.silence > SILENCE && !this.#reconnecting) this.#checkSocket();
      this.#timers[1] = setTimeout(watch, SILENCE / 3);
    };
    this.#timers[1] = setTimeout(watch, SILENCE / 3);
  }

  /** A socket over a network that has gone looks open for minutes: ask for a sign of life. */
  async #checkSocket() {
    const rpc = this.#rpc;
    const [method, params] = this.participant === null ? ['rooms', { subscribe: this.#watching }] : ['stats', {}];
    try {
      await rpc.call(method, params, SIGN_OF_LIFE);
    } catch (error) {
      if (error.reason === 'timeout' && rpc === this.#rpc) rpc.drop();
    }
  }
}
