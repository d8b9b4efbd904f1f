/** Everything that a caller can get wrong: each has its code, names the value, and changes nothing. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema, type Problem } from "../../contract/problem-schemas.ts";
import { createClient, type Answer, type Client } from "../support/http-client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;
let client: Client;

const sku = "unit";
const json = { "Content-Type": "application/json" };

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
  await client.put(`/v1/stock/${sku}`, { onHand: 100 });
});

afterAll(() => run.stop());

const everything = async () => {
  const stock = await client.get("/v1/stock");
  const orders = await client.get("/v1/reservations?orderId=order");
  const channels = await client.get("/v1/channels");
  return [stock.body, orders.body, channels.body];
};

let before: unknown;

beforeEach(async () => {
  before = await everything();
});

afterEach(async () => {
  expect(await everything()).toEqual(before);
});

const expectRefusal = (answer: Answer, status: number, code: string): Problem => {
  const problem = z.parse(problemSchema, answer.body);
  expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
  return problem;
};

const reserve = (body: unknown) => client.post("/v1/reservations", body);
const line = (quantity: unknown) => ({ lines: [{ sku, quantity }], orderId: "order" });

describe("a body", () => {
  test.each(["{", '{"lines":[}', "nonsense", "{'lines': []}", '{"a":1}{', "\u0000"])(
    "that is no JSON (%j) is invalid_json",
    async (text) => {
      const answer = await client.send("POST", "/v1/reservations", text, json);
      expectRefusal(answer, 400, "invalid_json");
    },
  );

  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

  test.each<[method: string, path: string]>([
    ["POST", "/v1/reservations"],
    ["PUT", "/v1/stock/unit"],
    ["POST", "/v1/stock/unit/adjustments"],
    ["POST", "/v1/stock/counts"],
    ["PUT", "/v1/channels/web"],
    ["PATCH", "/v1/reservations/some-id"],
    ["POST", "/v1/reservations/some-id/confirm"],
  ])("that is nested 18,000 deep is refused by %s %s", async (method, path) => {
    const answer = await client.send(method, path, nested(18_000), json);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toEqual([
      { path: "body", message: "must be nested at most 32 deep, not 18000" },
    ]);
  });

  test("may be nested 32 deep, and is then refused for what it is", async () => {
    const text = `{"lines":${nested(31)}}`;
    const answer = await client.send("POST", "/v1/reservations", text, json);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "lines[0]" }]);
  });

  test("that is not UTF-8 is invalid_json, so that no two texts become one", async () => {
    const text = Buffer.from('{"orderId":"order-?","lines":[{"sku":"unit","quantity":1}]}');
    for (const byte of [0xff, 0xc3]) {
      text[text.indexOf("?")] = byte;
      const { detail } = expectRefusal(
        await client.send("POST", "/v1/reservations", new Uint8Array(text), json),
        400,
        "invalid_json",
      );
      expect(detail).toBe("The body is not UTF-8.");
      text[text.indexOf(byte)] = "?".charCodeAt(0);
    }
  });

  test("with thousands of faults is refused with 20 issues, and the number of the others", async () => {
    const unknown = Array.from({ length: 15_000 }, (_, index) => [`m${index}`, 0]);
    const answer = await reserve({ ...line(1), ...Object.fromEntries(unknown) });
    const problem = expectRefusal(answer, 400, "invalid_request");
    expect(problem.issues).toHaveLength(20);
    expect(problem.moreIssues).toBe(14_980);
    expect(problem.detail).toMatch(/; and 14980 more$/);
  });

  test("that is empty where one is needed is invalid_json", async () => {
    for (const headers of [json, {}]) {
      const answer = await client.send("POST", "/v1/reservations", "", headers);
      expectRefusal(answer, 400, "invalid_json");
    }
    expectRefusal(await client.send("PUT", `/v1/stock/${sku}`), 400, "invalid_json");
  });

  test.each(["[]", "null", "7", '"text"', "true"])("that is %s is no request", async (text) => {
    const answer = await client.send("POST", "/v1/reservations", text, json);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toEqual([{ path: "body", message: `must be a JSON object, not ${text}` }]);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "image/png"])(
    "sent as %s is unsupported_media_type",
    async (type) => {
      const body = JSON.stringify(line(1));
      const headers = { "Content-Type": type };
      const answer = await client.send("POST", "/v1/reservations", body, headers);
      expect(expectRefusal(answer, 415, "unsupported_media_type").detail).toContain(type);
    },
  );

  test("of more than 256 KiB is too_large, of 256 KiB it is read", async () => {
    const padded = (bytes: number) => {
      const body = JSON.stringify(line(-1));
      return body + " ".repeat(bytes - body.length);
    };
    const over = await client.send("POST", "/v1/reservations", padded(256 * 1024 + 1), json);
    expect(expectRefusal(over, 413, "too_large").detail).toContain("262145");
    const just = await client.send("POST", "/v1/reservations", padded(256 * 1024), json);
    expectRefusal(just, 400, "invalid_request");
  });

  test("counts its bytes, not its characters", async () => {
    const body = JSON.stringify({ ...line(-1), orderId: "ü".repeat(140_000) });
    const answer = await client.send("POST", "/v1/reservations", body, json);
    expectRefusal(answer, 413, "too_large");
  });

  test("with unknown members is refused by their names, wherever they are", async () => {
    const answer = await reserve({
      lines: [{ sku, quantity: 1, qty: 2 }],
      orderID: "order",
      ["__proto__x"]: 1,
    });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues!.map((issue) => issue.path).toSorted()).toEqual([
      "__proto__x",
      "lines[0].qty",
      "orderID",
    ]);
  });

  test("cannot reach a prototype", async () => {
    const text = '{"lines":[{"sku":"unit","quantity":1}],"__proto__":{"orderId":"order"}}';
    const answer = await client.send("POST", "/v1/reservations", text, json);
    expectRefusal(answer, 400, "invalid_request");
  });

  test("where a call takes none is refused by its members", async () => {
    const path = "/v1/reservations/some-id/confirm";
    const { issues } = expectRefusal(
      await client.post(path, { force: true }),
      400,
      "invalid_request",
    );
    expect(issues).toMatchObject([{ path: "force" }]);
  });
});

describe("a reservation", () => {
  test.each([0, -1, 0.5, 1_000_000_001, 1e300, "1", null, true, [1], {}])(
    "of %j units is refused with the value and the bound",
    async (quantity) => {
      const { issues } = expectRefusal(await reserve(line(quantity)), 400, "invalid_request");
      expect(issues).toEqual([
        {
          path: "lines[0].quantity",
          message: `must be a whole number from 1 to 1,000,000,000, not ${JSON.stringify(quantity)}`,
        },
      ]);
    },
  );

  test("of Infinity, which JSON writes as 1e999, is refused", async () => {
    const text = '{"lines":[{"sku":"unit","quantity":1e999}]}';
    const answer = await client.send("POST", "/v1/reservations", text, json);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toEqual([
      {
        path: "lines[0].quantity",
        message: "must be a whole number from 1 to 1,000,000,000, not Infinity",
      },
    ]);
  });

  test.each(["", ".", "..", "a/b", "a\nb", "ä", "x".repeat(129), 7, null])(
    "of the SKU %j is refused",
    async (bad) => {
      const body = { lines: [{ sku: bad, quantity: 1 }] };
      const { issues } = expectRefusal(await reserve(body), 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "lines[0].sku" }]);
    },
  );

  test.each([
    [[], "must have 1 to 500 entries, not 0"],
    [Array(501).fill({ sku, quantity: 1 }), "must have 1 to 500 entries, not 501"],
    ["unit", 'must be a list of 1 to 500 entries, not "unit"'],
    [undefined, "is missing: it must be a list of 1 to 500 entries"],
  ])("of other lines than 1 to 500 is refused (case %#)", async (lines, message) => {
    const { issues } = expectRefusal(await reserve({ lines }), 400, "invalid_request");
    expect(issues).toEqual([{ path: "lines", message }]);
  });

  test("of lines that add up to too much is refused", async () => {
    const lines = Array(2).fill({ sku, quantity: 600_000_000 });
    const { issues } = expectRefusal(await reserve({ lines }), 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "lines" }]);
    expect(issues![0]!.message).toContain("1200000000");
  });

  test.each([0, -1, 86_401, 1.5, "60", null])("for %j seconds is refused", async (ttlSeconds) => {
    const answer = await reserve({ ...line(1), ttlSeconds });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "ttlSeconds" }]);
  });

  test.each(["", "x".repeat(129), "a\nb", 7, null])(
    "of the order %j is refused",
    async (orderId) => {
      const { issues } = expectRefusal(
        await reserve({ ...line(1), orderId }),
        400,
        "invalid_request",
      );
      expect(issues).toMatchObject([{ path: "orderId" }]);
    },
  );

  test.each([
    [7, "metadata", "must be a JSON object of text members, not 7"],
    [{ till: 7 }, "metadata.till", "must be text, not 7"],
    [
      { ["x".repeat(41)]: "" },
      `metadata.${"x".repeat(41)}`,
      `must have a name of 1 to 40 printable characters, not "${"x".repeat(41)}"`,
    ],
    [
      Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`name-${index}`, ""])),
      "metadata",
      "must have at most 20 members, not 21",
    ],
    [
      { note: "x".repeat(2_045) },
      "metadata",
      "must have at most 2,048 bytes of UTF-8, names and values together, not 2,049",
    ],
  ])("of the metadata %j is refused", async (metadata, path, message) => {
    const { issues } = expectRefusal(
      await reserve({ ...line(1), metadata }),
      400,
      "invalid_request",
    );
    expect(issues).toEqual([{ path, message }]);
  });

  test("of metadata whose name would be lost is refused", async () => {
    const text = '{"lines":[{"sku":"unit","quantity":1}],"metadata":{"__proto__":"gift"}}';
    const answer = await client.send("POST", "/v1/reservations", text, json);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "metadata.__proto__" }]);
  });

  test("with several faults is told all of them at once", async () => {
    const body = { lines: [{ sku: "", quantity: 0 }], orderId: "", ttlSeconds: 0 };
    const { issues, detail } = expectRefusal(await reserve(body), 400, "invalid_request");
    const paths = ["lines[0].quantity", "lines[0].sku", "orderId", "ttlSeconds"];
    expect(issues!.map((issue) => issue.path).toSorted()).toEqual(paths);
    for (const path of paths) expect(detail).toContain(path);
  });

  test.each(["", "x".repeat(256)])("under the key %j is refused", async (key) => {
    const answer = await client.post("/v1/reservations", line(1), { "Idempotency-Key": key });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "Idempotency-Key" }]);
  });

  test.each([
    ["", "orderId"],
    ["?orderId=", "orderId"],
    [`?orderId=${"x".repeat(129)}`, "orderId"],
    ["?orderId=order&limit=0", "limit"],
    ["?orderId=order&limit=101", "limit"],
    ["?orderId=order&limit=ten", "limit"],
    ["?orderId=order&limt=10", "limt"],
    ["?orderId=order&limit=1&limit=2", "limit"],
    ["?orderId=a&orderId=b", "orderId"],
    // Bytes that are no UTF-8 are read as U+FFFD, which stands for all of them.
    ["?orderId=%ff", "orderId"],
  ])("is not listed by %j", async (query, path) => {
    const answer = await client.get(`/v1/reservations${query}`);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path }]);
  });

  const withLoneSurrogate = Buffer.from('[["reservations","order"],[1,"\\ud800"]]').toString(
    "base64url",
  );

  test.each(["", "x", "%00", "W10", "bnVsbA", withLoneSurrogate])(
    "is not listed from the cursor %j",
    async (cursor) => {
      const answer = await client.get(`/v1/reservations?orderId=order&cursor=${cursor}`);
      expectRefusal(answer, 400, "invalid_cursor");
    },
  );

  test.each([0, -1, 86_401, "60", undefined])("is not extended for %j", async (ttlSeconds) => {
    const answer = await client.post("/v1/reservations/some-id/extend", { ttlSeconds });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "ttlSeconds" }]);
  });
});

describe("a change of a reservation", () => {
  const path = "/v1/reservations/some-id";
  const lines = [{ sku, quantity: 1 }];
  const changes: [string, (body: unknown) => Promise<Answer>][] = [
    ["a change", (body) => client.patch(path, body)],
    ["a move", (body) => client.post(`${path}/move`, body)],
    ["a confirm", (body) => client.post(`${path}/confirm`, body)],
    ["a fulfilment", (body) => client.post(`${path}/fulfill`, body)],
    ["a cancellation", (body) => client.post(`${path}/cancel`, body)],
    ["a return", (body) => client.post(`${path}/return`, { reason: "x", ...(body as object) })],
  ];

  test.each(changes)("%s is refused with lines out of their bounds", async (_, send) => {
    for (const [bad, issue] of [
      [[], "lines"],
      [Array(501).fill(lines[0]), "lines"],
      [[{ sku, quantity: 0 }], "lines[0].quantity"],
      [[{ sku: "a b", quantity: 1 }], "lines[0].sku"],
      [[{ sku, location: "a@b", quantity: 1 }], "lines[0].location"],
      [[{ sku, location: "a".repeat(33), quantity: 1 }], "lines[0].location"],
      [[{ sku, quantity: 1, price: 2 }], "lines[0].price"],
    ] as const) {
      const { issues } = expectRefusal(await send({ lines: bad }), 400, "invalid_request");
      expect(issues).toMatchObject([{ path: issue }]);
    }
  });

  test.each(changes)("%s is refused with members that it does not know", async (_, send) => {
    const { issues } = expectRefusal(await send({ lines, force: true }), 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "force" }]);
  });

  test("needs a body where it changes or returns", async () => {
    expectRefusal(await client.send("PATCH", path, "", json), 400, "invalid_json");
    expectRefusal(await client.send("POST", `${path}/return`, "", json), 400, "invalid_json");
    const { issues } = expectRefusal(await client.patch(path, {}), 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "lines" }]);
  });

  test.each(["", "x".repeat(129), "a\nb", 7, null, undefined])(
    "is no return for the reason %j",
    async (reason) => {
      const answer = await client.post(`${path}/return`, { lines, reason });
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "reason" }]);
    },
  );

  test.each(["true", 1, null])("is no confirm with the flag %j", async (flag) => {
    const body = { fulfill: flag, reacquire: flag };
    const answer = await client.post(`${path}/confirm`, body);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues!.map((issue) => issue.path).toSorted()).toEqual(["fulfill", "reacquire"]);
  });

  test.each(["1", "*", 'W/"1"', '"1", "2"', '"x"'])("is refused at If-Match %s", async (tag) => {
    const answer = await client.patch(path, { lines }, { "If-Match": tag });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "If-Match" }]);
  });

  test("is refused under a key that is too long", async () => {
    const headers = { "Idempotency-Key": "x".repeat(256) };
    for (const answer of [
      await client.patch(path, { lines }, headers),
      await client.post(`${path}/fulfill`, { lines }, headers),
    ]) {
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "Idempotency-Key" }]);
    }
  });
});

test.each<[string, unknown]>([
  ["backorderLimit", -1],
  ["backorderLimit", "3"],
  ["backorderLimit", 1_000_000_001],
  ["availableFrom", "tomorrow"],
  ["availableFrom", "2030-13-24T08:00:00.000Z"],
  ["availableFrom", "2030-12-24T08:00:00+01:00"],
  ["availableFrom", 1_900_000_000_000],
])("no %s is %j", async (name, value) => {
  const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, [name]: value });
  const { issues } = expectRefusal(answer, 400, "invalid_request");
  expect(issues).toMatchObject([{ path: name }]);
});

test.each([-1, 0.5, "3", null, 1_000_000_001])("no safety stock is %j", async (safetyStock) => {
  const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, safetyStock });
  const { issues } = expectRefusal(answer, 400, "invalid_request");
  expect(issues).toMatchObject([{ path: "safetyStock" }]);
});

test.each([
  [{ skus: [] }, "skus"],
  [{ skus: Array(101).fill(sku) }, "skus"],
  [{ skus: ["a b"] }, "skus[0]"],
  [{ skus: [sku], location: "" }, "location"],
  [{ skus: [sku], channel: "" }, "channel"],
  [{}, "skus"],
])("a look at availability is refused for %j", async (body, path) => {
  const answer = await client.post("/v1/availability", body);
  const { issues } = expectRefusal(answer, 400, "invalid_request");
  expect(issues).toMatchObject([{ path }]);
});

describe("a sales channel", () => {
  const path = "/v1/channels/web";
  const good = { locations: ["ams1", "rtm"], rule: "priority" };
  const rules = "must be priority or fewest-splits or most-stock";

  test.each<[object, string, string]>([
    [{ ...good, locations: undefined }, "locations", "is missing: it must be a list of 1 to 20"],
    [{ ...good, locations: "ams1" }, "locations", "must be a list of 1 to 20 entries"],
    [{ ...good, locations: [] }, "locations", "must have 1 to 20 entries, not 0"],
    [
      { ...good, locations: Array.from({ length: 21 }, (_, index) => `at-${index}`) },
      "locations",
      "must have 1 to 20 entries, not 21",
    ],
    [{ ...good, locations: ["a@b"] }, "locations[0]", 'not "a@b"'],
    [{ ...good, locations: ["rtm", ""] }, "locations[1]", "must be 1 to 32 of the characters"],
    [{ ...good, locations: ["rtm", "x".repeat(33)] }, "locations[1]", "must be 1 to 32"],
    [{ ...good, locations: ["rtm", null] }, "locations[1]", "not null"],
    [{ ...good, locations: ["rtm", "ams1", "rtm"] }, "locations[2]", 'names "rtm" a second time'],
    [{ ...good, rule: undefined }, "rule", `is missing: it ${rules}`],
    [{ ...good, rule: "nearest" }, "rule", `${rules}, not "nearest"`],
    [{ ...good, rule: ["priority"] }, "rule", rules],
    [{ ...good, maxSplits: 0 }, "maxSplits", "must be a whole number from 1 to 20, not 0"],
    [{ ...good, maxSplits: 21 }, "maxSplits", "not 21"],
    [{ ...good, maxSplits: 1.5 }, "maxSplits", "not 1.5"],
    [{ ...good, maxSplits: "2" }, "maxSplits", 'not "2"'],
    [{ ...good, maxSplits: null }, "maxSplits", "not null"],
    [{ ...good, channel: "web" }, "channel", "is not a member that is known here"],
  ])("is not set to %j", async (body, issuePath, words) => {
    const { issues } = expectRefusal(await client.put(path, body), 400, "invalid_request");
    expect(issues).toEqual([{ path: issuePath, message: expect.stringContaining(words) }]);
    expectRefusal(await client.get(path), 404, "unknown_channel");
  });

  test("with several repeated locations is refused for each of them", async () => {
    const body = { ...good, locations: ["a", "b", "a", "b"] };
    const { issues } = expectRefusal(await client.put(path, body), 400, "invalid_request");
    expect(issues!.map((issue) => issue.path)).toEqual(["locations[2]", "locations[3]"]);
  });

  test("is not set without a body", async () => {
    expectRefusal(await client.send("PUT", path, "", json), 400, "invalid_json");
  });

  test.each(["a%2Fb", "a@b", "a~1", "a%20b", "%C3%A4", "x".repeat(33), "a%00"])(
    "has no name such as %s",
    async (bad) => {
      for (const answer of [
        await client.put(`/v1/channels/${bad}`, good),
        await client.get(`/v1/channels/${bad}`),
        await client.delete(`/v1/channels/${bad}`),
      ]) {
        const { issues } = expectRefusal(answer, 400, "invalid_request");
        expect(issues).toMatchObject([{ path: "channel" }]);
      }
    },
  );

  test("is not set under the name __proto__, and there is none", async () => {
    const unsafe = "/v1/channels/__proto__";
    const { issues } = expectRefusal(await client.put(unsafe, good), 400, "invalid_request");
    expect(issues).toMatchObject([
      { path: "channel", message: expect.stringContaining("__proto__") },
    ]);
    expectRefusal(await client.get(unsafe), 404, "unknown_channel");
    expectRefusal(await client.delete(unsafe), 404, "unknown_channel");
  });

  test("is not deleted with a body, and the list takes no parameters", async () => {
    const deleted = await client.send("DELETE", path, '{"force":true}', json);
    const { issues } = expectRefusal(deleted, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "force" }]);
    const listed = expectRefusal(await client.get("/v1/channels?limit=5"), 400, "invalid_request");
    expect(listed.issues).toMatchObject([{ path: "limit" }]);
  });
});

describe("a move of stock", () => {
  const good = { quantity: 1, from: "available", to: "unavailable", reason: "on show" };
  test.each([
    [{ ...good, quantity: 0 }, "quantity"],
    [{ ...good, quantity: 1.5 }, "quantity"],
    [{ ...good, to: "sold" }, "to"],
    [{ ...good, to: "available" }, "to"],
    [{ ...good, from: undefined }, "from"],
    [{ ...good, to: undefined }, "to"],
    [{ ...good, reason: "" }, "reason"],
    [{ ...good, toLocation: "ams1" }, "from"],
    [{ quantity: 1, reason: "on show" }, "toLocation"],
    [{ quantity: 1, reason: "x", fromLocation: "ams1", toLocation: "ams1" }, "toLocation"],
    [{ quantity: 1, reason: "x", toLocation: "a@b" }, "toLocation"],
    [{ ...good, force: true }, "force"],
  ])("%j is refused", async (body, path) => {
    const answer = await client.post(`/v1/stock/${sku}/moves`, body);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path }]);
  });

  test("at a location is no transfer to another one", async () => {
    const body = { ...good, toLocation: "rtm" };
    const answer = await client.post(`/v1/stock/${sku}/locations/ams1/moves`, body);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "toLocation" }]);
  });
});

describe("several counts", () => {
  test.each([
    [[], "counts"],
    [Array.from({ length: 101 }, (_, index) => ({ sku: `s-${index}`, onHand: 1 })), "counts"],
    [[{ sku, onHand: -1 }], "counts[0].onHand"],
    [[{ sku: "a b", onHand: 1 }], "counts[0].sku"],
    [[{ sku, location: "", onHand: 1 }], "counts[0].location"],
    [[{ sku, onHand: 1, shards: 4 }], "counts[0].shards"],
    [[{ sku, onHand: 1, expectedVersion: -1 }], "counts[0].expectedVersion"],
    [
      [
        { sku, onHand: 1 },
        { sku, location: "ams1", onHand: 1 },
        { sku, onHand: 2 },
      ],
      "counts[2]",
    ],
  ])("%j are refused as a whole", async (counts, path) => {
    const answer = await client.post("/v1/stock/counts", { counts });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path }]);
  });
});

test.each(["a@b", "a~1", "a%2Fb", "x".repeat(33)])(
  "there is no stock at the location %s",
  async (location) => {
    const path = `/v1/stock/${sku}/locations/${location}`;
    for (const answer of [
      await client.get(path),
      await client.put(path, { onHand: 1 }),
      await client.post(`${path}/adjustments`, { delta: 1, reason: "found" }),
      await client.get(`${path}/movements`),
      await client.get(`${path}/reservations`),
    ]) {
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "location" }]);
    }
  },
);

test.each(["yes", 1, null])("a partial hold is not asked for by %j", async (allowPartial) => {
  const { issues } = expectRefusal(
    await reserve({ ...line(1), allowPartial }),
    400,
    "invalid_request",
  );
  expect(issues).toMatchObject([{ path: "allowPartial" }]);
});

describe("stock", () => {
  test.each(["a%2Fb", "a%0Ab", "a%20b", "%C3%A4", "x".repeat(129), "a%00"])(
    "of the SKU %s is refused in a path",
    async (bad) => {
      for (const answer of [
        await client.get(`/v1/stock/${bad}`),
        await client.get(`/v1/stock/${bad}/reservations`),
        await client.put(`/v1/stock/${bad}`, { onHand: 1 }),
        await client.post(`/v1/stock/${bad}/adjustments`, { delta: 1, reason: "found" }),
      ]) {
        const { issues } = expectRefusal(answer, 400, "invalid_request");
        expect(issues).toMatchObject([{ path: "sku" }]);
      }
    },
  );

  test.each([-1, 0.5, 1_000_000_001, "1", null, undefined])(
    "is not set to %j on hand",
    async (onHand) => {
      const answer = await client.put(`/v1/stock/${sku}`, { onHand });
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "onHand" }]);
    },
  );

  test.each([-1, 0.5, "1", null])("is not set at version %j", async (expectedVersion) => {
    const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, expectedVersion });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "expectedVersion" }]);
  });

  test.each(["yes", "true", 1, 0, null])(
    "has no shortfall allowed by %j",
    async (allowShortfall) => {
      const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, allowShortfall });
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      const message = `must be true or false, not ${JSON.stringify(allowShortfall)}`;
      expect(issues).toEqual([{ path: "allowShortfall", message }]);
    },
  );

  test.each([0, 1.5, 129, "2", null])("is not spread over %j rows", async (shards) => {
    const answer = await client.put(`/v1/stock/${sku}`, { onHand: 1, shards });
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toMatchObject([{ path: "shards" }]);
    expect((await client.get(`/v1/stock/${sku}`)).body).not.toHaveProperty("shards");
  });

  test.each([0, 0.5, 1_000_000_001, -1_000_000_001, "1", null])(
    "is not adjusted by %j",
    async (delta) => {
      const answer = await client.post(`/v1/stock/${sku}/adjustments`, { delta, reason: "x" });
      const { issues } = expectRefusal(answer, 400, "invalid_request");
      expect(issues).toMatchObject([{ path: "delta" }]);
    },
  );

  test("is not adjusted without a reason, or with a reference out of bounds", async () => {
    const body = { delta: 1, reference: "x".repeat(129) };
    const answer = await client.post(`/v1/stock/${sku}/adjustments`, body);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues!.map((issue) => issue.path).toSorted()).toEqual(["reason", "reference"]);
  });

  test.each([
    ["status=confirmed", "status", 'must be held, not "confirmed"'],
    ["status=", "status", 'must be held, not ""'],
    ["status=held&status=held", "status", "must be given once, not several times"],
    ["limit=101", "limit", "must be a whole number from 1 to 100, not 101"],
    ["state=held", "state", "is not a member that is known here; known are: status, limit, cursor"],
  ])("has no list of its holds with %s", async (query, path, message) => {
    const answer = await client.get(`/v1/stock/${sku}/reservations?${query}`);
    const { issues } = expectRefusal(answer, 400, "invalid_request");
    expect(issues).toEqual([{ path, message }]);
  });

  test.each(["x", "%00", "W10", "bnVsbA"])(
    "has no list of its holds from the cursor %j",
    async (cursor) => {
      const answer = await client.get(`/v1/stock/${sku}/reservations?cursor=${cursor}`);
      expectRefusal(answer, 400, "invalid_cursor");
    },
  );

  test.each(["limit=0", "limit=101", "limit=1.5", "limit=1&limit=2"])(
    "is not listed with %s",
    async (query) => {
      const { issues } = expectRefusal(
        await client.get(`/v1/stock?${query}`),
        400,
        "invalid_request",
      );
      expect(issues).toMatchObject([{ path: "limit" }]);
    },
  );
});
