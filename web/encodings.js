/** Which of a sender's encodings go out, and how large: what its track has to give, and somebody needs. */

import { pause } from './backoff.js';

/** A browser may refuse while it negotiates: so often is it asked, so many ms apart. */
const ATTEMPTS = 5;
const APART = 200;

/** So many encodings of a picture are worth it, of at least so many pixels. Chromium leaves the last ones out, which
 * would be the largest, where it is smaller. */
const COUNTS = [[960 * 540, 3], [480 * 270, 2], [0, 1]];

/** Bits per second for a moving picture of 1280 x 720, and how they grow with its pixels. */
const BITRATE = 1_800_000;
const GROWTH = 0.87;

/**
 * How to encode a camera's pictures: `[{scaleResolutionDownBy, maxBitrate}]`, smallest first, each with half the
 * width of the next; up to three.
 * @param {{width, height}} size of the pictures; where it is not known they are taken to be 1280 x 720
 */
export function encodingsFor({ width = 1280, height = 720 } = {}) {
  const [, count] = COUNTS.find(([least]) => width * height >= least);
  return Array.from({ length: count }, (_, i) => {
    const scaleResolutionDownBy = 2 ** (count - 1 - i);
    const pixels = (width * height) / scaleResolutionDownBy ** 2;
    return { scaleResolutionDownBy, maxBitrate: Math.round(BITRATE * (pixels / (1280 * 720)) ** GROWTH) };
  });
}

export class Encodings {
  #sender;
  #wanted = null; // null: all, as they were made
  #fit = null; // as of encodingsFor(); null: as they were made
  #turn = Promise.resolve(); // one change at a time

  /** @param {RTCRtpSender} sender */
  constructor(sender) {
    this.#sender = sender;
  }

  /**
   * Send these from now on, and stop the others: booleans in the order in which the encodings were made. What
   * begins again begins with a key frame. Holds for whatever track the sender is given. Resolves when it is done.
   */
  want(layers) {
    this.#wanted = layers;
    return this.#change();
  }

  /** Make the encodings fit the pictures of this camera. */
  fit(track) {
    this.#fit = encodingsFor(track.getSettings());
    return this.#change();
  }

  /** An answer was applied: Chromium has made all of them active. */
  renew() {
    return this.#change();
  }

  /** How many of them there can be. */
  get count() {
    return this.#fit?.length ?? Infinity;
  }

  #change() {
    this.#turn = this.#turn.then(() => this.#obey());
    return this.#turn;
  }

  /** Gives up where the browser cannot: then all goes on being sent. */
  async #obey() {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        return await this.#set();
      } catch {
        await pause(APART);
      }
    }
  }

  /** Where the wanted one is larger than there is, the largest goes out in its place. */
  #isActive(i) {
    const isWanted = (at) => this.#wanted?.[at] ?? true;
    if (i >= this.count) return false;
    return isWanted(i) || (i === this.count - 1 && this.#wanted.some((it, at) => it && at > i));
  }

  /** getParameters() and setParameters() belong together: nothing may come between them. */
  async #set() {
    const parameters = this.#sender.getParameters();
    const { encodings = [] } = parameters;
    const wishes = encodings.map((_, i) => ({ active: this.#isActive(i), ...this.#fit?.[i] }));
    const differs = (encoding, wish) => {
      const now = { active: true, ...encoding };
      return Object.keys(wish).some((key) => now[key] !== wish[key]);
    };
    if (!encodings.some((it, i) => differs(it, wishes[i]))) return;
    encodings.forEach((it, i) => Object.assign(it, wishes[i]));
    await this.#sender.setParameters(parameters);
  }
}
