/**
 * The life of a shopper's reservation: it is held, perhaps changed, sold or given up, and what was sold is
 * fulfilled in parts, cancelled and returned. Now and then two of these meet.
 */
import type { Line } from "../../../contract/tables.ts";
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { World } from "../world.ts";
import type { Answers } from "./answers.ts";
import { persist, reservationOf } from "./callers.ts";

/** Lines, and the channel for those that name no location. */
export interface Order {
  lines: Line[];
  channel?: string;
}

interface Shopper {
  world: World;
  /** Names the shopper's keys. */
  index: number;
  /** Draws the lines of a changed hold. */
  pickLines: (channel?: string) => Line[];
  /** Counts the shopper's changes. */
  changes: number;
}

/** A shopper holds lines, sometimes twice at once, and then decides. */
export const shop = async (
  world: World,
  answers: Answers,
  { confirms, index }: { confirms: number; index: number },
  order: Order,
  pickLines: (channel?: string) => Line[],
): Promise<void> => {
  const { random } = world;
  const shopper = { world, index, pickLines, changes: 0 };
  const ttlSeconds = random.pick([1, 3, 10, 30]);
  // A few send their request under the key of another.
  const key = random.chance(0.03) ? random.whole(0, index) : index;
  const input = {
    ...order,
    ttlSeconds,
    idempotencyKey: `shopper-${key}`,
    ...(random.chance(0.2) && { orderId: `cart-${index}` }),
    ...(random.chance(0.2) && { allowPartial: true }),
  };
  const call: ShopCall = { operation: "reserve", input };
  const startedAtMs = world.time.nowMs;
  const twin = random.chance(0.2) ? persist(world, call) : undefined;
  const response = await persist(world, call);
  await twin;
  answers.add(response, startedAtMs, world.time.nowMs);
  const held = reservationOf(response);
  if (held === undefined) return;
  const reservation = random.chance(0.3) ? await change(shopper, held) : held;
  await world.sleep(random.within([0, ttlSeconds * 1_200]));
  await decide(shopper, reservation, confirms);
};

/** Changes the hold, sometimes twice at once, or at the instant of its end. */
async function change(shopper: Shopper, held: Reservation): Promise<Reservation> {
  const { world } = shopper;
  const { random } = world;
  const leftMs = Math.max(0, held.expiresAtMs - held.createdAtMs);
  await world.sleep(random.chance(0.2) ? leftMs - 20 : random.within([0, leftMs / 2]));
  const first = changeOf(shopper, held);
  const others = random.chance(0.25) ? [random.chance(0.5) ? first : changeOf(shopper, held)] : [];
  const [response] = await Promise.all([first, ...others].map((one) => persist(world, one)));
  // A retry of a caller whose reply was lost, after others.
  if (random.chance(0.15)) await persist(world, first);
  return reservationOf(response!) ?? held;
}

function changeOf(shopper: Shopper, { reservationId, version, channel }: Reservation): ShopCall {
  const { random } = shopper.world;
  const expectedVersion = random.chance(0.4) ? version : undefined;
  const lines = shopper.pickLines(channel);
  return {
    operation: "changeHold",
    input: { reservationId, lines, expectedVersion, ...keyOf(shopper, 0.7) },
  };
}

/** The key of the next change, for a share of them; now and then that of an earlier one. */
function keyOf(shopper: Shopper, share: number): { idempotencyKey?: string } {
  const { random } = shopper.world;
  const isReused = shopper.changes > 0 && random.chance(0.08);
  if (!isReused) shopper.changes += 1;
  if (!random.chance(share)) return {};
  return { idempotencyKey: `change-${shopper.index}-${shopper.changes}` };
}

/** Sells the hold, gives it up or lets it expire, sometimes several of these at once. */
async function decide(shopper: Shopper, held: Reservation, confirms: number): Promise<void> {
  const { world } = shopper;
  const { random } = world;
  const { reservationId } = held;
  if (random.chance(0.15)) {
    await persist(world, { operation: "extend", input: { reservationId, ttlSeconds: 5 } });
    await world.sleep(random.within([0, 6_000]));
  }
  const release: ShopCall = { operation: "release", input: { reservationId } };
  const calls: ShopCall[] = [];
  if (random.chance(confirms)) calls.push(confirmOf(shopper, held));
  else if (random.chance(0.5)) calls.push(release);
  if (random.chance(0.15)) {
    const rival = random.next();
    if (rival < 0.5) calls.push(changeOf(shopper, held));
    else calls.push(rival < 0.75 ? release : confirmOf(shopper, held));
  }
  const responses = await Promise.all(calls.map((call) => persist(world, call)));
  for (const response of responses) {
    const sold = reservationOf(response);
    if (sold?.status !== "confirmed" && sold?.status !== "fulfilled") continue;
    if (random.chance(0.8)) await useUp(shopper, sold);
    break;
  }
  if (random.chance(0.1)) await persist(world, random.pick([confirmOf(shopper, held), release]));
  if (random.chance(0.15)) {
    await persist(world, { operation: "getReservation", input: { reservationId } });
  }
}

/** Confirms the whole hold by one write, or some of it, or also after its end. */
function confirmOf({ world }: Shopper, held: Reservation): ShopCall {
  const { random } = world;
  const kind = random.next();
  const options = {
    ...(kind < 0.15 && { lines: someOf(world, held, ({ quantity }) => quantity) }),
    ...(kind > 0.1 && kind < 0.3 && { reacquires: true }),
    ...(kind > 0.25 && kind < 0.4 && { fulfills: true }),
  };
  const { reservationId } = held;
  return { operation: "confirm", input: { reservationId, ...options } };
}

/** Some units of some lines; now and then one too many. */
function someOf(
  { random }: World,
  { lines, channel }: Reservation,
  unitsOf: (line: Reservation["lines"][number]) => number,
): Line[] {
  const first = random.whole(0, lines.length - 1);
  const some = lines.slice(first, random.whole(first + 1, lines.length));
  const excess = random.chance(0.1) ? 1 : 0;
  // By channel, a line may leave its location open.
  const isOpen = channel !== undefined && random.chance(0.6);
  return some.map((line) => {
    const units = Math.max(1, unitsOf(line));
    const { sku, location } = line;
    const quantity = random.whole(1, units) + excess;
    return isOpen ? { sku, quantity } : { sku, location, quantity };
  });
}

const openUnitsOf = (line: Reservation["lines"][number]): number =>
  line.quantity - (line.fulfilled ?? 0) - (line.cancelled ?? 0);

/** The steps of a sold reservation, each of which may meet another. */
async function useUp(shopper: Shopper, sold: Reservation): Promise<void> {
  const { world } = shopper;
  const { random } = world;
  let now = sold;
  const steps = random.whole(1, 3);
  for (let step = 0; step < steps; step += 1) {
    await world.sleep(random.within([0, 1_500]));
    const call = soldCallOf(shopper, now);
    const calls = [call];
    if (random.chance(0.3)) calls.push(random.chance(0.4) ? call : soldCallOf(shopper, now));
    const responses = await Promise.all(calls.map((one) => persist(world, one)));
    if (random.chance(0.1)) responses.push(await persist(world, call));
    const latest = responses.map(reservationOf).filter((one) => one !== undefined);
    now = latest.reduce((one, other) => (other.version > one.version ? other : one), now);
  }
}

/** Fulfills or cancels units that are left, all or some, or takes fulfilled ones back. */
function soldCallOf(shopper: Shopper, now: Reservation): ShopCall {
  const { world } = shopper;
  const { random } = world;
  const { reservationId } = now;
  const isAnyFulfilled = now.lines.some(({ fulfilled = 0 }) => fulfilled > 0);
  if (random.chance(isAnyFulfilled ? 0.5 : 0.1)) {
    const lines = someOf(world, now, ({ fulfilled = 0, returned = 0 }) => fulfilled - returned);
    const input = { reservationId, lines, reason: "unwanted", ...keyOf(shopper, 0.8) };
    return { operation: "returnUnits", input };
  }
  const operation = random.chance(0.65) ? "fulfill" : "cancel";
  const lines = random.chance(0.7) ? someOf(world, now, openUnitsOf) : undefined;
  return { operation, input: { reservationId, lines, ...keyOf(shopper, 0.7) } };
}
