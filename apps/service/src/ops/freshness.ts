import { Injectable } from '@nestjs/common';

interface Waiter {
  readonly position: bigint;
  readonly wake: () => void;
}

/**
 * Reads that see their writes. Each key's newest acknowledged position is remembered; a read of that key waits until
 * the read model has passed it, or until its time is up.
 */
@Injectable()
export class Freshness {
  private projected = 0n;
  private floor = 0n;
  private waiters: Waiter[] = [];
  private readonly listeners: (() => void)[] = [];
  private readonly acknowledged = new Map<string, bigint>();

  /** What was there at the start counts as everybody's own: nobody remembers whose it was. */
  startAt(head: bigint): void {
    this.floor = head;
  }

  /** Whether the read model shows all that was there at the start. */
  get isCaughtUp(): boolean {
    return this.projected >= this.floor;
  }

  /** A write of this key became durable at a position. Keys are configured, so the map is as bounded as they are. */
  wrote(appId: string, position: bigint): void {
    if (position > (this.acknowledged.get(appId) ?? 0n)) this.acknowledged.set(appId, position);
  }

  /** Calls back before anybody is woken who waited for what has changed. */
  onAdvance(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The read model has taken in everything up to a position. */
  advance(position: bigint): void {
    if (position <= this.projected) return;
    this.projected = position;
    for (const listener of this.listeners) listener();
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter((waiter) => waiter.position <= position);
    this.waiters = this.waiters.filter((waiter) => waiter.position > position);
    for (const waiter of due) waiter.wake();
  }

  /** Resolves true once the read model shows this key's writes and the position asked for, false after `wait_ms`. */
  reached(appId: string, asked: bigint | undefined, wait_ms: number): Promise<boolean> | true {
    const own = this.acknowledged.get(appId) ?? this.floor;
    const position = asked !== undefined && asked > own ? asked : own;
    return position <= this.projected ? true : this.wait(position, wait_ms);
  }

  private wait(position: bigint, wait_ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        position,
        wake: () => {
          clearTimeout(timer);
          resolve(true);
        },
      };
      const timer = setTimeout(() => {
        this.waiters = this.waiters.filter((other) => other !== waiter);
        resolve(false);
      }, wait_ms);
      this.waiters.push(waiter);
    });
  }
}
