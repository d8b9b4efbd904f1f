/** All problems by code, for a lookup at run time. */
import type { ProblemCode, ProblemKind } from "./problem-json.ts";
import * as problems from "./problems.ts";

export const problemsByCode: Readonly<Record<ProblemCode, ProblemKind>> = { ...problems };
