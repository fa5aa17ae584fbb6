/** Where tiles go in a box: pure geometry. All lengths in CSS pixels. */

/** Widest and narrowest picture that a tile may be; what does not fit is cropped at its sides. */
export const WIDE = 16 / 9;
export const LANDSCAPE = 4 / 3;
export const PORTRAIT = 3 / 4;
/** Narrowest tile below a large one. */
const SMALLEST = 100;

function cell({ width, height, columns, rows, gap, narrow }) {
  let w = Math.max(0, (width - gap * (columns - 1)) / columns);
  let h = Math.max(0, (height - gap * (rows - 1)) / rows);
  if (w / h > WIDE) w = h * WIDE;
  else if (w / h < narrow) h = w / narrow;
  return { width: Math.floor(w), height: Math.floor(h) };
}

/**
 * The arrangement of `count` equal tiles that makes them largest: `{columns, rows, boxes}`, boxes
 * `{x, y, width, height}` centred in the area, the last row as well.
 */
export function grid({ width, height, count, gap = 8, narrow = LANDSCAPE }) {
  let best = { columns: 0, rows: 0, tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tile = cell({ width, height, columns, rows, gap, narrow });
    if (tile.width * tile.height > best.tile.width * best.tile.height) best = { columns, rows, tile };
  }
  const { columns, rows, tile } = best;
  const top = (height - rows * tile.height - (rows - 1) * gap) / 2;
  const boxes = Array.from({ length: columns ? count : 0 }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (width - inRow * tile.width - (inRow - 1) * gap) / 2;
    return {
      x: Math.round(left + (i % columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      ...tile,
    };
  });
  return { columns, rows, boxes };
}

/** How many tiles, `most` at the most and one at the least, can be shown without any being narrower than `least`. */
export function capacity({ width, height, gap = 8, narrow = LANDSCAPE, least, most }) {
  for (let count = most; count > 1; count--) {
    if (grid({ width, height, count, gap, narrow }).boxes[0]?.width >= least) return count;
  }
  return 1;
}

/** What the large tile of a high window is given at the least, as a share of its height. */
const LARGE = 0.5;

/**
 * One large box and small ones: in a strip beside it where the area is wide, else in a grid below it:
 * `{main, boxes}`. There are boxes for as many of `count` as fit.
 */
export function spotlight({ width, height, count, gap = 8 }) {
  if (count === 0) return { main: { x: 0, y: 0, width, height }, boxes: [] };
  return width > height * LANDSCAPE ? beside({ width, height, count, gap }) : below({ width, height, count, gap });
}

function beside({ width, height, count, gap }) {
  const small = Math.round(Math.min(280, Math.max(120, width * 0.18)));
  const tile = { width: small, height: Math.round(small / WIDE) };
  const fits = Math.max(1, Math.min(count, Math.floor((height + gap) / (tile.height + gap))));
  const top = Math.max(0, Math.round((height - fits * (tile.height + gap) + gap) / 2));
  return {
    main: { x: 0, y: 0, width: width - small - gap, height },
    boxes: Array.from({ length: fits }, (_, i) => ({ x: width - small, y: top + i * (tile.height + gap), ...tile })),
  };
}

function below({ width, height, count, gap }) {
  const large = Math.round(Math.min(height * 0.75, Math.max(width / WIDE, height * LARGE)));
  const rest = { width, height: height - large - gap, gap, narrow: 1 };
  const fits = capacity({ ...rest, least: SMALLEST, most: count });
  const { boxes } = grid({ ...rest, count: fits });
  return {
    main: { x: 0, y: 0, width, height: large },
    boxes: boxes.map((box) => ({ ...box, y: box.y + large + gap })),
  };
}
