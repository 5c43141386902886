import { describe, expect, test } from '@jest/globals';
import { noFacts, recognize, withFact } from './seen-facts.js';

const fact = { source: '/shop', id: '1', digest: 'd1' };

describe('facts that were seen', () => {
  const seen = withFact(noFacts, fact);

  test('are recognized by their content, under any id', () => {
    expect(recognize(seen, fact)).toBe('repeated');
    expect(recognize(seen, { ...fact, id: '2' })).toBe('repeated');
  });

  test('R14: one source and id with other content is a conflict, with another sequence it is new', () => {
    expect(recognize(seen, { ...fact, digest: 'd2' })).toBe('conflict');
    expect(recognize(seen, { ...fact, sequence: '1', digest: 'd2' })).toBe('new');
    expect(recognize(seen, { ...fact, source: '/other', digest: 'd2' })).toBe('new');
  });

  test('of version 0.1.0 are recognized by source and id alone, with any content and sequence', () => {
    const old = withFact(noFacts, { source: '/shop', id: '1' });
    expect(recognize(old, fact)).toBe('repeated');
    expect(recognize(old, { ...fact, sequence: '3' })).toBe('repeated');
    expect(recognize(old, { ...fact, id: '2' })).toBe('new');
  });

  test('R10: a row of a job is recognized by job and row', () => {
    const row = { source: '/v1/async-actions/job', id: '7' };
    expect(recognize(withFact(noFacts, row), row)).toBe('repeated');
    expect(recognize(withFact(noFacts, row), { ...row, id: '8' })).toBe('new');
  });

  test('an id cannot be mistaken for a digest, nor one name for another', () => {
    expect(recognize(withFact(noFacts, { source: 'd1', id: 'd1' }), { ...fact, id: '9' })).toBe('new');
    expect(recognize(seen, { source: '/shop","1', id: '', digest: 'd3' })).toBe('new');
  });

  test('a command without an origin leaves no entry', () => {
    expect(withFact(noFacts, undefined)).toBe(noFacts);
  });
});
