/** Publishes what was committed: the streams of stock and reservations as events. */
import { eventsOfChanges } from "./events/inventory-events.ts";
import { createLevelReader } from "./events/level-reading.ts";
import { publishEvents } from "./events/publish-events.ts";
import { streamHandler } from "./middleware/stream-handler.ts";
import { MetricUnit } from "./metrics.ts";
import {
  database,
  deadLetter,
  eventSettings,
  inventoryEventsTopic,
  metrics,
  sns,
} from "./wiring.ts";

export const handler = streamHandler("publish", async (changes, call) => {
  const levels = createLevelReader(database, call);
  const { events: indexed, ...read } = await eventsOfChanges(changes, eventSettings(), levels);
  const events = indexed.map(({ event }) => event);
  const published = await publishEvents(sns, inventoryEventsTopic(), events, call);
  for (const { event, reason } of published.refused) {
    metrics.addMetric("DeadLetters", MetricUnit.Count, 1);
    await deadLetter({ body: JSON.stringify(event), reason });
  }
  const lagsMs = events.slice(0, published.done).map(({ time }) => Date.now() - Date.parse(time));
  // One value for each call: an event's own would be more than a line of metrics takes.
  if (lagsMs.length > 0) {
    metrics.addMetric("EventLagMs", MetricUnit.Milliseconds, Math.max(...lagsMs));
  }
  metrics.addMetric("EventsPublished", MetricUnit.Count, published.done);
  const next = indexed[published.done];
  return next === undefined ? read : { done: next.index, failure: published.failure };
});
