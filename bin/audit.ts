/**
 * `npm run audit`: checks every invariant of the tables, of the local run that is ready, or of those
 * that are named. Ends with 0 when nothing is wrong or all of it was repaired, with 1 when something
 * is, with 2 when it could not find out.
 */
import { parseArgs } from "node:util";
import { damages, type Finding } from "../inventory/audit/finding.ts";
import { audit, type AuditReport } from "../inventory/audit/audit.ts";
import { callWithin, connect, createDatabase } from "../inventory/dynamodb/database.ts";
import { findTables, runCommand, tableOptions, UsageError } from "./command.ts";

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

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        repair: { type: "boolean", default: false },
        apply: { type: "boolean", default: false },
        "no-ledger": { type: "boolean", default: false },
        ...tableOptions,
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

await runCommand(usage, run);
