/** What can be said to `npm run events`, and what is said to those who say something else. */

export interface OrderEvent {
  type: string;
  orderId: string;
  lines?: { sku: string; quantity: number }[];
  ttlSeconds?: number;
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
  npm run events -- publish order.cancelled ORDER_ID
  npm run events -- publish --json '{"type":"order.paid","orderId":"order-1"}'
  npm run events -- tail [TYPE...]`;

const orderTypes = ["order.placed", "order.paid", "order.cancelled"];

export const readArguments = ([name, ...values]: readonly string[]): EventsCommand => {
  if (name === "publish") return { name, message: readMessage(values) };
  if (name === "tail") return { name, types: readTypes(values) };
  throw new UsageError(name === undefined ? "Say what to do." : `${name} is no command.`);
};

const readTypes = (types: string[]): string[] => {
  const option = types.find((type) => type.startsWith("-"));
  if (option !== undefined) throw new UsageError(`tail takes types, and no option ${option}.`);
  return types;
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
  const { ttlSeconds, others } = takeTtl(values);
  const [type, orderId, ...lines] = others;
  if (type === undefined || !orderTypes.includes(type)) {
    const found = type === undefined ? "nothing" : type;
    throw new UsageError(`publish takes ${orderTypes.join(", ")} or --json, not ${found}.`);
  }
  if (orderId === undefined) throw new UsageError(`${type} needs the id of an order.`);
  if (type === "order.placed") {
    if (lines.length === 0) throw new UsageError(`${type} needs lines, such as sku-1=2.`);
    const placed = { type, orderId, lines: lines.map(readLine) };
    return ttlSeconds === undefined ? placed : { ...placed, ttlSeconds };
  }
  if (lines.length > 0) throw new UsageError(`${type} takes no lines: ${lines[0]}.`);
  if (ttlSeconds !== undefined) throw new UsageError(`${type} takes no --ttl-seconds.`);
  return { type, orderId };
};

const takeTtl = (values: string[]): { ttlSeconds: number | undefined; others: string[] } => {
  const index = values.indexOf("--ttl-seconds");
  const others = index === -1 ? values : values.toSpliced(index, 2);
  const option = others.find((value) => value.startsWith("-"));
  if (option !== undefined) throw new UsageError(`publish has no option ${option}.`);
  if (index === -1) return { ttlSeconds: undefined, others };
  const value = values[index + 1] ?? "";
  if (/^[1-9]\d*$/.test(value)) return { ttlSeconds: Number(value), others };
  throw new UsageError(`--ttl-seconds must be a whole number from 1, not ${value || "nothing"}.`);
};

const readLine = (text: string): { sku: string; quantity: number } => {
  const [, sku = "", quantity] = /^(.+)=([1-9]\d*)$/.exec(text) ?? [];
  if (sku !== "") return { sku, quantity: Number(quantity) };
  throw new UsageError(`A line is a SKU and a whole number from 1, such as sku-1=2, not ${text}.`);
};
