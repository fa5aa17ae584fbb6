/** What this side sends, and the negotiation and mending of the PeerConnection that carries it all. */

import { Backoff, pause } from './backoff.js';
import { Peer, SOURCES } from './peer.js';

export class Media {
  /** source -> `{track: MediaStreamTrack | null, muted: boolean, id: number | null}`. */
  local = new Map(Object.keys(SOURCES).map((source) => [source, { track: null, muted: false, id: null }]));
  /** The connection at work, or null. */
  peer = null;
  /** Has its last offer been answered? */
  agreed = false;
  iceServers = [];

  #slots;
  #call;
  #on;
  #turn = Promise.resolve(); // one offer at a time
  #mending = false;

  /**
   * @param {object} options
   * @param {{audio: number, video: number}} options.slots
   * @param {(method: string, params: object) => Promise<object>} options.call asks the server
   * @param {object} options.on upcalls: `state(detail)`, `local(detail)` as of Plenum's events `media` and `local`;
   *   `agreed(result)`, the server's answer to an offer, before it is applied; `gone()`, the peer was closed
   */
  constructor({ slots, call, on }) {
    this.#slots = slots;
    this.#call = call;
    this.#on = on;
  }

  /** Send this track, or nothing, from now on. */
  async publish(source, track) {
    const local = this.local.get(source);
    if (track && source === 'screen' && !track.contentHint) track.contentHint = 'detail';
    if (track) track.enabled = !local.muted;
    local.track = track;
    track?.addEventListener('ended', () => local.track === track && this.#ended(source), { once: true });
    await this.peer?.send(source, track);
    await this.#changed(source);
  }

  /** Send silence or black instead of the track, or no longer so. */
  async mute(source, muted) {
    const local = this.local.get(source);
    local.muted = muted;
    if (local.track) local.track.enabled = !muted;
    await this.#changed(source);
  }

  muted(source) {
    const { track, muted } = this.local.get(source);
    return muted || track === null;
  }

  /** The server says which encodings of our pictures anybody needs: `[{track, layers}]`. */
  want(tracks) {
    for (const { track, layers } of tracks) {
      for (const [source, { id }] of this.local) if (id === track) this.peer?.want(source, layers);
    }
  }

  /** Tell the server anew which tracks are muted. */
  async tell(sources = [...this.local.keys()]) {
    const tracks = sources
      .filter((source) => this.local.get(source).id !== null) // those without will be told with the offer
      .map((source) => ({ track: this.local.get(source).id, muted: this.muted(source) }));
    if (tracks.length) await this.#call('publish', { tracks });
  }

  /** A new PeerConnection, and the offer for it. */
  async renew(iceServers = this.iceServers) {
    this.close();
    this.iceServers = iceServers;
    const onpath = (how) => peer === this.peer && this.#path(how);
    const peer = (this.peer = new Peer({ ...this.#slots, iceServers, onpath }));
    this.#on.state({ state: 'connecting' });
    await Promise.all([...this.local].map(([source, { track }]) => peer.send(source, track)));
    try {
      await this.negotiate(false);
    } catch (error) {
      if (peer !== this.peer || error.reason === 'closed') return; // made good when the socket is back
      this.#on.state({ state: 'failed', reason: error.reason ?? 'internal', message: error.message });
    }
  }

  /** Offer, and apply the answer; with `restart` over a new ICE path. */
  negotiate(restart) {
    const { peer } = this;
    const turn = this.#turn.then(async () => {
      if (!peer || peer !== this.peer) return;
      this.agreed = false;
      const { sdp, mids } = await peer.offer(restart);
      const tracks = Object.entries(mids).map(([source, mid]) => ({ mid, source, muted: this.muted(source) }));
      const result = await this.#call('offer', { sdp, tracks });
      if (peer !== this.peer) return;
      for (const { track, source } of result.tracks) this.local.get(source).id = track;
      this.agreed = true;
      this.#on.agreed(result);
      await peer.answer(result.sdp);
      if (tracks.some(({ source, muted }) => muted !== this.muted(source))) await this.tell(); // changed meanwhile
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /**
   * Mend the path if it is broken: by ICE restarts, and by a new connection where they do not help. Ends where
   * `joined()` is false, as when the socket is down: call it again when that is back.
   */
  async heal(joined) {
    if (this.#mending || !this.peer || (this.agreed && this.peer.works)) return;
    this.#mending = true;
    const backoff = new Backoff({ first: 1000 });
    for (let attempt = 1; joined() && this.peer; attempt++) {
      if (attempt % 4 === 0) await this.renew();
      else await this.negotiate(this.peer.started).catch(() => {}); // the next attempt follows
      if ((await this.peer?.settle(5000)) && this.agreed) break;
      await pause(backoff.next());
    }
    this.#mending = false;
  }

  close() {
    this.peer?.close();
    this.peer = null;
    this.agreed = false;
    for (const local of this.local.values()) local.id = null;
    this.#on.gone();
  }

  async #changed(source) {
    const { track } = this.local.get(source);
    this.#on.local({ source, track, muted: this.muted(source), ended: false });
    await this.tell([source]);
  }

  /** The device was unplugged, or the browser's own button ended it. */
  async #ended(source) {
    this.#on.local({ source, track: null, muted: true, ended: true });
    await this.publish(source, null).catch(() => {}); // told again when the socket is back
  }

  #path(how) {
    if (how === 'up') return this.#on.state({ state: 'connected' });
    this.#on.state({ state: 'interrupted', reason: how });
    if (how === 'dead') this.renew();
  }
}
