import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import cdkJson from "../../cdk.json" with { type: "json" };
import { HoldfastStack } from "../../lib/holdfast-stack.ts";
import { spokenName } from "./synthesize.ts";

const functionNames = [
  "Reserve",
  "Reservations",
  "Stock",
  "Sweep",
  "Audit",
  "Publish",
  "Ledger",
  "Settle",
  "Orders",
  "Notify",
  "Service",
];

/** What the command line adds: where the template says that a function's code is. */
const withAssetPaths = { "aws:cdk:enable-asset-metadata": true };

/** Function to the file that Lambda would run, from a synthesis with bundling. */
const bundles = new Map<string, string>();
let outdir = "";

beforeAll(async () => {
  outdir = await mkdtemp(join(tmpdir(), "holdfast-template-"));
  const app = new App({ outdir, context: { ...cdkJson.context, ...withAssetPaths } });
  const stack = new HoldfastStack(app, "Holdfast");
  app.synth();
  const functions = Template.fromStack(stack).findResources("AWS::Lambda::Function");
  for (const [logicalId, { Metadata }] of Object.entries(functions)) {
    const { "aws:asset:path": asset } = Metadata as { "aws:asset:path": string };
    bundles.set(spokenName(logicalId).replace(/Function$/, ""), join(outdir, asset, "index.mjs"));
  }
});

afterAll(() => rm(outdir, { recursive: true, force: true }));

/** Only services with event streams get there, and none that we call has any. */
const neverReached = ["dynamic-import of @smithy/core/event-streams"];

/** Node.js reads and compiles the whole bundle in a cold start, and a shopper waits for reserve. */
const reserveBytesMax = 280_000;

const bundleOf = (name: string): string => bundles.get(name) ?? `no bundle of ${name}`;

describe("what is deployed is all that runs:", () => {
  test.each(functionNames)("the bundle of %s imports nothing but Node.js itself", async (name) => {
    const { metafile } = await build({
      entryPoints: [bundleOf(name)],
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "esm",
      packages: "external",
      logLevel: "silent",
      outfile: "unused.mjs",
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    const foreign = imports
      .filter(({ path }) => !isBuiltin(path))
      .map(({ kind, path }) => `${kind} of ${path}`);
    expect(foreign.filter((one) => !neverReached.includes(one))).toEqual([]);
  });

  test.each(functionNames)(
    "the bundle of %s loads as an ES module and has a handler",
    async (name) => {
      // With no variables but Lambda's own: importing must not need what a handler needs.
      const variables = [
        "STOCK_TABLE",
        "RESERVATIONS_TABLE",
        "MOVEMENTS_TABLE",
        "LOCKS_TABLE",
        "MULTI_ITEM_STRATEGY",
        "NOTIFICATION_CHANNEL",
      ];
      const env = {
        ...Object.fromEntries(variables.map((variable) => [variable, "a-table"])),
        RETENTION_DAYS: "30",
        SERVICE_VERSION: "0.0.0",
        AWS_REGION: "eu-central-1",
        PATH: process.env["PATH"] ?? "",
      };
      const script = `console.log(typeof (await import(${JSON.stringify(bundleOf(name))})).handler)`;
      const { stdout } = await promisify(execFile)("node", ["--input-type=module", "-e", script], {
        env,
        cwd: outdir,
      });
      expect(stdout.trim()).toBe("function");
    },
  );

  test("the bundle of Reserve has at most 280 KB", async () => {
    const { size } = await stat(bundleOf("Reserve"));
    expect(size).toBeLessThanOrEqual(reserveBytesMax);
  });
});
