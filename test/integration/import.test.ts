/** `npm run import`: files of counts, good and bad, through kills. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { checkFile } from "../../bin/import/check-file.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { createRandom } from "../../lab/simulator/time/random.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { expectInvariants, readRecords } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const command = fileURLToPath(new URL("../../bin/import.ts", import.meta.url));

let database: TestDatabase;
let inventory: Inventory;

beforeEach(async () => {
  database = await createTestDatabase();
  inventory = createInventory(database);
});

const environment = () => ({
  ...process.env,
  AWS_ENDPOINT_URL_DYNAMODB: inject("engineEndpoint"),
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
});

const tableArguments = (): string[] => {
  const { stock, reservations, movements } = database.tables;
  const names = { stock, reservations, movements, locks: database.locksTable };
  return Object.entries(names).flatMap(([name, table]) => [`--${name}`, table]);
};

interface Ended {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const runImport = async (...args: string[]): Promise<Ended> =>
  runImportOn(inject("engineEndpoint"), ...args);

const runImportOn = async (endpoint: string, ...args: string[]): Promise<Ended> => {
  try {
    const all = [command, ...args, ...tableArguments()];
    const env = { ...environment(), AWS_ENDPOINT_URL_DYNAMODB: endpoint };
    const output = await promisify(execFile)(process.execPath, all, { env });
    return { exitCode: 0, ...output };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
};

const fileOf = async (content: string, extension = "ndjson"): Promise<string> => {
  const path = join(await temporaryFolder(), `counts.${extension}`);
  await writeFile(path, content);
  return path;
};

const ndjson = (counts: readonly object[]): string =>
  counts.map((count) => `${JSON.stringify(count)}\n`).join("");

const onHandOf = async (): Promise<Record<string, number>> => {
  const { stock } = await readRecords(database);
  return Object.fromEntries(stock.map(({ sku, onHand }) => [sku, onHand]));
};

describe("a file of counts", () => {
  test("is applied level by level, and what it has become is said", async () => {
    await inventory.setStock({ sku: "same", onHand: 5 });
    await inventory.setStock({ sku: "other", onHand: 5, lowStockThreshold: 2 });
    const file = await fileOf(
      ndjson([
        { sku: "new", onHand: 3 },
        { sku: "new", location: "ams1", onHand: 4 },
        { sku: "same", onHand: 5 },
        { sku: "other", onHand: 9 },
        { sku: "low", onHand: 1, lowStockThreshold: 7 },
      ]),
    );
    const ended = await runImport(file);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain("5 of 5 records; 3 new, 1 changed, 1 the same, 0 refused");
    expect(await onHandOf()).toEqual({ low: 1, new: 3, "new@ams1": 4, other: 9, same: 5 });
    expect(await inventory.getStock("new")).toMatchObject({ onHand: 7 });
    expect(await inventory.getStock("low")).toMatchObject({ lowStockThreshold: 7 });
    expect(await inventory.getStock("other")).toMatchObject({ lowStockThreshold: 2 });
    expect(await inventory.getStock("same")).toMatchObject({ version: 1 });
    await expect(access(`${file}.import.json`)).rejects.toThrow("ENOENT");
  });

  test("may be CSV, with empty cells, quotes and a mark of its encoding", async () => {
    const file = await fileOf(
      '\uFEFFsku, location ,onHand,lowStockThreshold\r\n"a",,3,\r\nb,ams1,4,2\r\n\r\n',
      "csv",
    );
    expect(await runImport(file)).toMatchObject({ exitCode: 0 });
    expect(await onHandOf()).toEqual({ a: 3, "b@ams1": 4 });
  });

  test("of which a level has several counts leaves the last one", async () => {
    const repeated = Array.from({ length: 250 }, (_, index) => ({ sku: "a", onHand: index }));
    const file = await fileOf(ndjson(repeated));
    expect(await runImport(file)).toMatchObject({ exitCode: 0 });
    expect(await onHandOf()).toEqual({ a: 249 });
  });

  test("keeps what is reserved: a count below it is refused, or leaves a shortfall", async () => {
    await inventory.setStock({ sku: "held", onHand: 5 });
    await inventory.reserve({ lines: [{ sku: "held", quantity: 4 }] });
    const counts = [
      { sku: "held", onHand: 3 },
      { sku: "b", onHand: 1 },
    ];
    const file = await fileOf(ndjson(counts));
    const refused = await runImport(file);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stdout).toContain("1 new, 0 changed, 0 the same, 1 refused");
    expect(refused.stdout).toContain("Record 1: onHand 3 is less than the 4 units of held");
    expect(await onHandOf()).toEqual({ held: 5, b: 1 });
    expect(await runImport(file, "--allow-shortfall")).toMatchObject({ exitCode: 0 });
    expect(await inventory.getStock("held")).toMatchObject({ onHand: 3, available: -1 });
    await expectInvariants(database);
  });

  test("is compared by a dry run, which writes nothing", async () => {
    await inventory.setStock({ sku: "a", onHand: 5 });
    await inventory.setStock({ sku: "held", onHand: 5 });
    await inventory.reserve({ lines: [{ sku: "held", quantity: 4 }] });
    const file = await fileOf(
      ndjson([
        { sku: "a", onHand: 7 },
        { sku: "b", location: "ams1", onHand: 1 },
        { sku: "held", onHand: 1 },
      ]),
    );
    const before = await readRecords(database);
    const { exitCode, stdout } = await runImport(file, "--dry-run");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("1 new, 1 changed, 0 the same, 1 refused");
    expect(stdout).toContain("a  5 → 7\n");
    expect(stdout).toContain("b@ams1  none → 1\n");
    expect(stdout).toContain("held  5 → 1  refused: 4 are reserved");
    expect(await readRecords(database)).toEqual(before);
    await expect(access(`${file}.import.json`)).rejects.toThrow("ENOENT");
  });
});

describe("a file that is bad is refused before anything is written:", () => {
  const good = { sku: "a", onHand: 1 };
  test.each([
    ["is not JSON", `${JSON.stringify(good)}\n{"sku":\n`, "Record 2 is not JSON"],
    ["names no SKU", ndjson([good, { onHand: 1 }]), "Record 2: sku is missing"],
    ["has a negative count", ndjson([{ sku: "a", onHand: -1 }]), "Record 1: onHand must be"],
    ["has half a unit", ndjson([{ sku: "a", onHand: 0.5 }]), "Record 1: onHand must be"],
    ["has a bad location", ndjson([{ ...good, location: "a@b" }]), "Record 1: location must be"],
    ["has an unknown member", ndjson([{ ...good, price: 2 }]), "price is not a member"],
    ["is a list", "[1, 2]\n", "Record 1: it must be a JSON object"],
    ["has a line without an end", "x".repeat(70_000), "has more than 65536 bytes"],
  ])("one that %s", async (_, content, message) => {
    const ended = await runImport(await fileOf(content));
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(await onHandOf()).toEqual({});
  });

  test.each([
    ["cells that are too few", "sku,onHand\na,1\nb\n", "Invalid Record Length"],
    ["a quote without an end", 'sku,onHand\n"a,1\n', "Quote Not Closed"],
    ["a count that is no number", "sku,onHand\na,many\n", "Record 1: onHand must be"],
    ["a column that is unknown", "sku,onHand,shelf\na,1,7\n", "shelf is not a member"],
  ])("CSV with %s", async (_, content, message) => {
    const ended = await runImport(await fileOf(content, "csv"));
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(await onHandOf()).toEqual({});
  });

  test.each([
    [[], "One FILE is imported, not 0"],
    [["a.ndjson", "b.ndjson"], "One FILE is imported, not 2"],
    [["counts.xlsx"], 'The format is one of ndjson, csv, not "xlsx"'],
    [["counts", "--format", "xml"], 'The format is one of ndjson, csv, not "xml"'],
    [["nowhere.ndjson"], "There is no nowhere.ndjson"],
    [["nowhere.csv"], "There is no nowhere.csv"],
    [["a.ndjson", "--force"], "Unknown option '--force'"],
  ])("as are the arguments %j", async (args, message) => {
    const ended = await runImport(...args);
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(ended.stderr).toContain("npm run import -- FILE");
  });
});

describe("an import that meets faults of the database", () => {
  const file = () =>
    fileOf(ndjson(Array.from({ length: 30 }, (_, index) => ({ sku: `s-${index}`, onHand: 1 }))));

  test("waits while the table throttles", async () => {
    const proxy = await startFaultProxy(inject("engineEndpoint"));
    onTestFinished(() => proxy.stop());
    const throttle = { kind: "error" as const, name: "ThrottlingException" };
    proxy.plan("PutItem", Array(120).fill(throttle));
    expect(await runImportOn(proxy.endpoint, await file())).toMatchObject({ exitCode: 0 });
    expect(Object.keys(await onHandOf())).toHaveLength(30);
  });

  test("says what it was when it lasts, and is continued by the same command", async () => {
    const proxy = await startFaultProxy(inject("engineEndpoint"));
    const path = await file();
    proxy.plan("PutItem", Array(1_000).fill({ kind: "loseReply" }));
    const ended = await runImportOn(proxy.endpoint, path);
    await proxy.stop();
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/^DynamoDB did not answer in time\.$/m);
    expect(ended.stderr, "no stack").not.toContain("    at ");
    expect(ended.stdout).toContain("Interrupted: the same command continues it.");
    expect(await runImport(path)).toMatchObject({ exitCode: 0 });
    expect(await onHandOf()).toEqual(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`s-${index}`, 1])),
    );
  });
});

describe("an import that was killed", () => {
  const seed = 20_261_127;

  test("is continued by the same command, again and again, to what the file says", async () => {
    const random = createRandom(seed);
    const counts = Array.from({ length: loadOf(4_000) }, (_, index) => ({
      sku: `sku-${index % 3_500}`,
      ...(index % 3 === 0 && { location: "ams1" }),
      onHand: random.whole(0, 1_000),
    }));
    const file = await fileOf(ndjson(counts));
    let kills = 0;
    while (kills < 10) {
      const child = spawn(process.execPath, [command, file, ...tableArguments()], {
        env: environment(),
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      await Promise.race([ended, database.sleep(random.whole(300, 1_500))]);
      if (child.exitCode !== null) break;
      child.kill("SIGKILL");
      await ended;
      kills += 1;
    }
    expect(kills, "kills before its end").toBeGreaterThan(0);
    expect(await runImport(file)).toMatchObject({ exitCode: 0 });
    const expected = new Map(
      counts.map(({ sku, location, onHand }) => [location ? `${sku}@${location}` : sku, onHand]),
    );
    expect(await onHandOf()).toEqual(Object.fromEntries(expected));
    await expectInvariants(database);
  });

  test("does not undo what has changed a level since its count was applied", async () => {
    const file = await fileOf(ndjson([{ sku: "a", onHand: 5 }]));
    const importId = "7d7b8e0c-7ad3-4a9d-8f5c-2b3d6a2f1c11";
    // The state of an import that was killed between a count and the note of it.
    const state = JSON.stringify(await stateOf(file, importId));
    await writeFile(`${file}.import.json`, state);
    expect(await runImport(file)).toMatchObject({ exitCode: 0 });
    await inventory.adjustStock({ sku: "a", delta: -2, reason: "damaged" });
    await writeFile(`${file}.import.json`, state);
    expect(await runImport(file)).toMatchObject({ exitCode: 0 });
    expect(await onHandOf()).toEqual({ a: 3 });
  });

  test("is not continued with another file, or into other tables", async () => {
    const file = await fileOf(ndjson([{ sku: "a", onHand: 5 }]));
    const state = await stateOf(file, "7d7b8e0c-7ad3-4a9d-8f5c-2b3d6a2f1c11");
    await writeFile(`${file}.import.json`, JSON.stringify({ ...state, table: "elsewhere" }));
    const other = await runImport(file);
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("elsewhere") });
    await writeFile(`${file}.import.json`, JSON.stringify(state));
    await writeFile(file, ndjson([{ sku: "a", onHand: 6 }]));
    const changed = await runImport(file);
    const words = "has changed since its import began";
    expect(changed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) });
    await writeFile(`${file}.import.json`, "{}");
    const broken = await runImport(file);
    expect(broken).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("is not the state of an import"),
    });
    expect(await onHandOf()).toEqual({});
  });

  test("by an interrupt has saved how far it has come", async () => {
    // More than any engine takes before the interrupt.
    const counts = Array.from({ length: 3_000 }, (_, index) => ({
      sku: `sku-${index}`,
      onHand: index,
    }));
    const file = await fileOf(ndjson(counts));
    const child = spawn(process.execPath, [command, file, ...tableArguments()], {
      env: environment(),
      stdio: "ignore",
    });
    const ended = once(child, "exit") as Promise<[number | null]>;
    while (Object.keys(await onHandOf()).length === 0) await database.sleep(20);
    child.kill("SIGINT");
    const [exitCode] = await ended;
    expect(exitCode).toBe(2);
    const { done } = JSON.parse(await readFile(`${file}.import.json`, "utf8")) as { done: number };
    expect(done).toBeGreaterThan(0);
    expect(Object.keys(await onHandOf())).toHaveLength(done);
  });
});

/** The state at the beginning of an import. */
const stateOf = async (file: string, importId: string) => {
  const { sha256 } = await checkFile(file, "ndjson");
  const none = { done: 0, created: 0, changed: 0, same: 0, refused: 0, refusals: [] };
  return { importId, sha256, table: database.tables.stock, ...none };
};
