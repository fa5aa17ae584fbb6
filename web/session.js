/** A session with the server: the socket, which is opened again when it drops, and the seat in a room. */

import { Backoff, pause } from './backoff.js';
import { PlenumError, Rpc } from './rpc.js';

/** Errors of a join after which trying again is of no use without a human. */
const FINAL = new Set(['unauthorized', 'room_full', 'server_full', 'no_room', 'params', 'request', 'already_joined', 'moved']);
/** Errors of a resume that say that the seat is gone, but not that the room is closed to us. */
const EXPIRED = new Set(['resume_expired', 'params', 'no_room', 'unauthorized']);
/** Close codes of the server that are not to be answered by coming back at once. */
const RESUMED_ELSEWHERE = 4000;
const TOO_MANY_REQUESTS = 1008;
const PENALTY = 5_000; // ms
/** Ms of silence after which the server is asked for a sign of life, and how long that may take. */
const SILENCE = 15_000;
const SIGN_OF_LIFE = 10_000;

export class Session {
  /** As of Plenum: `idle`, `connecting`, `open`, `joined`, `reconnecting`, `ended`. */
  state = 'idle';

  #on;
  #timeout;
  #url = null;
  #rpc = null;
  #life = null; // from connect() to leave(): an object of its own, so that what is left of an older one can tell
  #reconnecting = null; // the life in which it is being tried
  #hurry = new AbortController(); // ends the pause before the next attempt
  #notBefore = 0;
  #watching = false; // the list of rooms
  #entry = null; // what to join with, again if need be
  #secret = null; // for resuming
  #event = 0; // number of the last notification seen
  #pulse = null; // timer

  /**
   * @param {object} options
   * @param {number} options.timeout ms until a request without a reply fails
   * @param {object} options.on upcalls: `state(state, error)`; `entered(result)`, the result of each `join`, before
   *   the state is `joined`; `notified(method, params)`, each notification once
   */
  constructor({ timeout, on }) {
    this.#timeout = timeout;
    this.#on = on;
  }

  /** Open the socket and keep it open until leave(). Goes on trying also when this rejects. */
  async connect(url) {
    if (this.#life) return;
    const life = (this.#life = {});
    this.#url = url;
    this.#set('connecting');
    this.#pulse = setInterval(() => this.#rpc.silence > SILENCE && this.check(), SILENCE / 3);
    try {
      await this.#open(life);
      this.#set('open');
    } catch (error) {
      if (life === this.#life) this.#reconnect();
      throw error;
    }
  }

  /** `{room, name, token}`; resolves with the result of `join`. Waits for a socket that is being opened. */
  async join(entry) {
    await this.#settle();
    const result = await this.call('join', entry);
    this.#entry = entry;
    this.#enter(result);
    return result;
  }

  /** Ask; rejects with a PlenumError. */
  call(method, params, timeout) {
    if (!this.#rpc) return Promise.reject(new PlenumError('closed', 'Not connected to a server.'));
    return this.#rpc.call(method, params, timeout);
  }

  /** The list of public rooms; with `subscribe` also after each reconnect. */
  async rooms(subscribe) {
    this.#watching = subscribe;
    const { rooms } = await this.call('rooms', { subscribe });
    return rooms;
  }

  /** Be called otherwise, also after a reconnect. */
  async rename(name) {
    await this.call('rename', { name });
    this.#entry.name = name;
  }

  /** Say goodbye and close the socket. */
  async leave() {
    const rpc = this.#rpc;
    const joined = this.#entry !== null;
    this.#end(null);
    if (joined) await rpc.call('leave', {}, 1000).catch(() => {}); // we go, whether or not it was heard
    rpc?.close();
  }

  /** Try again at once, as when the network has come back. */
  hurry() {
    this.#hurry.abort();
  }

  /** A socket over a network that has gone looks open for minutes: ask for a sign of life. */
  async check(patience = SIGN_OF_LIFE) {
    const rpc = this.#rpc;
    if (this.#reconnecting === this.#life || !rpc) return;
    const [method, params] = this.#entry ? ['stats', {}] : ['rooms', { subscribe: this.#watching }];
    try {
      await rpc.call(method, params, patience);
    } catch (error) {
      if (error.reason === 'timeout' && rpc === this.#rpc) rpc.drop();
    }
  }

  /** Wait until the socket is open or given up, at most as long as for a reply. */
  async #settle() {
    const end = performance.now() + this.#timeout;
    while (['connecting', 'reconnecting'].includes(this.state) && performance.now() < end) await pause(50);
  }

  async #open(life) {
    const rpc = new Rpc(this.#url, {
      timeout: this.#timeout,
      onnotify: (method, params) => rpc === this.#rpc && this.#notified(method, params),
      onclose: (code) => rpc === this.#rpc && this.#closed(code),
    });
    this.#rpc = rpc;
    await rpc.opened;
    if (life === this.#life) return;
    rpc.close();
    throw new PlenumError('closed', 'The call was left.');
  }

  #closed(code) {
    if (code === RESUMED_ELSEWHERE) {
      this.#end(new PlenumError('moved', 'The call goes on in another window.'));
    } else {
      if (code === TOO_MANY_REQUESTS) this.#notBefore = Date.now() + PENALTY;
      this.#reconnect();
    }
  }

  async #reconnect() {
    const life = this.#life;
    if (!life || this.#reconnecting === life) return;
    this.#reconnecting = life;
    this.#set('reconnecting');
    const backoff = new Backoff();
    for (;;) {
      await pause(Math.max(backoff.next(), this.#notBefore - Date.now()), this.#hurry.signal);
      if (life !== this.#life) return;
      this.#hurry = new AbortController();
      try {
        await this.#open(life);
        await this.#back();
        break;
      } catch (error) {
        if (life !== this.#life) return;
        if (FINAL.has(error.reason)) return this.#end(error);
        if (error.retryAfter) this.#notBefore = Date.now() + error.retryAfter;
        this.#rpc.drop();
      }
    }
    this.#reconnecting = null;
  }

  /** The socket is new: go on where the old one broke off. */
  async #back() {
    if (this.#watching) this.#on.notified('rooms', { rooms: await this.rooms(true) });
    if (!this.#entry) return this.#set('open');
    this.#enter((await this.#resume()) ?? (await this.call('join', this.#entry)));
  }

  /** The result, or null where the seat is gone. */
  async #resume() {
    if (!this.#secret) return null;
    try {
      return await this.call('join', { room: this.#entry.room, resume: this.#secret, event: this.#event });
    } catch (error) {
      if (!EXPIRED.has(error.reason)) throw error;
      this.#secret = null;
      return null;
    }
  }

  #enter(result) {
    this.#secret = result.session;
    const goesOn = result.resumed && result.complete; // what we missed follows, from our own number on
    if (!goesOn) this.#event = result.event;
    this.#on.entered(result);
    this.#set('joined');
  }

  #notified(method, params) {
    if (params.event !== undefined) {
      if (params.event <= this.#event) return; // told before the socket broke
      this.#event = params.event;
    }
    if (method === 'shutdown') this.#notBefore = Date.now() + params.retry_after;
    this.#on.notified(method, params);
  }

  #end(error) {
    this.#life = this.#reconnecting = null;
    this.#watching = false;
    this.#entry = this.#secret = null;
    this.#hurry.abort();
    this.#hurry = new AbortController();
    clearInterval(this.#pulse);
    if (error) this.#rpc.close();
    this.#set('ended', error);
  }

  #set(state, error = null) {
    if (state === this.state && !error) return;
    this.state = state;
    this.#on.state(state, error);
  }
}
