/** The gateway, the workers and the socket of a fixture in this process, without an engine. */
import { onTestFinished } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { startFunctions } from "../../../local/functions/start-functions.ts";
import { createGateway } from "../../../local/gateway/gateway.ts";
import { listenOnLoopback } from "../../../local/gateway/http-listener.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { type Fixture, writeApp } from "./fixture-app.ts";

export const startGateway = async (fixture: Fixture = {}) => {
  const assembly = await readAssembly(await writeApp(fixture));
  const listener = await listenOnLoopback(0);
  onTestFinished(() => listener.stop());
  const app = describeApp(assembly, { gatewayEndpoint: listener.endpoint });
  const logsDirectory = await temporaryFolder();
  const failures: string[] = [];
  const functions = await startFunctions({
    functions: app.functions,
    endpoints: { dynamodb: "http://127.0.0.1:1" },
    logsDirectory,
    onFailure: (message) => failures.push(message),
  });
  onTestFinished(() => functions.stop());
  const onFailure = (message: string) => failures.push(message);
  listener.serve(createGateway({ api: app.api, invoke: functions.invoke, onFailure }));
  return { endpoint: listener.endpoint, listener, functions, logsDirectory, failures };
};
