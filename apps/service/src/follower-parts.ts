import { Inject, Injectable } from '@nestjs/common';
import type { CustomerEvent } from '#customer';
import { Decoder, EventStore } from '#event-store';
import { ReadModel } from '#read-model';
import { Config } from './config.js';
import { Log } from './ops/log.js';
import { Metrics } from './ops/metrics.js';

/** The dependencies of work that follows the history. */
@Injectable()
export class FollowerParts {
  constructor(
    readonly config: Config,
    readonly model: ReadModel,
    readonly store: EventStore,
    readonly decoder: Decoder<CustomerEvent>,
    readonly metrics: Metrics,
    @Inject(Log) readonly log: Log,
  ) {}
}
