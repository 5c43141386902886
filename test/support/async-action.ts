import { expect } from '@jest/globals';
import type { Answer, Service } from './service.js';
import { eventually } from './wait.js';

/** The action as it is when it has ended. */
export async function ended(service: Service, id: string): Promise<Answer> {
  let answer: Answer | undefined;
  await eventually(async () => {
    answer = await service.call('GET', `/v1/async-actions/${id}`);
    expect(answer.body).toMatchObject({ id, object: 'async_action' });
    expect(answer.body.status).not.toBe('IN_PROGRESS');
  });
  if (!answer) throw new Error('never asked');
  return answer;
}
