/** Checks that every change was published: each event at least once, always the same, and in order. */
import { eventsOf } from "../../../functions/events/inventory-events.ts";
import { eventSettings } from "../cloud/stream-consumers.ts";
import type { Publication } from "../cloud/topic.ts";
import type { Report } from "./violation.ts";
import type { History } from "./history.ts";

/** An event of a level in several rows has the sums and the version that were read as it was published. */
const isOfSeveralRows = ({ id, data }: Publication["event"]): boolean =>
  "shards" in data || Number(id.split("/").at(-1)) !== data.version;

/** Events that show what was read as they were published: a later publication may show something else. */
const isReadAnew = (event: Publication["event"]): boolean =>
  event.type === "stock.shortfall" || isOfSeveralRows(event);

export const checkEvents = (
  history: History,
  publications: readonly Publication[],
  report: Report,
): void => {
  const contents = new Map<string, string>();
  const lastSequence = new Map<string, string>();
  for (const { event } of publications) {
    const { id, subject, sequence } = event;
    const content = JSON.stringify(event);
    const earlier = contents.get(id);
    if (earlier === undefined) {
      contents.set(id, content);
      // A record that was removed may come to be again under its key: its versions begin anew.
      const series = `${subject} ${String(event.id.split("/").at(-2))}`;
      const last = lastSequence.get(series) ?? "";
      if (isOfSeveralRows(event)) continue;
      if (sequence < last) report("event_order", subject, `${sequence} came after ${last}`);
      lastSequence.set(series, sequence);
    } else if (earlier !== content && !isReadAnew(event)) {
      report("event_content", subject, `${id} was ${earlier}, and then ${content}`);
    }
  }
  for (const { commit, stock, reservations } of history.changes) {
    const changes = [
      ...stock.map((change) => ({ table: "stock" as const, ...change })),
      ...reservations.map((change) => ({ table: "reservations" as const, ...change })),
    ];
    for (const { key, before, after, table } of changes) {
      const images = { ...(before && { before }), ...(after && { after }) };
      for (const event of eventsOf({ id: "", table, ...images } as never, eventSettings)) {
        if (contents.has(event.id)) continue;
        report("event_missing", key, `${event.id} of ${commit.atMs} ms was never published`);
      }
    }
  }
};
