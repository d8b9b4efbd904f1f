/** The requests of the core to DynamoDB, for a test to count, to hold up, or to cut off. */
import type { TestDatabase } from "./database.ts";

export interface SentRequest {
  /** As DynamoDB names it: `UpdateItem`. */
  operation: string;
  table: string | undefined;
  /** The key of the one item that it is about, or undefined. */
  key: string | undefined;
}

interface AnyCommand {
  constructor: { name: string };
  input: {
    TableName?: string;
    Key?: Record<string, unknown>;
    Item?: Record<string, unknown>;
  };
}

const operations: Record<string, string> = {
  GetCommand: "GetItem",
  PutCommand: "PutItem",
  UpdateCommand: "UpdateItem",
  BatchGetCommand: "BatchGetItem",
};

const requestOf = ({ constructor, input }: AnyCommand): SentRequest => {
  const key = input.Key ?? input.Item ?? {};
  return {
    operation: operations[constructor.name] ?? constructor.name,
    table: input.TableName,
    key: (key["sku"] ?? key["reservationId"]) as string | undefined,
  };
};

/**
 * The same tables, with each request passed to `onRequest`, which sends it by `next`, or rejects. What it
 * rejects with is an answer that never came.
 */
export const intercept = (
  database: TestDatabase,
  onRequest: (request: SentRequest, next: () => Promise<unknown>) => Promise<unknown>,
): TestDatabase => {
  const client = Object.create(database.client) as TestDatabase["client"];
  const send = (command: AnyCommand, options: object) =>
    onRequest(requestOf(command), () => database.client.send(command as never, options));
  client.send = send as typeof client.send;
  return { ...database, client };
};

/** The requests that were sent, and in how many rounds: those of one round wait for their answers together. */
export interface RequestCount {
  requests: SentRequest[];
  rounds: number;
}

export const countRequests = (database: TestDatabase) => {
  let count: RequestCount = { requests: [], rounds: 0 };
  let inFlight = 0;
  const counted = intercept(database, async (request, next) => {
    count.requests.push(request);
    if (inFlight === 0) count.rounds += 1;
    inFlight += 1;
    try {
      return await next();
    } finally {
      inFlight -= 1;
    }
  });
  /** The count since the last call. */
  const take = (): RequestCount => {
    const taken = count;
    count = { requests: [], rounds: 0 };
    return taken;
  };
  return { database: counted, take };
};

/** The number of requests of each operation. */
export const tallyOf = ({ requests }: RequestCount): Record<string, number> => {
  const tally: Record<string, number> = {};
  for (const { operation } of requests) tally[operation] = (tally[operation] ?? 0) + 1;
  return tally;
};

/** The process of this database dies after so many requests: no later one is sent. */
export const dieAfter = (database: TestDatabase, requests: number) => {
  let left = requests;
  let isDead = false;
  const dying = intercept(database, async (_request, next) => {
    isDead ||= left === 0;
    if (isDead) throw new Error("The process has died.");
    left -= 1;
    return next();
  });
  return { database: { ...dying, sleep: async () => {} }, isDead: () => isDead };
};

/** The answer to the first put of a record is lost, and `then` is done before the put is sent again. */
export const loseAnswerToPut = (
  database: TestDatabase,
  then: () => Promise<unknown>,
): TestDatabase => {
  let isLost = false;
  const losing = intercept(database, async ({ operation }, next) => {
    const answer = await next();
    if (operation !== "PutItem" || isLost) return answer;
    isLost = true;
    await then();
    throw new Error("The connection was reset.");
  });
  return { ...losing, sleep: async () => {} };
};

/** Something is done once, before the first request of an operation is sent. */
export const doBeforeFirst = (
  database: TestDatabase,
  operation: string,
  work: () => Promise<unknown>,
) => {
  let isDone = false;
  const slow = intercept(database, async (request, next) => {
    if (request.operation === operation && !isDone) {
      isDone = true;
      await work();
    }
    return next();
  });
  return { database: slow, isDone: () => isDone };
};
