/** The envelope of an event, with an id that is the same whenever the same change is read. */
import type { InventoryEvent, InventoryEventType } from "../../contract/events.ts";
import { isoTime } from "../representation.ts";

export interface EventSettings {
  /** The `source` of the events. */
  source: string;
  /** Of a SKU that has none of its own; 0 for never. */
  lowStockThreshold: number;
}

/** The version of a record, or of a stock level, that an event shows. */
export interface EventVersion {
  subject: string;
  version: number;
  atMs: number;
  /** Distinguishes this version of the record from all others, ever. */
  id: readonly (string | number)[];
}

const sequenceDigits = 16;

export const eventOf = <Type extends InventoryEventType>(
  source: string,
  type: Type,
  { subject, version, atMs, id }: EventVersion,
  data: InventoryEvent<Type>["data"],
) =>
  ({
    specversion: "1.0",
    id: [type, ...id].join("/"),
    source,
    type,
    subject,
    time: isoTime(atMs),
    datacontenttype: "application/json",
    sequence: String(version).padStart(sequenceDigits, "0"),
    data,
  }) as unknown as InventoryEvent;
