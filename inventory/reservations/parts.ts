import type { Part } from "../../contract/tables.ts";

/** True while the record owns the units of the part. */
export const isOpen = ({ ended }: Part): boolean => ended === undefined;

/** True when both records own, or owned, the same units in the same way. */
export const haveSameParts = (some: readonly Part[], others: readonly Part[]): boolean =>
  some.length === others.length &&
  some.every((part, index) => {
    const other = others[index]!;
    return (
      part.row === other.row &&
      part.version === other.version &&
      part.quantity === other.quantity &&
      part.ended?.by === other.ended?.by &&
      part.ended?.base === other.ended?.base &&
      part.ended?.row === other.ended?.row &&
      part.ended?.version === other.ended?.version
    );
  });
