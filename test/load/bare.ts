import 'reflect-metadata';
import { Body, Controller, Get, Header, HttpCode, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';

/** The yardstick: the same framework, a document of the same size, and nothing else. */
const DOCUMENT = process.argv[2] ?? '{}';

@Controller('v1/customers')
class BareController {
  private readonly document = JSON.parse(DOCUMENT) as object;

  @Get(':ref')
  get(@Param('ref') ref: string): object {
    return ref === '' ? {} : this.document;
  }

  @Post()
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  create(@Body() body: object): object {
    return { ...this.document, ...body };
  }
}

@Module({ controllers: [BareController] })
class BareModule {}

const app = await NestFactory.create<NestFastifyApplication>(BareModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`listens on http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}\n`);
