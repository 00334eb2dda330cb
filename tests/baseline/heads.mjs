// Alignment of heads and their way back into the picture, as DctNet.Core/Cartoon does it. Images are { width, height, data }: float32 RGB,
// 0..255. A transform is { a, b, x, y }: x' = a·x − b·y + x, y' = b·x + a·y + y.
const HEAD_SIZE = 288;
/** DCT-Net's places of right eye, left eye, nose and, the mean of its two mouth corners, mouth: x and y of each. */
const TARGETS = [111.78, 137.63, 179.74, 137.25, 145.98, 176.28, 146.2, 215.905];
const [MASK_RADIUS_X, MASK_RADIUS_Y, MASK_RIM] = [116, 142, 0.32];
const MIN_DEPTH = 1e-3;

/** The similarity transform that brings a face's points to their places (least squares). */
export function pictureToHead({ numbers: [, , , , ...points] }) {
  const mean = (list, axis) => list.reduce((sum, value, i) => (i % 2 === axis ? sum + value : sum), 0) / (list.length / 2);
  const [fromX, fromY, toX, toY] = [mean(points, 0), mean(points, 1), mean(TARGETS, 0), mean(TARGETS, 1)];
  let [real, imaginary, spread] = [0, 0, 0];
  for (let i = 0; i < points.length; i += 2) {
    const [sx, sy, dx, dy] = [points[i] - fromX, points[i + 1] - fromY, TARGETS[i] - toX, TARGETS[i + 1] - toY];
    real += sx * dx + sy * dy;
    imaginary += sx * dy - sy * dx;
    spread += sx * sx + sy * sy;
  }
  const [a, b] = [real / spread, imaginary / spread];
  return { a, b, x: toX - (a * fromX - b * fromY), y: toY - (b * fromX + a * fromY) };
}

/** The head, 288 x 288; where the picture ends, its edge repeats. */
export function align(picture, transform) {
  const head = { width: HEAD_SIZE, height: HEAD_SIZE, data: new Float32Array(HEAD_SIZE * HEAD_SIZE * 3) };
  const sample = sampler(picture, inverse(transform));
  for (let i = 0; i < HEAD_SIZE * HEAD_SIZE; i++) {
    sample(i % HEAD_SIZE, Math.trunc(i / HEAD_SIZE), head.data, i * 3, 1);
  }
  return head;
}

/** Draws heads, as { image, transform }, into a picture: their mean, weighted by depth in the mask, at the largest of their opacities. */
export function blend({ width, height, data }, heads) {
  const sums = new Float32Array(width * height * 3);
  const weights = new Float32Array(width * height);
  const opacities = new Float32Array(width * height);
  for (const { image, transform } of heads) {
    const sample = sampler(image, transform);
    const { a, b, x: shiftX, y: shiftY } = transform;
    const [left, top, right, bottom] = bounds(transform, width, height);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const u = (a * (x + 0.5) - b * (y + 0.5) + shiftX - HEAD_SIZE / 2) / MASK_RADIUS_X;
        const v = (b * (x + 0.5) + a * (y + 0.5) + shiftY - HEAD_SIZE / 2) / MASK_RADIUS_Y;
        const radius = Math.sqrt(Math.sqrt(u ** 4 + v ** 4));
        if (radius < 1) {
          const i = y * width + x;
          const weight = Math.max(1 - radius, MIN_DEPTH) ** 6;
          const t = Math.min(1, (1 - radius) / MASK_RIM);
          sample(x, y, sums, i * 3, weight);
          weights[i] += weight;
          opacities[i] = Math.max(opacities[i], t * t * (3 - 2 * t));
        }
      }
    }
  }
  for (let c = 0; c < data.length; c++) {
    const i = Math.trunc(c / 3);
    if (opacities[i] > 0) {
      data[c] += opacities[i] * (sums[c] / weights[i] - data[c]);
    }
  }
}

function inverse({ a, b, x, y }) {
  const square = a * a + b * b;
  const [ia, ib] = [a / square, -b / square];
  return { a: ia, b: ib, x: -(ia * x - ib * y), y: -(ib * x + ia * y) };
}

/** Left, top, right and bottom of the pixels that the head's square can touch, however it is turned. */
function bounds(transform, width, height) {
  const { a, b, x, y } = inverse(transform);
  const [half, reach] = [HEAD_SIZE / 2, Math.hypot(a, b) * Math.SQRT1_2 * HEAD_SIZE];
  const [centreX, centreY] = [(a - b) * half + x, (a + b) * half + y];
  const clamp = (value, end) => Math.max(0, Math.min(end, Math.round(value)));
  return [clamp(centreX - reach, width), clamp(centreY - reach, height), clamp(centreX + reach, width), clamp(centreY + reach, height)];
}

/** Adds `weight` times the source under a target's pixel: bilinear, and the mean of several samples where the source is reduced. */
function sampler({ width, height, data }, { a, b, x: shiftX, y: shiftY }) {
  const samples = Math.max(1, Math.min(8, Math.ceil(Math.hypot(a, b) / 2)));
  const column = x => Math.max(0, Math.min(width - 1, x)) * 3;
  const row = y => Math.max(0, Math.min(height - 1, y)) * width * 3;
  return (x, y, target, at, weight) => {
    for (let k = 0; k < samples * samples; k++) {
      const [tx, ty] = [x + ((k % samples) + 0.5) / samples, y + (Math.trunc(k / samples) + 0.5) / samples];
      const [sx, sy] = [a * tx - b * ty + shiftX - 0.5, b * tx + a * ty + shiftY - 0.5];
      const [fx, fy] = [Math.floor(sx), Math.floor(sy)];
      const [left, right, top, bottom] = [column(fx), column(fx + 1), row(fy), row(fy + 1)];
      for (let c = 0; c < 3; c++) {
        const above = data[top + left + c] + (data[top + right + c] - data[top + left + c]) * (sx - fx);
        const below = data[bottom + left + c] + (data[bottom + right + c] - data[bottom + left + c]) * (sx - fx);
        target[at + c] += (weight / (samples * samples)) * (above + (below - above) * (sy - fy));
      }
    }
  };
}
