/** The headers about versions: a stock record and a reservation have their version, in quotes, as `ETag`. */
import * as z from "zod/mini";
import { text } from "./fields.ts";

/** `If-Match`: the version that a change is for. */
export const versionTag = z.pipe(
  text(/^"\d{1,15}"$/, 'must be one version in quotes, as in "3"'),
  z.transform((tag) => Number(tag.slice(1, -1))),
);

/** `If-None-Match`: the versions that a reader has, or `*`. Tags of another form match nothing. */
export const knownTags = z.string();
