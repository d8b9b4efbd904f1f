import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startDynamoDbLocal } from "../../local/engines/dynamodb-local.ts";
import { spawnGuarded } from "../../local/engines/guarded-process.ts";
import { type EngineChoice, startEngine } from "../../local/engines/start-engine.ts";
import { processesWith } from "../support/processes.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ports = (endpoint: string): number => Number(new URL(endpoint).port);

const isReachable = async (host: string, port: number): Promise<boolean> => {
  const socket = connect({ host, port });
  const outcome = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "close").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return outcome;
};

const choice = (process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineChoice;

describe(`the engine ${choice}`, () => {
  it("listens on the loopback interface alone and leaves nothing behind", async () => {
    const engine = await startEngine(choice);
    const port = ports(engine.endpoint);
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    expect(await isReachable("127.0.0.1", port)).toBe(true);
    for (const { address } of others) expect(await isReachable(address, port)).toBe(false);
    await engine.stop();
    expect(await isReachable("127.0.0.1", port)).toBe(false);
  });

  it("keeps its data in the folder that it is given", async () => {
    const dataDirectory = await temporaryFolder();
    const engine = await startEngine(choice, { dataDirectory });
    expect(await processesWith(dataDirectory)).not.toEqual([]);
    await engine.stop();
    await expect.poll(() => processesWith(dataDirectory), { timeout: 5_000 }).toEqual([]);
  });
});

describe("an engine that cannot be used", () => {
  it("says how to install Java when there is none", async () => {
    vi.stubEnv("PATH", "/nowhere");
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(startDynamoDbLocal()).rejects.toThrow(
      /needs a Java development kit.*apt-get install -y openjdk-17-jdk-headless/,
    );
  });

  it("at an address where nobody answers is refused with that address", async () => {
    const aborted = vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort());
    onTestFinished(() => aborted.mockRestore());
    await expect(startEngine("http://127.0.0.1:1")).rejects.toThrow(
      /no DynamoDB answered at http:\/\/127\.0\.0\.1:1 /,
    );
  });

  it("tells when it is lost", async () => {
    const dataDirectory = await temporaryFolder();
    const engine = await startEngine("dynoxide", { dataDirectory });
    const found = await processesWith(`--db-path ${dataDirectory}`);
    process.kill(found.find(({ command }) => command === "dynoxide")!.pid, "SIGKILL");
    expect((await engine.lost).message).toContain("dynoxide has ended by itself");
    await engine.stop();
  });
});

describe("a guarded process", () => {
  it("is killed when it does not stop", async () => {
    const mark = join(await temporaryFolder(), "deaf");
    const script = 'trap "" TERM; : > "$0"; while :; do sleep 0.1; done';
    const child = spawnGuarded("sh", ["-c", script, mark]);
    await expect.poll(() => existsSync(mark), { timeout: 5_000 }).toBe(true);
    await child.stop();
    // What a shell says of a process that a SIGKILL ended.
    expect(await child.ended).toMatchObject({ exitCode: 128 + 9 });
  });

  it("ends with us when we are killed", async () => {
    const mark = `holdfast-guard-test-${process.pid}-${Date.now()}`;
    const module = new URL("../../local/engines/guarded-process.ts", import.meta.url).href;
    const script = `
      const { spawnGuarded } = await import(${JSON.stringify(module)});
      spawnGuarded("sh", ["-c", "while :; do sleep 0.1; done", ${JSON.stringify(mark)}]);
      console.log("started");
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    await once(parent.stdout, "data");
    expect((await processesWith(mark)).length).toBeGreaterThan(1);
    parent.kill("SIGKILL");
    await expect.poll(() => processesWith(mark), { timeout: 5_000 }).toEqual([]);
  });

  it("reports a command that there is not, and what the command said", async () => {
    expect(await spawnGuarded("no-such-command", []).ended).toMatchObject({ isMissing: true });
    expect(await spawnGuarded("sh", ["-c", "echo why >&2; exit 7"]).ended).toEqual({
      exitCode: 7,
      isMissing: false,
      errorOutput: "why",
    });
  });
});
