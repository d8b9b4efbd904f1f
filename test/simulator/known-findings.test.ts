/**
 * Each known finding has a scenario that fails until it is mended. A scenario that passes here has been
 * mended: take its finding out of the list, and it is held to pass.
 */
import { expect, test } from "vitest";
import { findingOf, knownFindings } from "../../lab/simulator/checks/known-findings.ts";
import { runSeed, type RunResult } from "../../lab/simulator/run-seed.ts";
import type { Scenario } from "../../lab/simulator/scenarios/scenario.ts";
import { scenarioNames, scenarios } from "../../lab/simulator/scenarios/scenarios.ts";

const seedsMax = 200;

const named = scenarioNames.flatMap((name) => {
  const { finding }: Scenario = scenarios[name];
  return finding === undefined ? [] : [[name, finding] as const];
});

const showsFinding = ({ violations }: RunResult, finding: number): boolean =>
  violations.some((violation) => findingOf(violation)?.number === finding);

test.each(named)("%s finds %d, and finds it again from its seed", async (scenario, finding) => {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const result = await runSeed({ scenario, seed });
    if (!showsFinding(result, finding)) continue;
    const again = await runSeed({ scenario, seed });
    expect(again).toEqual(result);
    return;
  }
  expect.fail(`No run of ${seedsMax} seeds shows finding ${finding}.`);
});

test("late requests break the lease of a large cart and the end of a hold", async () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= seedsMax && kinds.size < 2; seed += 1) {
    const { violations } = await runSeed({ scenario: "late-requests", seed });
    for (const { kind } of violations) kinds.add(kind);
  }
  expect([...kinds].toSorted()).toEqual(["late_decision", "lost_lease_write"]);
});

test("findings are numbered without gaps, and the first seven have a scenario each", () => {
  expect(knownFindings.map(({ number }) => number)).toEqual(knownFindings.map((_, i) => i + 1));
  expect(named.map(([, finding]) => finding)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});
