/** The bar: microphone, camera, screen, and the keys that stand for its buttons. */

import { setIcon } from './icons.js';
import { notice } from './notice.js';
import { deviceWords } from './words.js';

const KEYS = { m: 'mic', v: 'camera', s: 'share', d: 'devices', f: 'layout', c: 'chat', p: 'who', i: 'stats' };
const SCREEN = { video: { frameRate: { ideal: 30, max: 30 } }, audio: true };

export class Controls {
  #plenum;
  #devices;
  #mic = document.getElementById('mic');
  #camera = document.getElementById('camera');
  #share = document.getElementById('share');
  #busy = new Set();

  constructor(plenum, devices) {
    this.#plenum = plenum;
    this.#devices = devices;
    this.#share.hidden = !navigator.mediaDevices?.getDisplayMedia;
    this.#click(this.#mic, () => this.toggleMic());
    this.#click(this.#camera, () => this.toggleCamera());
    this.#click(this.#share, () => this.toggleScreen());
    plenum.addEventListener('local', () => this.#draw());
    devices.addEventListener('change', () => this.#follow());
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#draw();
  }

  /** A microphone that is open is only muted; one that is not is asked for. */
  async toggleMic() {
    if (this.#devices.tracks.mic) return this.#plenum.mute('mic', !this.#plenum.muted('mic'));
    this.#plenum.local.get('mic').muted = false;
    await this.#open('mic');
  }

  /** Off gives the camera back, so that its light goes out. */
  async toggleCamera() {
    if (this.#devices.tracks.camera) this.#devices.close('camera');
    else await this.#open('camera');
  }

  async toggleScreen() {
    const { screen, sound } = { screen: this.#plenum.local.get('screen').track, sound: this.#plenum.local.get('screen_audio').track };
    if (screen) {
      for (const track of [screen, sound]) track?.stop();
      await Promise.all([this.#plenum.publish('screen', null), this.#plenum.publish('screen_audio', null)]);
      return;
    }
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
      const [video] = stream.getVideoTracks();
      const [audio = null] = stream.getAudioTracks();
      await Promise.all([this.#plenum.publish('screen', video), this.#plenum.publish('screen_audio', audio)]);
      video.addEventListener('ended', () => audio?.stop());
    } catch (error) {
      const words = deviceWords(error, 'screen');
      if (words) notice(words, 'error');
    }
  }

  async #open(kind) {
    await this.#devices.open(kind);
    const words = deviceWords(this.#devices.errors[kind], kind);
    if (words) notice(words, 'error');
  }

  /** Publish what the devices give now. */
  async #follow() {
    for (const kind of ['mic', 'camera']) {
      const track = this.#devices.tracks[kind];
      if (this.#plenum.local.get(kind).track === track) continue;
      const error = this.#devices.errors[kind];
      if (!track && error) notice(deviceWords(error, kind), 'error'); // unplugged
      await this.#plenum.publish(kind, track).catch(() => {}); // told again when the socket is back
    }
    this.#draw();
  }

  #click(button, act) {
    button.addEventListener('click', async () => {
      if (this.#busy.has(button)) return; // the browser's question is still open
      this.#busy.add(button);
      await Promise.resolve(act()).catch(() => {}); // the state is told again when the socket is back
      this.#busy.delete(button);
    });
  }

  #draw() {
    const show = (button, name, key, on) => {
      setIcon(button, on ? name : `${name}-off`);
      button.setAttribute('aria-pressed', String(on));
      button.setAttribute('aria-label', `${key === 'm' ? 'Microphone' : 'Camera'} ${on ? 'on' : 'off'}`);
      button.title = `Turn ${on ? 'off' : 'on'} (${key})`;
    };
    show(this.#mic, 'mic', 'm', !this.#plenum.muted('mic'));
    show(this.#camera, 'camera', 'v', !this.#plenum.muted('camera'));
    const sharing = this.#plenum.local.get('screen').track !== null;
    this.#share.dataset.on = sharing;
    this.#share.setAttribute('aria-label', sharing ? 'Stop sharing the screen' : 'Share the screen');
    this.#share.title = `${sharing ? 'Stop sharing' : 'Share the screen'} (s)`;
  }

  #key(event) {
    if (this.#plenum.participant === null || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest('input, textarea, select, dialog, [contenteditable]')) return;
    const button = document.getElementById(KEYS[event.key.toLowerCase()]);
    if (!button || button.hidden) return;
    event.preventDefault();
    button.click();
  }
}
