/** The work exceeded its deadline; it may still be running. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';

  constructor(what: string, ms_max: number) {
    super(`${what} took longer than ${ms_max} ms`);
  }
}

/** The result of the work; throws DeadlineExceeded when that takes longer than `ms_max`. A later failure is ignored. */
export function within<T>(ms_max: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded(what, ms_max)), ms_max);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The result of the work; undefined when that takes longer than `ms_max`. A later failure is ignored. */
export function inTime<T>(ms_max: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms_max);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
