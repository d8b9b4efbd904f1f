/** The gateway, the workers and the socket of a fixture in this process, without an engine. */
import { request } from "node:http";
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
  listener.serve(createGateway({ api: app.api, invoke: functions.invoke }));
  return { endpoint: listener.endpoint, listener, functions, logsDirectory, failures };
};

/** A request whose path and headers are sent as they are: `fetch` would tidy them. */
export const send = (
  endpoint: string,
  path: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(endpoint);
      const { method = "GET", headers = {}, body } = options;
      const outgoing = request({ hostname, port, path, method, headers, agent: false });
      outgoing.on("error", reject).on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      outgoing.end(body);
    },
  );
