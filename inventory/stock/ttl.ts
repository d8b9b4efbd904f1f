const secondsPerDay = 24 * 60 * 60;

/** The time at which DynamoDB may remove a record, so many days later, in seconds of the epoch. */
export const ttlSecondsAfter = (nowMs: number, days: number): number =>
  Math.floor(nowMs / 1000) + days * secondsPerDay;
