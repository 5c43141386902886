import { hkdfSync } from 'node:crypto';
import { decrypt, encrypt } from '#event-store';

/** The content of a token. Instants in ms since 1970. */
export interface Ticket {
  readonly customer_id: string;
  readonly issued_at_ms: number;
  readonly expires_at_ms: number;
}

interface Validity {
  readonly now_ms: number;
  readonly ttl_ms: number;
}

/** An id of 255 characters of 4 bytes makes a token of 1,500; longer texts are not tokens. */
const TOKEN = /^[\w-]{40,2000}$/;

/**
 * Tokens of links to a customer's own page and of its forms: AES-256-GCM (iv, ciphertext, tag in base64url) under a key
 * derived from the master key, so every instance reads every token and stores none. The purpose is authenticated with
 * the token: a link does not pass for a form, nor the form of one link for that of another.
 */
export class CockpitTokens {
  private readonly key: Buffer;

  constructor(masterKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', masterKey, '', 'customer-ledger cockpit token', 32));
  }

  link(customerId: string, validity: Validity): string {
    return this.seal(customerId, validity, 'link');
  }

  /** The ticket of a link; undefined for any other text. */
  openLink(token: unknown, now_ms: number): Ticket | undefined {
    return this.open(token, now_ms, 'link');
  }

  form(customerId: string, link: string, validity: Validity): string {
    return this.seal(customerId, validity, formOf(link));
  }

  openForm(token: unknown, link: string, now_ms: number): Ticket | undefined {
    return this.open(token, now_ms, formOf(link));
  }

  private seal(customer_id: string, { now_ms, ttl_ms }: Validity, purpose: string): string {
    const ticket: Ticket = { customer_id, issued_at_ms: now_ms, expires_at_ms: now_ms + ttl_ms };
    return encrypt(this.key, purpose, Buffer.from(JSON.stringify(ticket))).toString('base64url');
  }

  private open(token: unknown, now_ms: number, purpose: string): Ticket | undefined {
    if (typeof token !== 'string' || !TOKEN.test(token)) return undefined;
    const ticket = this.unseal(Buffer.from(token, 'base64url'), purpose);
    return ticket && now_ms < ticket.expires_at_ms ? ticket : undefined;
  }

  private unseal(sealed: Buffer, purpose: string): Ticket | undefined {
    try {
      return JSON.parse(decrypt(this.key, purpose, sealed).toString()) as Ticket;
    } catch {
      // forged, or made for another purpose
      return undefined;
    }
  }
}

const formOf = (link: string): string => `form\n${link}`;
