import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it, onTestFinished } from "vitest";
import { type LocalRun, type LocalRunOptions, startLocalRun } from "../../support/local-run.ts";
import { processesWith } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { echo, type Fixture, table, writeApp } from "./fixture-app.ts";

const fixture: Fixture = {
  functions: { Echo: echo, Slow: "export const handler = () => new Promise(() => {});" },
  routes: [
    { key: "GET /echo", function: "Echo" },
    { key: "GET /slow", function: "Slow" },
    { key: "$default", function: "Echo" },
  ],
  resources: { Orders: table() },
  outputs: { Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } } },
};

const start = async (options: LocalRunOptions = {}): Promise<LocalRun> => {
  const assembly = options.assembly ?? (await writeApp(fixture));
  const run = await startLocalRun({ engine: "dynoxide", assembly, ...options });
  onTestFinished(() => run.stop());
  return run;
};

const connectTo = (endpoint: string): DynamoDBClient => {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
  onTestFinished(() => client.destroy());
  return client;
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe("the local run", () => {
  it("tells what runs where, ends with the ready line, and then says no more", async () => {
    const run = await start();
    await fetch(`${run.endpoint}/echo`);
    const lines = run.stdout().trimEnd().split("\n");
    expect(lines.at(-1)).toBe(`Holdfast is ready on ${run.endpoint}`);
    expect(lines).toContain(`Try        curl ${run.endpoint}/echo`);
    expect(run.stdout()).toContain(`dynoxide on ${run.dynamodbEndpoint}`);
    expect(run.stdout()).toContain("Function   Echo (128 MiB, 3 s)");
    expect(run.stderr()).toBe("");
    expect(JSON.parse(await readFile(join(run.dataDirectory, "run.json"), "utf8"))).toEqual({
      pid: run.pid,
      endpoint: run.endpoint,
      dynamodb: run.dynamodbEndpoint,
      tables: { Orders: "App-Orders" },
      outputs: { Url: run.endpoint },
      topics: {},
      queues: {},
    });
  });

  it.each<NodeJS.Signals>(["SIGINT", "SIGTERM"])(
    "at %s stops everything within five seconds, also under load, with exit code 0",
    async (signal) => {
      const run = await start();
      const slow = fetch(`${run.endpoint}/slow`).catch(() => "closed");
      await fetch(`${run.endpoint}/echo`);
      const sinceMs = performance.now();
      expect(await run.kill(signal)).toBe(0);
      expect(performance.now() - sinceMs).toBeLessThan(5_000);
      expect(await slow).toBe("closed");
      await expect.poll(() => processesWith(run.dataDirectory), { timeout: 5_000 }).toEqual([]);
      expect(await isThere(join(run.dataDirectory, "run.json"))).toBe(false);
    },
  );

  it("at a second signal ends at once", async () => {
    const run = await start();
    const slow = fetch(`${run.endpoint}/slow`).catch(() => "closed");
    await fetch(`${run.endpoint}/echo`);
    const ended = run.kill("SIGINT");
    // What npm hands on a moment later is the same Ctrl-C; half a second later is another.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await run.kill("SIGINT")).toBe(1);
    await ended;
    expect(await slow).toBe("closed");
    await expect.poll(() => processesWith(run.dataDirectory), { timeout: 5_000 }).toEqual([]);
  });

  it("when it is killed leaves no process, and starts again with all data", async () => {
    const dataDirectory = await temporaryFolder();
    const assembly = await writeApp(fixture);
    const run = await start({ dataDirectory, assembly });
    const ids = Array.from({ length: 50 }, (_, index) => ({ id: { S: `order-${index}` } }));
    const before = connectTo(run.dynamodbEndpoint);
    for (const Item of ids)
      await before.send(new PutItemCommand({ TableName: "App-Orders", Item }));
    expect(await run.kill("SIGKILL")).toBeNull();
    await expect.poll(() => processesWith(dataDirectory), { timeout: 5_000 }).toEqual([]);

    const again = await start({ dataDirectory, assembly });
    const after = connectTo(again.dynamodbEndpoint);
    for (const Key of ids) {
      const found = await after.send(new GetItemCommand({ TableName: "App-Orders", Key }));
      expect(found.Item).toEqual(Key);
    }
  });

  it("refuses a folder that another run uses, and names both", async () => {
    const run = await start();
    await expect(start({ dataDirectory: run.dataDirectory })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        new RegExp(`^The data folder ${run.dataDirectory} is in use by the process ${run.pid}\\.`),
      ),
    });
    expect((await fetch(`${run.endpoint}/echo`)).status).toBe(200);
  });

  it("refuses a taken port before it touches anything", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const dataDirectory = join(await temporaryFolder(), "data");
    await expect(start({ port, dataDirectory })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(new RegExp(`^PORT=${port} is taken: .*\n$`)),
    });
    expect(await isThere(dataDirectory)).toBe(false);
  });

  it("refuses a folder that is a file", async () => {
    const dataDirectory = join(await writeApp(fixture), "manifest.json");
    await expect(start({ dataDirectory })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`HOLDFAST_DATA=${dataDirectory} cannot be used as a folder`),
    });
  });

  it("refuses an app that it cannot run with one line, and stops what it had started", async () => {
    const dataDirectory = await temporaryFolder();
    const assembly = await writeApp({ functions: { Broken: "throw new Error('no table')" } });
    await expect(start({ dataDirectory, assembly })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^The bundle of Broken does not load: Error: no table .*\n$/),
    });
    await expect.poll(() => processesWith(dataDirectory), { timeout: 5_000 }).toEqual([]);
  });

  it("ends with a message when its engine is lost", async () => {
    const run = await start();
    const found = await processesWith(run.dataDirectory);
    process.kill(found.find(({ command }) => command === "dynoxide")!.pid, "SIGKILL");
    await expect
      .poll(() => run.stderr(), { timeout: 5_000 })
      .toMatch(/dynoxide has ended by itself/);
    expect(await run.kill("SIGTERM")).toBe(1);
  });

  it("stops when the signal comes while it starts", async () => {
    const dataDirectory = await temporaryFolder();
    const main = fileURLToPath(new URL("../../../local/main.ts", import.meta.url));
    // A bundle that takes its time, and says when it has begun.
    const assembly = await writeApp({
      functions: {
        Late: `import { writeFileSync } from "node:fs";
          writeFileSync(import.meta.dirname + "/begun", "");
          await new Promise((resolve) => setTimeout(resolve, 8_000));`,
      },
    });
    const child = spawn(process.execPath, [main, assembly], {
      env: { ...process.env, PORT: "0", HOLDFAST_DATA: dataDirectory },
      stdio: "ignore",
    });
    await expect
      .poll(() => isThere(join(assembly, "asset.Late", "begun")), { timeout: 10_000 })
      .toBe(true);
    child.kill("SIGTERM");
    const [exitCode] = await once(child, "exit");
    expect(exitCode).toBe(0);
    await expect.poll(() => processesWith(dataDirectory), { timeout: 5_000 }).toEqual([]);
  });

  it("refuses a bad variable with one line", async () => {
    await expect(start({ port: 70_000 })).rejects.toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^PORT=70000 is not accepted: [^\n]*\n$/),
    });
  });
});
