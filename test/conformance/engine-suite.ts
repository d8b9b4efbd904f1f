/**
 * The part of DynamoDB that Holdfast relies on, for every engine that stands in for it. Where
 * engines differ, AWS's documentation decides, and engine/differences.ts lists the tests that an
 * engine does not pass.
 */
import type { EngineName, EngineUnderTest } from "../support/engine-under-test.ts";
import { describeBatches } from "./engine/batches.ts";
import { describeConditions } from "./engine/conditions.ts";
import { describeIndexes } from "./engine/indexes.ts";
import { describeQueries } from "./engine/queries.ts";
import { createSuite } from "./engine/suite.ts";
import { describeTransactions } from "./engine/transactions.ts";
import { describeUpdates } from "./engine/updates.ts";

/** Defines the tests. `title` names the engine, and the way to it where there are several. */
export const describeEngine = (
  title: string,
  engine: EngineName,
  start: () => Promise<EngineUnderTest>,
): void => {
  const suite = createSuite(title, engine, start);
  describeConditions(suite);
  describeUpdates(suite);
  describeTransactions(suite);
  describeIndexes(suite);
  describeQueries(suite);
  describeBatches(suite);
};
