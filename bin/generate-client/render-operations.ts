import type { Operation } from "./read-operations.ts";

/** Returns the table of operations as TypeScript. */
export const renderOperations = (operations: readonly Operation[]): string => {
  const entries = operations.map(({ id, method, path, takesKey, takesIfMatch, refusals }) => {
    const entry = { method, path, takesKey, takesIfMatch, refusals: [...new Set(refusals)] };
    return `${id}: ${JSON.stringify(entry)}`;
  });
  return `
    export const operations = { ${entries.join(", ")} } as const;

    export type OperationId = keyof typeof operations;`;
};
