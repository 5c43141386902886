import { hkdfSync, randomBytes } from 'node:crypto';
import { decrypt, encrypt } from '#event-store';

const ABOUT = 'customer-ledger webhook secret';
const KEY_BYTES = 32;

/** A random secret of 192 bits. */
export const newSecret = (): string => `whsec_${randomBytes(24).toString('hex')}`;

/** Encrypts the secrets of webhooks at rest, under a key derived from the master key. */
export class WebhookSecrets {
  private readonly key: Buffer;

  constructor(master_key: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', master_key, '', ABOUT, KEY_BYTES));
  }

  seal(secret: string): string {
    return encrypt(this.key, ABOUT, Buffer.from(secret)).toString('base64');
  }

  /** Throws when it was sealed under another master key. */
  open(sealed: string): string {
    return decrypt(this.key, ABOUT, Buffer.from(sealed, 'base64')).toString();
  }
}
