/** Whom the speaker layout shows large: who speaks, but never the viewer themself. */

export class Focus {
  #speaker = null; // the last dominant one who is not the viewer
  #shown = null;

  /** The server's `speakers`: one of them at the most is `dominant`. Whether anything has changed. */
  heard(speakers, self) {
    const dominant = speakers.find((it) => it.dominant)?.participant ?? null;
    if (dominant === null || dominant === self || dominant === this.#speaker) return false;
    this.#speaker = dominant;
    return true;
  }

  /**
   * The one to show large, or null where nobody else is here. Stays as it is until somebody else speaks: also
   * when the viewer speaks, and from the first moment on, when nobody has.
   * @param {number[]} here the others, those whose pictures come first
   */
  among(here) {
    if (here.includes(this.#speaker)) this.#shown = this.#speaker;
    else if (!here.includes(this.#shown)) this.#shown = here[0] ?? null;
    return this.#shown;
  }

  clear() {
    this.#speaker = this.#shown = null;
  }
}
