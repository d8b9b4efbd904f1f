/** The local run with the real app: what a signal, a second start or a kill does to the data. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod/mini";
import { reservationSchema } from "../../contract/reservation-schemas.ts";
import { createClient } from "../support/http-client.ts";
import { expectInvariants } from "../support/invariants.ts";
import { isDefaultEngine, loadOf } from "../support/load-of.ts";
import { databaseOf } from "../support/local-database.ts";
import { type LocalRun, type LocalRunOptions, startLocalRun } from "../support/local-run.ts";
import { processesWith } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const start = async (options: LocalRunOptions = {}): Promise<LocalRun> => {
  const run = await startLocalRun({ assembly: inject("assembly"), ...options });
  onTestFinished(() => run.stop());
  return run;
};

const skus = ["load-0", "load-1", "load-2"];
/** Reservations after which the load is in full swing. */
const enough = loadOf(150);

/** Buyers who reserve until the service is gone; resolves with every reservation that was answered. */
const reserveUntilGone = async (endpoint: string, onReserved: (count: number) => void) => {
  const client = createClient(endpoint);
  const answered: string[] = [];
  const buy = async (buyer: number): Promise<void> => {
    for (let turn = 0; ; turn++) {
      const lines = [{ sku: skus[(buyer + turn) % skus.length], quantity: 1 }];
      const answer = await client.post("/v1/reservations", { lines }).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.status !== 201) continue;
      answered.push(z.parse(reservationSchema, answer.body).reservationId);
      onReserved(answered.length);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, buyer) => buy(buyer)));
  return answered;
};

test.each<NodeJS.Signals>(["SIGKILL", "SIGTERM"])(
  "after %s in the middle of the load every reservation that was answered is there",
  async (signal) => {
    // Tries to lose a reservation between the answer and the disk, or to leave half of one.
    const dataDirectory = await temporaryFolder();
    const run = await start({ dataDirectory });
    for (const sku of skus)
      await createClient(run.endpoint).put(`/v1/stock/${sku}`, { onHand: 1e6 });
    let ended: Promise<number | null> | undefined;
    let endedAfterMs = Infinity;
    const answered = await reserveUntilGone(run.endpoint, (count) => {
      if (count < enough || ended) return;
      const sinceMs = performance.now();
      ended = run.kill(signal).finally(() => {
        endedAfterMs = performance.now() - sinceMs;
      });
    });
    expect(await ended).toBe(signal === "SIGTERM" ? 0 : null);
    expect(endedAfterMs).toBeLessThan(5_000);

    const again = await start({ dataDirectory });
    const client = createClient(again.endpoint);
    for (let from = 0; from < answered.length; from += 20) {
      const paths = answered.slice(from, from + 20).map((id) => `/v1/reservations/${id}`);
      const found = await Promise.all(paths.map((path) => client.get(path)));
      for (const { status } of found) expect(status).toBe(200);
    }
    await expectInvariants(databaseOf(again));
  },
);

test("a second start on the same data is refused, and the first runs on", async () => {
  const run = await start();
  await expect(start({ dataDirectory: run.dataDirectory })).rejects.toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(`${run.dataDirectory} is in use by the process ${run.pid}`),
  });
  expect((await createClient(run.endpoint).get("/v1/health")).status).toBe(200);
});

test("a taken port is refused by its name", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(start({ port })).rejects.toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(new RegExp(`^PORT=${port} is taken`)),
  });
});

// A signal takes the same way to each engine, of which only a kill leaves none to stop it.
const npmSignals: NodeJS.Signals[] = isDefaultEngine
  ? ["SIGTERM", "SIGINT", "SIGKILL"]
  : ["SIGKILL"];

const toNpm = "a signal to the npm that has started it leaves nothing running";

test(toNpm, { timeout: 300_000 }, async () => {
  const dataDirectory = await temporaryFolder();
  const engine = () => processesWith(dataDirectory);
  for (const signal of npmSignals) {
    const npm = spawn("npm", ["run", "local", "--", inject("assembly")], {
      env: { ...process.env, PORT: "0", HOLDFAST_DATA: dataDirectory },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(npm, "exit");
    let output = "";
    for await (const text of npm.stdout.setEncoding("utf8")) {
      output += text as string;
      if (output.includes("Holdfast is ready on")) break;
    }
    expect(await engine()).not.toEqual([]);
    npm.kill(signal);
    await ended;
    await expect.poll(engine, { timeout: 10_000, message: signal }).toEqual([]);
    // A process that still ran it would have the folder, and the next start would be refused.
  }
  await start({ dataDirectory });
});
