/** The answers to Query and Scan: one page of rows. */
import { compareText, type AttributeValue, type Item } from "./attribute-value.ts";
import { beginsWith } from "./expressions/condition.ts";
import { project } from "./expressions/paths.ts";
import { idOf, textOf } from "./keys.ts";
import type { ReadResult } from "./read-items.ts";
import { validationError } from "./request-error.ts";
import type { QueryPlan, SortCondition } from "./request.ts";
import { firstAfter, firstNotBefore, isAfter, type SortedRow } from "./sorted-partitions.ts";
import { keyAttributes } from "./table-definition.ts";
import type { TableState, View } from "./table-state.ts";

const pageBytesMax = 1024 * 1024;

type PageRow = Pick<SortedRow, "item" | "bytes">;

export const readQuery = (state: TableState, plan: QueryPlan, view: View): ReadResult => {
  const rows =
    plan.partition === undefined ? scanned(state, plan, view) : queried(state, plan, view);
  const { page, hasMore } = pageOf(rows, plan.limit);
  const { filter, projection, values, isCount } = plan;
  const found = page
    .map(({ item }) => item)
    .filter((item) => filter === undefined || filter.holds(item, values));
  const items = projection === undefined ? found : found.map((item) => project(item, projection));
  const last = hasMore ? page.at(-1) : undefined;
  return {
    output: {
      ...(!isCount && { Items: items }),
      Count: items.length,
      ScannedCount: page.length,
      ...(last && { LastEvaluatedKey: keyOf(plan, last.item) }),
    },
    bytes: page.reduce((total, { bytes }) => total + bytes, 0),
    targetBytes: [],
  };
};

/** A page ends at the limit, even where nothing follows, or before the row that exceeds 1 MB. */
function pageOf(rows: Iterable<PageRow>, limit: number): { page: PageRow[]; hasMore: boolean } {
  const page: PageRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += row.bytes;
    if (page.length > 0 && bytes > pageBytesMax) return { page, hasMore: true };
    page.push(row);
    if (page.length === limit) return { page, hasMore: true };
  }
  return { page, hasMore: false };
}

function keyOf({ definition, schema }: QueryPlan, item: Item): Item {
  const key: Record<string, AttributeValue> = {};
  for (const { name } of [...keyAttributes(schema), ...keyAttributes(definition)]) {
    key[name] = item[name]!;
  }
  return key;
}

function* queried(state: TableState, plan: QueryPlan, view: View): Iterable<PageRow> {
  const rows = partitionOf(state, plan, view);
  let [from, to] = rangeOf(rows, plan.sort);
  if (plan.start !== undefined) {
    checkStart(plan, plan.start);
    const start = placeOf(plan, plan.start);
    if (plan.isForward) from = Math.max(from, firstAfter(rows, start));
    else to = Math.min(to, firstNotBefore(rows, start));
  }
  if (plan.isForward) for (let index = from; index < to; index += 1) yield rows[index]!;
  else for (let index = to - 1; index >= from; index -= 1) yield rows[index]!;
}

function partitionOf(state: TableState, plan: QueryPlan, view: View): readonly SortedRow[] {
  const { index, partition, definition } = plan;
  if (index !== undefined) return state.index(index).rows(textOf(partition!));
  if (definition.sortKey !== undefined) return state.sorted[view].rows(textOf(partition!));
  const id = idOf(definition, { [definition.partitionKey.name]: partition! });
  const row = state.rows[view].get(id);
  return row === undefined ? [] : [{ ...row, partition: textOf(partition!), sort: undefined }];
}

/** The first row that fits the condition, and the one after the last. */
function rangeOf(rows: readonly SortedRow[], condition: SortCondition | undefined) {
  if (condition === undefined) return [0, rows.length] as [number, number];
  const [value, upper = value] = condition.values;
  const before = () => firstNotBefore(rows, { sort: value });
  const after = () => firstAfter(rows, { sort: upper });
  const ranges: Record<SortCondition["operator"], () => [number, number]> = {
    "=": () => [before(), after()],
    "<": () => [0, before()],
    "<=": () => [0, after()],
    ">": () => [after(), rows.length],
    ">=": () => [before(), rows.length],
    between: () => [before(), after()],
    begins_with: () => {
      const from = before();
      let to = from;
      while (to < rows.length && beginsWith(rows[to]!.sort!, value!)) to += 1;
      return [from, to];
    },
  };
  return ranges[condition.operator]();
}

function checkStart({ schema, partition }: QueryPlan, start: Item): void {
  if (textOf(start[schema.partitionKey.name]!) === textOf(partition!)) return;
  throw validationError(
    "The provided starting key is outside query boundaries based on provided conditions",
  );
}

const placeOf = ({ schema, definition }: QueryPlan, start: Item) => ({
  sort: schema.sortKey && start[schema.sortKey.name],
  id: idOf(definition, start),
});

function scanned(state: TableState, plan: QueryPlan, view: View): Iterable<PageRow> {
  const { index, start, definition, segment, segments } = plan;
  if (index !== undefined) return scannedIndex(state, plan, index);
  const afterId = start && idOf(definition, start);
  return state.rows[view].inScanOrder(segment, segments, afterId);
}

function* scannedIndex(state: TableState, plan: QueryPlan, index: string): Iterable<PageRow> {
  const { start, schema } = plan;
  const partition = start && textOf(start[schema.partitionKey.name]!);
  const place = start && placeOf(plan, start);
  for (const row of state.index(index).all()) {
    const order = partition === undefined ? 1 : compareText(row.partition, partition);
    if (order > 0 || (order === 0 && isAfter(row, place!))) yield row;
  }
}
