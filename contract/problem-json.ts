/** Media type, type URI and special statuses of problems. */
import type * as problems from "./problems.ts";

/** A code with its usual status, and its title. */
export type ProblemKind = (typeof problems)[keyof typeof problems];
export type ProblemCode = ProblemKind["code"];

/** A reservation names SKUs and a channel in its body, so that an unknown one is not a missing resource. */
export const unknownInBodyStatus = 422;

/** A condition in a header has a status of its own. */
export const versionMismatchInHeaderStatus = 412;

export const problemMediaType = "application/problem+json";

export const problemType = (code: ProblemCode): string => `urn:holdfast:problem:${code}`;
