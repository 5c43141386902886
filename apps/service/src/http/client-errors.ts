import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ContractError, type ErrorKey } from '#contract';
import { newRequestId } from './request.js';

/** Error keys by the code of Node's error; every other code means invalid HTTP. */
const KINDS: Readonly<Record<string, ErrorKey>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers a connection without a valid request in the contract's form, and closes it. */
export function refuseConnection({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return;
  const error = new ContractError(KINDS[code] ?? 'invalid_payload', KINDS[code] ? undefined : 'This is not valid HTTP');
  const body = JSON.stringify(error.body(newRequestId()));
  const head = [
    `HTTP/1.1 ${error.code} ${STATUS_CODES[error.code]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
