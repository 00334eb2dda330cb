// Other implementations of C2PA, for the tests: reads one JSON object from standard input, writes one JSON array to standard output.
//   {"trust": PEM, "timeStampTrust": PEM, "requests": [
//     {"op": "read", "reader": "node|wasm|ts", "file", "mimeType"}                  -> {"state": "Trusted|Valid|Invalid|Absent|Unsupported", "failures": []}
//     {"op": "sign", "file", "mimeType", "out", "chain", "key", "algorithm", "tsa", "manifest", "claimVersion", "parent", "thumbnail", "core"}  -> {"milliseconds"}]}
// A request that fails gives {"error"}. The two readers of c2pa-rs are asked with the same settings.
import { Buffer } from 'node:buffer';
import { createSign } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { Builder, CallbackSigner, LocalSigner, Reader } from '@contentauth/c2pa-node';

const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const settings = {
  trust: { trust_anchors: input.trust + (input.timeStampTrust ?? '') },
  verify: { verify_trust: true, verify_timestamp_trust: true, ocsp_fetch: false, remote_manifest_fetch: false },
  builder: { thumbnail: { enabled: false } },
};

function summary(json) {
  const active = json.validation_results?.activeManifest;
  const deltas = (json.validation_results?.ingredientDeltas ?? []).flatMap(delta => delta.validationDeltas.failure);
  return {
    state: json.validation_state,
    failures: [...(active?.failure ?? []), ...deltas].map(status => status.code),
    successes: (active?.success ?? []).map(status => status.code),
  };
}

const absent = message => /no (jumbf|claim|manifest)|not found|ProviderNotFound/i.test(message);

async function readNode({ file, mimeType }) {
  const reader = await Reader.fromAsset({ buffer: fs.readFileSync(file), mimeType }, settings);
  return reader ? summary(reader.json()) : { state: 'Absent', failures: [] };
}

let wasm;
async function readWasm({ file, mimeType }) {
  if (!wasm) {
    wasm = await import('@contentauth/c2pa-wasm');
    const code = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm').replace(/c2pa\.js$/, 'c2pa_bg.wasm');
    wasm.initSync({ module: fs.readFileSync(code) });
  }

  const reader = await wasm.WasmReader.fromBytes(mimeType, new Uint8Array(fs.readFileSync(file)), JSON.stringify(settings));
  return summary(JSON.parse(reader.json()));
}

async function readTs({ file }) {
  const { BMFF, JPEG, PNG } = await import('@trustnxt/c2pa-ts/asset');
  const { SuperBox } = await import('@trustnxt/c2pa-ts/jumbf');
  const { ManifestStore } = await import('@trustnxt/c2pa-ts/manifest');
  const bytes = new Uint8Array(fs.readFileSync(file));
  const Asset = [JPEG, PNG, BMFF].find(kind => kind.canRead(bytes));
  if (!Asset) {
    return { state: 'Unsupported', failures: [] };
  }

  const asset = new Asset(bytes);
  const jumbf = asset.getManifestJUMBF();
  if (!jumbf) {
    return { state: 'Absent', failures: [] };
  }

  const result = await ManifestStore.read(SuperBox.fromBuffer(jumbf)).validate(asset);
  const failures = result.statusEntries.filter(entry => entry.success === false).map(entry => entry.code);
  return { state: result.isValid ? 'Valid' : 'Invalid', failures };
}

async function sign({ file, mimeType, out, chain, key, algorithm, tsa, manifest, claimVersion, parent, thumbnail, core }) {
  const buffer = fs.readFileSync(file);
  const definition = { ...manifest, claim_version: claimVersion ?? 2 };
  const builder = Builder.withJson(definition, {
    ...settings, core: core ?? {}, verify: { verify_after_sign: false }, builder: { thumbnail: { enabled: thumbnail ?? false } },
  });
  if (parent) {
    builder.setIntent('edit');
    await builder.addIngredient(JSON.stringify({ title: 'parent', relationship: 'parentOf' }), { buffer: fs.readFileSync(parent), mimeType });
  }

  const start = performance.now();
  const destination = { buffer: null };
  if (tsa) {
    // Only its asynchronous signers go to an authority; this one is for ES256.
    const config = { alg: algorithm, certs: [Buffer.from(chain)], reserveSize: 20000, tsaUrl: tsa, directCoseHandling: false };
    const signer = CallbackSigner.newSigner(config, async data => createSign('SHA256').update(data).sign({ key, dsaEncoding: 'ieee-p1363' }));
    await builder.signAsync(signer, { buffer, mimeType }, destination);
  } else {
    builder.sign(LocalSigner.newSigner(Buffer.from(chain), Buffer.from(key), algorithm), { buffer, mimeType }, destination);
  }

  const milliseconds = performance.now() - start;
  fs.writeFileSync(out, destination.buffer);
  return { milliseconds, length: destination.buffer.length };
}

const operations = { 'read:node': readNode, 'read:wasm': readWasm, 'read:ts': readTs, sign };
const answers = [];
for (const request of input.requests) {
  try {
    answers.push(await operations[request.op === 'read' ? `read:${request.reader}` : request.op](request));
  } catch (error) {
    const message = String(error?.message ?? error);
    answers.push(request.op === 'read' ? { state: absent(message) ? 'Absent' : 'Invalid', failures: [], error: message } : { error: message });
  }
}

process.stdout.write(JSON.stringify(answers));
