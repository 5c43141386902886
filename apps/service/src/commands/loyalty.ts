import {
  type CardAvailabilityFact,
  type LoyaltyPointsFact,
  type PendingPointsFact,
  type PointsSpentFact,
  recordCardAvailability,
  recordLoyaltyPoints,
  recordPendingPoints,
  recordTier,
  type TierFact,
} from '#customer';
import { CustomerCommand, decides } from './customer-command.js';

export class RecordLoyaltyPoints extends CustomerCommand<LoyaltyPointsFact | PointsSpentFact> {}
export class RecordPendingPoints extends CustomerCommand<PendingPointsFact> {}
export class RecordCardAvailability extends CustomerCommand<CardAvailabilityFact> {}
export class RecordTier extends CustomerCommand<TierFact> {}

export const loyaltyCommands = [
  decides(RecordLoyaltyPoints, recordLoyaltyPoints),
  decides(RecordPendingPoints, recordPendingPoints),
  decides(RecordCardAvailability, recordCardAvailability),
  decides(RecordTier, recordTier),
];
