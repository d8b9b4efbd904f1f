/** Times of the races, in milliseconds: short, so that what ends by itself does so while one waits. */

/** Of every lock. Its holder no longer trusts it a tenth before its end. */
export const leaseMs = 400;

/** How long a ZooKeeper keeps the place of a client that it does not hear of. */
export const sessionTimeoutMs = 600;

/** Everybody has the same clock here. Between machines, a dead holder's row waits for this too. */
export const clockSkewMs = 0;
