import { type PublicationFact, recordPublication } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordPublication extends CustomerCommand<PublicationFact> {}

export const publicationCommands = [decides(RecordPublication, recordPublication)];
