// Reads a JSON list of {key, envelope, aad?} from standard input and writes the list of their
// plaintexts: WebCrypto opens what the vault sealed.
import { readFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const opened = [];
for (const { key, envelope, aad } of JSON.parse(readFileSync(0, "utf8"))) {
  const imported = await subtle.importKey("raw", Buffer.from(key, "hex"), "AES-GCM", false, ["decrypt"]);
  let iv, body;
  if (envelope.startsWith("enc:1:")) {
    [iv, body] = envelope.slice(6).split(".").map((part) => Buffer.from(part, "base64"));
  } else {
    const blob = Buffer.from(envelope.split(":")[3], "base64");
    [iv, body] = [blob.subarray(0, 12), blob.subarray(12)];
  }
  const how = { name: "AES-GCM", iv };
  if (aad) how.additionalData = new TextEncoder().encode(JSON.stringify(aad));
  const plain = await subtle.decrypt(how, imported, body);
  opened.push(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)));
}
process.stdout.write(JSON.stringify(opened));
