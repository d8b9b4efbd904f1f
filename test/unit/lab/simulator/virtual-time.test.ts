import { expect, test } from "vitest";
import { createVirtualTime } from "../../../../lab/simulator/time/virtual-time.ts";

test("callbacks run in the order of their time, and time jumps to each", async () => {
  const time = createVirtualTime();
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, time.nowMs]);
  time.schedule(30, note("third"));
  time.schedule(10, note("first"));
  time.scheduleQuietly(20.5, note("second"));
  time.schedule(31, note("later"));
  await time.runTo(30);
  expect(ran).toEqual([
    ["first", 10],
    ["second", 20.5],
    ["third", 30],
  ]);
  expect(time.nowMs).toBe(30);
});

test("many callbacks run in order, those of one instant as they were scheduled", async () => {
  const time = createVirtualTime();
  const ran: { atMs: number; order: number }[] = [];
  const instants = Array.from({ length: 300 }, (_, index) => (index * 7_919) % 40);
  for (const [order, atMs] of instants.entries()) {
    time.scheduleQuietly(atMs, () => void ran.push({ atMs, order }));
  }
  await time.runTo(40);
  expect(ran).toHaveLength(300);
  expect(ran).toEqual(ran.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order));
});

test("a callback for an instant that has passed runs now", async () => {
  const time = createVirtualTime();
  await time.runTo(50);
  const ran: number[] = [];
  time.schedule(10, () => void ran.push(time.nowMs));
  await time.runTo(50);
  expect(ran).toEqual([50]);
});

test("a cancelled callback neither runs nor moves the time", async () => {
  const time = createVirtualTime();
  const ran: string[] = [];
  time.schedule(5, () => void ran.push("cancelled")).isCancelled = true;
  time.schedule(9, () => void ran.push("kept"));
  await time.runTo(7);
  expect([ran, time.nowMs]).toEqual([[], 7]);
  await time.runTo(9);
  expect(ran).toEqual(["kept"]);
});

test("code that awaits goes on before the next callback", async () => {
  const time = createVirtualTime();
  const ran: string[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => void time.schedule(time.nowMs + ms, resolve));
  const work = async (): Promise<string> => {
    await sleep(10);
    await Promise.resolve();
    ran.push(`awoke at ${time.nowMs}`);
    await sleep(5);
    return `done at ${time.nowMs}`;
  };
  time.schedule(11, () => void ran.push("next"));
  expect(await time.runUntilDone(work())).toBe("done at 15");
  expect(ran).toEqual(["awoke at 10", "next"]);
});

test("work that waits for something that never happens is rejected", async () => {
  const time = createVirtualTime();
  time.schedule(10, () => {});
  await expect(time.runUntilDone(new Promise(() => {}))).rejects.toThrow("never happens");
});

test("work that throws is rejected with its error", async () => {
  const time = createVirtualTime();
  const work = async (): Promise<void> => {
    await new Promise<void>((resolve) => void time.schedule(1, resolve));
    throw new Error("broken");
  };
  await expect(time.runUntilDone(work())).rejects.toThrow("broken");
});
