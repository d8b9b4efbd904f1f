import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { knownFindings } from "../../../../lab/simulator/checks/known-findings.ts";
import type { Scenario } from "../../../../lab/simulator/scenarios/scenario.ts";
import { scenarioNames, scenarios } from "../../../../lab/simulator/scenarios/scenarios.ts";

const page = await readFile(new URL("../../../../docs/performance.md", import.meta.url), "utf8");

/** Findings that appear in runs of other scenarios only. */
const withoutScenario = [8, 9, 10, 11];

/** The rows of the page's tables that begin with a number. */
const rowsOf = (number: number): string[] =>
  [...page.matchAll(/^\| *(\d+) *\|.*$/gm)]
    .filter(([, first]) => Number(first) === number)
    .map(([row]) => row);

const scenarioOf = (finding: number): string | undefined =>
  scenarioNames.find((name) => {
    const scenario: Scenario = scenarios[name];
    return scenario.finding === finding;
  });

test.each(knownFindings)(
  "the page on performance has a row for known finding $number, with its scenario",
  ({ number }) => {
    const rows = rowsOf(number);
    expect(rows).not.toEqual([]);
    const scenario = scenarioOf(number);
    if (withoutScenario.includes(number)) return;
    expect(scenario, `the scenario of finding ${number}`).toBeDefined();
    expect(rows.some((row) => row.includes(`\`${scenario}\``))).toBe(true);
  },
);

test.each(scenarioNames)("the page on performance names the scenario %s", (name) => {
  expect(page).toContain(`\`${name}\``);
});
