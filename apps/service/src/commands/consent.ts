import { changeConsents, type ConsentFact, type ConsentsSaid, recordConsents } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class ChangeConsents extends CustomerCommand<ConsentsSaid> {}
export class RecordConsents extends CustomerCommand<ConsentFact> {}

export const consentCommands = [decides(ChangeConsents, changeConsents), decides(RecordConsents, recordConsents)];
