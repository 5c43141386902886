import { recordValidation, type ValidationFact } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordValidation extends CustomerCommand<ValidationFact> {}

export const validationCommands = [decides(RecordValidation, recordValidation)];
