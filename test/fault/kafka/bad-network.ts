import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Broker, startBroker } from '../../engines/kafka/broker.js';
import { Proxy } from '../../engines/kafka/proxy.js';
import { Scratch } from '../../engines/kafka/scratch.js';

/** A broker of its own whose clients all go through a proxy, and what a test makes on it. Of the suite that calls this. */
export class BadNetwork {
  proxy!: Proxy;
  broker!: Broker;
  private readonly ends: (() => Promise<unknown>)[] = [];

  constructor(version: string) {
    beforeAll(async () => {
      this.proxy = await Proxy.start();
      this.broker = (await startBroker({ version, advertised: this.proxy.address })) as Broker;
      this.proxy.target = this.broker.behind as string;
    }, 400_000);
    afterAll(async () => {
      await Scratch.disposeAll();
      await this.broker.stop();
      await this.proxy.stop();
    }, 60_000);
    beforeEach(() => {
      this.proxy.isHole = false;
      this.proxy.delay_ms = 0;
    });
    afterEach(async () => {
      this.proxy.isHole = false;
      for (const end of this.ends.splice(0)) await end();
    }, 60_000);
  }

  scratch(partitions = 3): Promise<Scratch> {
    return Scratch.make(this.broker.brokers, { partitions, through: this.proxy.address });
  }

  /** Without the proxy in between. */
  direct(): Promise<Scratch> {
    return Scratch.make(this.broker.brokers);
  }

  /** Done when the test is over. */
  finally(end: () => Promise<unknown>): void {
    this.ends.push(end);
  }
}

export const numbers = (count: number): number[] => [...Array(count).keys()];
