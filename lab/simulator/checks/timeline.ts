interface Entry<Value> {
  atMs: number;
  value: Value | undefined;
}

/** The values that something had, each from its instant on. Undefined: it was not there. */
export interface Timeline<Value> {
  add(atMs: number, value: Value | undefined): void;
  readonly last: Value | undefined;
  readonly entries: readonly Entry<Value>[];
  /** The values that held at some instant between both, each with the instant at which it began. */
  entriesWithin(fromMs: number, toMs: number): readonly Entry<Value>[];
  /** Every value that held at some instant between both, in order. */
  within(fromMs: number, toMs: number): (Value | undefined)[];
}

export const createTimeline = <Value>(): Timeline<Value> => {
  const entries: Entry<Value>[] = [{ atMs: -Infinity, value: undefined }];

  /** The last entry at or before an instant. */
  const indexAt = (atMs: number): number => {
    let low = 0;
    let high = entries.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (entries[middle]!.atMs <= atMs) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const entriesWithin = (fromMs: number, toMs: number): Entry<Value>[] => {
    // A value that is written at the very first instant has another before it.
    const first = indexAt(fromMs - instantMs);
    return entries.slice(first, indexAt(toMs + instantMs) + 1);
  };

  return {
    entries,
    entriesWithin,
    add: (atMs, value) => void entries.push({ atMs, value }),
    get last() {
      return entries.at(-1)!.value;
    },
    within: (fromMs, toMs) => entriesWithin(fromMs, toMs).map(({ value }) => value),
  };
};

const instantMs = 1e-6;
