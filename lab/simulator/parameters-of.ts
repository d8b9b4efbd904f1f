import { parameters, type Parameters } from "./parameters.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/** Limits of the account, in place of the usual ones. */
export interface Limits {
  /** Concurrent executions. */
  concurrency?: number;
  /** Write units, and read units, of a table in a second. */
  tableUnits?: number;
}

/** Returns the simulated AWS of a scenario, with these limits. */
export const parametersOf = (
  { adapt }: Scenario,
  { concurrency, tableUnits }: Limits,
): Parameters => {
  const { functions, database, ...others } = adapt?.(parameters) ?? parameters;
  return {
    ...others,
    functions: { ...functions, ...(concurrency !== undefined && { concurrency }) },
    database: {
      ...database,
      ...(tableUnits !== undefined && { table: { writeUnits: tableUnits, readUnits: tableUnits } }),
    },
  };
};
