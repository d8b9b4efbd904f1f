/** All problems, for whoever gets a code at run time. */
import type { ProblemCode, ProblemKind } from "./problem-json.ts";
import * as problems from "./problems.ts";

export const problemsByCode: Readonly<Record<ProblemCode, ProblemKind>> = { ...problems };
