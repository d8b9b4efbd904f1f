/** The simulated DynamoDB has the tables of the stack: the same keys, indexes, projections and streams. */
import { expect, test } from "vitest";
import { describeTable } from "../../lab/simulator/engine/table-definition.ts";
import { tableDefinitions, tablesWithStream } from "../../lab/simulator/tables.ts";
import { resourcesOf, spokenName, synthesize } from "./synthesize.ts";

const tables = resourcesOf(synthesize(), "AWS::DynamoDB::Table").map(
  ({ logicalId, properties }) => ({
    name: spokenName(logicalId).replace(/Table$/, ""),
    properties,
  }),
);

test("the simulator has the stack's tables, and no other", () => {
  const names = tableDefinitions.map(({ name }) => name);
  expect(names.toSorted()).toEqual(tables.map(({ name }) => name).toSorted());
});

test.each(tables)("$name has the stack's keys, indexes and projections", (table) => {
  const simulated = tableDefinitions.find(({ name }) => name === table.name);
  expect(simulated).toEqual(describeTable(table.name, table.properties));
});

test("the simulator has streams where the stack has them", () => {
  const streamed = tables.filter(({ properties }) => "StreamSpecification" in properties);
  expect(streamed.map(({ name }) => name)).toEqual([...tablesWithStream]);
});
