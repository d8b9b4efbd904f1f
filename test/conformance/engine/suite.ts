/** The parts that the suite's files share: an engine, a table of stock, and writes to it. */
import { randomUUID } from "node:crypto";
import {
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  type DynamoDBDocumentClient,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { beforeAll, expect, test } from "vitest";
import type { EngineName, EngineTables, EngineUnderTest } from "../../support/engine-under-test.ts";
import { differences } from "./differences.ts";

export type Action = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];
type Item = Record<string, unknown>;

export interface Suite {
  title: string;
  /** Known once the tests run. */
  readonly tables: EngineTables;
  send: DynamoDBDocumentClient["send"];
  /** A test, skipped on an engine that does not pass it. */
  check: (name: string, run: () => Promise<void>) => void;
  /** A test for each expression. */
  checkEach: <Case extends { expression: string }>(
    cases: readonly Case[],
    nameOf: (one: Case) => string,
    run: (one: Case) => Promise<void>,
  ) => void;
  /** Puts a SKU with five available units, and returns it. */
  putStock: (more?: object) => Promise<string>;
  getStock: (sku: string) => Promise<Item | undefined>;
  /** Takes units of a SKU while there are enough. */
  take: (sku: string, units: number) => Action;
  transact: (actions: Action[], token?: string) => Promise<unknown>;
}

export const createSuite = (
  title: string,
  engine: EngineName,
  start: () => Promise<EngineUnderTest>,
): Suite => {
  let started: EngineUnderTest;
  beforeAll(async () => {
    started = await start();
  });
  const send: Suite["send"] = (...parts: [never]) => started.client.send(...parts);
  const stock = () => started.tables.stock;
  const check: Suite["check"] = (name, run) =>
    test.skipIf(differences[engine]?.[name] !== undefined)(name, run);

  return {
    title,
    get tables() {
      return started.tables;
    },
    send,
    check,
    checkEach: (cases, nameOf, run) => {
      for (const one of cases) check(`${one.expression} ${nameOf(one)}`, () => run(one));
    },
    putStock: async (more = {}) => {
      const sku = randomUUID();
      await send(new PutCommand({ TableName: stock(), Item: { sku, available: 5, ...more } }));
      return sku;
    },
    getStock: async (sku) => {
      const command = new GetCommand({ TableName: stock(), Key: { sku }, ConsistentRead: true });
      return (await send(command)).Item;
    },
    take: (sku, units) => ({
      Update: {
        TableName: stock(),
        Key: { sku },
        UpdateExpression: "SET available = available - :units",
        ConditionExpression: "available >= :units",
        ExpressionAttributeValues: { ":units": units },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    }),
    transact: (actions, token) =>
      send(new TransactWriteCommand({ TransactItems: actions, ClientRequestToken: token })),
  };
};

export const errorOf = (sent: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  sent.then(
    () => expect.unreachable("was accepted"),
    (error: unknown) => error as Error & Record<string, unknown>,
  );

export const namesOf = (items: readonly object[] | undefined) =>
  items?.map((item) => (item as { name: string }).name);
