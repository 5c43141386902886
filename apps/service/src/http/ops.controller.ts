import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Health } from '../ops/health.js';
import { Metrics } from '../ops/metrics.js';
import { ApiDescription } from './openapi.js';
import { Operation } from './operation.js';
import { apiPage } from './openapi-page.js';

/** Health, metrics and the API description, for operators and integrators. */
@Controller()
export class OpsController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
    private readonly api: ApiDescription,
  ) {}

  @Get('health/live')
  @Operation({ role: 'public', summary: 'The process runs', answer: 'Health' })
  live(): string {
    return '{"status":"ok"}';
  }

  @Get('health/ready')
  @Operation({ role: 'public', summary: 'The service can take requests, or the reasons why not', answer: 'Health' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const problems = await this.health.problems();
    if (problems.length > 0) void reply.status(503);
    const { warnings } = this.health;
    const said = problems.length > 0 ? { status: 'unavailable', problems } : { status: 'ok' };
    return JSON.stringify({ ...said, ...(warnings.length > 0 && { warnings }) });
  }

  @Get('metrics')
  @Operation({ role: 'read', summary: 'Metrics in Prometheus form', type: 'text/plain' })
  metricsText(): Promise<string> {
    return this.metrics.registry.metrics();
  }

  @Get('openapi.json')
  @Operation({ role: 'read', summary: 'This description' })
  openapi(): string {
    return this.api.text;
  }

  @Get('docs')
  @Operation({ role: 'read', summary: 'This description as a page', type: 'text/html' })
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    void reply.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    );
    return apiPage(this.api.document);
  }
}
