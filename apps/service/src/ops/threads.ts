import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../config.js';
import { Secrets } from '../secrets.js';
import { Log } from './log.js';
import type { WorkerHost, WorkerTask } from './worker-thread.js';

/** The task, stop time-out and log that all threads of the service share. */
@Injectable()
export class Threads implements WorkerHost {
  readonly task: WorkerTask;
  readonly stop_ms_max: number;

  constructor(
    config: Config,
    secrets: Secrets,
    @Inject(Log) readonly log: Log,
  ) {
    this.task = { settings: { ...config }, master_key: secrets.master_key };
    this.stop_ms_max = config.SHUTDOWN_TIMEOUT_MS / 2;
  }
}
