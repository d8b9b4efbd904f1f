import type { EngineName } from "../../support/engine-under-test.ts";

/** Tests that an engine does not pass, by title, with the reason. AWS's documentation decides. */
export const differences: Partial<Record<EngineName, Record<string, string>>> = {
  dynoxide: {
    "SET l[1] = :n, l[9] = :m is applied":
      "It fills a list with nulls up to the index. AWS appends to the list.",
    "REMOVE l[0], l[2], absent, doc.a is applied":
      "It counts the second index in the list that is already shorter.",
    "a transaction reads items in the order of its actions":
      "It adds the keys to what a projection chooses.",
  },
  "dynamodb-local": {
    "an update that fails on the item cancels the transaction":
      "It answers ValidationException. AWS lists the reason ValidationError.",
  },
};
