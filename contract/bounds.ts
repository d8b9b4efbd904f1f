/**
 * Every limit of the service, in one place, each with its reason. A bound that a caller can meet is
 * in docs/api.md too; the assertions at the end hold the limits that depend on each other together.
 */

/** Characters of a SKU. Small enough for a key, large enough for any catalogue's codes. */
export const skuLengthMax = 128;

/** Characters of the name of a location. */
export const locationLengthMax = 32;

/** Characters of the name of a sales channel. */
export const channelLengthMax = 32;

/** Locations of one channel: the search for the fewest locations of an order looks at sets of them. */
export const channelLocationsMax = 20;

/** Channels of one stack: all are in one record, which then has some 80 KB at most and needs no pages. */
export const channelsMax = 100;

/**
 * The age at which a function reads a channel again, in milliseconds: a change of a channel takes effect within
 * this time, and a busy function reads it once a second.
 */
export const channelMemoryMs = 1_000;

/** Counts of one request: as many as are written well within the time of a function. */
export const countsMax = 100;

/** SKUs of one look at what is available: as many rows as one request to the database reads. */
export const availabilitySkusMax = 100;

/** Locations of one SKU, besides the default one: a look at its stock reads the rows of all. */
export const locationsPerSkuMax = 1_000;

/** One line's quantity and a SKU's units on hand: far from the end of exact integers, even summed. */
export const unitsMax = 1_000_000_000;

/** Lines of one reservation as sent. Lines of the same SKU count once after merging. */
export const linesMax = 500;

/** Rows that one order writes side by side: the sockets and the processor time of one function. */
export const rowsInFlight = 32;

/**
 * Open markers of one row. With as many, a row is still under 1 KB, so that a hold costs one write
 * unit; and a row with more has more writers than it can serve.
 */
export const openMarkersMax = 20;

/**
 * Open markers with those of ends and of moves, which are placed for some milliseconds,
 * ends in batches.
 */
export const openMarkersWithEndsMax = 28;

/** Open markers of other processes from which on a writer verifies and removes them. */
export const openMarkersTidy = 7;

/**
 * Bytes of the record of one reservation: each change of some units may divide one more of its parts, and
 * DynamoDB takes items of 400 KB.
 */
export const recordBytesMax = 380_000;

/** Changes of one reservation that it remembers the idempotency key of: they take 25 KB. */
export const requestsMax = 500;

/**
 * Rows of one stock level. A row takes some 800 holds a second, so that 128 carry more than the function
 * environments of an account can send.
 */
export const shardsMax = 128;

/**
 * The time between two steps by which the core spreads a hot level, in milliseconds: the functions that
 * write to it need it to find the new rows.
 */
export const spreadEveryMs = 1_000;

/** The time without a change after which a level that the core has spread is one row again. */
export const quietLevelMs = 10 * 60 * 1000;

/**
 * How long an order of several lines has its SKUs leased, in milliseconds: many times what its two
 * requests take, and short enough that a function which died is not waited for until the deadline.
 */
export const orderLeaseMs = 4_000;

/**
 * The time for which a request waits for others that change the same records, in milliseconds, before
 * it answers `busy`: longer waits would keep the functions of an account busy with a popular SKU.
 */
export const contentionMsMax = 1_500;

/** Characters of an `orderId`, a `reference` and a `reason`. */
export const labelLengthMax = 128;

/**
 * Members of a reservation's `metadata`, characters of a name, and bytes of UTF-8 of all names and
 * values together. They are for a shop's references, not for its documents: each KB of a record costs a
 * write unit with every write of it, and the events carry it as well.
 */
export const metadataMembersMax = 20;
export const metadataNameLengthMax = 40;
export const metadataBytesMax = 2_048;

/** What of a caller's name is kept in the ledger, in characters: a record of stock stays under 1 KB. */
export const actorLengthMax = 128;

/** Characters of an `Idempotency-Key`. */
export const idempotencyKeyLengthMax = 255;

/** How long a hold may be asked for at once, in seconds: a day. */
export const holdSecondsMax = 86_400;

/** The shortest hold, in seconds. What was found to be alive is believed for as long. */
export const holdSecondsMin = 1;

/** How long a hold lasts when the caller does not say, in seconds: a slow payment page. */
export const holdSecondsDefault = 900;

/** A hold's whole life, extensions included, in milliseconds: a week, then the shop must decide. */
export const holdLifeMsMax = 7 * 24 * 60 * 60 * 1000;

/** Items of one page. One `BatchGetItem` reads 100. */
export const pageSizeMax = 100;
export const pageSizeDefault = 50;

/**
 * Entries of the index `byExpiry` that one page of a SKU's holds reads in all partitions together, those
 * of other SKUs included: some 16 MB where orders have a few lines, which cost 2,000 read units.
 */
export const holdEntriesMax = 160_000;

/** Bytes of a request body. */
export const bodyBytesMax = 256 * 1024;

/** The maximum nesting depth of a body or an event, many times the depth of the contract. */
export const jsonDepthMax = 32;

/** The maximum number of issues in one refusal: a body may have a fault in every few bytes. */
export const issuesMax = 20;

/** Maximum bytes of an answer. Lambda returns at most 6,291,556 bytes of JSON, with the answer escaped as a string. */
export const answerBytesMax = 5_000_000;

/**
 * Partitions of the index `byExpiry`. A partition takes 1,000 write units a second, and an entry costs
 * one when it is put and another when it is deleted: 500 holds a second for each partition, so that 16
 * carry 8,000 and 128 carry 64,000.
 */
export const expiryPartitionsDefault = 16;
export const expiryPartitionsMax = 256;

/** The oldest that a refusal for too few units may be, in milliseconds: less than a person notices. */
export const refusalMemoryMsMax = 200;

/**
 * The validity of a search for dead holds of a SKU, in milliseconds: the shortest hold's time, so
 * that no hold made since can have ended.
 */
export const searchValidMs = holdSecondsMin * 1000;

/** How long the record of an ended reservation is kept, in days, when the stack does not say. */
export const retentionDaysDefault = 30;

/** How long a function may run, in seconds: well under the 30 s that API Gateway waits. */
export const functionTimeoutSeconds = 10;

/**
 * The time for which an undecided marker is left to its owner, in milliseconds: many times what the owner needs
 * between its two writes, and less than the patience of a request that waits for it.
 */
export const attendedMs = 750;

/** The retention of the record of an abandoned request, in days: longer than any copy is on its way. */
export const abandonedDays = 1;

/** What a function keeps of its remaining time to write its answer and its log, in milliseconds. */
export const deadlineMarginMs = 500;

/** How long one DynamoDB request may take before it is tried again, in milliseconds. */
export const databaseRequestTimeoutMs = 2_000;

/** How long one request to SNS, SQS, SES or Secrets Manager may take before it is tried again. */
export const messagingRequestTimeoutMs = 5_000;

/** How long a sweep may run, in seconds: it is due again when it ends. */
export const sweepTimeoutSeconds = 60;
export const sweepIntervalMinutes = 1;

/**
 * One sweep in so many also resolves the markers of rows, by a scan of the table: an orphaned marker is
 * left for 5 minutes at most.
 */
export const rowsEveryRuns = 4;

/** Due holds that a sweep reads at once, and that it ends side by side. */
export const sweepPageSize = 100;
export const sweepInFlight = 16;

/** How long after its end an audit calls a hold, or a half-written order, stuck, in milliseconds. */
export const overdueMs = 10 * 60 * 1000;

/** How far ahead a lease of these tables may end, in milliseconds: many times the longest of ours. */
export const leaseEndMsMax = 60 * 1000;

/** How long an audit waits before it looks again at what seems wrong, in milliseconds. */
export const auditApartMs = 1_000;

/** SKUs with holds that an audit remembers at once: some 20 MB. */
export const auditSkusAtOnceMax = 100_000;

/** How long an audit may run, in seconds: as long as a function can; and how often it does. */
export const auditTimeoutSeconds = 900;
export const auditIntervalMinutes = 24 * 60;

/** Messages that a queue hands to a function at once, and how long the function may take for them. */
export const queueBatchSize = 10;
export const queueTimeoutSeconds = 20;

/**
 * How long a message stays away from others once it was handed out, in seconds: six times what the
 * function may take, as AWS advises, since a throttled invocation waits with its messages.
 */
export const queueVisibilitySeconds = 6 * queueTimeoutSeconds;

/**
 * How often a message is handed out before it is put aside, and the longest wait before it is again,
 * in seconds. The waits double from a second, less up to a half: together four to nine minutes.
 */
export const receivesMax = 10;
export const redeliverySecondsMax = 300;

/** How long what was put aside is kept for people, in days: the longest that SQS keeps a message. */
export const deadLetterDays = 14;

/** Records of a stream that a function is given at once, and how long it may take for them. */
export const streamBatchSize = 100;
export const streamTimeoutSeconds = 30;

/**
 * How often records of a stream that failed are given again, and how old they may get, in hours: a
 * stream keeps them for 24.
 */
export const streamRetriesMax = 1_000;
export const streamRecordHoursMax = 23;

/** Reservations that one `stock.shortfall` names: an event stays far below the 256 KB of a message. */
export const reservationsAtRiskMax = 100;

/**
 * Pages of the ledger that are read to find them, of `pageSizeMax` movements each. A reservation has two
 * movements or more, so that these are the last 500 at most; each page takes two requests.
 */
export const movementPagesAtRiskMax = 10;

/** How long a notification that is going out keeps others from sending it, in milliseconds. */
export const notificationLeaseMs = 15_000;

/** How long an event may wait before somebody is to look at it, in seconds. */
export const eventAgeSecondsMax = 300;

/** What `Retry-After` tells a caller who met too much traffic, in seconds. */
export const retryAfterSeconds = 1;

const holds = (condition: boolean, statement: string): void => {
  if (!condition) throw new Error(`contract/bounds.ts contradicts itself: ${statement}`);
};
holds(holdSecondsDefault <= holdSecondsMax, "the default hold is within its bound");
holds(holdSecondsMax * 1000 <= holdLifeMsMax, "the longest first hold fits into a hold's life");
holds(pageSizeDefault <= pageSizeMax, "the default page is within its bound");
holds(
  metadataMembersMax * metadataNameLengthMax < metadataBytesMax,
  "a reservation with all members of metadata has room for their values",
);
holds(
  holdEntriesMax / expiryPartitionsMax > pageSizeMax,
  "each partition may read as much as one page lists",
);
holds(unitsMax * linesMax <= Number.MAX_SAFE_INTEGER, "sums of quantities are exact");
holds(
  databaseRequestTimeoutMs + deadlineMarginMs < functionTimeoutSeconds * 1000,
  "a request that times out leaves time to try again",
);
holds(attendedMs < contentionMsMax, "a request outwaits the marker of an owner that died");
holds(
  queueTimeoutSeconds < queueVisibilitySeconds,
  "no message is handed out while it is worked on",
);
holds(redeliverySecondsMax <= 43_200, "a wait is none that SQS refuses");
holds(orderLeaseMs < leaseEndMsMax, "the lease of an order is none that an audit accuses");
holds(
  contentionMsMax + orderLeaseMs + deadlineMarginMs < functionTimeoutSeconds * 1000,
  "an order that has waited for as long as it may still has a whole lease",
);
