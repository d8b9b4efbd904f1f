import { inject } from "vitest";
import { connect } from "../../inventory/dynamodb/database.ts";
import { createEngineTables, type EngineName } from "../support/engine-under-test.ts";
import { localAccess } from "../support/local-access.ts";
import { describeEngine } from "./engine-suite.ts";

const name = (process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineName;

describeEngine(name, name, async () => {
  const endpoint = inject("engineEndpoint");
  const client = connect({ ...localAccess, endpoint, requestTimeoutMs: 60_000 });
  return { client, tables: await createEngineTables(client) };
});
