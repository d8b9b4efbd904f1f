/**
 * `npm run import -- FILE`: sets stock levels to the counts of a file, of any length. A run that was killed is
 * continued by the same command. Ends with 0 when all counts are applied, with 1 when some were refused,
 * with 2 when it could not do its work or was interrupted.
 */
import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { parseArgs } from "node:util";
import { SingleBar } from "cli-progress";
import { connect, createDatabase, type Database } from "../inventory/dynamodb/database.ts";
import { InventoryError } from "../inventory/errors.ts";
import { levelKeyOf } from "../inventory/stock/level-key.ts";
import { findTables, runCommand, tableOptions, UsageError } from "./command.ts";
import { checkFile } from "./import/check-file.ts";
import { batchSize, countMs, importBatch, type Difference } from "./import/import-counts.ts";
import {
  readState,
  removeState,
  stateFileOf,
  writeState,
  type ImportState,
} from "./import/import-state.ts";
import {
  BadRecord,
  formats,
  readCounts,
  type Format,
  type NumberedCount,
} from "./import/records.ts";

const usage = `npm run import -- FILE [--format ndjson|csv] [--dry-run] [--allow-shortfall]
                 [--stock TABLE --reservations TABLE --movements TABLE --locks TABLE
                  [--region REGION]]

FILE has a count in each record: sku, location (absent or empty for the default one), onHand, and
lowStockThreshold where that is to be set. NDJSON: an object in each line. CSV: the names are in the
first line.
Without tables, those of the local run (npm start) are written.
--format     what the file is; by its name when absent
--dry-run    say how the stock differs from the file, and write nothing
--allow-shortfall  apply counts below what is reserved too`;

const readArguments = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        format: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        "allow-shortfall": { type: "boolean", default: false },
        ...tableOptions,
      },
    });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) {
      throw new UsageError(`One FILE is imported, not ${positionals.length}.`);
    }
    return { ...values, file, format: readFormat(values.format ?? extname(file).slice(1)) };
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
};

const readFormat = (name: string): Format => {
  const known = formats.find(
    (format) => format === name || (name === "jsonl" && format === "ndjson"),
  );
  if (known !== undefined) return known;
  throw new UsageError(`The format is one of ${formats.join(", ")}, not ${JSON.stringify(name)}.`);
};

/** Saved no more often, so that a fast engine does not wait for the disk. */
const saveEveryMs = 500;

/** Differences that a dry run names. */
const shownMax = 20;

const run = async (): Promise<number> => {
  const {
    file,
    format,
    "dry-run": isDry,
    "allow-shortfall": allowShortfall,
    ...wanted
  } = readArguments();
  const { access, stock, reservations, movements } = await findTables(wanted);
  const { records, sha256 } = await checkFile(file, format).catch((error: Error) => {
    if (error instanceof BadRecord) throw new UsageError(`${file}: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UsageError(`There is no ${file}.`);
    throw error;
  });
  const fresh: ImportState = {
    importId: randomUUID(),
    sha256,
    table: stock,
    done: 0,
    created: 0,
    changed: 0,
    same: 0,
    refused: 0,
    refusals: [],
  };
  const begun = isDry ? undefined : await readState(file);
  if (begun !== undefined) checkState(file, begun, fresh);
  const client = connect(access);
  const tables = { stock, reservations, movements };
  // Nobody waits for an answer: a table that throttles only makes it slower.
  const database = createDatabase({ client, tables, contentionMsMax: countMs });
  const shown: string[] = [];
  const { state: result, failure } = await importFile(database, {
    file,
    format,
    records,
    begun: begun ?? fresh,
    isDry,
    allowShortfall,
    onDifference: (one, difference) => {
      if (shown.length < shownMax && difference.kind !== "same")
        shown.push(describe(one, difference));
    },
  });
  client.destroy();
  process.stdout.write(`${render(file, records, result, isDry ? shown : [])}\n`);
  if (failure !== undefined) process.stderr.write(`${failure.message}\n`);
  if (result.done < records) return 2;
  if (!isDry) await removeState(file);
  return result.refused > 0 ? 1 : 0;
};

/** @throws UsageError where the state is that of another import */
const checkState = (file: string, begun: ImportState, { sha256, table }: ImportState): void => {
  const state = stateFileOf(file);
  if (begun.sha256 !== sha256) {
    throw new UsageError(
      `${file} has changed since its import began: remove ${state} to begin anew.`,
    );
  }
  if (begun.table !== table) {
    throw new UsageError(
      `The import of ${file} into ${begun.table} has not ended: continue it, or remove ${state}.`,
    );
  }
};

interface Import {
  file: string;
  format: Format;
  records: number;
  begun: ImportState;
  isDry: boolean;
  allowShortfall: boolean;
  onDifference: (one: NumberedCount, difference: Difference) => void;
}

/** Imports the rest of the file, until its end, an interrupt or a fault of the database. */
const importFile = async (
  database: Database,
  { file, format, records, begun, isDry, allowShortfall, onDifference }: Import,
): Promise<{ state: ImportState; failure?: InventoryError }> => {
  const bar = new SingleBar({
    format: "{bar} {percentage} %  {value} of {total}  {eta_formatted} left",
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    stream: process.stderr,
    barsize: 24,
    clearOnComplete: true,
  });
  let isInterrupted = false;
  const interrupt = (): void => void (isInterrupted = true);
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  let state = begun;
  let savedAtMs = 0;
  const save = async (): Promise<void> => {
    if (!isDry) await writeState(file, state);
    savedAtMs = Date.now();
  };
  bar.start(records, begun.done);
  try {
    for await (const batch of batchesAfter(begun.done, readCounts(file, format))) {
      state = await importBatch(
        database,
        batch,
        state,
        { writes: !isDry, allowShortfall },
        onDifference,
      );
      bar.update(state.done);
      if (Date.now() - savedAtMs >= saveEveryMs) await save();
      if (isInterrupted) break;
    }
    return { state };
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error;
    return { state, failure: error };
  } finally {
    await save();
    bar.stop();
  }
};

async function* batchesAfter(
  done: number,
  counts: AsyncIterable<NumberedCount>,
): AsyncGenerator<NumberedCount[]> {
  let batch: NumberedCount[] = [];
  for await (const one of counts) {
    if (one.number <= done) continue;
    batch.push(one);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const describe = ({ count }: NumberedCount, { kind, before }: Difference): string => {
  const change = `${levelKeyOf(count)}  ${before?.onHand ?? "none"} → ${count.onHand}`;
  return kind === "refused" ? `${change}  refused: ${before.reserved} are reserved` : change;
};

const render = (
  file: string,
  records: number,
  { done, created, changed, same, refused, refusals }: ImportState,
  shown: readonly string[],
): string => {
  const rest = refused - refusals.length;
  return [
    `${file}: ${done} of ${records} records; ${created} new, ${changed} changed, ${same} the same, ` +
      `${refused} refused`,
    ...refusals,
    ...(rest > 0 ? [`and ${rest} more that were refused`] : []),
    ...shown,
    ...(done < records ? ["Interrupted: the same command continues it."] : []),
  ].join("\n");
};

await runCommand(usage, run);
