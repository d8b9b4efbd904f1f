import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Route, routes, scopeClaim } from "../../contract/routes.ts";
import { contextKeys } from "../../lib/context-reader.ts";

const rows = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "));

describe("docs/operations.md", () => {
  test.each(contextKeys)("explains the context %s", (key) => {
    expect(rows.filter((row) => row.startsWith(`| \`${key}\` `))).toHaveLength(1);
  });

  test.each(Object.values(routes).filter(({ access }) => access !== "open") as Route[])(
    "says which scope opens $method $path",
    ({ method, path, access }) => {
      const scope =
        access === "authenticated" || access === "open"
          ? "any valid token"
          : `\`${scopeClaim(access)}\``;
      const row = rows.find((one) => one.startsWith(`| ${scope} `));
      expect(row).toContain(`\`${method} ${path}\``);
    },
  );
});
