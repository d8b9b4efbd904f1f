/**
 * A scenario for each finding of version 0.1. They failed then, and are held to pass.
 * docs/performance.md describes what each cost a shop.
 */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import type { Line } from "../../../contract/tables.ts";
import { faultLevels } from "../faults.ts";
import { tableNames } from "../../app/table-names.ts";
import type { World } from "../world.ts";
import { flashSale } from "./buyers.ts";
import { atRate, persist, reservationIdOf, stockUp } from "./callers.ts";
import type { Scenario } from "./scenario.ts";

const { none } = faultLevels;
const load = { rate: 20, seconds: 8, units: 500, confirms: 0.5 };

const hold = (world: World, index: number, lines: Line[], ttlSeconds = 60, orderId?: string) =>
  persist(world, {
    operation: "reserve",
    input: { lines, ttlSeconds, idempotencyKey: `buyer-${index}`, orderId },
  });

export const conflictAnswers: Scenario = {
  description: "Counts, extensions and cancels meet transactions on their records",
  load,
  faults: none,
  run: async (world, { rate, seconds, units }) => {
    const lines = [{ sku: "counted", quantity: 1 }];
    await stockUp(world, ["counted"], units);
    const counting = atRate(world, 10, seconds, () =>
      world.holdfast.send({ operation: "setStock", input: { sku: "counted", onHand: units } }),
    );
    await atRate(world, rate, seconds, async (index) => {
      const response = await hold(world, index, lines);
      const reservationId = reservationIdOf(response);
      if (reservationId === undefined) return;
      const confirming = persist(world, { operation: "confirm", input: { reservationId } });
      await world.sleep(world.random.within([0, 10]));
      await persist(world, { operation: "extend", input: { reservationId, ttlSeconds: 60 } });
      await confirming;
    });
    await counting;
  },
};

export const repeatedCount: Scenario = {
  description: "Replies to counts and extensions are lost, and the SDK sends the requests again",
  load: { ...load, rate: 4 },
  faults: { ...none, replyLost: 0.2 },
  fulfillsOnConfirm: true,
  run: async (world, { rate, seconds, units }) => {
    await stockUp(world, ["counted"], units);
    await atRate(world, rate, seconds, async (index) => {
      const response = await hold(world, index, [{ sku: "counted", quantity: 1 }]);
      const reservationId = reservationIdOf(response);
      if (reservationId === undefined) return;
      await persist(world, { operation: "extend", input: { reservationId, ttlSeconds: 60 } });
      // Units that are sold between a count and its repeat reappear as phantom units.
      await persist(world, { operation: "confirm", input: { reservationId } });
      await persist(world, { operation: "setStock", input: { sku: "counted", onHand: units } });
    });
  },
};

const adjusters = 4;
const adjustmentsOfEach = 4;

export const starvingAdjustments: Scenario = {
  description: "32 buyers reserve one SKU without a pause while it is corrected",
  // The rate is that of buyers side by side, each of whom goes on at once.
  load: { ...load, rate: 32, units: 100_000 },
  faults: none,
  run: async (world, { rate: buyers, units }) => {
    const sku = "corrected";
    await stockUp(world, [sku], units);
    const sale = { isOn: true };
    const buyOn = async (buyer: number): Promise<void> => {
      for (let index = 0; sale.isOn; index += 1) {
        await hold(world, buyer * 1e6 + index, [{ sku, quantity: 1 }]);
      }
    };
    const buying = Array.from({ length: buyers }, (_, buyer) => buyOn(buyer));
    const correct = async (): Promise<void> => {
      for (let index = 0; index < adjustmentsOfEach; index += 1) {
        const input = { sku, delta: 1, reason: "delivery" };
        const response = await world.holdfast.send({ operation: "adjustStock", input });
        if (response.kind !== "outcome")
          world.report("starved", sku, `adjustStock: ${response.kind}`);
      }
    };
    await Promise.all(Array.from({ length: adjusters }, correct));
    sale.isOn = false;
    await Promise.all(buying);
  },
};

export const orderByTwoWays: Scenario = {
  description: "Orders come over HTTP and by event while the index byOrder lags",
  load: { ...load, rate: 4 },
  faults: none,
  adapt: (parameters) => ({
    ...parameters,
    database: { ...parameters.database, indexLagMs: [200, 2_000] },
  }),
  run: async (world, { rate, seconds, units }) => {
    await stockUp(world, ["ordered"], units);
    await atRate(world, rate, seconds, async (index) => {
      const orderId = `order-${index}`;
      const lines = [{ sku: "ordered", quantity: 1 }];
      await hold(world, index, lines, 60, orderId);
      const next = world.random.pick(["placeOrder", "payOrder", "cancelOrder"] as const);
      if (next === "placeOrder") world.orders.send({ operation: next, input: { orderId, lines } });
      else world.orders.send({ operation: next, input: { orderId } });
    });
  },
};

export const inconsistentRecord: Scenario = {
  description: "One record is changed by hand, so that its hold cannot be given back",
  load: { ...load, rate: 2 },
  faults: none,
  run: async (world, { rate, seconds, units }) => {
    await stockUp(world, ["tampered", "sound"], units);
    await hold(world, -1, [{ sku: "tampered", quantity: 2 }], 10);
    await atRate(world, rate, seconds, (index) =>
      hold(world, index, [{ sku: "sound", quantity: 1 }], 10),
    );
    await world.changeByHand(
      new UpdateCommand({
        TableName: tableNames.stock,
        Key: { sku: "tampered" },
        UpdateExpression: "SET reserved = :none, available = onHand",
        ExpressionAttributeValues: { ":none": 0 },
      }),
    );
  },
};

const largeCart = Array.from({ length: 60 }, (_, index) => `line-${index}`);

export const lateRequests: Scenario = {
  description: "Requests are lost or their senders frozen, and what is sent later is too late",
  load: { ...load, rate: 2, seconds: 15 },
  faults: { ...none, requestLost: 0.15, freeze: 0.05 },
  multiItemStrategy: "leased",
  run: async (world, { rate, seconds, units }) => {
    await stockUp(world, largeCart, units);
    const cart = largeCart.map((sku) => ({ sku, quantity: 1 }));
    await atRate(world, rate, seconds, async (index) => {
      const isLarge = index % 2 === 0;
      const response = await hold(world, index, isLarge ? cart : cart.slice(0, 1), 3);
      const reservationId = reservationIdOf(response);
      if (reservationId === undefined) return;
      await world.sleep(world.random.within([0, 3_000]));
      await persist(world, { operation: "confirm", input: { reservationId } });
    });
  },
};

/** The share of buyers who must get a hold. */
const heldShareLeast = 0.95;

export const popularSku: Scenario = {
  ...flashSale,
  description: "300 buyers a second come for one SKU that has units for all, to 200 functions",
  load: { ...flashSale.load, rate: 300, seconds: 2, warmUpSeconds: 0 },
  // Fewer than an account has, since what comes of it is the same and takes less of a test's time.
  adapt: (parameters) => ({
    ...parameters,
    functions: { ...parameters.functions, concurrency: 200 },
  }),
  run: async (world, wanted, answers) => {
    await flashSale.run(world, wanted, answers);
    const buyers = [...answers.byKind.values()].reduce((sum, count) => sum + count, 0);
    const holds = answers.byKind.get("reserved") ?? 0;
    if (holds < heldShareLeast * buyers) {
      world.report("slow", "popular", `${holds} of ${buyers} buyers got a hold`);
    }
  },
};
