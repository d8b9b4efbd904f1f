/** Both doors are one client to its caller: outputs, errors, retries and tokens are the same. */
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { directDoor } from "../../../../lab/simulator/doors/direct-door.ts";
import { jsonDoor } from "../../../../lab/simulator/doors/json-door.ts";
import { leanClient } from "../../../../lab/simulator/doors/lean-client.ts";
import type { Transport, TransportRequest } from "../../../../lab/simulator/doors/transport.ts";
import {
  createEngine,
  RequestError,
  transactionCancelled,
} from "../../../../lab/simulator/engine/engine.ts";

const options = { maxAttempts: 3, retryMode: "standard" };
const clients: Record<string, (transport: Transport) => DynamoDBClient> = {
  json: (transport) => new DynamoDBClient({ ...jsonDoor(transport), ...options }),
  objects: (transport) => new DynamoDBClient({ ...directDoor(transport), ...options }),
  "json, lean": (transport) => leanClient({ ...jsonDoor(transport), ...options }),
  "objects, lean": (transport) => leanClient({ ...directDoor(transport), ...options }),
};
const doors = Object.entries(clients);

const get = new GetCommand({ TableName: "stock", Key: { sku: "a" } });
const write = new TransactWriteCommand({
  TransactItems: [{ Delete: { TableName: "stock", Key: { sku: "a" } } }],
});

/** A transport that rejects with these errors, then answers; and the attempts that it took. */
const failing = (...errors: unknown[]) => {
  const attempts: TransportRequest[] = [];
  const transport: Transport = async (request) => {
    const error = errors[attempts.push(request) - 1];
    // oxlint-disable-next-line typescript/only-throw-error
    if (error !== undefined) throw error;
    return {};
  };
  return { attempts, transport };
};

const errorOf = (sent: Promise<unknown>) =>
  sent.then(
    () => expect.unreachable("was accepted"),
    (error: unknown) => error as Error & Record<string, unknown>,
  );

/** The part of an error that a caller sees. */
const seen = (error: Error & Record<string, unknown>) => {
  const { httpStatusCode, attempts } = error.$metadata as Record<string, number>;
  const { name, message, $fault, Item, CancellationReasons, __type: type } = error;
  const { name: kind } = error.constructor;
  return { name, message, $fault, Item, CancellationReasons, type, kind, httpStatusCode, attempts };
};

const answers = {
  condition: new RequestError("ConditionalCheckFailedException", "The conditional request failed", {
    Item: { sku: { S: "a" }, tags: { SS: ["x"] }, bytes: { B: new Uint8Array([1, 2]) } },
  }),
  cancelled: transactionCancelled([
    { Code: "None" },
    { Code: "ConditionalCheckFailed", Message: "failed", Item: { sku: { S: "b" } } },
  ]),
  unmodelled: new RequestError("ValidationException", "Supplied AttributeValue is empty"),
  conflict: new RequestError("TransactionConflictException", "Transaction is ongoing for the item"),
};

describe("the doors", () => {
  test.each(Object.entries(answers))("raise one exception for %s", async (_, answer) => {
    const errors = await Promise.all(
      doors.map(async ([, connect]) => {
        const { transport, attempts } = failing(answer);
        const error = await errorOf(DynamoDBDocumentClient.from(connect(transport)).send(get));
        expect(attempts).toHaveLength(1);
        return seen(error);
      }),
    );
    expect(errors[0]).toMatchObject({ name: answer.name, message: answer.message, attempts: 1 });
    for (const error of errors) expect(error).toEqual(errors[0]);
  });

  test.each(doors)("retry throttling and faults as one call (%s)", async (_, connect) => {
    const throttled = new RequestError("ThrottlingException", "Rate exceeded");
    const fault = new RequestError("InternalServerError", "Internal server error", {}, 500);
    const { transport, attempts } = failing(throttled, fault);
    const output = await DynamoDBDocumentClient.from(connect(transport)).send(get);
    expect(output.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 3 });
    expect(new Set(attempts.map(({ invocationId }) => invocationId)).size).toBe(1);
    expect(attempts[0]!.invocationId).not.toBe("");
  });

  test.each(doors)("give up after the third fault (%s)", async (_, connect) => {
    const fault = () => new RequestError("InternalServerError", "Internal server error", {}, 500);
    const { transport, attempts } = failing(fault(), fault(), fault());
    const error = await errorOf(DynamoDBDocumentClient.from(connect(transport)).send(get));
    expect(seen(error)).toMatchObject({ name: "InternalServerError", attempts: 3 });
    expect(attempts).toHaveLength(3);
  });

  test.each(doors)("pass on what is no answer, and retry a timeout (%s)", async (_, connect) => {
    const lost = Object.assign(new Error("socket hang up"), { name: "TimeoutError" });
    const { transport, attempts } = failing(lost);
    await DynamoDBDocumentClient.from(connect(transport)).send(get);
    expect(attempts).toHaveLength(2);
    const bug = new RangeError("a bug");
    expect(
      await errorOf(connect(failing(bug).transport).send(new GetItemCommand(get.input as never))),
    ).toBe(bug);
  });

  test.each(doors)("give all attempts of a transaction one token (%s)", async (_, connect) => {
    const { transport, attempts } = failing(
      new RequestError("ProvisionedThroughputExceededException", "Rate exceeded"),
    );
    const client = DynamoDBDocumentClient.from(connect(transport));
    await client.send(write);
    await client.send(write);
    const tokens = attempts.map(
      ({ input }) => (input as { ClientRequestToken: string }).ClientRequestToken,
    );
    expect(tokens).toHaveLength(3);
    expect(tokens[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  test.each(doors)("keep the token that a caller gives (%s)", async (_, connect) => {
    const { transport, attempts } = failing();
    const client = DynamoDBDocumentClient.from(connect(transport));
    await client.send(new TransactWriteCommand({ ...write.input, ClientRequestToken: "mine" }));
    expect(attempts[0]!.input).toMatchObject({ ClientRequestToken: "mine" });
  });

  test.each(doors)("carry every type of value there and back (%s)", async (_, connect) => {
    const engine = createEngine([
      { name: "stock", partitionKey: { name: "sku", type: "S" }, indexes: [] },
    ]);
    const client = connect(async ({ operation, input }) => engine.execute(operation, input));
    const Item = {
      sku: { S: "a" },
      n: { N: "-12345678901234567890.5" },
      b: { B: new Uint8Array([0, 255]) },
      bs: { BS: [new Uint8Array([1]), new Uint8Array([2])] },
      ns: { NS: ["1", "2"] },
      m: { M: { B: { S: "text" }, l: { L: [{ NULL: true as const }, { BOOL: false }] } } },
    };
    await client.send(new PutItemCommand({ TableName: "stock", Item }));
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: "stock", Key: { sku: { S: "a" } } }),
    );
    expect(JSON.stringify(found, bytesAsText)).toBe(JSON.stringify(Item, bytesAsText));
  });

  test.each(doors)("hand the caller's abort signal to the transport (%s)", async (_, connect) => {
    const abort = new AbortController();
    const client = connect(
      (_request, signal) =>
        new Promise((_resolve, reject) => {
          signal!.addEventListener("abort", () =>
            reject(Object.assign(new Error("aborted"), { name: "AbortError" })),
          );
          abort.abort();
        }),
    );
    const sent = client.send(new GetItemCommand(get.input as never), { abortSignal: abort.signal });
    expect((await errorOf(sent)).name).toBe("AbortError");
  });
});

/** Buffers and plain arrays of bytes alike. */
function bytesAsText(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const member = this[name];
  return member instanceof Uint8Array ? `bytes ${[...member].join(" ")}` : value;
}
