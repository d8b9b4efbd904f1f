/**
 * `npm run audit`: checks every invariant of the tables, of the local run that is ready, or of those
 * that are named. Ends with 0 when nothing is wrong or all of it was repaired, with 1 when something
 * is, with 2 when it could not find out.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { damages, type Finding } from "../inventory/audit/finding.ts";
import { audit, type AuditReport } from "../inventory/audit/audit.ts";
import { callWithin, connect, createDatabase } from "../inventory/database.ts";

const usage = `npm run audit -- [--json] [--repair [--apply]]
                [--stock TABLE --reservations TABLE --locks TABLE [--region REGION]]

Without tables, those of the local run (npm start) are checked.
--repair   say what would be changed
--apply    with --repair: change it, unless a record has moved in the meantime`;

class UsageError extends Error {}

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        repair: { type: "boolean", default: false },
        apply: { type: "boolean", default: false },
        stock: { type: "string" },
        reservations: { type: "string" },
        locks: { type: "string" },
        region: { type: "string" },
      },
    });
    if (values.apply && !values.repair) throw new UsageError("--apply goes with --repair.");
    return values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
};

type Arguments = ReturnType<typeof readArguments>;

/** What `npm start` has written of itself (local/data-folder.ts). */
interface RunDescription {
  dynamodb: string;
  outputs: Record<string, string>;
}

const readLocalRun = async () => {
  const folder = process.env["HOLDFAST_DATA"] ?? ".holdfast";
  const text = await readFile(join(folder, "run.json"), "utf8").catch(() => {
    throw new UsageError(`No local run is ready in ${folder}: npm start, or name the tables.`);
  });
  const { dynamodb, outputs } = JSON.parse(text) as RunDescription;
  return {
    access: {
      endpoint: dynamodb,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    },
    stock: outputs["StockTableName"]!,
    reservations: outputs["ReservationsTableName"]!,
    locks: outputs["LocksTableName"]!,
  };
};

const findTables = async ({ stock, reservations, locks, region }: Arguments) => {
  const named = [stock, reservations, locks].filter((name) => name !== undefined);
  if (named.length === 0) return readLocalRun();
  if (stock === undefined || reservations === undefined || locks === undefined) {
    throw new UsageError("Either all of --stock, --reservations and --locks, or none of them.");
  }
  return { access: region === undefined ? {} : { region }, stock, reservations, locks };
};

const renderFinding = (finding: Finding, showsRepair: boolean): string => {
  const { damage, subject, detail, reservationIds, repair, result } = finding;
  const others = reservationIds.filter((id) => id !== subject);
  return [
    `${damage}  ${subject}`,
    `  ${damages[damage]}: ${detail}`,
    ...(others.length > 0 ? [`  reservations: ${shorten(others)}`] : []),
    ...(showsRepair ? [`  ${result ?? "to be done"}: ${repair ?? "nothing by itself"}`] : []),
  ].join("\n");
};

const idsShown = 5;

const shorten = (ids: readonly string[]): string =>
  ids.length <= idsShown
    ? ids.join(", ")
    : `${ids.slice(0, idsShown).join(", ")} and ${ids.length - idsShown} more`;

const renderReport = ({ inMotion, ...report }: AuditReport): string =>
  [
    `${report.stockRecords} SKUs, ${report.reservations} reservations, ${report.leases} leases: ` +
      `${report.findings} findings, ${report.repaired} repaired`,
    ...(inMotion.length > 0 ? [`Too busy to be judged: ${inMotion.join(", ")}`] : []),
  ].join("\n");

/** A table of a million records takes its time. */
const budgetMs = 6 * 60 * 60 * 1000;

const run = async (): Promise<number> => {
  const wanted = readArguments();
  const { access, stock, reservations, locks } = await findTables(wanted);
  const client = connect(access);
  const tables = {
    stock,
    reservations,
    get movements(): string {
      throw new Error("an audit does not read the ledger");
    },
  };
  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => {
    if (wanted.json) findings.push(finding);
    else process.stdout.write(`${renderFinding(finding, wanted.repair)}\n\n`);
  };
  const database = createDatabase({ client, tables });
  const options = { locksTable: locks, apply: wanted.apply, onFinding };
  const report = await audit(database, options, callWithin(budgetMs));
  client.destroy();
  const text = wanted.json
    ? JSON.stringify({ ...report, findings }, undefined, 2)
    : renderReport(report);
  process.stdout.write(`${text}\n`);
  return report.findings > report.repaired ? 1 : 0;
};

process.exitCode = await run().catch((error: Error) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(isUsage ? `${error.message}\n\n${usage}\n` : `${error.stack}\n`);
  return 2;
});
