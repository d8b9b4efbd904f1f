/** The identity of a caller in a request. The AWS SDK's own signer judges the signatures. */
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, test } from "vitest";
import { createHoldfastClient, type Auth } from "../../../client/client.ts";
import { collect } from "../../support/collect.ts";
import { json, scriptedFetch, type SentRequest } from "./scripted-fetch.ts";

const region = "eu-west-1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

const open = (auth: Auth | undefined) => {
  const { fetch, requests } = scriptedFetch(json(503, {}, {}), json(200, { items: [] }));
  const baseUrl = "https://api.example.com/stage";
  const client = createHoldfastClient({ baseUrl, fetch, ...(auth && { auth }) });
  return { client, requests };
};

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }
  update(part: string | Uint8Array): void {
    this.#hash.update(part);
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
}

/** The same request as the AWS SDK signs it, at the same time. */
const signedBySdk = async (sent: SentRequest, sessionToken?: string): Promise<string> => {
  const { hostname, pathname, search, searchParams } = new URL(sent.url);
  const date = sent.headers.get("X-Amz-Date")!;
  const iso = date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const signer = new SignatureV4({
    service: "execute-api",
    region,
    credentials: { ...credentials, ...(sessionToken !== undefined && { sessionToken }) },
    sha256: Sha256 as never,
    applyChecksum: false,
  });
  const names = ["accept", "idempotency-key"].filter((name) => sent.headers.has(name));
  const headers = Object.fromEntries(names.map((name) => [name, sent.headers.get(name)!]));
  const signed = await signer.sign(
    {
      method: sent.method,
      protocol: "https:",
      hostname,
      path: pathname,
      headers: { host: hostname, ...headers },
      ...(search !== "" && { query: Object.fromEntries(searchParams) }),
      ...(sent.body !== null && { body: sent.body }),
    },
    { signingDate: new Date(iso) },
  );
  return signed.headers["authorization"]!;
};

test("a signature is the AWS SDK's, for a path, a query and a body", async () => {
  const { client, requests } = open({ sigV4: { region, credentials } });
  await collect(client.listReservations({ orderId: "order 7+1/é'(*)", limit: 5 }));
  await client.getReservation({ reservationId: "a:b c/d'(é)*~" });
  await client.reserve({ lines: [{ sku: "hat", quantity: 1 }], metadata: { note: "é" } });
  expect(requests).toHaveLength(4);
  for (const request of requests) {
    expect(request.headers.get("Authorization")).toBe(await signedBySdk(request));
  }
});

test("each attempt is signed with the credentials of its time", async () => {
  const sessionTokens = ["first", "second"];
  const { client, requests } = open({
    sigV4: {
      region,
      credentials: async () => ({ ...credentials, sessionToken: sessionTokens.shift()! }),
    },
  });
  await client.getStock({ sku: "hat" });
  for (const [index, sessionToken] of ["first", "second"].entries()) {
    const request = requests[index]!;
    expect(request.headers.get("X-Amz-Security-Token")).toBe(sessionToken);
    expect(request.headers.get("Authorization")).toBe(await signedBySdk(request, sessionToken));
  }
});

test("each attempt has the token of its time", async () => {
  const tokens = ["one", "two"];
  const { client, requests } = open({ bearer: () => tokens.shift()! });
  await client.getStock({ sku: "hat" });
  expect(requests.map(({ headers }) => headers.get("Authorization"))).toEqual([
    "Bearer one",
    "Bearer two",
  ]);
});

test("a client without auth sends no Authorization", async () => {
  const { client, requests } = open(undefined);
  await client.getStock({ sku: "hat" });
  expect(requests[0]!.headers.has("Authorization")).toBe(false);
});

test("the error of a function that was to return a token is thrown, and nothing is sent", async () => {
  const error = new Error("The login has expired.");
  const { client, requests } = open({ bearer: () => Promise.reject(error) });
  await expect(client.getStock({ sku: "hat" })).rejects.toBe(error);
  expect(requests).toEqual([]);
});

test("a function that returns no token or no credentials is named", async () => {
  for (const [auth, path] of [
    [{ bearer: () => "" }, "auth.bearer"],
    [{ sigV4: { region, credentials: () => ({}) } }, "auth.sigV4.credentials"],
  ] as const) {
    const { client } = open(auth as Auth);
    await expect(client.getStock({ sku: "hat" })).rejects.toMatchObject({
      code: "invalid_option",
      issues: [{ path }],
    });
  }
});
