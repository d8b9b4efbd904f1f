/** The arguments of `npm run events`, and the message for those that are not accepted. */

export interface OrderEvent {
  type: string;
  orderId: string;
  lines?: { sku: string; quantity: number }[];
  ttlSeconds?: number;
  reason?: string;
  /** Identifies the event, so that its copies change nothing. */
  id?: string;
}

export type EventsCommand =
  | { name: "publish"; message: { text: string; type: string | undefined } }
  | { name: "tail"; types: string[] };

/** Names the value that is not accepted. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(problem: string) {
    super(`${problem}\n\n${usage}`);
  }
}

const usage = `Usage:
  npm run events -- publish order.placed ORDER_ID sku-1=2 sku-2=1 [--ttl-seconds 900]
  npm run events -- publish order.paid ORDER_ID
  npm run events -- publish order.fulfilled ORDER_ID [sku-1=1 ...] [--id EVENT_ID]
  npm run events -- publish order.cancelled ORDER_ID
  npm run events -- publish order.returned ORDER_ID sku-1=1 [--reason REASON] [--id EVENT_ID]
  npm run events -- publish --json '{"type":"order.paid","orderId":"order-1"}'
  npm run events -- tail [TYPE...]`;

/** The members that an event takes besides its order, and the options that set them. */
const orderTypes = {
  "order.placed": { lines: "required", options: ["--ttl-seconds", "--id"] },
  "order.paid": { lines: "none", options: ["--id"] },
  "order.fulfilled": { lines: "optional", options: ["--id"] },
  "order.cancelled": { lines: "none", options: ["--id"] },
  "order.returned": { lines: "required", options: ["--reason", "--id"] },
} as const satisfies Record<string, OrderType>;

/** The events that Holdfast publishes. */
export const inventoryTypes: readonly string[] = [
  "reservation.held",
  "reservation.supplied",
  "reservation.extended",
  "reservation.changed",
  "reservation.confirmed",
  "reservation.fulfilled",
  "reservation.cancelled",
  "reservation.returned",
  "reservation.released",
  "reservation.expired",
  "reservation.rejected",
  "stock.adjusted",
  "stock.shortfall",
  "stock.low",
  "stock.depleted",
  "stock.replenished",
];

interface OrderType {
  lines: "required" | "optional" | "none";
  options: readonly Option[];
}

type Option = (typeof optionNames)[number];
const optionNames = ["--ttl-seconds", "--reason", "--id"] as const;

const isOrderType = (type: string | undefined): type is keyof typeof orderTypes =>
  type !== undefined && Object.hasOwn(orderTypes, type);

export const readArguments = ([name, ...values]: readonly string[]): EventsCommand => {
  if (name === "publish") return { name, message: readMessage(values) };
  if (name === "tail") return { name, types: readTypes(values) };
  throw new UsageError(name === undefined ? "Say what to do." : `${name} is no command.`);
};

const readTypes = (types: string[]): string[] => {
  const option = types.find((type) => type.startsWith("-"));
  if (option !== undefined) throw new UsageError(`tail takes types, and no option ${option}.`);
  const unknown = types.find((type) => !inventoryTypes.includes(type));
  if (unknown === undefined) return types;
  throw new UsageError(`tail takes ${inventoryTypes.join(", ")}, not ${unknown}.`);
};

const readMessage = (values: string[]): { text: string; type: string | undefined } => {
  if (values[0] === "--json") return readJson(values.slice(1));
  const event = readOrderEvent(values);
  return { text: JSON.stringify(event), type: event.type };
};

/** Any message, also one that nobody can read: to see what becomes of it. */
const readJson = ([text, ...others]: string[]): { text: string; type: string | undefined } => {
  if (text === undefined || text === "") throw new UsageError("--json needs a message.");
  if (others.length > 0) throw new UsageError(`--json takes one message, not also ${others[0]}.`);
  return { text, type: typeIn(text) };
};

const typeIn = (text: string): string | undefined => {
  try {
    const { type } = JSON.parse(text) as { type?: unknown };
    return typeof type === "string" && type !== "" ? type : undefined;
  } catch {
    return undefined;
  }
};

const readOrderEvent = (values: string[]): OrderEvent => {
  const { options, others } = takeOptions(values);
  const [type, orderId, ...texts] = others;
  if (!isOrderType(type)) {
    const known = Object.keys(orderTypes).join(", ");
    throw new UsageError(`publish takes ${known} or --json, not ${type ?? "nothing"}.`);
  }
  const accepted: OrderType = orderTypes[type];
  if (orderId === undefined) throw new UsageError(`${type} needs the id of an order.`);
  if (accepted.lines === "required" && texts.length === 0) {
    throw new UsageError(`${type} needs lines, such as sku-1=2.`);
  }
  if (accepted.lines === "none" && texts.length > 0) {
    throw new UsageError(`${type} takes no lines: ${texts[0]}.`);
  }
  for (const name of options.keys()) {
    if (!accepted.options.includes(name)) throw new UsageError(`${type} takes no ${name}.`);
  }
  const ttlSeconds = readTtl(options.get("--ttl-seconds"));
  const [id, reason] = [options.get("--id"), options.get("--reason")];
  return {
    type,
    orderId,
    ...(texts.length > 0 && { lines: texts.map(readLine) }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(reason !== undefined && { reason }),
    ...(id !== undefined && { id }),
  };
};

/** Takes the options, each with its value, out of the values. */
const takeOptions = (values: string[]): { options: Map<Option, string>; others: string[] } => {
  const options = new Map<Option, string>();
  const others: string[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    const name = optionNames.find((one) => one === value);
    if (name === undefined && value.startsWith("-")) {
      throw new UsageError(`publish has no option ${value}.`);
    }
    if (name === undefined) others.push(value);
    else options.set(name, values[(index += 1)] ?? "");
  }
  for (const [name, value] of options) {
    if (value === "") throw new UsageError(`${name} needs a value.`);
  }
  return { options, others };
};

const readTtl = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined;
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new UsageError(`--ttl-seconds must be a whole number from 1, not ${value}.`);
};

const readLine = (text: string): { sku: string; quantity: number } => {
  const [, sku = "", quantity] = /^(.+)=([1-9]\d*)$/.exec(text) ?? [];
  if (sku !== "") return { sku, quantity: Number(quantity) };
  throw new UsageError(`A line is a SKU and a whole number from 1, such as sku-1=2, not ${text}.`);
};
