import { Controller, Get, Param, Post } from '@nestjs/common';
import { ContractError, RebuildBody } from '#contract';
import { ReadModel, type Rebuild } from '#read-model';
import { FromBody } from './bound.js';
import { Operation } from './operation.js';

const WISHES = { pause: 'pause', resume: 'run', cancel: 'cancel' } as const;

/** Rebuilds of the read model: asked for here, done by whichever instance projects. */
@Controller('v1/rebuilds')
export class RebuildsController {
  constructor(private readonly model: ReadModel) {}

  @Post()
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Rebuild the read model, or one customer of it',
    description:
      'A new generation of all rows is built beside the live one, compared with it field by field, and switched to. ' +
      'With `check_only` nothing is changed.',
    body: RebuildBody,
    answer: 'Rebuild',
  })
  async request(@FromBody(RebuildBody) { check_only, customer: ref }: RebuildBody): Promise<string> {
    // whoever is not shown can be rebuilt by id
    const customer = ref === undefined ? undefined : ((await this.model.customer(ref))?.id ?? ref);
    return shown(await this.model.rebuilds.request({ check_only, customer }));
  }

  @Post('switch-back')
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Make the generation before the last switch the live one, once it has caught up',
    answer: 'Rebuild',
  })
  async switchBack(): Promise<string> {
    return shown(await this.model.rebuilds.request({ switch_back: true }));
  }

  @Get()
  @Operation({ role: 'admin', summary: 'The latest rebuilds, newest first', answer: 'RebuildList' })
  async list(): Promise<string> {
    const rebuilds = (await this.model.rebuilds.list()).map(objectOf);
    return JSON.stringify({ object: 'list', data_ref: 'rebuilds', rebuilds });
  }

  @Get(':id')
  @Operation({ role: 'admin', summary: 'How far a rebuild is, and its report', answer: 'Rebuild' })
  async get(@Param('id') id: string): Promise<string> {
    return shown((await this.model.rebuilds.find(id)) ?? notFound(id));
  }

  @Post(':id/pause')
  @Operation({ role: 'admin', summary: 'Let a rebuild rest after the step in hand', answer: 'Rebuild' })
  pause(@Param('id') id: string): Promise<string> {
    return this.wish(id, 'pause');
  }

  @Post(':id/resume')
  @Operation({ role: 'admin', summary: 'Let a paused rebuild go on', answer: 'Rebuild' })
  resume(@Param('id') id: string): Promise<string> {
    return this.wish(id, 'resume');
  }

  @Post(':id/cancel')
  @Operation({ role: 'admin', summary: 'Give a rebuild up: what was built is dropped', answer: 'Rebuild' })
  cancel(@Param('id') id: string): Promise<string> {
    return this.wish(id, 'cancel');
  }

  private async wish(id: string, wish: keyof typeof WISHES): Promise<string> {
    return shown((await this.model.rebuilds.wish(id, WISHES[wish])) ?? notFound(id));
  }
}

const objectOf = (rebuild: Rebuild): object => ({ ...rebuild, object: 'rebuild' });

const shown = (rebuild: Rebuild): string => JSON.stringify(objectOf(rebuild));

function notFound(id: string): never {
  throw new ContractError('not_found', `Cannot find rebuild with id ${id}`, { id, type: 'rebuild' });
}
