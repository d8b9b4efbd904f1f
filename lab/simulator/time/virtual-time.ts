/**
 * Virtual time: a queue of callbacks in the order of their time. Time stands still while code runs and
 * jumps to the next callback when nothing is left to do, so that a minute of waiting costs nothing.
 */

/** A callback that can be cancelled until it runs. */
export interface Scheduled {
  readonly atMs: number;
  isCancelled: boolean;
}

export interface VirtualTime {
  /** Milliseconds since the run began, with fractions. */
  readonly nowMs: number;
  /** Runs `callback` at `atMs`, or now if that has passed. Code that awaits may go on because of it. */
  schedule(atMs: number, callback: () => void): Scheduled;
  /** As `schedule`, for a callback that resumes no code that awaits. Cheaper. */
  scheduleQuietly(atMs: number, callback: () => void): Scheduled;
  /** Runs all callbacks up to `untilMs`, at which time stands afterwards. */
  runTo(untilMs: number): Promise<void>;
  /**
   * Runs callbacks until the work has settled.
   *
   * @throws what the work throws; Error where nothing is left to wait for and it has not settled
   */
  runUntilDone<Result>(work: Promise<Result>): Promise<Result>;
}

interface Entry extends Scheduled {
  /** Breaks ties: callbacks of one instant run in the order in which they were scheduled. */
  order: number;
  callback: () => void;
  isQuiet: boolean;
}

// The real ones, since a run replaces the globals (time/platform.ts).
const { setImmediate } = globalThis;

/** Resolves when no promise is left that could go on: Node.js empties the microtasks before. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createVirtualTime = (): VirtualTime => {
  const queue: Entry[] = [];
  let nowMs = 0;
  let order = 0;

  const add = (atMs: number, callback: () => void, isQuiet: boolean): Entry => {
    const entry = {
      atMs: Math.max(atMs, nowMs),
      order: order++,
      callback,
      isQuiet,
      isCancelled: false,
    };
    push(queue, entry);
    return entry;
  };

  /** Runs the next callback. Returns true when code that awaits may go on because of it. */
  const step = (): boolean => {
    const next = pop(queue);
    if (next.isCancelled) return false;
    nowMs = next.atMs;
    next.callback();
    return !next.isQuiet;
  };

  return {
    get nowMs() {
      return nowMs;
    },
    schedule: (atMs, callback) => add(atMs, callback, false),
    scheduleQuietly: (atMs, callback) => add(atMs, callback, true),
    runTo: async (untilMs) => {
      await settled();
      while (queue[0] !== undefined && queue[0].atMs <= untilMs) if (step()) await settled();
      nowMs = untilMs;
    },
    runUntilDone: async (work) => {
      const state = { isDone: false };
      const end = (): void => void (state.isDone = true);
      work.then(end, end);
      await settled();
      while (!state.isDone && queue.length > 0) if (step()) await settled();
      if (!state.isDone) throw new Error("The run waits for something that never happens.");
      return work;
    },
  };
};

const isBefore = (a: Entry, b: Entry): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A binary heap, the earliest entry first. */
function push(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

/** Takes the earliest entry; there is one. */
function pop(heap: Entry[]): Entry {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}
