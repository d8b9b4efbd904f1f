/** What is wrong with an input, in the terms of whoever wrote it. */
import type * as z from "zod/mini";
import { issuesMax } from "../contract/bounds.ts";
import type { Issue } from "../contract/problem-schemas.ts";

/** Where the failing value is, as a caller would write it: `lines[0].quantity`. */
const pathOf = (part: string, path: PropertyKey[]): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "") || part;

/** Everything that is wrong, once for each place; `part` names the whole. */
export const issuesOf = (part: string, error: z.core.$ZodError): Issue[] => {
  const byPath = new Map<string, string>();
  for (const issue of error.issues) {
    const paths =
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => [...issue.path, key])
        : [issue.path];
    for (const path of paths) {
      const name = pathOf(part, path);
      if (!byPath.has(name)) byPath.set(name, issue.message);
    }
  }
  return Array.from(byPath, ([path, message]) => ({ path, message }));
};

/** The first issues, and how many more there are. */
export const firstIssues = (issues: readonly Issue[]): { issues: Issue[]; more: number } => ({
  issues: issues.slice(0, issuesMax),
  more: Math.max(0, issues.length - issuesMax),
});

/** The first issues as one text. */
export const wordsOf = (all: readonly Issue[]): string => {
  const { issues, more } = firstIssues(all);
  const words = issues.map(({ path, message }) => `${path} ${message}`);
  return [...words, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
};
