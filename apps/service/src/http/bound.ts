import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Dto, parsed } from '#contract';

const requestOf = (context: ExecutionContext): FastifyRequest => context.switchToHttp().getRequest<FastifyRequest>();

/** The body as this DTO; without a body, the DTO of an empty object. Throws `invalid_payload`. */
export const FromBody = createParamDecorator((dto: Dto, context: ExecutionContext): object =>
  parsed(dto, requestOf(context).body ?? {}),
);

/** The query as this DTO. Throws `invalid_query_params`. */
export const FromQuery = createParamDecorator((dto: Dto, context: ExecutionContext): object =>
  parsed(dto, requestOf(context).query, 'query'),
);
