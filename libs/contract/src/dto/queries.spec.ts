import { AsyncActionListQuery } from './async-action.js';
import { CustomerQuery } from './history.js';
import { ResendBody } from './webhook.js';
import { describe, expect, test } from '@jest/globals';
import qs from 'qs';
import { parse, parsed } from '../parse.js';
import { ActivityQuery } from './activity.js';
import { CustomerListQuery } from './customer-list.js';

describe('the query of the customer list', () => {
  const query = (text: string): unknown => parse(CustomerListQuery, qs.parse(text), 'query');

  test('has defaults', () => {
    expect(query('')).toEqual({ value: { limit: 10, page: 1, order: '-created_at' } });
    expect(query('limit=&order=&email=')).toEqual(query(''));
  });

  test('takes every parameter', () => {
    const text =
      'limit=100&page=99&email=A%40b.c&city=Berlin&name=Andy&segment_id=seg_1&order=source_id&starting_after=2200-01-01T00:00:00Z' +
      '&created_at[before]=2021-01-01&created_at%5Bafter%5D=2020-01-01T00:00:00%2B01:00&updated_at[after]=2021-01-01T00:00';
    expect(query(text)).toEqual({
      value: {
        limit: 100,
        page: 99,
        email: 'A@b.c',
        city: 'Berlin',
        name: 'Andy',
        segment_id: 'seg_1',
        order: 'source_id',
        starting_after: '2200-01-01T00:00:00.000000000Z',
        created_at: { before: '2021-01-01T00:00:00.000000000Z', after: '2019-12-31T23:00:00.000000000Z' },
        updated_at: { after: '2021-01-01T00:00:00.000000000Z' },
      },
    });
  });

  test.each([
    qs.parse('[created_at][before]=2021-01-01&[created_at][after]=2020-01-01'),
    { 'created_at[before]': '2021-01-01', 'created_at[after]': '2020-01-01' },
    { '[created_at][before]': '2021-01-01', '[created_at][after]': '2020-01-01' },
  ])('accepts nested and flat brackets', (raw) => {
    expect(parsed(CustomerListQuery, raw, 'query').created_at).toEqual({
      before: '2021-01-01T00:00:00.000000000Z',
      after: '2020-01-01T00:00:00.000000000Z',
    });
  });

  test.each([
    ['limit=0', 'Property .limit must be an integer between 1 and 100'],
    ['limit=101', 'Property .limit must be an integer between 1 and 100'],
    ['limit=1e1', 'Property .limit must be an integer between 1 and 100'],
    ['limit=5&limit=6', 'Property .limit must be an integer between 1 and 100'],
    ['page=100', 'Property .page must be an integer between 1 and 99'],
    [
      'order=name',
      'Property .order must be one of: created_at, -created_at, updated_at, -updated_at, source_id, -source_id',
    ],
    ['created_at=2021-01-01', 'Property .created_at must be an object'],
    ['created_at[before]=soon', 'Property .created_at.before cannot be recognized as a ISO-8601 compliant date'],
    ['email[]=a', 'Property .email must be a string'],
    ['created_at[since]=2021-01-01', 'Property .created_at has no since, only: before, after'],
    [
      'updated_at[after]=2021-01-01&updated_at[__proto__]=1&updated_at[x]=1',
      'Property .updated_at has no x, only: before, after',
    ],
  ])('%s: %s', (text, words) => {
    expect(parse(CustomerListQuery, qs.parse(text), 'query').error).toMatchObject({
      key: 'invalid_query_params',
      details: words,
    });
  });
});

test('the activity query has defaults and closed lists', () => {
  expect(parsed(ActivityQuery, {}, 'query')).toEqual({ limit: 10, order: '-created_at' });
  const all = {
    limit: '5',
    order: 'created_at',
    starting_after_id: 'ev',
    start_date: '2021-01-01',
    end_date: '2022-01-01',
    campaign_id: 'camp',
    campaign_type: 'LOYALTY_PROGRAM',
    category: 'ACTION',
    type: 'customer.created',
  };
  expect(parsed(ActivityQuery, all, 'query')).toEqual({
    ...all,
    limit: 5,
    start_date: '2021-01-01T00:00:00.000000000Z',
    end_date: '2022-01-01T00:00:00.000000000Z',
  });
  expect(parse(ActivityQuery, { end_date: 'x' }, 'query').error?.details).toBe(
    'Property .end_date cannot be recognized as a ISO-8601 compliant date',
  );
  expect(parse(ActivityQuery, { category: 'OTHER' }, 'query').error?.key).toBe('invalid_query_params');
});

describe('a moment', () => {
  test.each([
    ['2024-05-01', '2024-05-01T00:00:00.000000000Z'],
    ['2024-05-01T10:00:00.0000001+02:00', '2024-05-01T08:00:00.000000100Z'],
    ['12', 'revision:12'],
    ['2024', 'revision:2024'],
    ['revision:0', 'revision:0'],
    ['position:345', 'position:345'],
  ])('%s reads as %s', (as_of, normalized) => {
    expect(parsed(CustomerQuery, { as_of }, 'query').as_of).toBe(normalized);
  });

  test.each([
    ['soon', 'must be an ISO-8601 date, revision:<number> or position:<number>'],
    ['2024-05-01T10:00:00.1234567890Z', 'must have at most nine digits of a second'],
    ['9999-12-31T23:59:59.999-12:00', 'must be within the years 1000 to 9999 in UTC'],
  ])('%s is refused', (as_of, words) => {
    expect(parse(CustomerQuery, { as_of }, 'query').error?.details).toBe(`Property .as_of ${words}`);
  });
});

test('rounding a period to milliseconds selects the same millisecond records', () => {
  const at = '2024-05-01T10:00:00.123000001Z';
  expect(parsed(AsyncActionListQuery, { end_date: at }, 'query').end_date).toBe('2024-05-01T10:00:00.123Z');
  expect(parsed(ResendBody, { since: at }).since).toBe('2024-05-01T10:00:00.124Z');
  expect(parse(ResendBody, { since: '1000-01-01T00:00:00+14:00' }).error?.details).toBe(
    'Property .since must be within the years 1000 to 9999 in UTC',
  );
});
