import { createHmac } from 'node:crypto';
import type { Fact } from '#contract';

/** 128 bits: a shorter digest would take two facts for one. */
const LENGTH = 32;

/** Digests by which facts are known again. They are keyed, so that nothing leads from an old message to a person. */
export class FactDigests {
  constructor(private readonly key: Buffer) {}

  /** Hexadecimal. */
  of({ identity }: Pick<Fact, 'identity'>): string {
    return createHmac('sha256', this.key).update(`fact\n${identity}`).digest('hex').slice(0, LENGTH);
  }
}
