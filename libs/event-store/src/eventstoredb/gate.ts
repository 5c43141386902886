import { StoreOverloaded } from '../event-store.js';

/** Limits concurrent work; the rest waits in order, up to a total weight. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #inside = 0;
  #weight = 0;

  constructor(
    private readonly inside_max: number,
    private readonly weight_max = Infinity,
  ) {}

  /** Throws StoreOverloaded before the work begins. */
  async pass<T>(work: () => Promise<T>, weight = 1): Promise<T> {
    if (this.#inside > 0 && this.#weight + weight > this.weight_max)
      throw new StoreOverloaded(`${this.#weight} events wait to be written`);
    this.#weight += weight;
    try {
      if (this.#inside < this.inside_max) this.#inside += 1;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = this.#waiting.shift();
        if (next) next();
        else this.#inside -= 1;
      }
    } finally {
      this.#weight -= weight;
    }
  }

  /** Resolves when no work is running or waiting, or after `ms_max`. */
  async empty(ms_max: number): Promise<void> {
    const end_ms = performance.now() + ms_max;
    while (this.#inside > 0 && performance.now() < end_ms) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
