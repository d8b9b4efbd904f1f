import { defineConfig } from "vitest/config";

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
  "interop",
];

const setupOf: Record<string, string> = {
  property: "test/support/engine.setup.ts",
  integration: "test/support/engine.setup.ts",
  conformance: "test/support/engine.setup.ts",
  e2e: "test/support/assembly.setup.ts",
};

/**
 * On another engine, only those locks are another story that are in it; and neither the doors before
 * it nor the lab, which has an engine of its own.
 */
const isOtherEngine = process.env["HOLDFAST_ENGINE"] !== undefined;
const filesOf = (tier: string): string =>
  tier === "conformance" && isOtherEngine ? "dynamodb*.test.ts" : "**/*.test.ts";
const sameOnAll = ["authorization", "bad-input", "oversell-lab", "readme"].map(
  (name) => `test/e2e/${name}.test.ts`,
);

export default defineConfig({
  test: {
    // Most of what these tests do is wait: for leases, sessions and servers.
    maxWorkers: "100%",
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
