/** Short messages to the user: passing notices, and the banner that stays as long as something is wrong. */

const SHOWN = 5000;
const MOST = 4;

/** Say something for a few seconds; screen readers read it out. `kind`: `info`, `chat` or `error`. */
export function notice(text, kind = 'info') {
  const list = document.getElementById('notices');
  const item = document.createElement('div');
  item.className = 'notice';
  item.dataset.kind = kind;
  item.textContent = text;
  list.append(item);
  while (list.children.length > MOST) list.firstElementChild.remove();
  setTimeout(() => item.remove(), kind === 'error' ? 2 * SHOWN : SHOWN);
}

/** Take away the notices of this kind: they have become news of yesterday. */
export function dismiss(kind) {
  for (const item of document.querySelectorAll(`#notices [data-kind="${kind}"]`)) item.remove();
}

/** Show this in the banner, or hide it (null). */
export function banner(text) {
  const element = document.getElementById('banner');
  element.hidden = text === null;
  element.textContent = text ?? '';
}

/** Put an error's words where they belong, or take them away (null). */
export function showError(element, text) {
  element.hidden = !text;
  element.textContent = text ?? '';
}
