import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CustomerRow } from '#read-model';
import { Config } from '../config.js';
import { Freshness } from '../ops/freshness.js';

const CUSTOMERS_MAX = 10_000;

/**
 * Customers of earlier reads, by reference; cleared whenever the read model advances. On a shared database the
 * cache is off, because an instance does not notice the projections of others.
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
