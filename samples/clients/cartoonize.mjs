// Streams a portrait to a DctNet server and the cartoon back.
//
//   npm install @grpc/grpc-js @grpc/proto-loader
//   node samples/clients/cartoonize.mjs localhost:8081 samples/portrait.jpg out/cartoon.png
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// Packages are looked up from the working directory, wherever this file lies.
const require = createRequire(`${process.cwd()}/`);
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, source, destination] = process.argv.slice(2);
const protos = fileURLToPath(new URL('../../protos', import.meta.url));
const definition = loader.loadSync('dctnet/v1/cartoon_service.proto', { includeDirs: [protos], keepCase: true, longs: Number });
const { CartoonService } = grpc.loadPackageDefinition(definition).dctnet.v1;

const client = new CartoonService(address, grpc.credentials.createInsecure());
const call = client.Cartoonize({ deadline: Date.now() + 60_000 });
const upload = async () => {
  call.write({ header: { options: { max_side: 1024 } } });
  for await (const chunk of createReadStream(source, { highWaterMark: 64 * 1024 })) {
    if (!call.write({ chunk })) {
      await new Promise((resolve) => call.once('drain', resolve));
    }
  }
  call.end();
};

try {
  const sent = upload();
  let header;
  const chunks = [];
  for await (const answer of call) {
    if (answer.header) {
      header = answer.header;
    } else {
      chunks.push(answer.chunk);
    }
  }
  await sent;
  const cartoon = Buffer.concat(chunks);
  if (!createHash('sha256').update(cartoon).digest().equals(header.sha256)) {
    throw new Error('the answer was damaged on its way');
  }
  await writeFile(destination, cartoon);
  console.log(`${destination}: ${header.width}x${header.height} ${header.style}, watermark ${header.watermark.id}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  client.close();
}
