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
import { callWithin, connect, createDatabase } from "../inventory/dynamodb/database.ts";

const usage = `npm run audit -- [--json] [--repair [--apply]]
                [--stock TABLE --reservations TABLE --movements TABLE --locks TABLE
                 [--region REGION] [--expiry-partitions N] [--fulfills-on-confirm]]
                [--no-ledger]

Without tables, those of the local run (npm start) are checked.
--expiry-partitions  the stack's expiryPartitions, where it is not the default
--fulfills-on-confirm  the stack has fulfillOnConfirm=true: report confirmed units that are still
             on hand ten minutes after the confirm
--no-ledger  do not sum up the ledger, which reads all of it
--repair     say what would be changed
--apply      with --repair: change it, unless a record has moved in the meantime`;

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
        movements: { type: "string" },
        "no-ledger": { type: "boolean", default: false },
        locks: { type: "string" },
        region: { type: "string" },
        "expiry-partitions": { type: "string" },
        "fulfills-on-confirm": { type: "boolean", default: false },
      },
    });
    if (values.apply && !values.repair) throw new UsageError("--apply goes with --repair.");
    const { "expiry-partitions": partitions, ...others } = values;
    if (partitions !== undefined && !/^[1-9]\d{0,2}$/.test(partitions)) {
      throw new UsageError(`--expiry-partitions is a number from 1 to 999, not ${partitions}.`);
    }
    return { ...others, ...(partitions && { expiryPartitions: Number(partitions) }) };
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
    movements: outputs["MovementsTableName"]!,
    locks: outputs["LocksTableName"]!,
  };
};

const findTables = async ({ stock, reservations, movements, locks, region }: Arguments) => {
  const names = { stock, reservations, movements, locks };
  const named = Object.values(names).filter((name) => name !== undefined);
  if (named.length === 0) return readLocalRun();
  if (named.length < Object.keys(names).length) {
    const all = "--stock, --reservations, --movements and --locks";
    throw new UsageError(`Either all of ${all}, or none of them.`);
  }
  const access = region === undefined ? {} : { region };
  return { access, ...(names as Record<keyof typeof names, string>) };
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
    `${report.stockRecords} rows of stock, ${report.reservations} reservations, ${report.leases} leases, ` +
      `${report.movements} movements: ${report.findings} findings, ${report.repaired} repaired`,
    ...(inMotion.length > 0 ? [`Too busy to be judged: ${inMotion.join(", ")}`] : []),
  ].join("\n");

/** A table of a million records takes its time. */
const budgetMs = 6 * 60 * 60 * 1000;

const run = async (): Promise<number> => {
  const wanted = readArguments();
  const { access, locks, ...tables } = await findTables(wanted);
  const client = connect(access);
  const findings: Finding[] = [];
  const onFinding = (finding: Finding): void => {
    if (wanted.json) findings.push(finding);
    else process.stdout.write(`${renderFinding(finding, wanted.repair)}\n\n`);
  };
  const database = createDatabase({
    client,
    tables,
    ...(wanted.expiryPartitions && { expiryPartitions: wanted.expiryPartitions }),
    fulfillsOnConfirm: wanted["fulfills-on-confirm"],
  });
  const options = {
    locksTable: locks,
    checksLedger: !wanted["no-ledger"],
    apply: wanted.apply,
    onFinding,
  };
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
