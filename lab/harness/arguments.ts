import { parseArgs } from "node:util";

export interface Arguments {
  /** Which benchmarks to run, in the order of the list of all. */
  names: string[];
  json: boolean;
  endurance: boolean;
}

/** The command was mistyped: its message is for whoever typed it, a stack would only hide it. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** @throws UsageError that says what is accepted */
export const readArguments = (argv: readonly string[], known: readonly string[]): Arguments => {
  const list = known.join(", ");
  const { values, positionals } = parse(argv, list);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`There is no benchmark ${unknown.join(", ")}; there are: ${list}.`);
  }
  const { json = false, endurance = false } = values;
  if (endurance && positionals.join() !== "reserve") {
    throw new UsageError(
      "--endurance belongs to one benchmark: npm run bench -- reserve --endurance",
    );
  }
  const names = positionals.length === 0 ? known : known.filter((one) => positionals.includes(one));
  return { names: [...names], json, endurance };
};

const options = { json: { type: "boolean" }, endurance: { type: "boolean" } } as const;

const parse = (argv: readonly string[], list: string) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const accepted = `npm run bench -- [${list}] [--json] [--endurance]`;
    throw new UsageError(`${(error as Error).message}\nAccepted is: ${accepted}`);
  }
};
