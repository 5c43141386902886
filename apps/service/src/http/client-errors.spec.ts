import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { Config } from '../config.js';
import { refuseConnection } from './client-errors.js';
import { fastifyAdapter } from './fastify.js';

test('a request that never ends gets 408 and a closed connection', async () => {
  const server = createServer({ requestTimeout: 100, headersTimeout: 100, connectionsCheckingInterval: 50 });
  server.on('clientError', refuseConnection);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  expect(answer).toContain('"key":"request_timeout"');
  server.close();
});

test('the service has a time-out for requests', () => {
  const { server } = fastifyAdapter(new Config()).getInstance();
  expect(server.requestTimeout).toBeGreaterThan(0);
});
