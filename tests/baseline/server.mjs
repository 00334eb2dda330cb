// POST /cartoonize: a picture in, a PNG out. What a first web service around the network looks like: every request is read and worked on at
// once, there is no queue, no batching, no limit, no deadline. Settings: README.md.
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const bundled = fileURLToPath(new URL('../../models/', import.meta.url));
const { HOST = '127.0.0.1', PORT = '8090', MODELS = bundled, STYLE = '' } = process.env;
const intraOpNumThreads = Number(process.env.INTRA_OP_THREADS || availableParallelism());
const sharpConcurrency = Number(process.env.SHARP_CONCURRENCY || availableParallelism());

if (isMainThread) {
  serve();
} else {
  await work();
}

/** The pipeline has a thread of its own: a network run holds the thread it is called on, and requests would lie unread meanwhile. */
async function work() {
  const { default: sharp } = await import('sharp');
  const { Pipeline } = await import('./pipeline.mjs');
  sharp.concurrency(sharpConcurrency);
  sharp.cache(false);
  const pipeline = await Pipeline.open(MODELS, STYLE, `${bundled}face/blazeface-256.onnx`, intraOpNumThreads);
  parentPort.on('message', async ({ id, body }) => {
    try {
      parentPort.postMessage({ id, png: await pipeline.cartoonize(Buffer.from(body)) });
    } catch (error) {
      parentPort.postMessage({ id, message: error.message });
    }
  });
  parentPort.postMessage({ ready: true });
}

function serve() {
  // The native library reads this while it is loaded, in the worker.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const waiting = new Map();
  const worker = new Worker(new URL(import.meta.url));
  let next = 0;

  async function handle(request, response) {
    if (request.method !== 'POST' || request.url !== '/cartoonize') {
      response.writeHead(request.url === '/healthz' ? 200 : 404).end();
      return;
    }
    // Who leaves while sending has sent no picture.
    const body = Buffer.concat(await request.toArray().catch(() => []));
    waiting.set(next, response);
    worker.postMessage({ id: next++, body });
  }

  worker.on('message', ({ ready, id, png, message }) => {
    if (ready) {
      listen();
      return;
    }
    const response = waiting.get(id);
    waiting.delete(id);
    if (png) {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': png.length }).end(png);
    } else {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end(message);
    }
  });

  function listen() {
    // Node's own limits would end connections while a backlog is worked through.
    createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, handle).listen(Number(PORT), HOST, () => {
      console.log(`http://${HOST}:${PORT}/cartoonize, ${intraOpNumThreads} threads a network run, ${sharpConcurrency} a picture in sharp`);
    });
  }
}
