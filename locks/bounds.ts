/**
 * Every limit of the lock library, in one place, each with its reason. A call outside of them is
 * refused with the value and the bound, and changes nothing.
 */

/** Bytes of a name in UTF-8. A DynamoDB key takes 2,048 and a name gets a prefix there. */
export const nameBytesMax = 1_024;

/** Names of one acquisition: one DynamoDB transaction takes 100 actions. */
export const namesMax = 100;

/** How long a lease lasts, in milliseconds. Below the lower bound its margin is mere scheduling. */
export const leaseMsMin = 100;
export const leaseMsMax = 60 * 60 * 1_000;
export const leaseMsDefault = 10_000;

/** How long a caller may wait for other holders, in milliseconds. */
export const waitMsMax = 60 * 60 * 1_000;
export const waitMsDefault = 10_000;

/** How long one request to the server may take before its answer counts as lost, in milliseconds. */
export const requestTimeoutMsMin = 10;
export const requestTimeoutMsMax = 60_000;
export const requestTimeoutMsDefault = 1_000;

/**
 * How long the record of a run is kept, in milliseconds. Absent, as long as SQS may keep a message and
 * so deliver it again; at most a year.
 */
export const retentionMsMin = 100;
export const retentionMsMax = 365 * 24 * 60 * 60 * 1_000;
export const retentionMsDefault = 14 * 24 * 60 * 60 * 1_000;

/**
 * The margin: how long before its end a lease is no longer trusted, in milliseconds. Pauses of the
 * holder between its last look at the lease and its write, and the drift of two clocks over the
 * lease, stay harmless while they are below it together.
 */
export const marginMs = (leaseMs: number): number => Math.ceil(leaseMs / 10);

/** How soon a lease that renews itself is renewed: twice more may fail before its margin. */
export const renewalIntervalMs = (leaseMs: number): number => Math.floor(leaseMs / 3);

/** Bounds of a poller's waits, in milliseconds; they grow from the first to the second. */
export const pollFirstMs = 10;
export const pollMaxMs = 250;

const holds = (condition: boolean, statement: string): void => {
  if (!condition) throw new Error(`locks/bounds.ts contradicts itself: ${statement}`);
};
holds(leaseMsMin <= leaseMsDefault && leaseMsDefault <= leaseMsMax, "the default lease is allowed");
holds(waitMsDefault <= waitMsMax, "the default wait is allowed");
holds(
  requestTimeoutMsMin <= requestTimeoutMsDefault && requestTimeoutMsDefault <= requestTimeoutMsMax,
  "the default request timeout is allowed",
);
holds(
  retentionMsMin <= retentionMsDefault && retentionMsDefault <= retentionMsMax,
  "the default retention is allowed",
);
holds(
  2 * renewalIntervalMs(leaseMsMin) + marginMs(leaseMsMin) < leaseMsMin,
  "a renewal that fails leaves time for another one",
);
