/**
 * `npm run events`: plays the shop and its listeners on the local run that is ready, which it knows
 * from `run.json`. `publish` sends an order's event, `tail` shows what the inventory says.
 * Next: events-command/arguments.ts for what can be said.
 */
import { readArguments, UsageError } from "./events-command/arguments.ts";
import { publish } from "./events-command/publish.ts";
import { findRun, NoRun } from "./events-command/run-file.ts";
import { tail } from "./events-command/tail.ts";

const usageExitCode = 2;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const main = async (): Promise<void> => {
  const command = readArguments(process.argv.slice(2));
  const run = await findRun(process.env["HOLDFAST_DATA"]);
  if (command.name === "publish") return print(await publish(run, command.message));
  const stopped = new AbortController();
  // However often: npm hands a terminal's Ctrl-C on to a process that has had it already.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.abort());
  await tail(run, { types: command.types, print, signal: stopped.signal });
};

try {
  await main();
} catch (error) {
  const isExpected = error instanceof UsageError || error instanceof NoRun;
  const { message, stack = message } = error as Error;
  process.stderr.write(`${isExpected ? message : stack}\n`);
  process.exitCode = error instanceof UsageError ? usageExitCode : 1;
}
