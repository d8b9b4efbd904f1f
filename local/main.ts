/**
 * Runs the synthesized app on this machine: `node local/main.ts [cdk.out]`. A list of services,
 * started in order and stopped in reverse. All that it knows of the app is in that folder; a project
 * file that it would need is missing in the template. It listens on 127.0.0.1 alone.
 * Next: assembly/app.ts for what is read, engines/, functions/ and gateway/ for what then runs.
 */
import { announce } from "./announcement.ts";
import { describeApp } from "./assembly/app.ts";
import { readAssembly } from "./assembly/read-assembly.ts";
import { openDataFolder } from "./data-folder.ts";
import { dynoxideFileIn } from "./engines/dynoxide.ts";
import { startRequestTokenFilter } from "./engines/request-token-filter.ts";
import { startEngine } from "./engines/start-engine.ts";
import { startFunctions } from "./functions/start-functions.ts";
import { createGateway } from "./gateway/gateway.ts";
import { listenOnLoopback } from "./gateway/http-listener.ts";
import { LocalRunError } from "./local-run-error.ts";
import { readSettings, type Settings } from "./settings.ts";
import { stopSignal } from "./stop-signal.ts";
import { startSchedules } from "./schedules/start-schedules.ts";
import { createTables } from "./tables/create-tables.ts";
import { indexStreamRecords } from "./tables/stream-records-index.ts";

const started = new AsyncDisposableStack();

const running = <Service extends { stop(): Promise<void> }>(service: Service): Service => {
  started.defer(() => service.stop());
  return service;
};

const onFailure = (message: string): void => void process.stderr.write(`${message}\n`);

const start = async (settings: Settings): Promise<{ lost: Promise<LocalRunError> }> => {
  const assembly = await readAssembly(settings.assemblyPath);
  const listener = running(await listenOnLoopback(settings.port));
  const app = describeApp(assembly, { gatewayEndpoint: listener.endpoint });
  const folder = running(await openDataFolder(settings.dataPath));
  const engine = running(await startEngine(settings.engine, { dataDirectory: folder.path }));
  const database =
    settings.engine === "dynoxide"
      ? running(await startRequestTokenFilter(engine.endpoint))
      : engine;
  await createTables(database.endpoint, app.tables, whatToRemove(settings, folder.path));
  if (settings.engine === "dynoxide" && app.tables.some((table) => table.streamViewType)) {
    indexStreamRecords(dynoxideFileIn(folder.path));
  }
  const functions = running(
    await startFunctions({
      functions: app.functions,
      endpoints: { dynamodb: database.endpoint },
      logsDirectory: folder.logsDirectory,
      onFailure,
    }),
  );
  running(startSchedules({ schedules: app.schedules, invoke: functions.invoke, onFailure }));
  listener.serve(createGateway({ api: app.api, invoke: functions.invoke }));
  // Once more, so that nothing is taken any longer before what answers it is stopped.
  running(listener);
  await folder.describeRun({
    pid: process.pid,
    endpoint: listener.endpoint,
    dynamodb: database.endpoint,
    tables: Object.fromEntries(app.tables.map(({ logicalId, name }) => [logicalId, name])),
    outputs: app.outputs,
  });
  const announced = {
    app,
    engine: settings.engine,
    dynamodbEndpoint: database.endpoint,
    gatewayEndpoint: listener.endpoint,
    dataPath: folder.path,
    logsDirectory: folder.logsDirectory,
  };
  process.stdout.write(`${announce(announced)}\n`);
  return { lost: engine.lost };
};

const whatToRemove = ({ engine }: Settings, dataPath: string): string =>
  engine.startsWith("http")
    ? "that table, or use another engine"
    : `the folder ${dataPath} with all its data, or use another: HOLDFAST_DATA=.holdfast-2`;

const run = async (): Promise<number> => {
  // As on Lambda, whatever the machine's own: functions share the clock of this process.
  process.env["TZ"] = "UTC";
  const settings = readSettings(process.argv.slice(2), process.env);
  const stopped = stopSignal();
  const failed = start(settings).then(({ lost }) => lost);
  const outcome = await Promise.race([stopped, failed]);
  if (outcome instanceof LocalRunError) throw outcome;
  return 0;
};

const tell = (error: unknown): number => {
  const isExpected = error instanceof LocalRunError;
  process.stderr.write(
    `${isExpected ? error.message : ((error as Error).stack ?? String(error))}\n`,
  );
  return 1;
};

const exitCode = await run().catch(tell);
await started.disposeAsync().catch(tell);
// What was still starting when the signal came is not on the list; the process takes it along.
process.exit(exitCode);
