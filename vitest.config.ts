import { defineConfig } from "vitest/config";

/** The tiers, fastest first. What each one is for: docs/architecture.md. */
const tiers = ["unit", "template", "property", "integration", "e2e"];

const setupOf: Record<string, string> = {
  property: "test/support/engine.setup.ts",
  integration: "test/support/engine.setup.ts",
  e2e: "test/support/assembly.setup.ts",
};

export default defineConfig({
  test: {
    projects: tiers.map((tier) => ({
      extends: true,
      test: {
        name: tier,
        include: [`test/${tier}/**/*.test.ts`],
        globalSetup: setupOf[tier] ?? [],
        testTimeout: 120_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
