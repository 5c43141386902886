import { Injectable } from '@nestjs/common';
import { ContractError } from '#contract';
import { EventStore } from '#event-store';
import { inTime, sleep } from '#flow';
import { PROJECTOR, ReadModel } from '#read-model';
import { Config } from '../config.js';

interface Waiter {
  readonly position: bigint;
  readonly wake: () => void;
}

/** The interval of position checks while reads wait and other instances project. */
const POLL_MS = 5;

/**
 * Read-your-writes consistency. On the embedded store a read waits until the read model has passed the newest
 * acknowledged position of its key, or until the time is up. With several instances this one does not know writes
 * through the others, so a read waits for the head of the store at its arrival.
 */
@Injectable()
export class Freshness {
  private projected = 0n;
  private floor = 0n;
  private waiters: Waiter[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly acknowledged = new Map<string, bigint>();
  private readonly isShared: boolean;
  private isPolling = false;
  private head: Promise<bigint> | undefined;
  private nextHead: Promise<bigint> | undefined;

  constructor(
    private readonly config: Config,
    private readonly store: EventStore,
    private readonly model: ReadModel,
  ) {
    this.isShared = config.DATABASE_URL !== undefined;
  }

  /** The history up to the start counts as written by every key, because its keys are not remembered. */
  startAt(head: bigint): void {
    this.floor = head;
  }

  /** True when the read model shows the history up to the start. */
  get isCaughtUp(): boolean {
    return this.projected >= this.floor;
  }

  /** Waits for it; false after `wait_ms`. */
  async caughtUp(wait_ms: number): Promise<boolean> {
    return this.isCaughtUp || this.wait(this.floor, wait_ms);
  }

  /** The last known position of the read model. */
  get position(): bigint {
    return this.projected;
  }

  /** Notes that a write of this key became durable at a position. Bounded by the number of configured keys. */
  wrote(appId: string, position: bigint): void {
    if (position > (this.acknowledged.get(appId) ?? 0n)) this.acknowledged.set(appId, position);
  }

  /** Calls back when rows change, before waiting reads continue. */
  onAdvance(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Notes that rows changed without new events, as by a rebuild. */
  rowsChanged(): void {
    for (const listener of this.listeners) listener();
  }

  /** Notes that the read model shows everything up to a position. */
  advance(position: bigint): void {
    if (position <= this.projected) return;
    this.projected = position;
    this.rowsChanged();
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter((waiter) => waiter.position <= position);
    this.waiters = this.waiters.filter((waiter) => waiter.position > position);
    for (const waiter of due) waiter.wake();
  }

  /**
   * Resolves true once the read model shows this key's writes and the requested position, false after `wait_ms`. Throws
   * `invalid_query_params` for a position beyond the end of the history.
   */
  reached(appId: string, asked: bigint | undefined, wait_ms: number): Promise<boolean> | true {
    if (this.config.read_consistency === 'store') return this.reachedHead(asked, wait_ms, (head) => head);
    const own = this.acknowledged.get(appId) ?? this.floor;
    if (asked === undefined || asked <= own) return own <= this.projected || this.wait(own, wait_ms);
    return asked <= this.projected || this.reachedHead(asked, wait_ms, () => asked);
  }

  /** Reads the position of the read model. */
  async poll(): Promise<void> {
    this.advance((await this.model.reached(PROJECTOR))?.position ?? 0n);
  }

  /** Waits for a position that depends on the head of the store; false also when the store does not answer in time. */
  private async reachedHead(
    asked: bigint | undefined,
    wait_ms: number,
    wanted: (head: bigint) => bigint,
  ): Promise<boolean> {
    const started_ms = performance.now();
    const head = await inTime(wait_ms, this.currentHead());
    if (head === undefined) return false;
    if (asked !== undefined && asked > head)
      throw new ContractError('invalid_query_params', 'X-Ledger-Min-Position lies beyond the end of the history');
    const position = wanted(head);
    return position <= this.projected || this.wait(position, wait_ms - (performance.now() - started_ms));
  }

  /** The head of the store, by one query at a time: calls during a query share the next one. */
  private currentHead(): Promise<bigint> {
    if (this.head === undefined) return this.askHead();
    this.nextHead ??= this.head.then(
      () => this.askHead(),
      () => this.askHead(),
    );
    return this.nextHead;
  }

  private askHead(): Promise<bigint> {
    this.nextHead = undefined;
    const asking = this.store.head().finally(() => {
      if (this.head === asking) this.head = undefined;
    });
    this.head = asking;
    return asking;
  }

  /** Polls the position while reads wait for events that other instances project. */
  private async keepPolling(): Promise<void> {
    if (this.isPolling) return;
    this.isPolling = true;
    while (this.waiters.length > 0) {
      // each waiting read has its own time limit
      await this.poll().catch(() => undefined);
      if (this.waiters.length > 0) await sleep(POLL_MS);
    }
    this.isPolling = false;
  }

  private async wait(position: bigint, wait_ms: number): Promise<boolean> {
    const reached = new Promise<true>((resolve) => {
      this.waiters.push({ position, wake: () => resolve(true) });
    });
    const waiter = this.waiters.at(-1);
    if (this.isShared) void this.keepPolling();
    if (await inTime(wait_ms, reached)) return true;
    this.waiters = this.waiters.filter((other) => other !== waiter);
    return false;
  }
}
