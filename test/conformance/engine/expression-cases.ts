/**
 * The expressions of the suite. The messages are AWS's; where an engine has words of its own, they
 * are the second alternative.
 */
interface Case {
  expression: string;
  names?: Record<string, string>;
  values?: Record<string, unknown>;
}

const holds = (
  expression: string,
  values?: Case["values"],
  names?: Case["names"],
): Case & { holds: boolean } => ({
  expression,
  ...(values && { values }),
  ...(names && { names }),
  holds: true,
});
const fails: typeof holds = (...parts) => ({ ...holds(...parts), holds: false });

/** Against the item that the suite puts. */
export const conditions = [
  holds("#count = :n", { ":n": 7 }, { "#count": "count" }),
  fails("word = :n", { ":n": 7 }),
  holds("word <> :n", { ":n": 7 }),
  holds("absent <> :n", { ":n": 7 }),
  fails("absent = :n", { ":n": 7 }),
  fails("absent < :n", { ":n": 7 }),
  fails("word < :n", { ":n": 7 }),
  holds("#count < :n", { ":n": 10 }, { "#count": "count" }),
  holds(":n > #count", { ":n": 10 }, { "#count": "count" }),
  fails("#count < :n", { ":n": 7 }, { "#count": "count" }),
  holds("#count <= :n AND #count >= :n", { ":n": 7 }, { "#count": "count" }),
  holds("vast > :n", { ":n": 1e15 }),
  holds("word > :w", { ":w": "hold" }),
  holds("#count BETWEEN :a AND :b", { ":a": 7, ":b": 9 }, { "#count": "count" }),
  fails("#count BETWEEN :a AND :b", { ":a": 8, ":b": 9 }, { "#count": "count" }),
  holds("word IN (:a, :b)", { ":a": "x", ":b": "holdfast" }),
  fails("word IN (:a, :b)", { ":a": "x", ":b": "hold" }),
  holds("attribute_exists(doc.part.n)"),
  fails("attribute_exists(doc.part.m)"),
  holds("attribute_not_exists(absent) AND attribute_exists(nothing)"),
  holds("attribute_type(tags, :t)", { ":t": "SS" }),
  fails("attribute_type(word, :t)", { ":t": "N" }),
  holds("begins_with(word, :w)", { ":w": "hold" }),
  fails("begins_with(word, :w)", { ":w": "fast" }),
  holds("contains(tags, :w)", { ":w": "b" }),
  fails("contains(tags, :w)", { ":w": "c" }),
  holds("contains(sizes, :n)", { ":n": 2.5 }),
  holds("contains(elements, :n)", { ":n": 2 }),
  holds("contains(word, :w)", { ":w": "dfa" }),
  holds("size(word) = :n", { ":n": 8 }),
  holds("size(tags) = :n AND size(elements) > :n", { ":n": 2 }),
  holds("elements[0] = :w AND elements[2].deep = :y", { ":w": "x", ":y": "y" }),
  holds("tags = :tags", { ":tags": new Set(["b", "a"]) }),
  holds("doc.part = :m", { ":m": { n: 3 } }),
  holds("NOT isOpen = :f", { ":f": false }),
  holds("isOpen = :f OR word = :w AND NOT attribute_exists(absent)", {
    ":f": false,
    ":w": "holdfast",
  }),
  fails("(isOpen = :t OR word = :w) AND attribute_exists(absent)", { ":t": true, ":w": "x" }),
];

interface UpdateCase extends Case {
  before?: object;
}

export const updates: (UpdateCase & { after: object })[] = [
  {
    expression: "SET available = available - :n, taken = available",
    values: { ":n": 2 },
    after: { available: 3, taken: 5 },
  },
  {
    expression: "SET a = b, b = a",
    before: { a: 1, b: 2 },
    after: { available: 5, a: 2, b: 1 },
  },
  {
    expression: "SET a = if_not_exists(a, :n), c = if_not_exists(a, :n)",
    values: { ":n": 9 },
    before: { a: 1 },
    after: { available: 5, a: 1, c: 1 },
  },
  {
    expression: "SET available = :n + available",
    values: { ":n": 0.1 },
    after: { available: 5.1 },
  },
  {
    expression: "SET #map.#n = #map.#n + :n, #map.added = :n",
    names: { "#map": "map", "#n": "n" },
    values: { ":n": 1 },
    before: { map: { n: 1, kept: true } },
    after: { available: 5, map: { n: 2, kept: true, added: 1 } },
  },
  {
    expression: "SET l = list_append(l, :l), l2 = list_append(:l, l)",
    values: { ":l": [3] },
    before: { l: [1, 2] },
    after: { available: 5, l: [1, 2, 3], l2: [3, 1, 2] },
  },
  {
    expression: "SET l[1] = :n, l[9] = :m",
    values: { ":n": "n", ":m": "m" },
    before: { l: [1, 2, 3] },
    after: { available: 5, l: [1, "n", 3, "m"] },
  },
  {
    expression: "REMOVE l[0], l[2], absent, doc.a",
    before: { l: [1, 2, 3, 4], doc: { a: 1, b: 2 } },
    after: { available: 5, l: [2, 4], doc: { b: 2 } },
  },
  {
    expression: "ADD available :n, fresh :m, tags :tags, added :tags",
    values: { ":n": -2, ":m": 7, ":tags": new Set(["b", "c"]) },
    before: { tags: new Set(["a", "b"]) },
    after: {
      available: 3,
      fresh: 7,
      tags: new Set(["a", "b", "c"]),
      added: new Set(["b", "c"]),
    },
  },
  {
    expression: "DELETE tags :some, gone :some, absent :some",
    values: { ":some": new Set(["a"]) },
    before: { tags: new Set(["a", "b"]), gone: new Set(["a"]) },
    after: { available: 5, tags: new Set(["b"]) },
  },
  {
    expression: "SET x = :n REMOVE available ADD y :n",
    values: { ":n": 1 },
    after: { x: 1, y: 1 },
  },
];

export const invalidUpdates: (UpdateCase & { message: RegExp })[] = [
  { expression: "SET a = b + :n", values: { ":n": 1 }, message: /attribute that does not exist/ },
  {
    expression: "SET a = b + :n",
    values: { ":n": 1 },
    before: { b: "text" },
    message: /incorrect data type|must be numbers/,
  },
  { expression: "ADD b :n", values: { ":n": 1 }, before: { b: "text" }, message: /data type/ },
  { expression: "SET m.n = :n", values: { ":n": 1 }, message: /document path .* invalid/ },
  { expression: "SET sku = :s", values: { ":s": "x" }, message: /part of the key/ },
  { expression: "SET a = :n, a = :n", values: { ":n": 1 }, message: /overlap/ },
  { expression: "SET a = :undefined", values: { ":n": 1 }, message: /not defined.*:undefined/ },
  { expression: "SET #a = :n", values: { ":n": 1 }, message: /not defined.*#a/ },
  { expression: "SET a = :n", values: { ":n": 1, ":m": 2 }, message: /unused.*:m/ },
  { expression: "SET status = :n", values: { ":n": 1 }, message: /reserved/ },
  { expression: "SET a = ", message: /Syntax error/ },
  {
    expression: "SET a = :n",
    values: { ":n": "x".repeat(400 * 1024) },
    message: /maximum allowed size/,
  },
];
