/** The simulator's engine behind both of its doors, and without the SDK's parts for networks. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { directDoor } from "../../lab/simulator/doors/direct-door.ts";
import { jsonDoor } from "../../lab/simulator/doors/json-door.ts";
import { leanClient } from "../../lab/simulator/doors/lean-client.ts";
import type { Transport } from "../../lab/simulator/doors/transport.ts";
import { createEngine, describeTable } from "../../lab/simulator/engine/engine.ts";
import {
  describeEngineTables,
  type EngineTables,
  type EngineUnderTest,
} from "../support/engine-under-test.ts";
import { describeEngine } from "./engine-suite.ts";

const start = (connect: (transport: Transport) => DynamoDBClient) => async () => {
  const descriptions = Object.entries(describeEngineTables());
  const engine = createEngine(descriptions.map(([name, one]) => describeTable(name, one)));
  const client = connect(async ({ operation, input }) => engine.execute(operation, input));
  return {
    client: DynamoDBDocumentClient.from(client),
    tables: Object.fromEntries(descriptions.map(([name]) => [name, name])) as EngineTables,
  } satisfies EngineUnderTest;
};

const byJson = (transport: Transport) => new DynamoDBClient(jsonDoor(transport));
const directly = (transport: Transport) => new DynamoDBClient(directDoor(transport));
const leanly = (transport: Transport) => leanClient(directDoor(transport));

describeEngine("the simulator by JSON", "simulator", start(byJson));
describeEngine("the simulator by objects", "simulator", start(directly));
describeEngine("the simulator by a lean client", "simulator", start(leanly));
