/** A process that sweeps once. Node.js program: <endpoint, tables and the time as JSON>. */
import {
  callWithin,
  connect,
  createDatabase,
  type Database,
} from "../../inventory/dynamodb/database.ts";
import { sweep } from "../../inventory/reservations/sweep.ts";
import { localAccess } from "./local-access.ts";

export interface SweepProcessPlan {
  endpoint: string;
  tables: Database["tables"];
  nowMs: number;
}

const { endpoint, tables, nowMs } = JSON.parse(process.argv[2]!) as SweepProcessPlan;
const client = connect({ ...localAccess, endpoint });
await sweep(createDatabase({ client, tables, now: () => nowMs }), callWithin(60_000));
client.destroy();
