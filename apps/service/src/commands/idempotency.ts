import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ContractError } from '#contract';
import { Rejection } from '#customer';
import { Claims, type ClaimWords } from '#event-store';
import { History } from '#audit';
import type { Accepted, CommandOutcome } from './proposal.js';
import { newCustomerId } from './ids.js';

/** One client's request under one Idempotency-Key. */
export interface KeyedRequest {
  readonly app_id: string;
  readonly key: string;
  /** Method, path and body, which a repetition must repeat. */
  readonly content: string;
}

/** Work that runs once per key. */
export interface KeyedWork<T> {
  readonly run: (newId: string) => Promise<T>;
  /** The stored form of an answer, without personal data; undefined for an answer that is not stored. */
  readonly kept: (answer: T) => string | undefined;
  readonly again: (kept: string) => T | Promise<T>;
}

/** Idempotency keys are claims: the first request is the owner. */
export class IdempotencyClaims extends Claims {}

export const IDEMPOTENCY_KEYS: ClaimWords = {
  prefix: 'idempotency',
  claimed: 'IdempotencyKeyClaimed',
  released: 'IdempotencyKeyReleased',
  owner: 'request',
};

/** The key of the digests of requests. */
export class IdempotencySecret {
  constructor(readonly key: Buffer) {}
}

/** Runs a request once per Idempotency-Key; a repetition gets the first answer. */
@Injectable()
export class Idempotency {
  /** Running requests by key; a repetition waits for the first. Bounded by the open requests. */
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    private readonly claims: IdempotencyClaims,
    private readonly history: History,
    private readonly secret: IdempotencySecret,
  ) {}

  /** Runs a command once; refusals are not stored. */
  command(request: KeyedRequest, run: (newId: string) => Promise<CommandOutcome>): Promise<CommandOutcome> {
    const kept = (outcome: CommandOutcome) => (outcome instanceof Rejection ? undefined : remembered(outcome));
    return this.once(request, { run, kept, again: (text) => this.recall(text) });
  }

  async once<T>(request: KeyedRequest, work: KeyedWork<T>): Promise<T> {
    const name = `${request.app_id}\n${request.key}`;
    const before = this.underWay.get(name) ?? Promise.resolve();
    const answer = before.then(() => this.attempt(name, this.fingerprint(request), work));
    const settled = answer.catch(() => undefined);
    this.underWay.set(name, settled);
    try {
      return await answer;
    } finally {
      if (this.underWay.get(name) === settled) this.underWay.delete(name);
    }
  }

  private async attempt<T>(name: string, fingerprint: string, { run, kept, again }: KeyedWork<T>): Promise<T> {
    const mine = `${fingerprint} ${newCustomerId()}`;
    const { owner } = await this.claims.claim(name, () => ({ owner: mine }));
    const [claimed, newId = ''] = owner.split(' ');
    if (claimed !== fingerprint) throw new ContractError('idempotency_key_reused');
    const before = owner === mine ? undefined : (await this.claims.find(answerOf(name))).owner;
    if (before !== undefined) return again(before);
    const answer = await run(newId);
    const text = kept(answer);
    if (text !== undefined) await this.claims.claim(answerOf(name), () => ({ owner: text }));
    return answer;
  }

  private async recall(text: string): Promise<Accepted> {
    const [customer_id, revision, position, entity_id] = recalled(text);
    const { state } = await this.history.standing(customer_id, { revision });
    const accepted = { customer_id, state, revision, position: BigInt(position), changed: false };
    return entity_id === undefined ? accepted : { ...accepted, entity_id };
  }

  /** A keyed digest, because bodies contain personal data. */
  private fingerprint({ content }: KeyedRequest): string {
    return createHmac('sha256', this.secret.key).update(content).digest('hex');
  }
}

const answerOf = (name: string): string => `${name}\nanswer`;

type Remembered = readonly [customer_id: string, revision: number, position: string, entity_id?: string];

function remembered({ customer_id, revision, position, entity_id }: Accepted): string {
  const answer: Remembered = [customer_id, revision, String(position)];
  return JSON.stringify(entity_id === undefined ? answer : [...answer, entity_id]);
}

/** Parses a stored answer; the first version wrote three words. */
function recalled(text: string): Remembered {
  if (text.startsWith('[')) return JSON.parse(text) as Remembered;
  const [customer_id = '', revision, position = '0'] = text.split(' ');
  return [customer_id, Number(revision), position];
}
