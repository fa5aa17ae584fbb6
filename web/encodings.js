/** Which of a sender's encodings go out: those that the server says anybody needs. */

import { pause } from './backoff.js';

/** A browser may refuse while it negotiates: so often is it asked, so many ms apart. */
const ATTEMPTS = 5;
const APART = 200;

const isActive = ({ active = true }) => active;

export class Encodings {
  #sender;
  #wanted = null; // null: all, as they were made
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

  /** getParameters() and setParameters() belong together: nothing may come between them. */
  async #set() {
    const parameters = this.#sender.getParameters();
    const { encodings = [] } = parameters;
    const active = (i) => this.#wanted[i] ?? true;
    if (encodings.every((it, i) => isActive(it) === active(i))) return;
    encodings.forEach((it, i) => (it.active = active(i)));
    await this.#sender.setParameters(parameters);
  }
}
