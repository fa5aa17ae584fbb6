/** JSON-RPC 2.0 over one WebSocket: each request gets one result, one error or a time-out. */

/**
 * What went wrong. `reason` is stable: the `name` of a server error (signaling/README.md), or one of
 * `timeout` (no reply), `closed` (the socket went away first), `network` (the socket did not open). `retryAfter`: ms after
 * which the server wants to be asked again.
 */
export class PlenumError extends Error {
  constructor(reason, message, code = null, retryAfter = 0) {
    super(message);
    this.name = 'PlenumError';
    this.reason = reason;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** One socket, from open to close. It is not opened again: make a new one. */
export class Rpc {
  #socket;
  #timeout;
  #waiting = new Map(); // id -> {resolve, reject, timer}
  #id = 0;
  #heard = performance.now();

  /**
   * @param {string} url of the server's /ws
   * @param {object} options
   * @param {number} options.timeout ms until a request without a reply is given up
   * @param {(method: string, params: object) => void} options.onnotify
   * @param {(code: number) => void} options.onclose called once, also when the socket never opened
   */
  constructor(url, { timeout, onnotify, onclose }) {
    this.#timeout = timeout;
    const socket = (this.#socket = new WebSocket(url, 'plenum'));
    /** Resolves when the socket is open, rejects with `network` when it cannot be. */
    this.opened = new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.close(), timeout);
      socket.onopen = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.onclose = ({ code }) => {
        clearTimeout(timer);
        reject(new PlenumError('network', 'The server cannot be reached.'));
        this.#fail();
        onclose(code);
      };
    });
    this.opened.catch(() => {}); // whoever awaits it is told; nobody has to
    socket.onmessage = ({ data }) => {
      this.#heard = performance.now();
      const message = JSON.parse(data);
      if (message.id !== undefined) this.#settle(message);
      else onnotify(message.method, message.params);
    };
  }

  /** Milliseconds since anything was heard from the server. */
  get silence() {
    return performance.now() - this.#heard;
  }

  /** Ask, and wait for the result. Rejects with a PlenumError. */
  call(method, params = {}, timeout = this.#timeout) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new PlenumError('closed', 'There is no connection to the server at the moment.'));
    }
    const id = ++this.#id;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new PlenumError('timeout', `The server did not answer "${method}" in time.`));
      }, timeout);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Close the socket; what is still waiting is rejected with `closed`. */
  close() {
    this.#fail();
    this.#socket.close();
  }

  /** Give the socket up without waiting for the other side's goodbye, which on a dead network takes minutes. */
  drop() {
    const { onclose } = this.#socket;
    this.#socket.onclose = this.#socket.onmessage = null;
    this.#socket.close();
    onclose?.({ code: 1006 });
  }

  #settle({ id, result, error }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new PlenumError(error.data?.name ?? 'internal', error.message, error.code, error.data?.retry_after));
    else waiting.resolve(result);
  }

  #fail() {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new PlenumError('closed', 'The connection to the server was lost.'));
    }
  }
}
