import type { FastifyInstance } from 'fastify';
import { ContractError } from '#contract';

/** Accepts HTML forms on the routes that declare `isForm`. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    if (request.routeOptions.config.operation?.isForm) done(null, new URLSearchParams(body as string));
    else done(new ContractError('unsupported_media_type'));
  });
}
