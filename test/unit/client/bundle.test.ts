/** The client as a shop bundles it: small, and on web standards alone. */
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { expect, test } from "vitest";
import type { createHoldfastClient as CreateHoldfastClient } from "../../../client/client.ts";
import { json, scriptedFetch } from "./scripted-fetch.ts";

const bytesMax = 10 * 1_024;

const bundle = async (options: BuildOptions) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL("../../../client/client.ts", import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    platform: "neutral",
    target: "es2022",
    ...options,
  });
  return { code: outputFiles![0]!.text, imports: Object.values(metafile!.outputs)[0]!.imports };
};

test("it has at most 10 KB with its signer, minified and compressed", async () => {
  const { code, imports } = await bundle({ format: "esm" });
  expect(gzipSync(code).byteLength).toBeLessThanOrEqual(bytesMax);
  expect(imports).toEqual([]);
  expect(code).not.toContain("node:");
});

/** The globals of browsers, Node.js, Bun, Deno and edge runtimes that the client uses. */
const webStandards = {
  AbortController,
  clearTimeout,
  crypto,
  Headers,
  performance,
  setTimeout,
  TextEncoder,
  URL,
};

test("it runs where there is nothing but web standards", async () => {
  const { code } = await bundle({ format: "iife", globalName: "holdfast" });
  const context = createContext({ ...webStandards });
  runInContext(code, context);
  const { createHoldfastClient } = context["holdfast"] as {
    createHoldfastClient: typeof CreateHoldfastClient;
  };
  const reservation = { reservationId: "r", status: "held" };
  const { fetch, requests } = scriptedFetch(new TypeError("fetch failed"), json(201, reservation));
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const client = createHoldfastClient({
    baseUrl: "https://api.example.com",
    auth: { sigV4: { region: "eu-west-1", credentials } },
    fetch,
  });
  const outcome = await client.withHold({ lines: [{ sku: "hat", quantity: 1 }] }, () => "paid");
  expect(outcome).toMatchObject({ outcome: "confirmed", result: "paid" });
  expect(requests[0]!.headers.get("Authorization")).toMatch(/^AWS4-HMAC-SHA256 /);
});
