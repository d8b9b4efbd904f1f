/** A problem as the API returns it. The functions need only the types. */
import * as z from "zod/mini";
import { issuesMax } from "./bounds.ts";
import { problemsByCode } from "./problems-by-code.ts";
import type { ProblemCode } from "./problem-json.ts";
import { shortageSchema } from "./reservation-schemas.ts";

/** One thing wrong with a request: where, and what to change. */
export const issueSchema = z.object({ path: z.string(), message: z.string() });
export type Issue = z.infer<typeof issueSchema>;

const shortageNowSchema = z.extend(shortageSchema, { nextExpiryAt: z.optional(z.iso.datetime()) });

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(problemsByCode) as [ProblemCode, ...ProblemCode[]]),
  requestId: z.string(),
  issues: z.optional(z.array(issueSchema).check(z.maxLength(issuesMax))),
  /** The number of issues that are not listed. */
  moreIssues: z.optional(z.int().check(z.gte(1))),
  shortages: z.optional(z.array(shortageNowSchema)),
  skus: z.optional(z.array(z.string())),
});
export type Problem = z.infer<typeof problemSchema>;
