import { createHmac } from 'node:crypto';
import type { Fact } from '#contract';

/** 128 bits, because shorter digests may collide. */
const LENGTH = 32;

/** Digests for the deduplication of facts. They are keyed, so that they cannot link an old message to a person. */
export class FactDigests {
  constructor(private readonly key: Buffer) {}

  /** Hexadecimal. */
  of({ identity }: Pick<Fact, 'identity'>): string {
    return createHmac('sha256', this.key).update(`fact\n${identity}`).digest('hex').slice(0, LENGTH);
  }
}
