/** At most so many at the same time; the others wait in order. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** `done`: the next of the lane may come. `stay`: it failed for now, and the lane ends here. */
export type Step = 'done' | 'stay';

/** Items by lane, each lane in the order of the items. */
export function lanesOf<T>(items: readonly T[], lane: (item: T) => string): T[][] {
  const lanes = new Map<string, T[]>();
  for (const item of items) {
    const name = lane(item);
    const known = lanes.get(name);
    if (known) known.push(item);
    else lanes.set(name, [item]);
  }
  return [...lanes.values()];
}

/**
 * Takes the items of a lane one after the other and the lanes side by side, as far as there are slots. Nothing new is begun
 * once `mayGoOn` says no; what was begun is finished.
 */
export async function runLanes<T>(
  lanes: readonly (readonly T[])[],
  slots: Slots,
  mayGoOn: () => boolean,
  take: (item: T) => Promise<Step>,
): Promise<void> {
  const run = async (lane: readonly T[]): Promise<void> => {
    for (const item of lane) {
      const step = await slots.use(async () => (mayGoOn() ? take(item) : 'stay'));
      if (step === 'stay') return;
    }
  };
  await Promise.all(lanes.map(run));
}
