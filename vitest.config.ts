import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/support/slowest-first.ts";

/**
 * The compiled modules of Node.js, for the tests and for every process that they start. To compile
 * the AWS SDK takes half of the processor time of a short process, and most of ours are short.
 */
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(
  new URL("node_modules/.cache/node-compile-cache", import.meta.url),
);

/** The tiers, fastest first. What each one is for: docs/architecture.md. */
const tiers = [
  "unit",
  "simulator",
  "template",
  "property",
  "integration",
  "conformance",
  "e2e",
  "browser",
  "mistakes",
  "interop",
];

const setupOf: Record<string, string> = {
  property: "test/support/engine.setup.ts",
  integration: "test/support/engine.setup.ts",
  conformance: "test/support/engine.setup.ts",
  e2e: "test/support/assembly.setup.ts",
};

/**
 * On another engine only the tests run that depend on it: of the locks those that are in DynamoDB, and
 * over HTTP neither what happens before a request reaches it, nor what a proxy answers in its place,
 * nor a crowd, which meets it in the integration tier as well, nor the lab, which has its own.
 */
const isOtherEngine = process.env["HOLDFAST_ENGINE"] !== undefined;
const filesOf = (tier: string): string =>
  tier === "conformance" && isOtherEngine ? "dynamodb*.test.ts" : "**/*.test.ts";
const sameOnAll = [
  "authorization",
  "bad-input",
  "client",
  "contention",
  "oversell-lab",
  "readme",
  "stampede",
].map((name) => `test/e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    // Half of these files mostly wait, for leases, sessions and servers: one more than there are cores
    // runs meanwhile. No more than that: leases of a second rely on holders that get to run in time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowestFirst },
    projects: tiers.map((tier) => ({
      extends: true,
      test: {
        name: tier,
        include: [`test/${tier}/${filesOf(tier)}`],
        exclude: isOtherEngine ? sameOnAll : [],
        globalSetup: setupOf[tier] ?? [],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
