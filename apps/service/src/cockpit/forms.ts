import type { FastifyInstance } from 'fastify';

export const FORM = 'application/x-www-form-urlencoded';

/** Parses HTML forms, which only the routes that declare `isForm` accept (http/fastify.ts). */
export function acceptForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(body as string)),
  );
}
