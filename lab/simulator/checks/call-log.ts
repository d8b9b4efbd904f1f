import type { CallRecord } from "../cloud/holdfast.ts";

/** Keeps the last calls of a run with their answers, for the history of a violation. */
export interface CallLog {
  add(record: CallRecord): void;
  /** In the order of their answers. */
  readonly records: readonly CallRecord[];
}

/** Calls that are kept at least: all of most runs. */
export const callsKept = 20_000;

export const createCallLog = (kept: number = callsKept): CallLog => {
  let records: CallRecord[] = [];
  return {
    add: (record) => {
      records.push(record);
      if (records.length >= 2 * kept) records = records.slice(-kept);
    },
    get records() {
      return records;
    },
  };
};
