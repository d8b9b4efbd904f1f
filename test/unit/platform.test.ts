/**
 * The core takes time, chance and identity from what it is given: a simulator replaces all of them,
 * and a source that a file takes from Node.js would escape it.
 */
import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** Files that hold the defaults: the platform of the process. */
const defaults = ["inventory/platform.ts", "locks/engine/platform.ts"];

const core = [
  "inventory/**/*.ts",
  "locks/*.ts",
  "locks/{dynamodb,engine,once}/**/*.ts",
  "functions/events/publish-events.ts",
];

/** Each with a line that it must find. */
const sources: [RegExp, string][] = [
  [/\bnode:timers\b/, 'import { setTimeout as sleep } from "node:timers/promises";'],
  [/\b(set|clear)(Timeout|Interval|Immediate)\b/, "setTimeout(check, delayMs)"],
  [/\bperformance\b/, "performance.now()"],
  [/\bhrtime\b/, "process.hrtime.bigint()"],
  [/\bDate\.now\b/, "now: Date.now,"],
  [/\bnew Date\(\s*\)/, "new Date().toISOString()"],
  [/\bAbortSignal\.timeout\b/, "AbortSignal.timeout(delayMs)"],
  [/\bMath\.random\b/, "random = Math.random"],
  [/\b(randomUUID|randomBytes|randomInt|getRandomValues|randomFill)/, "randomUUID()"],
];

const sourcesIn = (text: string): string[] =>
  sources.flatMap(([pattern]) => pattern.exec(text)?.[0] ?? []);

const readCore = async (): Promise<Map<string, string>> => {
  const texts = new Map<string, string>();
  for await (const path of glob(core, { cwd: project })) {
    texts.set(path, await readFile(`${project}${path}`, "utf8"));
  }
  return texts;
};

test("no file of the core has a source of time, chance or identity but those of the defaults", async () => {
  const texts = await readCore();
  expect(texts.size).toBeGreaterThan(60);
  const found = [...texts].filter(([, text]) => sourcesIn(text).length > 0);
  expect(found.map(([path]) => path).toSorted()).toEqual(defaults);
});

test.each(sources)("the search for %s finds a use", (_, use) => {
  expect(sourcesIn(use)).not.toEqual([]);
});
