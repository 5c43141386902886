import type { FastifyInstance } from 'fastify';
import { ContractError } from '#contract';

/** What HTML forms send is taken where a route says so, and nowhere else. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    if (request.routeOptions.config.operation?.isForm) done(null, new URLSearchParams(body as string));
    else done(new ContractError('unsupported_media_type'));
  });
}
