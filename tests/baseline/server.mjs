// POST /cartoonize: a picture in, a PNG out. What a first web service around the network looks like: every request is worked on at once,
// there is no queue, no batching, no limit, no deadline. Settings: README.md.
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

// The native library reads this while it is loaded: hence the imports below it.
process.env.ORT_DISABLE_TELEMETRY = '1';
const { default: sharp } = await import('sharp');
const { Pipeline } = await import('./pipeline.mjs');

const bundled = fileURLToPath(new URL('../../models/', import.meta.url));
const { HOST = '127.0.0.1', PORT = '8090', MODELS = bundled, STYLE = '' } = process.env;
const intraOpNumThreads = Number(process.env.INTRA_OP_THREADS || availableParallelism());
sharp.concurrency(Number(process.env.SHARP_CONCURRENCY || availableParallelism()));
sharp.cache(false);

const pipeline = await Pipeline.open(MODELS, STYLE, `${bundled}face/blazeface-256.onnx`, intraOpNumThreads);

async function handle(request, response) {
  if (request.method !== 'POST' || request.url !== '/cartoonize') {
    response.writeHead(request.url === '/healthz' ? 200 : 404).end();
    return;
  }
  try {
    const png = await pipeline.cartoonize(Buffer.concat(await request.toArray()));
    response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': png.length }).end(png);
  } catch (error) {
    response.writeHead(400, { 'Content-Type': 'text/plain' }).end(error.message);
  }
}

// Node's own limits would end connections while a backlog is worked through.
const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, handle);
server.listen(Number(PORT), HOST, () => {
  console.log(`http://${HOST}:${PORT}/cartoonize, ${intraOpNumThreads} threads a network run, ${sharp.concurrency()} a picture in sharp`);
});
