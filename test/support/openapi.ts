import { expect } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer, Service } from './service.js';

/** Holds answers to the schemas that the service itself serves at /openapi.json. */
export class OpenApi {
  private constructor(private readonly ajv: Ajv2020) {}

  static async of(service: Service): Promise<OpenApi> {
    const { body } = await service.call('GET', '/openapi.json');
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    ajv.addSchema(body as object, 'openapi');
    return new OpenApi(ajv);
  }

  /** The faults of an answer, by the component that it should be; none when all is well. */
  problems(component: string, { body }: Pick<Answer, 'body'>): unknown {
    const validate = this.ajv.getSchema(`openapi#/components/schemas/${component}`) as ValidateFunction | undefined;
    if (!validate) return `there is no component ${component}`;
    return validate(body) ? [] : validate.errors;
  }

  /** The body of an answer that has this status and is as it is described. */
  shaped(component: string, answer: Answer, status = 200): Answer['body'] {
    expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
    expect(this.problems(component, answer)).toEqual([]);
    return answer.body;
  }
}
