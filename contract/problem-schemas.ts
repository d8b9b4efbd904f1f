/** A problem as the API returns it. The functions need only the types. */
import * as z from "zod/mini";
import { problems, type ProblemCode } from "./problems.ts";
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
  code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
  requestId: z.string(),
  issues: z.optional(z.array(issueSchema)),
  shortages: z.optional(z.array(shortageNowSchema)),
  skus: z.optional(z.array(z.string())),
});
export type Problem = z.infer<typeof problemSchema>;
