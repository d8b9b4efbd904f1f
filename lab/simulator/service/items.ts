/** Items as requests meet them: locked by a transaction, busy with a write, or free. */
import type { VirtualTime } from "../time/virtual-time.ts";

export interface ItemState {
  /** True while a transaction has locked it. */
  isLocked: boolean;
  /** The instant of its last write. */
  writtenAtMs: number;
  /** Until when a write keeps the next one waiting. */
  busyUntilMs: number;
}

export interface Items {
  of(id: string): ItemState;
  isLocked(id: string): boolean;
  /** True when a write reached the item after `sinceMs`. */
  wasWrittenAfter(id: string, sinceMs: number): boolean;
  noteWrite(id: string): void;
}

export const createItems = (time: VirtualTime): Items => {
  const states = new Map<string, ItemState>();
  const of = (id: string): ItemState => {
    let state = states.get(id);
    if (state === undefined) {
      state = { isLocked: false, writtenAtMs: -Infinity, busyUntilMs: 0 };
      states.set(id, state);
    }
    return state;
  };
  return {
    of,
    isLocked: (id) => states.get(id)?.isLocked === true,
    wasWrittenAfter: (id, sinceMs) => (states.get(id)?.writtenAtMs ?? -Infinity) > sinceMs,
    noteWrite: (id) => {
      of(id).writtenAtMs = time.nowMs;
    },
  };
};
