/**
 * Runs the synthesized app on this machine: `node local/main.ts [cdk.out]`. A list of services,
 * started in order and stopped in reverse. All that it knows of the app is in that folder; a project
 * file that it would need is missing in the template. It listens on 127.0.0.1 alone.
 * Next: assembly/app.ts for what is read; then a folder for each kind of service.
 */
import { join } from "node:path";
import { announce } from "./announcement.ts";
import { describeApp } from "./assembly/app.ts";
import { hasMessaging } from "./assembly/read-messaging.ts";
import { readAssembly } from "./assembly/read-assembly.ts";
import { openDataFolder } from "./data-folder.ts";
import { dynoxideFileIn } from "./engines/dynoxide.ts";
import { startEngineDoor } from "./engines/engine-door.ts";
import { startEngine } from "./engines/start-engine.ts";
import { startEventSources } from "./event-sources/start-event-sources.ts";
import { startFunctions } from "./functions/start-functions.ts";
import { withReference } from "./gateway/api-reference.ts";
import { createGateway } from "./gateway/gateway.ts";
import { listenOnLoopback } from "./gateway/http-listener.ts";
import { LocalRunError } from "./local-run-error.ts";
import { createMessaging } from "./messaging/create-messaging.ts";
import { startMessaging } from "./messaging/messaging.ts";
import { sendsNotifications, startOutbox } from "./outbox/outbox.ts";
import { asksForRedis, startLocalRedis, withRedis } from "./redis/local-redis.ts";
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
  const folder = running(await openDataFolder(settings.dataPath));
  const inFolder = (name: string): string => join(folder.path, name);
  // Before the app is described: the URLs of queues have its address.
  const messaging = hasMessaging(assembly.template)
    ? running(await startMessaging({ dataDirectory: inFolder("messaging") }))
    : undefined;
  const app = describeApp(assembly, {
    gatewayEndpoint: listener.endpoint,
    ...(messaging && { messagingEndpoint: messaging.endpoint }),
  });
  const engine = running(await startEngine(settings.engine, { dataDirectory: folder.path }));
  const database = isAddress(settings.engine)
    ? engine
    : running(
        await startEngineDoor({
          endpoint: engine.endpoint,
          losesTokens: settings.engine === "dynoxide",
        }),
      );
  await createTables(database.endpoint, app.tables, whatToRemove(settings, folder.path));
  if (settings.engine === "dynoxide" && app.tables.some((table) => table.streamViewType)) {
    indexStreamRecords(dynoxideFileIn(folder.path));
  }
  if (messaging) await createMessaging(messaging.endpoint, app.messaging);
  const redis = app.functions.some(asksForRedis)
    ? running(await startLocalRedis(inFolder("redis")))
    : undefined;
  const outboxFile = inFolder("outbox.jsonl");
  const outbox = app.functions.some(sendsNotifications)
    ? running(await startOutbox(outboxFile))
    : undefined;
  const functions = running(
    await startFunctions({
      functions: withRedis(app.functions, redis?.access),
      endpoints: {
        dynamodb: database.endpoint,
        ...(messaging && { sns: messaging.endpoint, sqs: messaging.endpoint }),
        ...(outbox && { sesv2: outbox.endpoint }),
      },
      logsDirectory: folder.logsDirectory,
      onFailure,
    }),
  );
  running(startSchedules({ schedules: app.schedules, invoke: functions.invoke, onFailure }));
  running(
    await startEventSources({
      sources: app.eventSources,
      dynamodbEndpoint: database.endpoint,
      messagingEndpoint: messaging?.endpoint,
      // Positions in the streams of one engine say nothing of another's.
      checkpointsDirectory: inFolder(`checkpoints/${encodeURIComponent(settings.engine)}`),
      invoke: functions.invoke,
      onFailure,
    }),
  );
  const gateway = createGateway({ api: app.api, invoke: functions.invoke, onFailure });
  listener.serve(withReference(app.api, gateway));
  // Once more, so that nothing is taken any longer before what answers it is stopped.
  running(listener);
  const { tables, outputs, messaging: described } = app;
  await folder.describeRun({
    pid: process.pid,
    endpoint: listener.endpoint,
    dynamodb: database.endpoint,
    tables: Object.fromEntries(tables.map(({ logicalId, name }) => [logicalId, name])),
    outputs,
    ...(messaging && { messaging: messaging.endpoint }),
    topics: Object.fromEntries(described.topics.map(({ logicalId, arn }) => [logicalId, arn])),
    queues: Object.fromEntries(described.queues.map(({ logicalId, url }) => [logicalId, url])),
    ...(outbox && { outbox: outboxFile }),
  });
  const announced = {
    app,
    messagingEndpoint: messaging?.endpoint,
    redis: redis && (redis.absence ?? "on 127.0.0.1, for the functions that ask for it"),
    outboxFile: outbox && outboxFile,
    engine: settings.engine,
    dynamodbEndpoint: database.endpoint,
    gatewayEndpoint: listener.endpoint,
    dataPath: folder.path,
    logsDirectory: folder.logsDirectory,
  };
  process.stdout.write(`${announce(announced)}\n`);
  return { lost: Promise.race([engine.lost, ...(messaging ? [messaging.lost] : [])]) };
};

/** True for an engine of the user's, which is none of ours to guard. */
const isAddress = (engine: Settings["engine"]): boolean => engine.startsWith("http");

const whatToRemove = ({ engine }: Settings, dataPath: string): string =>
  isAddress(engine)
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
