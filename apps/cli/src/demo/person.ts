import type { FactType } from '#contract';
import type { CloudEvent } from '../cloud-event.js';
import type { Random } from './random.js';

const HOUR_MS = 3_600_000;

/** A made-up customer with a life in facts; each fact happens some hours after the one before. */
export class Person {
  readonly facts: CloudEvent[] = [];
  readonly source_id: string;

  constructor(
    readonly number: number,
    readonly random: Random,
    private now_ms: number,
  ) {
    this.source_id = `demo-${number}`;
  }

  get reference(): { source_id: string } {
    return { source_id: this.source_id };
  }

  /** The day on which about half of the facts had happened. */
  get middle(): string {
    return this.facts[this.facts.length >> 1]?.time.slice(0, 10) ?? '';
  }

  id(kind: string, n: number | string = 1): string {
    return `${kind}_demo_${this.number}_${n}`;
  }

  /** Advances the time by at most this number of hours. */
  later(hours_max: number): string {
    this.now_ms += Math.floor(this.random.next() * hours_max * HOUR_MS) + 1000;
    return new Date(this.now_ms).toISOString();
  }

  say(type: FactType, data: object, hours_max = 12): void {
    const time = this.later(hours_max);
    const id = `demo-${this.number}-${this.facts.length + 1}`;
    const customer = type === 'customer.created' || type === 'customer.updated' ? {} : { customer: this.reference };
    this.facts.push({ specversion: '1.0', id, source: '/demo', type, time, data: { ...data, ...customer } });
  }
}
