/** Line icons, 24 x 24, drawn with the text's colour. */

const PATHS = {
  mic: ['M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3z', 'M5 11a7 7 0 0 0 14 0', 'M12 18v3'],
  'mic-off': ['M9 9v3a3 3 0 0 0 4.6 2.5', 'M15 10V6a3 3 0 0 0-5.9-.8', 'M5 11a7 7 0 0 0 10.8 5.9', 'M19 11a7 7 0 0 1-.6 2.8', 'M12 18v3', 'M4 4l16 16'],
  camera: ['M4 6h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z', 'M15 10.5l6-3.5v10l-6-3.5'],
  'camera-off': ['M8.5 6H13a2 2 0 0 1 2 2v4.5', 'M15 15v1a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 1.5-1.9', 'M15 10.5l6-3.5v10l-3.5-2', 'M3 3l18 18'],
  screen: ['M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z', 'M8 21h8', 'M12 17v4', 'M12 13.5v-6', 'M9 10l3-3 3 3'],
  settings: ['M4 7h10', 'M18 7h2', 'M4 17h2', 'M10 17h10', 'M16 5v4', 'M8 15v4'],
  speaker: ['M4 4h16a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z', 'M3 20h4', 'M10 20h4', 'M17 20h4'],
  chat: ['M20 4H4a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h3v4l5-4h8a2 2 0 0 0 2-2V6a2 2 0 0 0-2-2z', 'M7 9h10', 'M7 13h6'],
  people: ['M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8z', 'M2 21v-1a6 6 0 0 1 6-6h2a6 6 0 0 1 6 6v1', 'M16 3.5a4 4 0 0 1 0 7', 'M19 14.5a6 6 0 0 1 3 5.2V21'],
  stats: ['M4 20V10', 'M10 20V4', 'M16 20v-7', 'M22 20H2'],
  leave: ['M2.5 14.5c-.8-2 0-4 1.8-5C9 6.8 15 6.8 19.7 9.5c1.8 1 2.6 3 1.8 5-.3.7-1 1-1.7.8l-3-.9c-.7-.2-1.2-.8-1.2-1.5v-2c-2.3-.7-4.9-.7-7.2 0v2c0 .7-.5 1.3-1.2 1.5l-3 .9c-.7.2-1.4-.1-1.7-.8z'],
  link: ['M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1.2 1.2', 'M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1.2-1.2'],
  check: ['M4 12.5l5.5 5.5L20 6.5'],
  close: ['M5 5l14 14', 'M19 5L5 19'],
  send: ['M21 3L10 14', 'M21 3l-7 18-4-7-7-4z'],
  pin: ['M9 3h6l-1 6 4 4v2H6v-2l4-4z', 'M12 15v6'],
  sound: ['M4 9v6h4l5 4V5L8 9z', 'M16.5 8.5a5 5 0 0 1 0 7', 'M19 6a8.5 8.5 0 0 1 0 12'],
};

const SVG = 'http://www.w3.org/2000/svg';

/** An <svg> of that name; decoration, so it has no label of its own. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** Put the icon `name` in front of what the element holds, instead of one that it has. */
export function setIcon(element, name) {
  if (element.dataset.icon === name && element.querySelector(':scope > .icon')) return;
  element.dataset.icon = name;
  element.querySelector(':scope > .icon')?.remove();
  element.prepend(icon(name));
}

/** Draw the icons that the HTML asks for by data-icon. */
export function drawIcons(root = document) {
  for (const element of root.querySelectorAll('[data-icon]')) setIcon(element, element.dataset.icon);
}
