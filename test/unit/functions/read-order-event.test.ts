import { describe, expect, test } from "vitest";
import { orderEventTypes } from "../../../contract/order-events.ts";
import { RefusedMessage } from "../../../functions/events/read-message.ts";
import { readOrderEvent } from "../../../functions/events/read-order-event.ts";

const lines = [{ sku: "shirt", quantity: 2 }];
const placed = { orderId: "order-1", lines };

const plain = (type: string, data: object) => ({ type, ...data });
const cloudEvent = (type: string, data: unknown) => ({
  specversion: "1.0",
  id: "1",
  source: "/shop",
  type,
  data,
});

/** The envelope in which SNS brings a message to a queue. */
const wrapped = (message: unknown) =>
  JSON.stringify({
    Type: "Notification",
    MessageId: "5be1a2a8-0000-4000-8000-000000000000",
    TopicArn: "arn:aws:sns:eu-west-1:123456789012:orders",
    Message: typeof message === "string" ? message : JSON.stringify(message),
    Timestamp: "2026-01-02T03:04:05.678Z",
    SignatureVersion: "1",
  });

const identity = expect.stringMatching(/^[\w-]{43}$/) as string;

const lineCount = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ sku: `sku-${index}`, quantity: 1 }));

describe("an order event is read", () => {
  const shapes = [
    { shape: "plain", of: plain },
    { shape: "as a CloudEvent", of: cloudEvent },
  ];
  const envelopes = [
    { envelope: "raw", put: (message: object) => JSON.stringify(message) },
    { envelope: "wrapped by SNS", put: wrapped },
  ];
  const ways = shapes.flatMap((shape) => envelopes.map((envelope) => ({ ...shape, ...envelope })));

  test.each(ways)("$shape, $envelope", ({ of, put }) => {
    for (const [type, data] of [
      ["order.placed", { ...placed, ttlSeconds: 60 }],
      ["order.paid", { orderId: "order-1" }],
      ["order.fulfilled", { orderId: "order-1" }],
      ["order.fulfilled", placed],
      ["order.cancelled", { orderId: "order-1" }],
      ["order.returned", { ...placed, reason: "too small" }],
      ["order.returned", placed],
    ] as const) {
      expect(readOrderEvent(put(of(type, data)))).toEqual({ type, data, identity });
    }
  });

  test.each(ways)("without the members that are not known here: $shape, $envelope", (way) => {
    const more = { ...placed, customer: "ann", lines: [{ ...lines[0], price: 9.5 }] };
    expect(readOrderEvent(way.put(way.of("order.placed", more)))).toEqual({
      type: "order.placed",
      data: placed,
      identity,
    });
  });

  test("without a time to live when it names none", () => {
    const { data } = readOrderEvent(JSON.stringify(plain("order.placed", placed)));
    expect(data).not.toHaveProperty("ttlSeconds");
  });

  test("of 500 lines", () => {
    const event = plain("order.placed", { orderId: "order-1", lines: lineCount(500) });
    expect(readOrderEvent(JSON.stringify(event)).data).toHaveProperty("lines", lineCount(500));
  });

  test("at each bound of its values", () => {
    const least = { orderId: "o", lines: [{ sku: "s", quantity: 1 }], ttlSeconds: 1, metadata: {} };
    const most = {
      orderId: "o".repeat(128),
      lines: [{ sku: "s".repeat(128), quantity: 1_000_000_000 }],
      ttlSeconds: 86_400,
      metadata: { note: "x".repeat(2_044) },
    };
    for (const data of [least, most]) {
      expect(readOrderEvent(JSON.stringify(plain("order.placed", data))).data).toEqual(data);
    }
  });

  test("raw, when a member of its own is called as SNS calls one", () => {
    const event = plain("order.paid", { orderId: "order-1", Message: "{}", Type: "Notification" });
    expect(readOrderEvent(JSON.stringify(event)).data).toEqual({ orderId: "order-1" });
  });
});

describe("the identity of an event", () => {
  const identityOf = (message: object) => readOrderEvent(JSON.stringify(message)).identity;
  const shipped = plain("order.fulfilled", placed);

  test("is that of its id, whatever the content", () => {
    const first = identityOf({ ...shipped, id: "7" });
    expect(identityOf({ ...shipped, id: "7", lines: [{ sku: "hat", quantity: 1 }] })).toBe(first);
    expect(identityOf({ ...shipped, id: "8" })).not.toBe(first);
    expect(readOrderEvent(wrapped({ ...shipped, id: "7" })).identity).toBe(first);
  });

  test("is that of the id with the source in a CloudEvent", () => {
    const event = cloudEvent("order.fulfilled", placed);
    expect(identityOf({ ...event, time: "2026-01-02T03:04:05Z" })).toBe(identityOf(event));
    expect(identityOf({ ...event, id: "2" })).not.toBe(identityOf(event));
    expect(identityOf({ ...event, source: "/warehouse" })).not.toBe(identityOf(event));
  });

  test("is that of its content where it has no id", () => {
    const more = { sentAt: "2026-01-02T03:04:05Z", lines: [{ ...lines[0], price: 9.5 }] };
    expect(identityOf({ ...shipped, ...more })).toBe(identityOf(shipped));
    const other = { ...shipped, lines: [{ sku: "shirt", quantity: 1 }] };
    expect(identityOf(other)).not.toBe(identityOf(shipped));
    expect(identityOf({ ...shipped, orderId: "order-2" })).not.toBe(identityOf(shipped));
    const { source: _, id: __, ...anonymous } = cloudEvent("order.fulfilled", placed);
    expect(identityOf(anonymous)).toBe(identityOf(shipped));
  });

  test("is another one for each type", () => {
    const types = ["order.placed", "order.fulfilled", "order.returned"];
    for (const more of [{}, { id: "7" }]) {
      const identities = types.map((type) => identityOf({ ...plain(type, placed), ...more }));
      expect(new Set(identities).size).toBe(types.length);
    }
  });
});

const refusalOf = (body: string): string => {
  try {
    readOrderEvent(body);
  } catch (error) {
    expect(error).toBeInstanceOf(RefusedMessage);
    return (error as Error).message;
  }
  throw new Error(`nothing was wrong with ${body}`);
};

describe("a message that no repeat can make good is refused, with what is wrong:", () => {
  const known = `known are ${orderEventTypes.join(", ")}`;

  test.each([
    ["text", "order placed", /^The message is not JSON: /],
    ["nothing", "", /^The message is not JSON: /],
    ["half an object", '{"type":', /^The message is not JSON: /],
    ["an array", "[]", "The message is an array: it must be a JSON object"],
    ["null", "null", "The message is null: it must be a JSON object"],
    ["a number", "12", "The message is a number: it must be a JSON object"],
    ["a string", '"order.paid"', "The message is a string: it must be a JSON object"],
    [
      "text that SNS brought",
      wrapped("order placed"),
      /^The message that SNS brought is not JSON: /,
    ],
    [
      "an array that SNS brought",
      wrapped([]),
      "The message that SNS brought is an array: it must be a JSON object",
    ],
    [
      "null that SNS brought",
      wrapped(null),
      "The message that SNS brought is null: it must be a JSON object",
    ],
    [
      "what SNS brought of what SNS brought",
      wrapped(wrapped(plain("order.paid", { orderId: "order-1" }))),
      `type undefined is not known: ${known}`,
    ],
    ["no type", "{}", `type undefined is not known: ${known}`],
    ["a type of no name", '{"type":null}', `type null is not known: ${known}`],
    ["another type", '{"type":"order.shipped"}', `type "order.shipped" is not known: ${known}`],
    ["a type in capitals", '{"type":"Order.Paid"}', `type "Order.Paid" is not known: ${known}`],
    [
      "a type that all objects have",
      '{"type":"toString"}',
      `type "toString" is not known: ${known}`,
    ],
    ...["", 7, null, ["7"], {}].map((id): [string, string, string] => [
      `the id ${JSON.stringify(id)}`,
      JSON.stringify({ ...cloudEvent("order.fulfilled", placed), id }),
      `id ${JSON.stringify(id)} is not valid: it must be text that is not empty`,
    ]),
    [
      "an old CloudEvent",
      JSON.stringify({ ...cloudEvent("order.paid", { orderId: "order-1" }), specversion: "0.3" }),
      'specversion "0.3" is not known: it must be "1.0"',
    ],
    [
      "a version that is a number",
      JSON.stringify({ ...cloudEvent("order.paid", { orderId: "order-1" }), specversion: 1 }),
      'specversion 1 is not known: it must be "1.0"',
    ],
  ])("%s", (_, body, message) => {
    if (typeof message === "string") expect(refusalOf(body)).toBe(message);
    else expect(refusalOf(body)).toMatch(message);
  });

  test("a CloudEvent without data, or with data that is text", () => {
    expect(refusalOf(JSON.stringify(cloudEvent("order.paid", undefined)))).toMatch(
      /^order\.paid: data .+/,
    );
    expect(refusalOf(JSON.stringify(cloudEvent("order.paid", '{"orderId":"a"}')))).toMatch(
      /^order\.paid: data .+/,
    );
  });

  test("a type that is longer than anybody wants to read, cut", () => {
    const message = refusalOf(JSON.stringify({ type: "x".repeat(100_000) }));
    expect(message.length).toBeLessThan(200);
  });
});

describe("values out of their bounds are refused by name, with what was sent:", () => {
  test.each<[string, string, object, string]>([
    [
      "no orderId",
      "order.paid",
      {},
      "orderId is missing: it must be 1 to 128 printable characters",
    ],
    ["no orderId", "order.cancelled", {}, "orderId is missing"],
    ["no orderId", "order.placed", { lines }, "orderId is missing"],
    ["no orderId", "order.fulfilled", { lines }, "orderId is missing"],
    [
      "empty lines",
      "order.fulfilled",
      { ...placed, lines: [] },
      "lines must have 1 to 500 entries",
    ],
    ["no lines", "order.returned", { orderId: "a" }, "lines is missing"],
    ["an empty reason", "order.returned", { ...placed, reason: "" }, "reason must be 1 to 128"],
    [
      "no lines",
      "order.placed",
      { orderId: "a" },
      "lines is missing: it must be a list of 1 to 500",
    ],
    [
      "empty lines",
      "order.placed",
      { ...placed, lines: [] },
      "lines must have 1 to 500 entries, not 0",
    ],
    [
      "501 lines",
      "order.placed",
      { ...placed, lines: lineCount(501) },
      "lines must have 1 to 500 entries, not 501",
    ],
    [
      "one line as lines",
      "order.placed",
      { ...placed, lines: lines[0] },
      "lines must be a list of",
    ],
    ["an empty orderId", "order.paid", { orderId: "" }, 'orderId must be 1 to 128 .*, not ""'],
    ["a number as orderId", "order.paid", { orderId: 7 }, "orderId must be 1 to 128 .*, not 7"],
    ["a long orderId", "order.paid", { orderId: "o".repeat(129) }, 'orderId must be .*, not "ooo'],
    [
      "a line break in the orderId",
      "order.paid",
      { orderId: "a\nb" },
      'orderId must be .*, not "a\\\\nb"',
    ],
    [
      "no quantity",
      "order.placed",
      { ...placed, lines: [{ sku: "a" }] },
      "lines\\[0\\]\\.quantity is missing: it must be a whole number from 1 to 1,000,000,000",
    ],
    ...[0, -1, 1.5, 1_000_000_001].map(
      (quantity) =>
        [
          `a quantity of ${quantity}`,
          "order.placed",
          { ...placed, lines: [...lines, { sku: "a", quantity }] },
          `lines\\[1\\]\\.quantity must be a whole number from 1 to 1,000,000,000, not ${quantity}`,
        ] as [string, string, object, string],
    ),
    [
      "a quantity as text",
      "order.placed",
      { ...placed, lines: [{ sku: "a", quantity: "2" }] },
      'lines\\[0\\]\\.quantity must be .*, not "2"',
    ],
    [
      "a SKU with a blank",
      "order.placed",
      { ...placed, lines: [{ sku: "a b", quantity: 1 }] },
      'lines\\[0\\]\\.sku must be 1 to 128 .*, not "a b"',
    ],
    ...[0, 86_401].map(
      (ttlSeconds) =>
        [
          `a hold of ${ttlSeconds} seconds`,
          "order.placed",
          { ...placed, ttlSeconds },
          `ttlSeconds must be a whole number from 1 to 86,400, not ${ttlSeconds}`,
        ] as [string, string, object, string],
    ),
    [
      "a number as metadata",
      "order.placed",
      { ...placed, metadata: 7 },
      "metadata must be a JSON object of text members, not 7",
    ],
    [
      "a number in the metadata",
      "order.placed",
      { ...placed, metadata: { till: 7 } },
      "metadata\\.till must be text, not 7",
    ],
  ])("%s in %s", (_, type, data, message) => {
    const pattern = new RegExp(`^${type.replace(".", "\\.")}: .*${message}`);
    expect(refusalOf(JSON.stringify(plain(type, data)))).toMatch(pattern);
    expect(refusalOf(wrapped(cloudEvent(type, data)))).toMatch(pattern);
  });

  test("all that is wrong is told at once", () => {
    const data = { lines: [{ sku: "", quantity: 0 }], ttlSeconds: -1 };
    const message = refusalOf(JSON.stringify(plain("order.placed", data)));
    for (const name of ["orderId", "lines[0].sku", "lines[0].quantity", "ttlSeconds"]) {
      expect(message).toContain(name);
    }
  });
});

test.each([
  ["raw", (text: string) => text],
  ["wrapped by SNS", wrapped],
])("an event that is nested 18,000 deep is refused for good: %s", (_, put) => {
  const deep = `${"[".repeat(18_000)}${"]".repeat(18_000)}`;
  const text = `{"type":"order.placed","orderId":"o","lines":${deep}}`;
  expect(() => readOrderEvent(put(text))).toThrow(RefusedMessage);
  expect(() => readOrderEvent(put(text))).toThrow(/is nested 18001 deep, more than 32$/);
});

test("an event with thousands of faults is refused with the first 20, and how many more there are", () => {
  const faulty = Array.from({ length: 400 }, () => ({ sku: "", quantity: 0 }));
  const text = JSON.stringify(plain("order.placed", { orderId: "o", lines: faulty }));
  expect(() => readOrderEvent(text)).toThrow(
    /^order.placed: lines\[0\].sku must be 1 to 128 .*; and 780 more$/,
  );
});
