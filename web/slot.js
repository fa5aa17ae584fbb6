/** A receive slot: one endless stream from the server, behind which the participants change. */

/** What a slot shows when it shows nobody. */
const NOBODY = Object.freeze({ track: null, participant: null, name: null, source: null });

/** Is RTP timestamp `a` before `b`? They wrap at 2^32. */
export function before(a, b) {
  return ((a - b) | 0) < 0;
}

/** The newest entry of getContributingSources(), which lists the last ten seconds; null where it is empty. */
export function newest(sources) {
  return sources.reduce((best, it) => (!best || it.timestamp > best.timestamp ? it : best), null);
}

/**
 * Keeps apart what the server says a slot shows (`told`) and whose picture or voice has arrived (`shown`).
 * Between the two there is an old picture in the element, and it must not carry the new name: `shown` is
 * null then, and the page covers the picture.
 */
export class Slot {
  /** What the server said last: `{track, participant, name, source}`, all null for nobody. Also who cannot be
   * shown: `why` is not `filled` then. */
  told = NOBODY;
  /** Whose media the stream carries now: the same, or null. */
  shown = null;
  /** Why: `filled`, `empty`, `hidden`, `muted`, `no codec`, `no layer`, `bandwidth`, `overload`. */
  why = 'empty';
  /** To be played by an element; changes when the PeerConnection had to be made anew. */
  stream = null;

  #from = 0; // RTP timestamp from which `told` holds
  #csrc = null; // newest seen in the stream
  #receiver = null;

  /** @param {number} id as in the protocol @param {'audio' | 'video'} kind */
  constructor(id, kind) {
    this.id = id;
    this.kind = kind;
  }

  /** Is the media of the one that the server told still to come? */
  get pending() {
    return this.#due !== null && this.shown?.track !== this.#due;
  }

  /** The track whose media comes or is to come; null where there will be none. */
  get #due() {
    return this.why === 'filled' ? this.told.track : null;
  }

  /** Take the receiver of another PeerConnection (or null). Nothing of the old one holds any more. */
  bind(receiver) {
    if (receiver === this.#receiver) return;
    this.#receiver = receiver;
    this.stream = receiver && new MediaStream([receiver.track]);
    this.told = NOBODY;
    this.shown = this.#csrc = null;
    this.why = 'empty';
  }

  /** Play in an <audio> or <video>. Rejects with NotAllowedError where the browser wants a click first. */
  async attach(element) {
    if (element.srcObject !== this.stream) element.srcObject = this.stream;
    await element.play();
  }

  /** An entry of the `slots` event. */
  tell({ why, track = null, participant = null, name = null, source = null, timestamp = 0 }) {
    this.why = why;
    this.told = track === null ? NOBODY : { track, participant, name, source };
    this.#from = timestamp;
    if (this.shown?.track !== this.#due) this.shown = null;
    if (this.#due !== null && this.#csrc === track) this.shown = this.told;
  }

  /**
   * What the stream itself says: `csrc` is the track that the latest media came from (null = not told),
   * `rtp` its timestamp (null = unknown). `find(track)` gives the entry of a track that the `slots` event has
   * not told yet, or null. True if `shown` changed.
   */
  see(csrc, rtp, find) {
    const old = this.shown;
    this.#csrc = csrc;
    if (csrc === null) {
      const arrived = rtp !== null && this.#due !== null && !before(rtp, this.#from);
      if (arrived) this.shown = this.told;
    } else if (csrc === this.#due) {
      this.shown = this.told;
    } else if (rtp !== null && this.#due !== null && !before(rtp, this.#from)) {
      this.shown = find(csrc); // the media has overtaken its event
    } else {
      this.shown = null;
    }
    return this.shown?.track !== old?.track;
  }

  /** See what the browser has received so far. True if `shown` changed. */
  look(find) {
    if (!this.#receiver) return false;
    const csrc = newest(this.#receiver.getContributingSources());
    const at = csrc ?? newest(this.#receiver.getSynchronizationSources());
    return at ? this.see(csrc?.source ?? null, at.rtpTimestamp ?? null, find) : false;
  }
}
