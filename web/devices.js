/** The microphone, camera and loudspeaker of this side: opened, switched, given back. */

const KINDS = { mic: 'audioinput', camera: 'videoinput', speaker: 'audiooutput' };

const CONSTRAINTS = {
  mic: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

/** Choices that outlive the page. A browser that forbids storage forgets them, that is all. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(`plenum.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`plenum.${key}`, value);
    } catch {
      /* private mode */
    }
  },
};

/** Event `change` follows everything that a view of it would show. */
export class Devices extends EventTarget {
  /** kind -> MediaStreamTrack or null. */
  tracks = { mic: null, camera: null };
  /** kind -> what the last attempt to open it failed with, or null. */
  errors = { mic: null, camera: null };
  /** kind -> chosen deviceId, or null for the browser's default. */
  chosen = { mic: memory.get('mic'), camera: memory.get('camera'), speaker: memory.get('speaker') };

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#changed());
  }

  /** Open these (`mic`, `camera`) with one question to the user; each for itself where that fails. */
  async open(...kinds) {
    if (kinds.length > 1) {
      const stream = await this.#ask(kinds).catch(() => null);
      if (stream) {
        for (const kind of kinds) this.#take(kind, stream);
        return this.#changed();
      }
    }
    for (const kind of kinds) {
      try {
        this.#take(kind, await this.#ask([kind]));
      } catch (error) {
        this.errors[kind] = error;
      }
    }
    this.#changed();
  }

  /** Give the device back: its light goes out. */
  close(kind) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.errors[kind] = null;
    this.#changed();
  }

  /** Use another device from now on; it is opened where the kind is open. */
  async choose(kind, id) {
    this.chosen[kind] = id || null;
    memory.set(kind, id);
    if (this.tracks[kind]) await this.open(kind);
    else this.#changed();
  }

  /** What there is: `{mic: MediaDeviceInfo[], camera, speaker}`; without names until one has been opened. */
  async list() {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind) => all.filter((it) => it.kind === KINDS[kind] && it.deviceId);
    return { mic: of('mic'), camera: of('camera'), speaker: of('speaker') };
  }

  /** The deviceId in use, to mark in a list. */
  current(kind) {
    return this.tracks[kind]?.getSettings().deviceId ?? this.chosen[kind] ?? '';
  }

  #ask(kinds) {
    if (!navigator.mediaDevices) return Promise.reject(new DOMException('no media devices', 'SecurityError'));
    const ask = (chosen) => {
      const of = (kind) =>
        kinds.includes(kind) && { ...CONSTRAINTS[kind], ...(chosen[kind] && { deviceId: { exact: chosen[kind] } }) };
      return navigator.mediaDevices.getUserMedia({ audio: of('mic'), video: of('camera') });
    };
    return ask(this.chosen).catch((error) => {
      if (error.name !== 'OverconstrainedError') throw error;
      return ask({}); // the chosen one is not plugged in
    });
  }

  #take(kind, stream) {
    const [track] = kind === 'mic' ? stream.getAudioTracks() : stream.getVideoTracks();
    this.tracks[kind]?.stop();
    this.tracks[kind] = track;
    this.errors[kind] = null;
    track.addEventListener('ended', () => {
      if (this.tracks[kind] !== track) return;
      this.tracks[kind] = null;
      this.errors[kind] = new DOMException('unplugged', 'AbortError');
      this.#changed();
    });
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
