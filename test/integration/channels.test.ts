/** Sales channels: records of their own beside the rows of the stock, which leave the stock alone. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, test } from "vitest";
import { channelsMax } from "../../contract/bounds.ts";
import { audit } from "../../inventory/audit/audit.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { SetChannelInput } from "../../inventory/sourcing/channels.ts";
import { repairedFindings } from "../support/audit-findings.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { patient, stock } from "../support/holds.ts";
import { expectInvariants } from "../support/invariants.ts";
import { doBeforeFirst, intercept } from "../support/requests.ts";

const nowMs = Date.UTC(2026, 10, 27);
const clock = { aheadMs: 0 };
let database: TestDatabase;
let inventory: Inventory;

beforeEach(async () => {
  clock.aheadMs = 0;
  database = await createTestDatabase({ now: () => nowMs + clock.aheadMs });
  inventory = createInventory(database);
});

/** A channel of one location. */
const channelNamed = (channel: string): SetChannelInput => ({
  channel,
  locations: ["ams1"],
  rule: "priority",
});

const namesOf = async () => (await inventory.listChannels()).map(({ channel }) => channel);

describe("a channel", () => {
  test("is created, replaced as a whole, and read as it is", async () => {
    const first = {
      channel: "web",
      locations: ["rtm", "ams1"],
      rule: "fewest-splits",
      maxSplits: 2,
    } as const;
    const created = { ...first, updatedAtMs: nowMs };
    expect(await inventory.setChannel(first)).toEqual({ outcome: "created", channel: created });
    expect(await inventory.getChannel("web")).toEqual(created);
    clock.aheadMs = 5;
    const replaced = { ...channelNamed("web"), updatedAtMs: nowMs + 5 };
    expect(await inventory.setChannel(channelNamed("web"))).toEqual({
      outcome: "replaced",
      channel: replaced,
    });
    expect(await inventory.getChannel("web")).toEqual(replaced);
  });

  test("is unknown before the first one, and beside others", async () => {
    expect(await inventory.getChannel("web")).toBeUndefined();
    expect(await inventory.deleteChannel("web")).toBe(false);
    expect(await inventory.listChannels()).toEqual([]);
    await inventory.setChannel(channelNamed("web"));
    // Every object has a property of the second name.
    for (const name of ["shop", "constructor"]) {
      expect(await inventory.getChannel(name)).toBeUndefined();
      expect(await inventory.deleteChannel(name)).toBe(false);
    }
  });

  test.each(["a.b", "A:b-c_d.0", "7", "constructor", "x".repeat(32)])(
    "may have the name %s",
    async (name) => {
      await inventory.setChannel(channelNamed("web"));
      expect((await inventory.setChannel(channelNamed(name))).outcome).toBe("created");
      expect((await inventory.setChannel(channelNamed(name))).outcome).toBe("replaced");
      expect(await inventory.getChannel(name)).toMatchObject(channelNamed(name));
      expect(await namesOf()).toEqual([name, "web"].toSorted());
      expect(await inventory.deleteChannel(name)).toBe(true);
      expect(await namesOf()).toEqual(["web"]);
    },
  );

  test("is deleted once, and may be made again", async () => {
    await inventory.setChannel(channelNamed("web"));
    await inventory.setChannel(channelNamed("shop"));
    expect(await inventory.deleteChannel("web")).toBe(true);
    expect(await inventory.deleteChannel("web")).toBe(false);
    expect(await inventory.getChannel("web")).toBeUndefined();
    expect(await namesOf()).toEqual(["shop"]);
    expect((await inventory.setChannel(channelNamed("web"))).outcome).toBe("created");
  });

  test("whose replies are lost is as it was last set", async () => {
    await inventory.setChannel(channelNamed("shop"));
    let lost = 0;
    const losing = intercept(database, async ({ operation }, next) => {
      const answer = await next();
      if (operation !== "UpdateItem" || (lost += 1) > 1) return answer;
      throw new Error("The connection was reset.");
    });
    const { channel } = await createInventory(losing).setChannel(channelNamed("web"));
    expect(lost).toBe(2);
    expect(await inventory.listChannels()).toMatchObject([{ channel: "shop" }, channel]);
  });
});

describe("the channels", () => {
  test("are listed by their names", async () => {
    for (const name of ["web", "b", "App", "a", "10", "9"]) {
      await inventory.setChannel(channelNamed(name));
    }
    expect(await namesOf()).toEqual(["10", "9", "App", "a", "b", "web"]);
    expect((await inventory.listChannels())[3]).toEqual({
      ...channelNamed("a"),
      updatedAtMs: nowMs,
    });
  });

  test("are at most a hundred: one more is refused, and each of them may be replaced", async () => {
    await inventory.setChannel(channelNamed("web"));
    const { channel: _, ...stored } = { ...channelNamed("web"), updatedAtMs: nowMs };
    const names = Array.from({ length: channelsMax }, (_one, index) => `channel-${index}`);
    const fill = new UpdateCommand({
      TableName: database.tables.stock,
      Key: { sku: "@" },
      UpdateExpression: "SET channels = :all",
      ExpressionAttributeValues: { ":all": Object.fromEntries(names.map((one) => [one, stored])) },
    });
    await database.client.send(fill);
    await expect(inventory.setChannel(channelNamed("one-more"))).rejects.toMatchObject({
      code: "invalid_argument",
      issues: [{ path: "channel", message: expect.stringContaining("100 channels") }],
    });
    expect(await inventory.getChannel("one-more")).toBeUndefined();
    expect((await inventory.setChannel(channelNamed("channel-7"))).outcome).toBe("replaced");
    await inventory.deleteChannel("channel-7");
    expect((await inventory.setChannel(channelNamed("one-more"))).outcome).toBe("created");
    expect(await namesOf()).toHaveLength(channelsMax);
  });

  test("that are the first ones, and are made at the same time, are all kept", async () => {
    // Tries to lose a channel whose record is made by another request at the same time.
    const names = ["app", "b2b", "outlet", "shop", "web"];
    const results = await Promise.all(names.map((one) => inventory.setChannel(channelNamed(one))));
    expect(results.map(({ outcome }) => outcome)).toEqual(names.map(() => "created"));
    expect(await namesOf()).toEqual(names);
  });

  test("are kept where another request has just made their record", async () => {
    const late = doBeforeFirst(database, "PutItem", () =>
      inventory.setChannel(channelNamed("b2b")),
    );
    const { outcome } = await createInventory(late.database).setChannel(channelNamed("web"));
    expect([late.isDone(), outcome]).toEqual([true, "created"]);
    expect(await namesOf()).toEqual(["b2b", "web"]);
  });
});

test("the list of the stock, the sweep and the audit pass over the record of the channels", async () => {
  await inventory.setChannel(channelNamed("web"));
  await stock(inventory, { hat: 5, shirt: 5 });
  await inventory.reserve({ lines: [{ sku: "hat", quantity: 2 }] });
  await inventory.deleteChannel("web");
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await inventory.listStock({ limit: 1, cursor });
    listed.push(...page.items.map(({ sku }) => sku));
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(listed.toSorted()).toEqual(["hat", "shirt"]);
  const swept = await inventory.sweep(patient(), { resolvesRows: true });
  expect(swept).toMatchObject({ failed: 0, isComplete: true });
  expect(await repairedFindings(database)).toEqual([]);
  const { locksTable } = database;
  const report = await audit(database, { locksTable, checksLedger: false }, patient());
  expect(report).toMatchObject({ stockRecords: 2, inMotion: [] });
  await expectInvariants(database);
});
