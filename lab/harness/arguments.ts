import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

export interface Arguments {
  /** Which benchmarks to run, in the order of the list of all. */
  names: string[];
  json: boolean;
  /** Path of an earlier report. */
  compare?: string;
  endurance: boolean;
}

/** @throws UsageError that names what is wrong and says what is accepted */
export const readArguments = (argv: readonly string[], known: readonly string[]): Arguments => {
  const { values, positionals } = parse(argv, known);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const quoted = unknown.map((name) => JSON.stringify(name)).join(", ");
    throw new UsageError(`There is no benchmark ${quoted}; there are: ${known.join(", ")}.`);
  }
  const { json = false, endurance = false, compare: paths = [] } = values;
  if (endurance && (positionals.length === 0 || positionals.some((name) => name !== "reserve"))) {
    throw new UsageError(
      "--endurance belongs to one benchmark: npm run bench -- reserve --endurance",
    );
  }
  if (paths.length > 1) {
    throw new UsageError(`--compare takes one report, not ${paths.length}: ${paths.join(", ")}.`);
  }
  if (paths.includes("")) {
    throw new UsageError("--compare takes the path of a report, not an empty one.");
  }
  const [compare] = paths;
  return {
    names: positionals.length === 0 ? [...known] : known.filter((one) => positionals.includes(one)),
    json,
    ...(compare !== undefined && { compare }),
    endurance,
  };
};

const options = {
  json: { type: "boolean" },
  compare: { type: "string", multiple: true },
  endurance: { type: "boolean" },
} as const;

const usage = (known: readonly string[]): string =>
  `Accepted is: npm run bench -- [name …] [--json] [--compare <old.json>] [--endurance]
  name          one of ${known.join(", ")}; all of them when absent
  --json        one report on the standard output, by lab/report/report.schema.json
  --compare     after that, what changed beyond the noise since an earlier --json; together with
                --json on the standard error, so that the output is a report still
  --endurance   whether reserve stays as fast, in place of how fast it is`;

const parse = (argv: readonly string[], known: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    // What Node.js says of positional arguments is beside the point: ours begin with no dash.
    const message = (error as Error).message.split(". To specify a positional", 1)[0]!;
    throw new UsageError(`${message.replace(/\.?$/, ".")}\n${usage(known)}`);
  }
};
