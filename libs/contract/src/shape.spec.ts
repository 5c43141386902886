import { describe, expect, test } from '@jest/globals';
import {
  Allow,
  IsDefined,
  IsOptional,
  Matches,
  MaxLength,
  ValidateNested,
  validateSync,
  ValidateIf,
} from 'class-validator';
import { IsFlag, IsId, IsNested, IsText } from './decorators.js';
import { CustomerBody } from './dto/customer.js';
import { HasEntries, NeedsOneOf } from './field.js';
import type { Dto } from './kind.js';
import { parse } from './parse.js';
import { dtoSchema } from './schemas.js';

const problem = (dto: Dto, input: unknown): string | undefined => parse(dto, input).error?.details;

describe("class-validator's metadata decide", () => {
  class Coupon {
    @Matches(/^[A-Z]+$/, { message: 'must be in capitals' }) @IsText() code!: string;
    @IsFlag() @IsOptional() used?: boolean;
    @IsText() @ValidateIf(({ used }: Coupon) => used === true) by?: string;
    @IsText()
    @MaxLength(3, { message: ({ constraints }) => `must have at most ${constraints[0]} letters` })
    shop!: string;
  }

  test.each([
    [{ code: 'abc', shop: 'B' }, 'Property .code must be in capitals'],
    [{ code: 'ABC', shop: 'Berlin' }, 'Property .shop must have at most 3 letters'],
    [{ code: 5, shop: 'B' }, 'Property .code must be a string'],
    [{ code: 'ABC', shop: 'B', used: null }, undefined],
    [{ code: 'ABC', shop: 'B', used: 1 }, 'Property .used must be true or false'],
    [{ code: 'ABC', shop: 'B', used: true }, "Payload should have required property 'by'"],
    [{ code: 'ABC', shop: 'B', used: false, by: 5 }, undefined],
  ])('%j: %s', (input, words) => {
    expect(problem(Coupon, input)).toBe(words);
  });

  test('and class-validator reads them itself', () => {
    const body = Object.assign(new CustomerBody(), { email: 5, id: 'x'.repeat(256), name: null });
    expect(validateSync(body).map(({ property, constraints }) => [property, constraints])).toStrictEqual([
      ['id', { isId: 'must be at most 255 characters long' }],
      ['email', { isText: 'must be a string' }],
    ]);
  });
});

test('rules about the whole object add up in a subclass', () => {
  @NeedsOneOf('a', 'b')
  class Parent {
    @IsId({ nullish: true }) a?: string;
    @IsId({ nullish: true }) b?: string;
  }
  @NeedsOneOf('c')
  class Child extends Parent {
    @IsId({ nullish: true }) c?: string;
  }
  expect(problem(Child, { b: '1', c: '2' })).toBeUndefined();
  expect(problem(Child, { c: '2' })).toBe("Payload should have required property 'a' or 'b'");
  expect(problem(Child, { a: '1', c: null })).toBe("Payload should have required property 'c'");
  expect(validateSync(Object.assign(new Child(), { c: '2' }))).toHaveLength(1);
});

test('a class whose keys are data is one rule with one schema', () => {
  @HasEntries({
    schema: { type: 'object', maxProperties: 1 },
    problem: (given) => (Object.keys(given).length > 1 ? 'Payload must hold one entry' : undefined),
  })
  class One {}
  expect([problem(One, { a: 1 }), problem(One, { a: 1, b: 2 })]).toStrictEqual([
    undefined,
    'Payload must hold one entry',
  ]);
  expect(dtoSchema(One)).toStrictEqual({ type: 'object', maxProperties: 1 });
});

describe('metadata that are not compiled are refused, never left out', () => {
  class Each {
    @IsText() @MaxLength(3, { each: true }) word!: string;
  }
  class Grouped {
    @IsText() @MaxLength(3, { groups: ['short'] }) word!: string;
  }
  class Sometimes {
    @IsText() @MaxLength(3, { validateIf: () => false }) word!: string;
  }
  class Defined {
    @IsText({ optional: true }) @IsDefined() word?: string;
  }
  class Allowed {
    @IsText() @Allow() word!: string;
  }
  class Bare {
    @IsText() @ValidateNested() word!: string;
  }
  class Kindless {
    @MaxLength(3) word!: string;
  }

  test.each<Dto>([Each, Grouped, Sometimes, Defined, Allowed, Bare, Kindless])('%p', (dto) => {
    expect(() => parse(dto, { word: 'a' })).toThrow(TypeError);
  });

  test('wherever they are nested', () => {
    class Outer {
      @IsNested(Each) inner!: Each;
    }
    expect(() => parse(Outer, { inner: { word: 'a' } })).toThrow(TypeError);
  });
});
