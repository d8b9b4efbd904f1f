/** What people are told of an event, and by what. */
import type { InventoryEvent, InventoryEventType } from "../../contract/events.ts";
import { wordsFor } from "../representation.ts";

export interface Notification {
  subject: string;
  text: string;
  /** The event that it tells of. */
  eventId: string;
  eventType: InventoryEventType;
}

/** Sends to whoever the shop has named. Rejects when it cannot be known to be sent. */
export interface Channel {
  /** Part of the key by which a notification is sent once. */
  name: string;
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}

const titles: Record<InventoryEventType, string> = {
  "reservation.held": "is held",
  "reservation.supplied": "has units that were backordered",
  "reservation.extended": "is held for longer",
  "reservation.changed": "has other lines",
  "reservation.confirmed": "is confirmed",
  "reservation.fulfilled": "is fulfilled",
  "reservation.cancelled": "is cancelled",
  "reservation.returned": "was returned",
  "reservation.released": "is released",
  "reservation.expired": "has expired",
  "reservation.rejected": "could not be held",
  "stock.adjusted": "was counted anew",
  "stock.shortfall": "has fewer units on hand than are reserved",
  "stock.low": "is running low",
  "stock.depleted": "is sold out",
  "stock.replenished": "is available again",
};

const nameOf = ({ subject, data }: InventoryEvent): string => {
  if (!("lines" in data)) return `SKU ${wordsFor(data)}`;
  return data.orderId === undefined ? `Reservation ${subject}` : `Order ${data.orderId}`;
};

const detailsOf = ({ data }: InventoryEvent): string[] =>
  "lines" in data
    ? data.lines.map((line) => `${line.quantity} x ${wordsFor(line)}`)
    : [`Available: ${data.available}`, `Reserved: ${data.reserved}`, `On hand: ${data.onHand}`];

export const notificationOf = (event: InventoryEvent): Notification => {
  const subject = `${nameOf(event)} ${titles[event.type]}`;
  const text = [`${subject}.`, "", ...detailsOf(event), "", `At ${event.time}`].join("\n");
  return { subject, text, eventId: event.id, eventType: event.type };
};
