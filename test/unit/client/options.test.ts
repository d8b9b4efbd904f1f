import { expect, test } from "vitest";
import { createHoldfastClient, HoldfastError, type ClientOptions } from "../../../client/client.ts";

const baseUrl = "https://api.example.com";

const faultOf = (options: object): HoldfastError => {
  try {
    createHoldfastClient(options as ClientOptions);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
  }
  throw new Error(`${JSON.stringify(options)} was not refused.`);
};

test.each([
  [{}, "baseUrl", "not undefined"],
  [{ baseUrl: "api.example.com" }, "baseUrl", 'not "api.example.com"'],
  [{ baseUrl: "ftp://api.example.com" }, "baseUrl", 'not "ftp://api.example.com"'],
  [{ baseUrl: `${baseUrl}?stage=1` }, "baseUrl", "without a query"],
  [{ baseUrl: "https://name:word@api.example.com" }, "baseUrl", "must be an http or https address"],
  [{ baseUrl, timeoutMs: 0 }, "timeoutMs", "from 1 to 600,000, not 0"],
  [{ baseUrl, timeoutMs: 600_001 }, "timeoutMs", "from 1 to 600,000, not 600001"],
  [{ baseUrl, timeoutMs: "10s" }, "timeoutMs", 'not "10s"'],
  [{ baseUrl, attemptsMax: 0 }, "attemptsMax", "from 1 to 100, not 0"],
  [{ baseUrl, attemptsMax: 1.5 }, "attemptsMax", "a whole number from 1 to 100, not 1.5"],
  [{ baseUrl, fetch: "fetch" }, "fetch", 'must be a function, not "fetch"'],
  [{ baseUrl, auth: {} }, "auth", "must have bearer or sigV4"],
  [{ baseUrl, auth: { bearer: "" } }, "auth.bearer", "must be a token"],
  [{ baseUrl, auth: { sigV4: {} } }, "auth.sigV4.region", "must be a region"],
  [
    { baseUrl, auth: { sigV4: { region: "eu-west-1", credentials: { accessKeyId: "a" } } } },
    "auth.sigV4.credentials",
    "must have the texts accessKeyId and secretAccessKey",
  ],
])("the option in %j is refused by name", (options, path, words) => {
  const { code, issues, message, attempts } = faultOf(options);
  expect({ code, attempts, path: issues[0]?.path }).toEqual({
    code: "invalid_option",
    attempts: 0,
    path,
  });
  expect(message).toContain(words);
});

test("a secret is not in a message", () => {
  expect(faultOf({ baseUrl, auth: { bearer: "secret\n" } }).message).not.toContain("secret");
});

const client = createHoldfastClient({
  baseUrl,
  fetch: async () => {
    throw new Error("A request was sent.");
  },
});

test("an option of a call that is out of its bounds is refused before a request is sent", async () => {
  const lines = [{ sku: "hat", quantity: 1 }];
  const refused = (path: string) => ({ code: "invalid_option", attempts: 0, issues: [{ path }] });
  await expect(client.health({ timeoutMs: -1 })).rejects.toMatchObject(refused("timeoutMs"));
  for (const idempotencyKey of ["", " spaces ", "ключ", "k".repeat(256)]) {
    const call = client.reserve({ lines }, { idempotencyKey });
    await expect(call).rejects.toMatchObject(refused("idempotencyKey"));
  }
  const change = client.changeReservation({ reservationId: "r", lines }, { ifMatch: -1 });
  await expect(change).rejects.toMatchObject(refused("ifMatch"));
});

test("a member of the path that would lead to another operation is refused", async () => {
  for (const sku of ["", ".", "..", undefined, "\ud800"]) {
    await expect(client.getStock({ sku: sku as string })).rejects.toMatchObject({
      code: "invalid_request",
      attempts: 0,
      issues: [{ path: "sku" }],
    });
  }
});
