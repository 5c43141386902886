import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CustomerRow } from '#read-model';
import { Config } from '../config.js';
import { Freshness } from '../ops/freshness.js';

const CUSTOMERS_MAX = 10_000;

/**
 * Customers as they were last read, by what they were asked for; all forgotten whenever the read model moves on. When other
 * instances project nobody tells us of that, so nothing is kept.
 */
@Injectable()
export class CustomerCache {
  private readonly rows = new LRUCache<string, CustomerRow>({ max: CUSTOMERS_MAX });

  private readonly isTold: boolean;

  constructor(config: Config, freshness: Freshness) {
    this.isTold = config.DATABASE_URL === undefined;
    freshness.onAdvance(() => this.rows.clear());
  }

  get(ref: string): CustomerRow | undefined {
    return this.rows.get(ref);
  }

  set(ref: string, row: CustomerRow): void {
    if (this.isTold) this.rows.set(ref, row);
  }
}
