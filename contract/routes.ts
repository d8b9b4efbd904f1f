/**
 * The routes of the HTTP API, version 1: which function answers each, and which scope a token needs.
 * Pure data, read by the stack (to route), by the functions (to match) and by the OpenAPI document.
 * The requests are in stock.ts, channels.ts, reservations.ts and reserve-request.ts, the answers in …-schemas.ts.
 */
import { reserveRoute } from "./reserve-route.ts";

export type FunctionName = "reserve" | "reservations" | "stock" | "service";

export type Scope = "stock.read" | "stock.write" | "reservations.read" | "reservations.write";

export interface Route {
  method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  path: `/${string}`;
  function: FunctionName;
  /** `open`: nobody is asked who they are. `authenticated`: any valid caller. */
  access: Scope | "authenticated" | "open";
}

export const routes = {
  setStock: {
    method: "PUT",
    path: "/v1/stock/{sku}",
    function: "stock",
    access: "stock.write",
  },
  getStock: {
    method: "GET",
    path: "/v1/stock/{sku}",
    function: "stock",
    access: "stock.read",
  },
  listStock: {
    method: "GET",
    path: "/v1/stock",
    function: "stock",
    access: "stock.read",
  },
  setCounts: {
    method: "POST",
    path: "/v1/stock/counts",
    function: "stock",
    access: "stock.write",
  },
  checkAvailability: {
    method: "POST",
    path: "/v1/availability",
    function: "stock",
    access: "stock.read",
  },
  adjustStock: {
    method: "POST",
    path: "/v1/stock/{sku}/adjustments",
    function: "stock",
    access: "stock.write",
  },
  moveStock: {
    method: "POST",
    path: "/v1/stock/{sku}/moves",
    function: "stock",
    access: "stock.write",
  },
  listMovements: {
    method: "GET",
    path: "/v1/stock/{sku}/movements",
    function: "stock",
    access: "stock.read",
  },
  listHolds: {
    method: "GET",
    path: "/v1/stock/{sku}/reservations",
    function: "stock",
    // It shows whole reservations, with their orders and their metadata.
    access: "reservations.read",
  },
  setStockAtLocation: {
    method: "PUT",
    path: "/v1/stock/{sku}/locations/{location}",
    function: "stock",
    access: "stock.write",
  },
  getStockAtLocation: {
    method: "GET",
    path: "/v1/stock/{sku}/locations/{location}",
    function: "stock",
    access: "stock.read",
  },
  adjustStockAtLocation: {
    method: "POST",
    path: "/v1/stock/{sku}/locations/{location}/adjustments",
    function: "stock",
    access: "stock.write",
  },
  moveStockAtLocation: {
    method: "POST",
    path: "/v1/stock/{sku}/locations/{location}/moves",
    function: "stock",
    access: "stock.write",
  },
  listMovementsAtLocation: {
    method: "GET",
    path: "/v1/stock/{sku}/locations/{location}/movements",
    function: "stock",
    access: "stock.read",
  },
  listHoldsAtLocation: {
    method: "GET",
    path: "/v1/stock/{sku}/locations/{location}/reservations",
    function: "stock",
    access: "reservations.read",
  },
  setChannel: {
    method: "PUT",
    path: "/v1/channels/{channel}",
    function: "stock",
    access: "stock.write",
  },
  getChannel: {
    method: "GET",
    path: "/v1/channels/{channel}",
    function: "stock",
    access: "stock.read",
  },
  deleteChannel: {
    method: "DELETE",
    path: "/v1/channels/{channel}",
    function: "stock",
    access: "stock.write",
  },
  listChannels: {
    method: "GET",
    path: "/v1/channels",
    function: "stock",
    access: "stock.read",
  },
  reserve: reserveRoute,
  getReservation: {
    method: "GET",
    path: "/v1/reservations/{reservationId}",
    function: "reservations",
    access: "reservations.read",
  },
  listReservations: {
    method: "GET",
    path: "/v1/reservations",
    function: "reservations",
    access: "reservations.read",
  },
  changeReservation: {
    method: "PATCH",
    path: "/v1/reservations/{reservationId}",
    function: "reservations",
    access: "reservations.write",
  },
  moveReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/move",
    function: "reservations",
    access: "reservations.write",
  },
  confirmReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/confirm",
    function: "reservations",
    access: "reservations.write",
  },
  releaseReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/release",
    function: "reservations",
    access: "reservations.write",
  },
  extendReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/extend",
    function: "reservations",
    access: "reservations.write",
  },
  fulfillReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/fulfill",
    function: "reservations",
    access: "reservations.write",
  },
  cancelReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/cancel",
    function: "reservations",
    access: "reservations.write",
  },
  returnReservation: {
    method: "POST",
    path: "/v1/reservations/{reservationId}/return",
    function: "reservations",
    access: "reservations.write",
  },
  health: {
    method: "GET",
    path: "/v1/health",
    function: "service",
    access: "open",
  },
  openApi: {
    method: "GET",
    path: "/openapi.json",
    function: "service",
    access: "authenticated",
  },
  asyncApi: {
    method: "GET",
    path: "/asyncapi.json",
    function: "service",
    access: "authenticated",
  },
} as const satisfies Record<string, Route>;

export type OperationId = keyof typeof routes;

/** Answers what no route matches, with our 404 or 405 in place of the gateway's own body. */
export const fallbackFunction: FunctionName = "service";

/** What a scope is called in a token: `holdfast/stock.read`. */
export const scopeClaim = (scope: Scope): string => `holdfast/${scope}`;
