import { describe, expect, it } from "vitest";
import { createArrivals } from "../../../lab/events/arrivals.ts";

const never = new AbortController().signal;
const delivery = (orderId: string, id = `held/${orderId}`, receivedAtMs = 1) => ({
  orderId,
  id,
  receivedAtMs,
});

describe("what arrives at the end of a benchmark's path", () => {
  it("is complete when each order has come, and no sooner", async () => {
    const arrivals = createArrivals();
    arrivals.expect("a");
    arrivals.expect("b");
    let isComplete = false;
    const completed = arrivals.completed(never).then(() => (isComplete = true));
    arrivals.hear(delivery("b"));
    await new Promise(setImmediate);
    expect(isComplete).toBe(false);
    arrivals.hear(delivery("a"));
    await completed;
  });

  it("may come again, which is counted, and the first delivery stays", async () => {
    const arrivals = createArrivals();
    arrivals.expect("a");
    arrivals.hear(delivery("a"));
    arrivals.hear(delivery("a", "held/a", 2));
    await arrivals.completed(never);
    expect(arrivals.repeats()).toBe(1);
    expect(arrivals.firstOf("a").receivedAtMs).toBe(1);
  });

  it("has not been lost: what is missing is named after a silence", async () => {
    const arrivals = createArrivals(20);
    for (const orderId of ["a", "b", "c"]) arrivals.expect(orderId);
    arrivals.hear(delivery("b"));
    await expect(arrivals.completed(never)).rejects.toThrow(
      "2 of 3 events are missing, and none has come for 20 ms: those of a, c.",
    );
  });

  it("is no second event of an order, nor one of an order that was not sent", () => {
    const arrivals = createArrivals();
    arrivals.expect("a");
    arrivals.hear(delivery("a"));
    expect(() => arrivals.hear(delivery("a", "held/a/2"))).toThrow("has two events");
    expect(() => arrivals.hear(delivery("z"))).toThrow("was not sent: z");
  });

  it("fails whoever waits when nothing more can come, also after all has come", async () => {
    const arrivals = createArrivals();
    arrivals.expect("a");
    const completed = arrivals.completed(never);
    arrivals.fail(new Error("the queue is gone"));
    await expect(completed).rejects.toThrow("the queue is gone");
    arrivals.hear(delivery("a"));
    await expect(arrivals.completed(never)).rejects.toThrow("the queue is gone");
  });

  it("is not waited for when the benchmark is to stop", async () => {
    const aborter = new AbortController();
    const arrivals = createArrivals();
    arrivals.expect("a");
    const completed = arrivals.completed(aborter.signal);
    aborter.abort(new Error("Stopped by SIGINT."));
    await expect(completed).rejects.toThrow("Stopped by SIGINT.");
  });
});
