/**
 * What the template says that this machine runs, in its terms: tables, functions, one HTTP API,
 * schedules, topics and queues, event sources.
 * Everything else in a template (roles, alarms, log groups) is AWS's business and is not looked at.
 * Next: the reader of each, and resource-names.ts for what things are called here.
 */
import type { Assembly } from "./read-assembly.ts";
import { createResolver, type LocalValues, type Resolver } from "./intrinsics.ts";
import { type ApiDescription, readApi } from "./read-api.ts";
import { type EventSources, readEventSources } from "./read-event-sources.ts";
import { type FunctionDescription, readFunctions } from "./read-functions.ts";
import { type MessagingDescription, readMessaging } from "./read-messaging.ts";
import { readSchedules, type ScheduleDescription } from "./read-schedules.ts";
import { readTables, type TableDescription } from "./read-tables.ts";

export interface App {
  tables: TableDescription[];
  /** Those that a route, a schedule or an event source calls; nothing calls the others here. */
  functions: FunctionDescription[];
  api: ApiDescription;
  schedules: ScheduleDescription[];
  messaging: MessagingDescription;
  eventSources: EventSources;
  /** The stack's outputs, without those that have no value on this machine. */
  outputs: Record<string, string>;
}

/** Throws a LocalRunError of code `assembly` that names the resource and the property at fault. */
export const describeApp = (assembly: Assembly, local: LocalValues): App => {
  const resolver = createResolver(assembly, local);
  const functions = readFunctions(assembly, resolver);
  const api = readApi(resolver, functions);
  const schedules = readSchedules(resolver, functions);
  const tables = readTables(resolver);
  const messaging = readMessaging(resolver);
  const eventSources = readEventSources(resolver, { functions, tables, ...messaging });
  const { streams, queues } = eventSources;
  const called = new Set(
    [...api.routes, ...schedules, ...streams, ...queues].map(({ functionId }) => functionId),
  );
  return {
    tables,
    functions: functions.filter(({ logicalId }) => called.has(logicalId)).map((one) => one.read()),
    api,
    schedules,
    messaging,
    eventSources,
    outputs: readOutputs(assembly, resolver),
  };
};

const readOutputs = (assembly: Assembly, resolver: Resolver): Record<string, string> => {
  const outputs: Record<string, string> = {};
  for (const [name, { Value }] of Object.entries(assembly.template.Outputs ?? {})) {
    try {
      outputs[name] = String(resolver.resolve(Value, `output ${name}`));
    } catch {
      // An output may tell of a resource that exists on AWS alone; nothing here depends on it.
    }
  }
  return outputs;
};
