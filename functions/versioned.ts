/** Answers that carry a record with its version, which is its `ETag` (RFC 9110, section 8.8.3). */
import { answer, type Answer } from "./middleware/answer.ts";

interface Versioned {
  version: number;
}

const tagOf = ({ version }: Versioned): string => `"${version}"`;

export const answerVersion = (
  status: number,
  outcome: string,
  body: Versioned,
  headers: Record<string, string> = {},
): Answer => answer(status, outcome, body, { ETag: tagOf(body), ...headers });

export const answerReplay = (body: Versioned): Answer =>
  answerVersion(200, "replayed", body, { "Idempotency-Replayed": "true" });

/** The record, or 304 where the reader has this version by the header `If-None-Match`. */
export const answerFound = (body: Versioned, ifNoneMatch: string | undefined): Answer => {
  const tag = tagOf(body);
  // Compared weakly, as RFC 9110 has it for this header.
  const known = ifNoneMatch?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return known.includes(tag) || known.includes("*")
    ? answer(304, "not_modified", undefined, { ETag: tag })
    : answerVersion(200, "found", body);
};
