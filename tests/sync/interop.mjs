// The other side of the wire, by Node's WebCrypto alone: reads a list of jobs from standard input
// and writes the list of their results. Values travel as JSON, keys and secrets as hex.
import { readFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();
const bytes = (text) => Buffer.from(text, "hex");
const b64 = (raw) => Buffer.from(raw).toString("base64");
const hex = (raw) => Buffer.from(raw).toString("hex");

async function aes(key, use) {
  return subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

async function hkdf(key, salt, info) {
  const imported = await subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: utf8.encode(info) };
  return new Uint8Array(await subtle.deriveBits(how, imported, 256));
}

const recoveryKey = (code) => hkdf(bytes(code.replaceAll("-", "")), new Uint8Array(0), "mana-recovery-v1");

const does = {
  async seal({ key, value }) {
    const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
    const plain = utf8.encode(JSON.stringify(value));
    const body = await subtle.encrypt({ name: "AES-GCM", iv }, await aes(bytes(key), "encrypt"), plain);
    return `enc:1:${b64(iv)}.${b64(body)}`;
  },
  async open({ key, envelope }) {
    const [iv, body] = envelope.slice(6).split(".").map((part) => Buffer.from(part, "base64"));
    const plain = await subtle.decrypt({ name: "AES-GCM", iv }, await aes(bytes(key), "decrypt"), body);
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
  },
  async wrap({ code, master }) {
    const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
    const key = await aes(await recoveryKey(code), "encrypt");
    return [b64(await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes(master))), b64(iv)];
  },
  async unwrap({ code, wrapped, iv }) {
    const key = await aes(await recoveryKey(code), "decrypt");
    const how = { name: "AES-GCM", iv: Buffer.from(iv, "base64") };
    return hex(await subtle.decrypt(how, key, Buffer.from(wrapped, "base64")));
  },
  async grant({ master, mission, tables, records }) {
    const list = (names) => [...names].sort().join(",");
    const info = `mana-ai-mission-grant:v1:tables=${list(tables)}:ids=${list(records)}`;
    return hex(await hkdf(bytes(master), utf8.encode(mission), info));
  },
};

const jobs = JSON.parse(readFileSync(0, "utf8"));
const results = [];
for (const job of jobs) results.push(await does[job.do](job));
process.stdout.write(JSON.stringify(results));
