import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { scenarioNames } from "../../../../lab/simulator/scenarios/scenarios.ts";

const page = await readFile(new URL("../../../../docs/performance.md", import.meta.url), "utf8");

test.each(scenarioNames)("the page on performance names the scenario %s", (name) => {
  expect(page).toContain(`\`${name}\``);
});
