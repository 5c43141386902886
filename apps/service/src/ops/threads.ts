import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import { Secrets } from '../secrets.js';
import { Log } from './log.js';
import { Thread, type ThreadTask } from './thread.js';

/** Makes threads with what all of them need. */
@Injectable()
export class Threads {
  constructor(
    private readonly config: Config,
    private readonly secrets: Secrets,
    @Inject(Log) private readonly log: Log,
  ) {}

  make<Message>(
    name: string,
    module: URL,
    onMessage: (message: Message) => void,
    onDeath: () => void,
  ): Thread<Message> {
    const task: ThreadTask = { settings: { ...this.config }, master_key: this.secrets.master_key };
    const stop_ms_max = this.config.SHUTDOWN_TIMEOUT_MS / 2;
    return new Thread({ name, module, task, stop_ms_max }, this.log, onMessage, onDeath);
  }
}
