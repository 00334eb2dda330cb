// Face detection as DctNet.Core/Cartoon/Faces does it: MediaPipe's BlazeFace (full range, 256 x 256), over the whole picture first and then,
// unless that shows a portrait, over overlapping tiles. A face is { score, numbers }: x, y, width, height of its box, then x and y of right
// eye, left eye, nose and mouth, in pixels of the picture.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const INPUT_SIZE = 256;
const TILED_LONG_SIDE = 448;
const TILE_OVERLAP = 64;
const PORTRAIT_SHARE = 0.15;
const SCORE_THRESHOLD = 0.5;
const MIN_FEATURE_SPREAD = 0.25;
const [AVERAGE_OVERLAP, SAME_OVERLAP] = [0.3, 0.6];
const NUMBERS_PER_ANCHOR = 16;
const GRIDS = [
  { scores: 'Identity:0', boxes: 'Identity_2:0', cells: 16, anchors: 2 },
  { scores: 'Identity_1:0', boxes: 'Identity_3:0', cells: 8, anchors: 6 },
];

export const boxArea = ({ numbers: [, , width, height] }) => width * height;

export class FaceDetector {
  #session;

  constructor(session) {
    this.#session = session;
  }

  static async open(path, sessionOptions) {
    return new FaceDetector(await InferenceSession.create(path, sessionOptions));
  }

  /** Faces of a picture { width, height, rgb }, the most certain first. */
  async detect(picture) {
    const longSide = Math.max(picture.width, picture.height);
    const found = await this.#scan(picture, INPUT_SIZE);
    if (longSide > INPUT_SIZE && !found.some(({ numbers }) => numbers[2] >= PORTRAIT_SHARE * longSide)) {
      found.push(...await this.#scan(picture, TILED_LONG_SIDE));
    }
    return merge(found).filter(hasFeatures);
  }

  async #scan(picture, longSide) {
    const reduced = await reduce(picture, longSide);
    const factor = [picture.width / reduced.width, picture.height / reduced.height];
    const found = [];
    for (const top of tilePositions(reduced.height)) {
      for (const left of tilePositions(reduced.width)) {
        const input = new Tensor('float32', cut(reduced, left, top), [1, INPUT_SIZE, INPUT_SIZE, 3]);
        const faces = decode(await this.#session.run({ 'input:0': input }), reduced, left, top);
        found.push(...faces.map(({ score, numbers }) => ({ score, numbers: numbers.map((n, i) => n * factor[i % 2]) })));
      }
    }
    return found;
  }
}

async function reduce(picture, longSide) {
  const scale = longSide / Math.max(picture.width, picture.height);
  if (scale >= 1) {
    return picture;
  }
  const [width, height] = [picture.width, picture.height].map(side => Math.max(1, Math.round(side * scale)));
  const image = sharp(picture.rgb, { raw: { width: picture.width, height: picture.height, channels: 3 } });
  return { width, height, rgb: await image.resize({ width, height, fit: 'fill' }).raw().toBuffer() };
}

function tilePositions(length) {
  const excess = length - INPUT_SIZE;
  if (excess <= 0) {
    return [Math.trunc(excess / 2)];
  }
  const last = Math.ceil(excess / (INPUT_SIZE - TILE_OVERLAP));
  return Array.from({ length: last + 1 }, (_, i) => Math.trunc((i * excess) / last));
}

/** The square at (left, top) as -1..1, black where the picture ends. */
function cut({ width, height, rgb }, left, top) {
  const input = new Float32Array(INPUT_SIZE * INPUT_SIZE * 3).fill(-1);
  const [firstX, lastX] = [Math.max(0, left), Math.min(width, left + INPUT_SIZE)];
  for (let y = Math.max(0, top); y < Math.min(height, top + INPUT_SIZE); y++) {
    let target = ((y - top) * INPUT_SIZE + firstX - left) * 3;
    for (let i = (y * width + firstX) * 3; i < (y * width + lastX) * 3; i++) {
      input[target++] = rgb[i] / 127.5 - 1;
    }
  }
  return input;
}

/** The anchors that see a face: they sit at cell centres, and every number but the box's size counts from them. */
function decode(outputs, picture, left, top) {
  const found = [];
  for (const { scores, boxes, cells, anchors } of GRIDS) {
    outputs[scores].data.forEach((logit, k) => {
      const score = 1 / (1 + Math.exp(-logit));
      const n = outputs[boxes].data.subarray(k * NUMBERS_PER_ANCHOR, (k + 1) * NUMBERS_PER_ANCHOR);
      if (!(score >= SCORE_THRESHOLD && n.every(Number.isFinite) && n[2] > 0 && n[3] > 0)) {
        return;
      }
      const cell = Math.trunc(k / anchors);
      const x = left + ((cell % cells) + 0.5) * (INPUT_SIZE / cells);
      const y = top + (Math.trunc(cell / cells) + 0.5) * (INPUT_SIZE / cells);
      const points = Array.from(n.subarray(4, 12), (value, i) => value + (i % 2 ? y : x));
      const numbers = [x + n[0] - n[2] / 2, y + n[1] - n[3] / 2, n[2], n[3], ...points];
      if (isWhole(numbers, picture, left, top)) {
        found.push({ score, numbers });
      }
    });
  }
  return found;
}

/** A face that a tile's edge cuts is whole in the next tile; the picture's own edge may cut it. */
const isWhole = ([x, y, width, height], picture, left, top) =>
  (left <= 0 || x >= left) && (top <= 0 || y >= top)
  && (left + INPUT_SIZE >= picture.width || x + width <= left + INPUT_SIZE)
  && (top + INPUT_SIZE >= picture.height || y + height <= top + INPUT_SIZE);

/** Weighted non-maximum suppression. */
function merge(found) {
  let rest = found.toSorted((a, b) => b.score - a.score);
  const merged = [];
  while (rest.length > 0) {
    const [best, ...others] = rest;
    const group = [best, ...others.filter(other => union(best, other) > AVERAGE_OVERLAP)];
    const sum = group.reduce((total, { score }) => total + score, 0);
    const mean = i => group.reduce((total, { score, numbers }) => total + score * numbers[i], 0) / sum;
    merged.push({ score: best.score, numbers: best.numbers.map((_, i) => mean(i)) });
    rest = others.filter(other => union(best, other) <= AVERAGE_OVERLAP && contained(best, other) <= SAME_OVERLAP);
  }
  return merged;
}

/** Whether eyes and mouth are spread over the face: else no head can be aligned by them. */
function hasFeatures({ numbers: [, , width, , rightX, rightY, leftX, leftY, , , mouthX, mouthY] }) {
  const eyes = Math.hypot(rightX - leftX, rightY - leftY);
  const eyesToMouth = Math.hypot((rightX + leftX) / 2 - mouthX, (rightY + leftY) / 2 - mouthY);
  return Math.max(eyes, eyesToMouth) >= MIN_FEATURE_SPREAD * width;
}

const union = (a, b) => common(a, b) / (boxArea(a) + boxArea(b) - common(a, b));
const contained = (a, b) => common(a, b) / Math.min(boxArea(a), boxArea(b));

function common({ numbers: a }, { numbers: b }) {
  const [width, height] = [0, 1].map(i => Math.min(a[i] + a[i + 2], b[i] + b[i + 2]) - Math.max(a[i], b[i]));
  return width > 0 && height > 0 ? width * height : 0;
}
