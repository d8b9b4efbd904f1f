/** What the start prints: what runs where, who may call, and something to try. */
import { relative } from "node:path";
import type { RouteDescription } from "./assembly/read-api.ts";
import type { App } from "./assembly/app.ts";
import type { EngineChoice } from "./engines/start-engine.ts";
import { referencePathOf } from "./gateway/api-reference.ts";

export interface Announced {
  app: App;
  engine: EngineChoice;
  dynamodbEndpoint: string;
  /** Undefined, as the two below, when the template has no use for it. */
  messagingEndpoint: string | undefined;
  /** In words: where it is, or why there is none. */
  redis: string | undefined;
  outboxFile: string | undefined;
  gatewayEndpoint: string;
  dataPath: string;
  logsDirectory: string;
}

/** The last line says where it is ready; whoever waits for the start waits for that line. */
export const announce = (announced: Announced): string => {
  const { app, gatewayEndpoint } = announced;
  return [
    ...describeParts(announced),
    "",
    ...describeFunctions(app),
    "",
    ...describeAuthorization(app.api.routes),
    ...describeTrial(app, gatewayEndpoint),
    ...describeReference(app, gatewayEndpoint),
    "",
    `Holdfast is ready on ${gatewayEndpoint}`,
  ].join("\n");
};

const describeParts = (announced: Announced): string[] => {
  const { app, engine, dynamodbEndpoint, dataPath, logsDirectory } = announced;
  const isOurs = engine === "dynoxide" || engine === "dynamodb-local";
  const place = isOurs ? `${engine} on ${dynamodbEndpoint}, data in ${short(dataPath)}` : engine;
  return [
    `Database   ${place}`,
    ...app.tables.map(({ name }) => `Table      ${name}`),
    ...describeMessaging(announced),
    `Logs       ${short(logsDirectory)}, one file per function`,
  ];
};

const describeMessaging = (announced: Announced): string[] => {
  const { app, messagingEndpoint, redis, outboxFile } = announced;
  const lines: string[] = [];
  if (messagingEndpoint !== undefined) lines.push(`Messages   SNS and SQS on ${messagingEndpoint}`);
  lines.push(
    ...app.messaging.topics.map(({ name }) => `Topic      ${name}`),
    ...app.messaging.queues.map(({ name }) => `Queue      ${name}`),
  );
  if (redis !== undefined) lines.push(`Redis      ${redis}`);
  if (outboxFile !== undefined)
    lines.push(`Outbox     e-mails are written to ${short(outboxFile)}`);
  return lines;
};

const describeFunctions = ({ functions, api, eventSources }: App): string[] =>
  functions.flatMap(({ logicalId, memoryMiB, timeoutMs }) => [
    `Function   ${logicalId} (${memoryMiB} MiB, ${timeoutMs / 1_000} s)`,
    ...api.routes
      .filter(({ functionId }) => functionId === logicalId)
      .map((route) => `           ${route.routeKey}${describeAccess(route)}`),
    ...eventSources.streams
      .filter(({ functionId }) => functionId === logicalId)
      .map(({ tableName }) => `           reads ${tableName}'s stream`),
    ...eventSources.queues
      .filter(({ functionId }) => functionId === logicalId)
      .map(({ queueArn }) => `           reads the queue ${queueArn.split(":").at(-1)}`),
  ]);

const describeAccess = ({ authorization }: RouteDescription): string => {
  if (authorization.kind === "none") return " (open)";
  if (authorization.kind === "iam" || authorization.scopes.length === 0) return "";
  return ` (${authorization.scopes.join(" or ")})`;
};

const describeAuthorization = (routes: readonly RouteDescription[]): string[] => {
  const kinds = new Map(routes.map(({ authorization }) => [authorization.kind, authorization]));
  const lines: string[] = [];
  const jwt = kinds.get("jwt");
  if (kinds.has("iam")) {
    lines.push("Callers    IAM in the cloud; here every caller on this machine is accepted");
  }
  if (jwt?.kind === "jwt") lines.push(`Callers    with a token of ${jwt.issuer}`);
  if (lines.length === 0) lines.push("Callers    nobody is asked who they are");
  return lines;
};

const isOpen = ({ authorization }: RouteDescription) => authorization.kind === "none";

/** An output called TryIt, or the first call that needs neither a body nor a variable. */
const describeTrial = ({ outputs, api }: App, endpoint: string): string[] => {
  const given = outputs["TryIt"];
  if (given !== undefined) return [`Try        ${given}`];
  const routes = api.routes.filter(({ routeKey }) => /^GET [^{]*$/.test(routeKey));
  const route = routes.find(isOpen) ?? routes[0];
  return route ? [`Try        curl ${endpoint}${route.routeKey.slice("GET ".length)}`] : [];
};

const describeReference = ({ api }: App, endpoint: string): string[] => {
  const path = referencePathOf(api);
  return path === undefined ? [] : [`Reference  ${endpoint}${path}`];
};

const short = (path: string): string => {
  const fromHere = relative(process.cwd(), path);
  return fromHere === "" || fromHere.startsWith("..") ? path : fromHere;
};
