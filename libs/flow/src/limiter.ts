/** Thrown when running and waiting work together weigh too much to accept more. */
export class LimitExceeded extends Error {
  override readonly name = 'LimitExceeded';
}

/** A semaphore with a bounded queue: at most `running_max` run at a time, the others wait in order of arrival. */
export class Limiter {
  readonly #waiting: (() => void)[] = [];
  readonly #onIdle: (() => void)[] = [];
  #running = 0;
  #weight = 0;

  constructor(
    private readonly running_max: number,
    private readonly weight_max = Infinity,
  ) {}

  /** Throws LimitExceeded before the work begins; an idle limiter accepts work of any weight. */
  async run<T>(work: () => Promise<T>, weight = 1): Promise<T> {
    if (this.#running > 0 && this.#weight + weight > this.weight_max)
      throw new LimitExceeded(`running and waiting work weighs ${this.#weight} of at most ${this.weight_max}`);
    this.#weight += weight;
    const release = await this.acquire();
    try {
      return await work();
    } finally {
      this.#weight -= weight;
      release();
    }
  }

  /** For work that begins and ends in different functions; the caller releases exactly once. */
  async acquire(): Promise<() => void> {
    if (this.#running < this.running_max) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => this.#release();
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) return next();
    this.#running -= 1;
    if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
