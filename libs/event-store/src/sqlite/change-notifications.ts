import { BroadcastChannel } from 'node:worker_threads';

import { channelOf } from './messages.js';

/** Writers in other processes send no notifications, so every wait also ends by itself. */
const POLL_MS = 100;

/** A started wait; any change since its start ends it. */
export interface Wait {
  readonly ended: Promise<void>;
  cancel(): void;
}

/** Notifies of possible changes; waiting keeps no process alive. */
export class ChangeNotifications {
  readonly #channel: BroadcastChannel;
  readonly #waiting = new Set<() => void>();

  constructor(file: string) {
    this.#channel = new BroadcastChannel(channelOf(file));
    this.#channel.onmessage = () => this.#wake();
    this.#channel.unref();
  }

  /** Call it before reading, so that no change in between is missed. */
  begin(signal: AbortSignal): Wait {
    let cancel = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      const timer = setTimeout(() => cancel(), POLL_MS).unref();
      cancel = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        this.#waiting.delete(cancel);
        resolve();
      };
      signal.addEventListener('abort', cancel);
      this.#waiting.add(cancel);
    });
    return { ended, cancel };
  }

  close(): void {
    this.#channel.close();
    this.#wake();
  }

  #wake(): void {
    for (const end of [...this.#waiting]) end();
  }
}
