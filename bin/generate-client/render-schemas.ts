/**
 * The types of requests and answers. json-schema-to-typescript declares an interface for each schema that has
 * a title, and refers to it wherever the same object is used. So each named schema is one object here.
 */
import { compile } from "json-schema-to-typescript";
import { boundsOf } from "./bounds-of.ts";
import type { Operation, Schema } from "./read-operations.ts";

/** Names for schemas that the document has in line: of the items of a list, or of a property itself. */
const innerNames: Record<string, string> = {
  "ReserveRequest.lines": "Line",
  "SetCountsRequest.counts": "Count",
  "Stock.locations": "StockLevel",
  "Reservation.status": "ReservationStatus",
  "Reservation.lines": "ReservationLine",
  "ReservationLine.allocations": "Allocation",
  "Reservation.shortages": "HoldShortage",
  "Problem.code": "ProblemCode",
  "Problem.issues": "Issue",
  "Problem.shortages": "Shortage",
  "MovementPage.items": "Movement",
  "SkuHoldPage.items": "SkuHold",
  "Availability.items": "SkuAvailability",
};

export const renderSchemas = (
  operations: readonly Operation[],
  components: Record<string, Schema>,
): Promise<string> => {
  const names = createNames(components);
  for (const [name, schema] of Object.entries(components)) names.add(name, schema);
  for (const { id, request } of operations) names.addInner(requestName(id), request);
  const requests = operations.map(
    ({ id, request }) => [id, { title: requestName(id), ...names.resolve(request) }] as const,
  );
  const answers = operations.map(({ id, answer }) => [id, names.resolve(answer ?? {})] as const);
  const root = objectOf("Exchanges", [
    ["requests", objectOf("Requests", requests)],
    ["answers", objectOf("Answers", answers)],
    ["problem", names.resolve({ $ref: "#/components/schemas/Problem" })],
  ]);
  return compile(root, "Exchanges", { bannerComment: "", format: false });
};

const requestName = (id: string): string => `${id[0]!.toUpperCase()}${id.slice(1)}Request`;

const objectOf = (title: string, entries: (readonly [string, Schema])[]): Schema => ({
  title,
  type: "object",
  properties: Object.fromEntries(entries),
  required: entries.map(([name]) => name),
  additionalProperties: false,
});

/** The named schemas: one object for each, by its content, so that equal schemas have one name. */
const createNames = (components: Record<string, Schema>) => {
  const named = new Map<string, { name: string; object?: Schema }>();

  const add = (name: string, schema: Schema): void => {
    const key = JSON.stringify(schema);
    if (named.has(key)) return;
    named.set(key, { name });
    addInner(name, schema);
  };

  const addInner = (name: string, schema: Schema): void => {
    for (const [property, inner] of Object.entries(schema.properties ?? {})) {
      const innerName = innerNames[`${name}.${property}`];
      if (innerName !== undefined) add(innerName, inner.items ?? inner);
    }
  };

  const resolve = (schema: Schema): Schema => {
    const target = schema.$ref?.split("/").at(-1);
    if (target !== undefined) return resolve(components[target]!);
    const entry = named.get(JSON.stringify(schema));
    if (entry === undefined) return described(schema);
    entry.object ??= { title: entry.name, ...described(schema) };
    return entry.object;
  };

  const described = (schema: Schema): Schema => {
    const { minItems: _min, maxItems: _max, properties, items, anyOf, ...rest } = schema;
    const description = [schema.description, boundsOf(schema)].filter(Boolean).join(" ");
    return {
      ...rest,
      ...(description !== "" && { description }),
      // The codes come from the names of a module, whose order depends on what loads it.
      ...(schema.enum !== undefined && { enum: schema.enum.toSorted() }),
      ...(properties !== undefined && {
        properties: Object.fromEntries(
          Object.entries(properties).map(([property, inner]) => [property, resolve(inner)]),
        ),
      }),
      ...(items !== undefined && { items: resolve(items) }),
      ...(anyOf !== undefined && { anyOf: anyOf.map(resolve) }),
    };
  };

  return { add, addInner, resolve };
};
