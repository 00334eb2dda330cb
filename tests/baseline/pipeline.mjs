// One picture's way: decode, the network over the whole picture and over every head, PNG. The same recipe as DctNet.Core/Cartoon/Cartoonizer.cs.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { FaceDetector, boxArea } from './faces.mjs';
import { align, blend, pictureToHead } from './heads.mjs';

const MAX_SHORT_SIDE = 720;
const MAX_NETWORK_PIXELS = 720 * 1280;
const MAX_HEADS = 16;
/** As the service writes PNG; sharp has no choice of one filter, so the files are a little larger. */
const PNG = { compressionLevel: 3 };

export class Pipeline {
  #model;
  #session;
  #detector;

  constructor(model, session, detector) {
    [this.#model, this.#session, this.#detector] = [model, session, detector];
  }

  /** Loads the style's network of a model directory, and the face detector. Style: its name, or nothing for the default. */
  static async open(modelDirectory, style, detectorPath, intraOpNumThreads) {
    const options = { intraOpNumThreads, executionProviders: ['cpu'], logSeverityLevel: 3 };
    const model = await readModel(modelDirectory, style);
    return new Pipeline(model, await InferenceSession.create(model.path, options), await FaceDetector.open(detectorPath, options));
  }

  /** The cartoon, as PNG, of a picture in any format that sharp reads. */
  async cartoonize(file) {
    const { size, picture } = await decode(file);
    const faces = await this.#detector.detect(picture);
    const image = { ...picture, data: new Float32Array(picture.rgb) };
    const cartoon = await this.#draw(image);
    const heads = [];
    for (const face of faces.toSorted((a, b) => boxArea(b) - boxArea(a)).slice(0, MAX_HEADS)) {
      const transform = pictureToHead(face);
      heads.push({ image: await this.#draw(align(image, transform)), transform });
    }
    blend(cartoon, heads);
    return encode(cartoon, size);
  }

  /** One run of the network. */
  async #draw({ width, height, data }) {
    const { imageInput, styleInput, output, weights, batched, bgr, multiple } = this.#model;
    const [roundedWidth, roundedHeight] = [width, height].map(side => Math.ceil(side / multiple) * multiple);
    const input = fitted({ width, height, data: bgr ? swapped(data) : data }, roundedWidth, roundedHeight).data;
    const feeds = { [imageInput]: new Tensor('float32', input, [...(batched ? [1] : []), roundedHeight, roundedWidth, 3]) };
    if (styleInput) {
      feeds[styleInput] = new Tensor('float32', weights, [weights.length]);
    }
    const { data: drawn } = (await this.#session.run(feeds))[output];
    return fitted({ width: roundedWidth, height: roundedHeight, data: bgr ? swapped(drawn) : drawn }, width, height);
  }
}

/** What the service takes as DctNet:Models:Directory: a directory with a catalog.json, or official networks dctnet_<style>*.onnx. */
async function readModel(directory, style) {
  const files = await readdir(directory);
  if (!files.includes('catalog.json')) {
    const file = files.find(name => name.startsWith(`dctnet_${style || 'artstyle'}`));
    return { path: join(directory, file), imageInput: 'input_image', output: 'output_image', bgr: true, multiple: 16 };
  }
  const catalog = JSON.parse(await readFile(join(directory, 'catalog.json'), 'utf8'));
  const chosen = catalog.styles.find(({ name }) => name === (style || catalog.defaultStyle));
  const network = catalog.networks.find(({ name }) => name === chosen.network);
  return {
    path: join(directory, network.file),
    imageInput: network.input.image,
    styleInput: network.input.style,
    output: network.output,
    weights: Float32Array.from(network.styles, name => chosen.weights[name] ?? 0),
    batched: network.layout === 'NHWC',
    bgr: network.channelOrder === 'BGR',
    multiple: network.sizeMultiple,
  };
}

/** Upright sRGB over white at the size that the network sees, and the size that the result shall have. */
async function decode(file) {
  const image = sharp(file);
  const { autoOrient: size } = await image.metadata();
  const byShortSide = MAX_SHORT_SIDE / Math.min(size.width, size.height);
  const scale = Math.min(1, byShortSide, Math.sqrt(MAX_NETWORK_PIXELS / (size.width * size.height)));
  const [width, height] = [Math.max(1, Math.round(size.width * scale)), Math.max(1, Math.round(size.height * scale))];
  image.autoOrient().flatten({ background: 'white' }).toColourspace('srgb');
  const rgb = await (scale < 1 ? image.resize({ width, height, fit: 'fill' }) : image).raw().toBuffer();
  return { size, picture: { width, height, rgb } };
}

function encode({ width, height, data }, size) {
  const image = sharp(new Uint8ClampedArray(data), { raw: { width, height, channels: 3 } });
  return (size.width === width ? image : image.resize({ ...size, fit: 'fill', kernel: 'cubic' })).png(PNG).toBuffer();
}

/** The image cut to this size, or with its last column and row repeated up to it. */
function fitted(image, width, height) {
  if (image.width === width && image.height === height) {
    return image;
  }
  const data = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = Math.min(y, image.height - 1) * image.width * 3;
    const row = image.data.subarray(start, start + Math.min(width, image.width) * 3);
    data.set(row, y * width * 3);
    for (let x = image.width; x < width; x++) {
      data.set(row.subarray(-3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** A copy with the first and the third channel swapped. */
const swapped = data => data.map((_, i) => data[i + 2 - 2 * (i % 3)]);
