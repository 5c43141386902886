import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Kafka's numbers of some requests. */
export const API = { produce: 0, fetch: 1, offsetCommit: 8, heartbeat: 12, endTransaction: 26 } as const;

interface Dropping {
  readonly api: number;
  left: number;
  readonly then: 'hang' | 'reset';
}

/** A TCP proxy before a broker, with what a network can do to a connection. */
export class Proxy {
  /** Where the broker is; set it before anyone connects. */
  target = '';
  /** Each piece of data waits so long, in ms. */
  delay_ms = 0;
  /** Half open: connections are taken, and what comes in is swallowed. */
  isHole = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #dropping: Dropping | undefined;

  private constructor() {
    this.#server = createServer((client) => this.#take(client));
  }

  static async start(): Promise<Proxy> {
    const proxy = new Proxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next answers to such requests do not come through, though the broker has done what was asked. */
  dropAnswers(api: number, count: number, then: 'hang' | 'reset' = 'reset'): void {
    this.#dropping = { api, left: count, then };
  }

  /** Answers that are still to be dropped. */
  get toDrop(): number {
    return this.#dropping?.left ?? 0;
  }

  /** Ends all connections of now, without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #take(client: Socket): void {
    const [host = '', port = ''] = this.target.split(':');
    const broker = connect(Number(port), host);
    const asked = new Map<number, number>();
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
    client.on(
      'data',
      this.#through(broker, (frame) => this.#asked(frame, asked)),
    );
    broker.on(
      'data',
      this.#through(client, (frame) => this.#answered(frame, asked, client)),
    );
  }

  /** Passes whole frames on, in order. */
  #through(to: Socket, passes: (frame: Buffer) => boolean): (data: Buffer) => void {
    let rest = Buffer.alloc(0);
    let last = Promise.resolve();
    return (data) => {
      if (this.isHole) return;
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const frame = rest.subarray(0, 4 + rest.readInt32BE(0));
        rest = rest.subarray(frame.length);
        if (!passes(frame)) continue;
        last = last.then(() => (this.delay_ms > 0 ? sleep(this.delay_ms) : undefined)).then(() => void to.write(frame));
      }
    };
  }

  #asked(frame: Buffer, asked: Map<number, number>): boolean {
    asked.set(frame.readInt32BE(8), frame.readInt16BE(4));
    return true;
  }

  #answered(frame: Buffer, asked: Map<number, number>, client: Socket): boolean {
    const correlation = frame.readInt32BE(4);
    const api = asked.get(correlation);
    asked.delete(correlation);
    const dropping = this.#dropping;
    if (dropping === undefined || dropping.left === 0 || dropping.api !== api) return true;
    dropping.left -= 1;
    if (dropping.then === 'reset') client.resetAndDestroy();
    return false;
  }
}
