import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Open connections, each with its number of open requests. */
export class Connections {
  private readonly answering = new Map<Socket, number>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.answering.set(socket, 0);
      socket.once('close', () => this.answering.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.count(socket, 1);
      response.once('close', () => this.count(socket, -1));
    });
  }

  /** Node's `closeIdleConnections` skips connections without a whole request, such as checks of load balancers. */
  closeIdle(): void {
    for (const [socket, count] of this.answering) if (count === 0) socket.destroy();
  }

  private count(socket: Socket, by: 1 | -1): void {
    const count = this.answering.get(socket);
    if (count !== undefined) this.answering.set(socket, count + by);
  }
}
