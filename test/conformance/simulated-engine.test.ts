/**
 * The simulator's engine behind both of its doors and without the SDK's parts for networks; and the whole
 * simulated service, without faults, lags and limits of capacity.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { directDoor } from "../../lab/simulator/doors/direct-door.ts";
import { jsonDoor } from "../../lab/simulator/doors/json-door.ts";
import { leanClient } from "../../lab/simulator/doors/lean-client.ts";
import type { Transport } from "../../lab/simulator/doors/transport.ts";
import { createEnvironment } from "../../lab/simulator/cloud/environment.ts";
import { createEngine, describeTable, type Engine } from "../../lab/simulator/engine/engine.ts";
import { faultLevels } from "../../lab/simulator/faults.ts";
import { parameters } from "../../lab/simulator/parameters.ts";
import { createService } from "../../lab/simulator/service/service.ts";
import { createRandom } from "../../lab/simulator/time/random.ts";
import { createVirtualTime } from "../../lab/simulator/time/virtual-time.ts";
import {
  describeEngineTables,
  type EngineTables,
  type EngineUnderTest,
} from "../support/engine-under-test.ts";
import { describeEngine } from "./engine-suite.ts";

type Connect = (transport: Transport) => DynamoDBClient;

const start = (connect: Connect, transportOf: (engine: Engine) => Transport) => async () => {
  const descriptions = Object.entries(describeEngineTables());
  const engine = createEngine(descriptions.map(([name, one]) => describeTable(name, one)));
  return {
    client: DynamoDBDocumentClient.from(connect(transportOf(engine))),
    tables: Object.fromEntries(descriptions.map(([name]) => [name, name])) as EngineTables,
  } satisfies EngineUnderTest;
};

const alone =
  (engine: Engine): Transport =>
  async ({ operation, input }) =>
    engine.execute(operation, input);

/** One request after the other, each in as much virtual time as it takes. */
const inService = (engine: Engine): Transport => {
  const time = createVirtualTime();
  const random = createRandom(1);
  const ample = { writeUnits: 1e6, readUnits: 1e6 };
  const kind = {
    indexLagMs: [0, 0],
    slowIndexShare: 0,
    replicaShare: 0,
    partition: ample,
    table: ample,
  } as const;
  const service = createService({
    time,
    random,
    engine,
    tablesWithStream: [],
    parameters: { ...parameters.database, ...kind },
    faults: () => faultLevels.none,
    requestTimeoutMs: 2_000,
  });
  const send = service.connect(createEnvironment({ name: "suite", time, random, skewMs: 0 }));
  let last: Promise<unknown> = Promise.resolve();
  return (request, signal) => {
    const answer = last.then(() => time.runUntilDone(send(request, signal)));
    last = answer.catch(() => {});
    return answer;
  };
};

const byJson = (transport: Transport) => new DynamoDBClient(jsonDoor(transport));
const directly = (transport: Transport) => new DynamoDBClient(directDoor(transport));
const leanly = (transport: Transport) => leanClient(directDoor(transport));

describeEngine("the simulator's engine by JSON", "simulator", start(byJson, alone));
describeEngine("the simulator's engine by objects", "simulator", start(directly, alone));
describeEngine("the simulator's engine by a lean client", "simulator", start(leanly, alone));
describeEngine("the whole simulated service", "simulator", start(leanly, inService));
