import { parseArgs } from "node:util";
import { UsageError } from "../harness/usage-error.ts";
import { readWholeNumber } from "../harness/whole-number.ts";
import { approachNames, type ApproachName } from "./approaches.ts";

export interface Arguments {
  buyers: number;
  units: number;
  /** How long one race lasts at most. */
  seconds: number;
  rounds: number;
  approaches: ApproachName[];
  json: boolean;
  /** Write what the documentation shows of it. */
  docs: boolean;
  /** An earlier report to compare with. */
  compare?: string;
}

/** What may be chosen: the least, the greatest, and what is chosen when nothing is said. */
const bounds = {
  buyers: { least: 2, greatest: 64, otherwise: 8 },
  units: { least: 20, greatest: 1_000, otherwise: 60 },
  seconds: { least: 2, greatest: 60, otherwise: 15 },
  rounds: { least: 1, greatest: 25, otherwise: 5 },
} as const;

const options = {
  buyers: { type: "string" },
  units: { type: "string" },
  seconds: { type: "string" },
  rounds: { type: "string" },
  approaches: { type: "string" },
  json: { type: "boolean" },
  docs: { type: "boolean" },
  compare: { type: "string" },
} as const;

const usage = `Accepted is: npm run lab -- [--buyers N] [--units N] [--seconds N] [--rounds N]
  [--approaches ${approachNames.join(",")}] [--json] [--compare old.json] [--docs]`;

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
};

const numberOf = (name: keyof typeof bounds, text: string | undefined): number =>
  text === undefined ? bounds[name].otherwise : readWholeNumber(name, text, bounds[name]);

const approachesOf = (text: string | undefined): ApproachName[] => {
  if (text === undefined) return [...approachNames];
  const asked = text.split(",").map((name) => name.trim());
  const unknown = asked.filter((name) => !approachNames.some((known) => known === name));
  if (unknown.length > 0) {
    throw new UsageError(
      `There is no approach ${unknown.join(", ") || "without a name"}; there are: ` +
        `${approachNames.join(", ")}.`,
    );
  }
  return approachNames.filter((name) => asked.includes(name));
};

/** @throws UsageError that says what is accepted */
export const readArguments = (argv: readonly string[]): Arguments => {
  const { approaches, json = false, docs = false, compare, ...numbers } = parse(argv);
  const read = {
    buyers: numberOf("buyers", numbers.buyers),
    units: numberOf("units", numbers.units),
    seconds: numberOf("seconds", numbers.seconds),
    rounds: numberOf("rounds", numbers.rounds),
    approaches: approachesOf(approaches),
    json,
    docs,
    ...(compare === undefined ? {} : { compare }),
  };
  if (docs && read.approaches.length < approachNames.length) {
    throw new UsageError("--docs shows all approaches: it does not go with --approaches.");
  }
  return read;
};
