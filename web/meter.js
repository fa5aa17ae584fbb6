/** How loud a microphone is, for the eye. */

/** Calls `onlevel(0..1)` some twenty times a second until stop(). */
export class Meter {
  #context = null;
  #source = null;
  #timer = null;
  #track = null;
  #onlevel;

  constructor(onlevel) {
    this.#onlevel = onlevel;
  }

  /** Measure this track (null = none). */
  follow(track) {
    if (track === this.#track) return;
    this.stop();
    this.#track = track;
    if (!track) return;
    this.#context ??= new AudioContext();
    this.#context.resume().catch(() => {});
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#onlevel(level(samples));
    }, 50);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#source = this.#track = null;
    this.#onlevel(0);
  }
}

/** Root mean square on a scale of decibels: -60 dB is 0, -6 dB is 1. */
export function level(samples) {
  const power = samples.reduce((sum, it) => sum + it * it, 0) / samples.length;
  const decibels = 10 * Math.log10(power + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 54));
}
