// Writes vectors.json with Node's WebCrypto: the vault's formats by an implementation that shares
// no code with ours. Run: node tests/store/vault/make_vectors.mjs
import { writeFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();
const range = (first, count) => Uint8Array.from({ length: count }, (_, at) => (first + at) & 255);
const b64 = (bytes) => Buffer.from(bytes).toString("base64");
const hex = (bytes) => Buffer.from(bytes).toString("hex");

async function gcm(key, iv, plain, aad) {
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const how = { name: "AES-GCM", iv, ...(aad ? { additionalData: aad } : {}) };
  return new Uint8Array(await subtle.encrypt(how, imported, plain));
}

async function recoveryKey(secret) {
  const imported = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const info = utf8.encode("mana-recovery-v1");
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await subtle.deriveBits(how, imported, 256));
}

const code = (secret) => hex(secret).toUpperCase().match(/.{4}/g).join("-");
const nested = (depth) => (depth === 0 ? "deep" : { in: [nested(depth - 1)] });

const values = [
  "", " ", "Hi", "enc:1:looks like one", "tab\tnew\nline \"quoted\" \\ \u0000 \u001f \u007f",
  "Grüße, žluťoučký kůň, 日本語, العربية, e\u0301, \u2028\u2029, 👩‍👩‍👧", "x".repeat(3000),
  0, -1, 42, 9007199254740991, -9007199254740991, 0.1, -2.5, 1e300, 5e-324,
  true, false, null, [], {}, [[]], [null, "", 0, false], ["a", ["b", { c: [1, 2.5, null] }]],
  { title: "One", tags: ["a", "b"], done: false, "": "empty key", "ключ": { x: null } },
  nested(60), Array.from({ length: 40 }, (_, at) => ({ n: at, text: `row ${at}` })),
];

let turn = 0;
const nextIv = () => range((turn += 7) & 255, 12);
const vectors = { enc1: [], half: [], enc2: [], recovery: [], wraps: [] };
const masters = [range(0, 32), range(32, 32), range(200, 32)];

for (const value of values) {
  const key = masters[turn % masters.length], iv = nextIv();
  const body = await gcm(key, iv, utf8.encode(JSON.stringify(value)));
  vectors.enc1.push({ key: hex(key), value, envelope: `enc:1:${b64(iv)}.${b64(body)}` });
}

// Half a surrogate pair, which JSON.stringify writes as an escape.
{
  const iv = nextIv(), body = await gcm(masters[0], iv, utf8.encode(JSON.stringify("a\ud83db")));
  vectors.half.push({ key: hex(masters[0]), value: "a\ufffdb", envelope: `enc:1:${b64(iv)}.${b64(body)}` });
}

const places = [
  ["tasks", "0190f1d2-7a33-7c10-8a2b-5d1f6e0c9b11", "title"], ["a", "b", "c"], ["", "", ""],
  ["no\"tes", "id\\1", "con:tent"], ["日本", "ü\u0001", "f\u2028"],
];
for (const value of values) {
  const key = masters[turn % masters.length], iv = nextIv();
  const [collection, record, field] = places[turn % places.length];
  const aad = utf8.encode(JSON.stringify([collection, record, field]));
  const body = await gcm(key, iv, utf8.encode(JSON.stringify(value)), aad);
  const sealed = b64(Buffer.concat([iv, body]));
  vectors.enc2.push({ key: hex(key), keyId: "k1", collection, record, field, value, envelope: `enc:2:k1:${sealed}` });
}

for (const first of [0, 32, 100, 240]) {
  const secret = range(first, 32), master = range(first + 50, 32), iv = nextIv();
  const wrapKey = await recoveryKey(secret);
  vectors.recovery.push({
    secret: hex(secret), code: code(secret), wrapKey: hex(wrapKey), master: hex(master),
    recoveryWrappedMk: b64(await gcm(wrapKey, iv, master)), recoveryIv: b64(iv),
  });
}

// Rows of the key ring: a key under the file key.
for (const kind of ["account", "account-old", "space"]) {
  const file = range(9, 32), raw = range(77, 32), iv = nextIv(), params = "{}";
  const aad = utf8.encode(JSON.stringify(["manabench wrap", "k-é", kind, "file", params]));
  const wrapped = b64(Buffer.concat([iv, await gcm(file, iv, raw, aad)]));
  vectors.wraps.push({ file: hex(file), raw: hex(raw), row: { key_id: "k-é", kind, wrap: "file", params, wrapped } });
}

// One vector a line, so that a change shows as one.
const lists = Object.entries(vectors).map(
  ([name, list]) => `${JSON.stringify(name)}: [\n${list.map((one) => JSON.stringify(one)).join(",\n")}\n]`,
);
writeFileSync(new URL("vectors.json", import.meta.url), `{\n${lists.join(",\n")}\n}\n`);
