/** Holds a unit, sends the id of its reservation to its parent, and works for ever. Node.js program: <plan as JSON>. */
import { createHoldfastClient } from "../../client/client.ts";
import type { HoldProcessPlan } from "./hold-process.ts";

const { baseUrl, sku, ttlSeconds } = JSON.parse(process.argv[2]!) as HoldProcessPlan;
const client = createHoldfastClient({ baseUrl });
await client.withHold({ lines: [{ sku, quantity: 1 }], ttlSeconds }, ({ reservationId }) => {
  process.send!(reservationId);
  return new Promise(() => {});
});
