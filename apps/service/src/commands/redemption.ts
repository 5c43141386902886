import { recordRedemption, recordRollback, type RedemptionFact, type RollbackFact } from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordRedemption extends CustomerCommand<RedemptionFact> {}
export class RecordRollback extends CustomerCommand<RollbackFact> {}

export const redemptionCommands = [
  decides(RecordRedemption, recordRedemption),
  decides(RecordRollback, recordRollback),
];
