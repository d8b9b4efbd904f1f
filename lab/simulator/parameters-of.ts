import { parameters, type Parameters } from "./parameters.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/** Returns the simulated AWS of a scenario. `concurrency` replaces its concurrent executions. */
export const parametersOf = ({ adapt }: Scenario, concurrency: number | undefined): Parameters => {
  const adapted = adapt?.(parameters) ?? parameters;
  if (concurrency === undefined) return adapted;
  return { ...adapted, functions: { ...adapted.functions, concurrency } };
};
