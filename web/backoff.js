/**
 * Growing, jittered delays between attempts, so that a thousand pages whose server went away do not all come
 * back in the same instant.
 */
export class Backoff {
  #attempt = 0;

  /**
   * @param {object} [options]
   * @param {number} [options.first] ceiling of the first delay, ms
   * @param {number} [options.most] ceiling that the doubling stops at, ms
   * @param {() => number} [options.random] numbers in [0, 1)
   */
  constructor({ first = 300, most = 8000, random = Math.random } = {}) {
    this.first = first;
    this.most = most;
    this.random = random;
  }

  /** The next delay in ms: between half of the ceiling and the ceiling, which doubles each time. */
  next() {
    const ceiling = Math.min(this.most, this.first * 2 ** this.#attempt);
    this.#attempt++;
    return ceiling * (0.5 + this.random() / 2);
  }

  /** Start again with short delays. */
  reset() {
    this.#attempt = 0;
  }
}

/** Wait for `ms`, or until `signal` is aborted; never rejects. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
