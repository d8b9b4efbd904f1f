import { defineConfig } from "vitest/config";

/** The tiers, fastest first. What each one is for: docs/architecture.md. */
const tiers = ["unit", "template", "property", "integration", "e2e"];
const tiersOnTheEngine = ["property", "integration"];

export default defineConfig({
  test: {
    projects: tiers.map((tier) => ({
      extends: true,
      test: {
        name: tier,
        include: [`test/${tier}/**/*.test.ts`],
        globalSetup: tiersOnTheEngine.includes(tier) ? "test/support/engine.setup.ts" : [],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
