/** What stands for somebody who shows no picture. */

/** One or two letters of a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...word][0] ?? '').join('').toUpperCase();
}

/** Give the element a colour of its own for this participant; neighbours differ much. */
export function colour(element, participant) {
  element.style.setProperty('--hue', String((participant * 137) % 360));
}

/** What a roster entry sends: `{mic, camera, screen}`, each true where it is on. */
export function sends({ tracks }) {
  const on = (source) => tracks.some((it) => it.source === source && !it.muted);
  return { mic: on('mic'), camera: on('camera'), screen: on('screen') };
}
