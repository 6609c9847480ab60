// Sealing: what waits on the phone can be read by the clinic's server alone.

const FORM = 1;
const INFO = new TextEncoder().encode("ebb-entry-1");
const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** Return `bytes` written as base64url. */
export function textOf(bytes) {
  const plain = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Return the bytes that are written in `text` as base64url. */
export function bytesOf(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Return several runs of bytes as one. */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Say whether this browser can seal: none can on a page that came without TLS. */
export const canSeal = ({ crypto, isSecureContext } = globalThis) => Boolean(isSecureContext !== false && crypto?.subtle);

/** Return `entry` sealed to the server's public key (base64url), so that only the server reads it. */
export async function seal(entry, serverKey, { pair, iv } = {}) {
  const crypto = globalThis.crypto;
  const own = pair ?? (await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]));
  const ephemeral = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const key = await sharedKey(own.privateKey, ephemeral, bytesOf(serverKey));
  const start = iv ?? crypto.getRandomValues(new Uint8Array(12));
  const bound = new TextEncoder().encode(entry.client_ref);
  const how = { name: "AES-GCM", iv: start, additionalData: bound };
  const words = new TextEncoder().encode(JSON.stringify(entry));
  const locked = new Uint8Array(await crypto.subtle.encrypt(how, key, words));
  return textOf(joined(Uint8Array.of(FORM), ephemeral, start, locked));
}

async function sharedKey(privateKey, ephemeral, server) {
  const { subtle } = globalThis.crypto;
  const publicKey = await subtle.importKey("raw", server, CURVE, false, []);
  const secret = await subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256);
  const from = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: joined(ephemeral, server), info: INFO };
  return subtle.deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
}
