import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { contractError } from '../http/errors.filter.js';
import { Log } from '../ops/log.js';
import { plainPage } from './page.js';
import { POLICY } from './style.js';

/** Headers of every answer of the cockpit, because the address is a secret and the page is personal. */
const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

export const dressed = (reply: FastifyReply): FastifyReply => reply.headers(HEADERS);

const LATER = plainPage('Please try again', 'We cannot show this page at the moment. Please come back in a minute.');
/** Error pages by status. They do not reveal if a link was ever valid, or its customer. */
const PAGES: Readonly<Record<number, string>> = {
  403: plainPage('Nothing was changed', 'Please open your page again with your link, and choose there.'),
  404: plainPage('This link does not work', 'It may have expired. Please ask for a new one where you got it.'),
  429: plainPage('Too many visits', 'Please wait a minute and open the page again.'),
};

/** Shows errors as pages for customers. */
@Catch()
export class CockpitErrors implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = dressed(host.switchToHttp().getResponse<FastifyReply>());
    const { code } = contractError(thrown);
    if (code >= 500) this.log.error({ err: thrown, request_id: request.id }, 'the cockpit failed');
    const page = PAGES[code];
    if (!page && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
    void reply
      .status(page ? code : 503)
      .type('text/html; charset=utf-8')
      .send(page ?? LATER);
  }
}
