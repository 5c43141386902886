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

/** How often the read model is asked how far it is, while somebody waits and other instances project. */
const LOOK_MS = 5;

/**
 * Reads that see their writes. On the embedded store each key's newest acknowledged position is remembered, and a read of
 * that key waits until the read model has passed it, or until its time is up. Among several instances nobody knows what a
 * key wrote elsewhere, so a read waits for what the store has when it comes.
 */
@Injectable()
export class Freshness {
  private projected = 0n;
  private floor = 0n;
  private waiters: Waiter[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly acknowledged = new Map<string, bigint>();
  private readonly isShared: boolean;
  private looking = false;
  private head: Promise<bigint> | undefined;
  private nextHead: Promise<bigint> | undefined;

  constructor(
    private readonly config: Config,
    private readonly store: EventStore,
    private readonly model: ReadModel,
  ) {
    this.isShared = config.DATABASE_URL !== undefined;
  }

  /** What was there at the start counts as everybody's own: nobody remembers whose it was. */
  startAt(head: bigint): void {
    this.floor = head;
  }

  /** Whether the read model shows all that was there at the start. */
  get isCaughtUp(): boolean {
    return this.projected >= this.floor;
  }

  /** The same, waited for. */
  async caughtUp(wait_ms: number): Promise<boolean> {
    return this.isCaughtUp || this.wait(this.floor, wait_ms);
  }

  /** How far the read model is known to be. */
  get position(): bigint {
    return this.projected;
  }

  /** A write of this key became durable at a position. Keys are configured, so the map is as bounded as they are. */
  wrote(appId: string, position: bigint): void {
    if (position > (this.acknowledged.get(appId) ?? 0n)) this.acknowledged.set(appId, position);
  }

  /** Calls back when rows change, before anybody is woken who waited for that. */
  onAdvance(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Rows may be others than they were, though nothing new was taken in. */
  rowsChanged(): void {
    for (const listener of this.listeners) listener();
  }

  /** The read model has taken in everything up to a position. */
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
   * Resolves true once the read model shows this key's writes and the position asked for, false after `wait_ms`. Throws
   * `invalid_query_params` for a position that there is not.
   */
  reached(appId: string, asked: bigint | undefined, wait_ms: number): Promise<boolean> | true {
    if (this.config.read_consistency === 'store') return this.reachedHead(asked, wait_ms, (head) => head);
    const own = this.acknowledged.get(appId) ?? this.floor;
    if (asked === undefined || asked <= own) return own <= this.projected || this.wait(own, wait_ms);
    return asked <= this.projected || this.reachedHead(asked, wait_ms, () => asked);
  }

  /** Asks the read model how far it is. */
  async look(): Promise<void> {
    this.advance((await this.model.reached(PROJECTOR))?.position ?? 0n);
  }

  /** Waits for a position once it is known where the history ends; false also when the store does not say so in time. */
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

  /** One question to the store at a time: whoever comes while it is under way shares the next one. */
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

  /** While somebody waits for what other instances project. */
  private async keepLooking(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    while (this.waiters.length > 0) {
      // whoever waits has a deadline of their own
      await this.look().catch(() => undefined);
      if (this.waiters.length > 0) await sleep(LOOK_MS);
    }
    this.looking = false;
  }

  private async wait(position: bigint, wait_ms: number): Promise<boolean> {
    const reached = new Promise<true>((resolve) => {
      this.waiters.push({ position, wake: () => resolve(true) });
    });
    const waiter = this.waiters.at(-1);
    if (this.isShared) void this.keepLooking();
    if (await inTime(wait_ms, reached)) return true;
    this.waiters = this.waiters.filter((other) => other !== waiter);
    return false;
  }
}
