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

  /** What is wrong with an answer, by the component that it should be; nothing when all is well. */
  problems(component: string, { body }: Pick<Answer, 'body'>): unknown {
    const validate = this.ajv.getSchema(`openapi#/components/schemas/${component}`) as ValidateFunction | undefined;
    if (!validate) return `there is no component ${component}`;
    return validate(body) ? [] : validate.errors;
  }
}
