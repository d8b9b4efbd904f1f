import { audit } from "../../inventory/audit/audit.ts";
import type { Finding } from "../../inventory/audit/finding.ts";
import type { TestDatabase } from "./database.ts";
import { patient } from "./holds.ts";

/** Audits the tables but for the ledger, and repairs what it finds. */
export const repairedFindings = async (database: TestDatabase): Promise<Finding[]> => {
  const findings: Finding[] = [];
  const { locksTable } = database;
  const onFinding = (finding: Finding): void => void findings.push(finding);
  const options = { apply: true, apartMs: 10, locksTable, checksLedger: false, onFinding };
  await audit(database, options, patient());
  return findings;
};
