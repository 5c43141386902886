import 'reflect-metadata';
import { createParamDecorator, type ExecutionContext, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, type Dto, parse, parsed } from '#contract';
import { type Described, type DescribedKind, MetadataSchemas } from '../metadata/metadata-schemas.js';

/** The DTOs that the parameters of a route bind; its description shows them. */
export interface Bound {
  readonly body?: Dto;
  readonly query?: Dto;
  /** The DTO of a list body, its longest length, and the name of its items in errors. */
  readonly bodies?: { readonly of: Dto; readonly max: number; readonly named: string };
}

type Pipe = Type<PipeTransform>;

const BOUND = Symbol('bound');

/** The DTOs that the parameters of a controller's method bind. */
export const boundBy = (controller: object, method: string | symbol): Bound =>
  (Reflect.getMetadata(BOUND, controller, method) as Bound | undefined) ?? {};

/** A decorator that binds a parameter, and notes its DTO for the description of the route. */
function binding<T>(bound: (of: T) => Bound, read: (of: T, request: FastifyRequest) => unknown) {
  const bind = createParamDecorator((of: T, context: ExecutionContext) =>
    read(of, context.switchToHttp().getRequest<FastifyRequest>()),
  );
  return (of: T, ...pipes: readonly Pipe[]): ParameterDecorator =>
    (controller, method, index) => {
      if (method !== undefined)
        Reflect.defineMetadata(BOUND, { ...boundBy(controller, method), ...bound(of) }, controller, method);
      bind(of, ...pipes)(controller, method, index);
    };
}

/** The body as this DTO; without a body, the DTO of an empty object. Throws `invalid_payload`. */
export const FromBody = binding(
  (body: Dto) => ({ body }),
  (dto, request) => parsed(dto, request.body ?? {}),
);

/** The body as this DTO; an absent body is refused as such. Throws `invalid_payload`. */
export const FromGivenBody = binding(
  (body: Dto) => ({ body }),
  (dto, request) => parsed(dto, request.body),
);

/** The body as a list of this DTO; one that is invalid refuses all. Throws `invalid_payload`. */
export const FromBodies = binding(
  (bodies: NonNullable<Bound['bodies']>) => ({ bodies }),
  ({ of, max, named }, { body: list }) => {
    if (!Array.isArray(list)) throw new ContractError('invalid_payload', `Payload must be an array of ${named}`);
    if (list.length === 0) throw new ContractError('invalid_payload', 'The payload cannot be empty');
    if (list.length > max) throw new ContractError('invalid_payload', `Payload must hold at most ${max} ${named}`);
    return list.map((one, index) => {
      const result = parse(of, one, 'body', `.[${index}]`);
      if (result.error) throw result.error;
      return result.value;
    });
  },
);

/** The query as this DTO. Throws `invalid_query_params`. */
export const FromQuery = binding(
  (query: Dto) => ({ query }),
  (dto, request) => parsed(dto, request.query, 'query'),
);

/** Passes bodies whose metadata fit their schemas. Throws `metadata_validation_failed`. */
export function WithMetadata(of: DescribedKind): Pipe {
  @Injectable()
  class FittingMetadata implements PipeTransform {
    constructor(private readonly schemas: MetadataSchemas) {}

    async transform<T extends Described | readonly Described[]>(bound: T): Promise<T> {
      await this.schemas.assertFit(of, [bound].flat());
      return bound;
    }
  }
  return FittingMetadata;
}
