import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CustomerRow } from '#read-model';
import { Freshness } from '../ops/freshness.js';

const CUSTOMERS_MAX = 10_000;

/** Customers as they were last read, by what they were asked for; all forgotten whenever the read model moves on. */
@Injectable()
export class CustomerCache {
  private readonly rows = new LRUCache<string, CustomerRow>({ max: CUSTOMERS_MAX });

  constructor(freshness: Freshness) {
    freshness.onAdvance(() => this.rows.clear());
  }

  get(ref: string): CustomerRow | undefined {
    return this.rows.get(ref);
  }

  set(ref: string, row: CustomerRow): void {
    this.rows.set(ref, row);
  }
}
