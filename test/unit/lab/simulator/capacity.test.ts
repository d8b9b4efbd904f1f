import { expect, test } from "vitest";
import { parameters } from "../../../../lab/simulator/parameters.ts";
import { createCapacity, type Demand } from "../../../../lab/simulator/service/capacity.ts";
import { createVirtualTime } from "../../../../lab/simulator/time/virtual-time.ts";

const figures = {
  ...parameters.database,
  partition: { writeUnits: 100, readUnits: 300 },
  table: { writeUnits: 1_000, readUnits: 1_000 },
  burstSeconds: 0.5,
};
const demand = (partition: string, units: number): Demand[] => [
  { table: "Stock", partition, units },
];

const create = () => {
  const time = createVirtualTime();
  return { time, capacity: createCapacity(time, figures) };
};

test("a partition is throttled only after more was taken than is left, and recovers with time", async () => {
  const { time, capacity } = create();
  capacity.consume("write", demand("mug", 50));
  expect(capacity.exhaustedBy("write", demand("mug", 1))).toBeUndefined();
  capacity.consume("write", demand("mug", 10));
  expect(capacity.exhaustedBy("write", demand("mug", 1))).toBe("partition");
  await time.runTo(99);
  expect(capacity.exhaustedBy("write", demand("mug", 1))).toBe("partition");
  await time.runTo(101);
  expect(capacity.exhaustedBy("write", demand("mug", 1))).toBeUndefined();
});

test("one partition's load throttles neither another one nor its own reads", () => {
  const { capacity } = create();
  capacity.consume("write", demand("mug", 60));
  expect(capacity.exhaustedBy("write", demand("cup", 1))).toBeUndefined();
  expect(capacity.exhaustedBy("read", demand("mug", 1))).toBeUndefined();
});

test("many partitions together exhaust their table", () => {
  const { capacity } = create();
  for (let index = 0; index < 20; index += 1) {
    capacity.consume("write", demand(`sku-${index}`, 26));
  }
  expect(capacity.exhaustedBy("write", demand("fresh", 1))).toBe("table");
});

test("unused capacity is saved for the burst only", async () => {
  const { time, capacity } = create();
  capacity.consume("write", demand("mug", 1));
  await time.runTo(60_000);
  capacity.consume("write", demand("mug", 51));
  expect(capacity.exhaustedBy("write", demand("mug", 1))).toBe("partition");
});
