import { Controller, Get, Param, Post } from '@nestjs/common';
import { ContractError, RebuildBody } from '#contract';
import { ReadModel, type Rebuild } from '#read-model';
import { FromBody } from './bound.js';
import { Operation } from './operation.js';

const WISHES = { pause: 'pause', resume: 'run', cancel: 'cancel' } as const;

/** Rebuilds of the read model. An instance with the role `projector` carries them out. */
@Controller('v1/rebuilds')
export class RebuildsController {
  constructor(private readonly model: ReadModel) {}

  @Post()
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Rebuild the read model, or one customer of it',
    description:
      'Builds a new generation of all rows beside the live one, compares them field by field, and switches to the new one. ' +
      'With `check_only` nothing changes.',
    answer: 'Rebuild',
  })
  async request(@FromBody(RebuildBody) { check_only, customer: ref }: RebuildBody): Promise<string> {
    // the read model may lack the customer: it can be rebuilt by id
    const customer = ref === undefined ? undefined : ((await this.model.customer(ref))?.id ?? ref);
    return shown(await this.model.rebuilds.request({ check_only, customer }));
  }

  @Post('switch-back')
  @Operation({
    role: 'admin',
    status: 202,
    summary: 'Switch back to the previous generation, once it has caught up',
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
  @Operation({ role: 'admin', summary: 'Read a rebuild: its progress and its report', answer: 'Rebuild' })
  async get(@Param('id') id: string): Promise<string> {
    return shown((await this.model.rebuilds.find(id)) ?? notFound(id));
  }

  @Post(':id/pause')
  @Operation({ role: 'admin', summary: 'Pause a rebuild after its current step', answer: 'Rebuild' })
  pause(@Param('id') id: string): Promise<string> {
    return this.wish(id, 'pause');
  }

  @Post(':id/resume')
  @Operation({ role: 'admin', summary: 'Resume a paused rebuild', answer: 'Rebuild' })
  resume(@Param('id') id: string): Promise<string> {
    return this.wish(id, 'resume');
  }

  @Post(':id/cancel')
  @Operation({ role: 'admin', summary: 'Cancel a rebuild and drop its rows', answer: 'Rebuild' })
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
