import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config.js';

/** How long a link to a customer's own page stays valid. */
const TOKEN_TTL_MS = 24 * 60 * 60 * 1000;

/** Links that only GET by id carries: the customer's own page, when COCKPIT_URL names one. */
@Injectable()
export class Assets {
  private readonly key: Buffer;

  constructor(
    private readonly config: Config,
    masterKey: Buffer,
  ) {
    this.key = Buffer.from(hkdfSync('sha256', masterKey, '', 'cockpit', 32));
  }

  /** The customer's object as text, with `assets` spliced in. */
  add(document: string, customerId: string): string {
    if (this.config.COCKPIT_URL === undefined) return document;
    const url = `${this.config.COCKPIT_URL}?token=${encodeURIComponent(this.token(customerId))}`;
    return `${document.slice(0, -1)},"assets":${JSON.stringify({ cockpit_url: url })}}`;
  }

  /** AES-256-GCM of the id and the moment the link ends: iv, ciphertext, tag in base64. */
  private token(customerId: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    const text = JSON.stringify({ customer_id: customerId, expires_at: Date.now() + TOKEN_TTL_MS });
    return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }
}
