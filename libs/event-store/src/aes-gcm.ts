import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** One bulk call for random bytes is much cheaper than many small ones. */
const ivs = Buffer.alloc(IV_BYTES * 256);
let used = ivs.length;

/** Seals bytes under a 32-byte key: iv, ciphertext, tag. Opening needs the same `about` (authenticated data). */
export function encrypt(key: Buffer, about: string, plain: Buffer): Buffer {
  const iv = freshIv();
  const cipher = createCipheriv(ALGORITHM, key, iv);
  cipher.setAAD(Buffer.from(about));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([iv, body, cipher.getAuthTag()]);
}

/** Opens sealed bytes. Throws when the key, `about` or a single bit differs. */
export function decrypt(key: Buffer, about: string, sealed: Buffer): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new RangeError('the sealed bytes are too short');
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(IV_BYTES, end));
  decipher.final();
  return plain;
}

function freshIv(): Buffer {
  if (used === ivs.length) {
    randomFillSync(ivs);
    used = 0;
  }
  used += IV_BYTES;
  return ivs.subarray(used - IV_BYTES, used);
}
