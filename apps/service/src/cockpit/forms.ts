import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ContractError } from '#contract';
import { header } from '../http/request.js';

/** Two tokens of the longest id there is, and room to spare. */
const FORM_BYTES_MAX = 8_192;

/** What HTML forms send is taken where a route says so, and nowhere else. */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
    (request, body, done) => {
      if (request.routeOptions.config.operation?.isForm) done(null, new URLSearchParams(body as string));
      else done(new ContractError('unsupported_media_type'));
    },
  );
}

/**
 * Whether a form may have come from a page of ours. Browsers say so in `Sec-Fetch-Site`; older ones name the origin, and
 * `null` is what our own pages give, since they send no referrer. Who says nothing still needs the form's token.
 */
export function isOwnForm(request: FastifyRequest): boolean {
  const site = header(request, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = header(request, 'origin');
  return origin === undefined || origin === 'null' || hostOf(origin) === request.headers.host;
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);
