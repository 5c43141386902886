import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { PassThrough, Readable } from 'node:stream';
import { ContractError, limits } from '#contract';
import { uploaded } from './request.js';

const LIMITS = { fileSize: limits.body_bytes_max, fields: 20, fieldSize: 10_000, parts: 30, headerPairs: 50 };

/** The only part `file` of a form as it comes. Throws `invalid_payload`, `unsupported_media_type`, `payload_too_large`. */
export async function* filePart(request: FastifyRequest): AsyncGenerator<Buffer> {
  const form = formOf(request);
  const body = Readable.from(uploaded(request));
  const out = new PassThrough();
  let isThere = false;
  form.on('file', (name: string, file: BusboyFileStream) => {
    if (name !== 'file') return file.resume();
    // two files with one name are ambiguous
    if (isThere) return out.destroy(new ContractError('invalid_payload', "Payload should have one property 'file'"));
    isThere = true;
    file.on('limit', () => out.destroy(new ContractError('payload_too_large')));
    file.on('error', (error: Error) => out.destroy(error));
    return file.pipe(out, { end: false });
  });
  form.on('finish', () => {
    if (isThere) out.end();
    else out.destroy(new ContractError('invalid_payload', "Payload should have required property 'file'"));
  });
  form.on('error', () => out.destroy(new ContractError('invalid_payload', 'The form cannot be read')));
  body.on('error', (error) => out.destroy(error));
  body.pipe(form);
  try {
    yield* out as AsyncIterable<Buffer>;
  } finally {
    body.unpipe(form);
    body.destroy();
    form.destroy();
  }
}

function formOf({ headers }: FastifyRequest): BusboyInstance {
  const type = headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('multipart/form-data'))
    throw new ContractError('unsupported_media_type', 'Send multipart/form-data');
  try {
    return new Busboy({ headers: { ...headers, 'content-type': type }, limits: LIMITS });
  } catch {
    throw new ContractError('invalid_payload', 'The form cannot be read');
  }
}
